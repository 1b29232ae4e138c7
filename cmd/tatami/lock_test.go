//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"tatami/internal/lock"
)

// A run has its folder for itself: whatever else would write there is refused
// by the number of its process, and touches nothing. Once it was killed the way
// is free.
func TestFolderInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeLong(t, dir)
	trainQuietly(t, dir, "other", "--limit", "100", "--epochs", "1", "--net", "mlp")
	r := start(t, dir, append(long, "--epochs", "1000", "--out", "run")...)
	await(t, filepath.Join(dir, "run", "checkpoint"))
	half := filepath.Join(dir, "run", ".model.safetensors123")
	writeTestFile(t, half, []byte("half"))
	who := fmt.Sprintf("cannot write in run: process %d is at work there", r.Process.Pid)
	for _, args := range [][]string{
		append(long, "--out", "run", "--overwrite"),
		{"train", "--resume", "run"},
		{"import", "other/model.safetensors", "--out", "run/model.safetensors"},
		{"compare", "other", "--out", "run/compare.html"},
	} {
		tatami(t, dir, args...).refuses(t, 1, who)
	}
	if _, err := os.Stat(half); err != nil {
		t.Errorf("a refused command cleared the run's file: %v", err)
	}
	r.Process.Kill()
	r.Wait()
	if _, err := os.Stat(filepath.Join(dir, "run", lock.Name)); err != nil {
		t.Errorf("the killed run left no lock: %v", err)
	}
	succeeds(t, dir, append(long, "--out", "run", "--overwrite", "--epochs", "1", "--quiet")...)
	for _, path := range []string{half, filepath.Join(dir, "run", lock.Name)} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
}

// Of two runs that begin in one folder at once, one goes on.
func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	args := []string{"train", "--data", "data", "--epochs", "30", "--quiet", "--out", "run", "--seed"}
	first, second := start(t, dir, append(args, "1")...), start(t, dir, append(args, "2")...)
	first.Wait()
	second.Wait()
	won, lost := first, second
	if first.ProcessState.ExitCode() != 0 {
		won, lost = second, first
	}
	if won.ProcessState.ExitCode() != 0 || won.stderr.Len() > 0 {
		t.Fatalf("neither went on:\n%s%s", &first.stderr, &second.stderr)
	}
	outcome{lost.stdout.String(), lost.stderr.String(), lost.ProcessState.ExitCode()}.refuses(t, 1, "run")
	seed := map[*running]float64{first: 1, second: 2}[won]
	if result := readJSON[map[string]any](t, readTestFile(t, dir, "run", "run.json")); result["seed"] != seed {
		t.Errorf("run.json is of seed %v, wanted %v", result["seed"], seed)
	}
}

func TestExperimentInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "out", "ch04-gradient")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	held, err := lock.Folder(folder)
	if err != nil {
		t.Fatal(err)
	}
	o := tatami(t, dir, "experiment", "run", "ch04-gradient", "--out", "out")
	want := fmt.Sprintf("tatami: cannot write in out/ch04-gradient: process %d is at work there\n", os.Getpid())
	if o.code != 1 || o.stderr != want {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
	held.Release()
	if o := tatami(t, dir, "experiment", "run", "ch04-gradient", "--out", "out"); o.code != 0 {
		t.Errorf("of a free folder: %s", o.stderr)
	}
}
