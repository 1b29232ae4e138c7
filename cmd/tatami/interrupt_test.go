//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// running is a command that has been started.
type running struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
}

func start(t *testing.T, dir string, args ...string) *running {
	t.Helper()
	return startWith(t, nil, dir, args...)
}

// startWith is start with more in the environment.
func startWith(t *testing.T, env []string, dir string, args ...string) *running {
	t.Helper()
	r := &running{Cmd: command(dir, env, args...)}
	r.Stdout, r.Stderr = &r.stdout, &r.stderr
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Process.Kill() })
	return r
}

// await waits until path is there.
func await(t *testing.T, path string) {
	t.Helper()
	for range 6000 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s does not come", path)
}

// long is a run of seconds, most of them in distorting images.
var long = []string{"train", "--data", "data", "--epochs", "6", "--augment", "shift,elastic", "--validation", "100", "--net", "mlp"}

func writeLong(t *testing.T, dir string) {
	set := bars
	set.train = 6000
	set.write(t, filepath.Join(dir, "data"))
}

// A run that Ctrl-C or SIGTERM ended, or that was killed, and resumed is the uninterrupted
// one. What a killed one left half-written is cleared.
func TestResume(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeLong(t, dir)
	succeeds(t, dir, append(long, "--out", "whole", "--quiet")...)

	for _, quiet := range []bool{false, true} {
		out := fmt.Sprint("quiet ", quiet)
		args := append([]string{"--out", out}, fmt.Sprintf("--quiet=%v", quiet))
		r := start(t, dir, append(long, args...)...)
		await(t, filepath.Join(dir, out, "history.csv"))
		r.Process.Signal(map[bool]os.Signal{false: os.Interrupt, true: syscall.SIGTERM}[quiet])
		r.Wait()
		said := regexp.MustCompile(`^interrupted after step \d+; resume with: tatami train --resume '` + out + "'\n$")
		if code := r.ProcessState.ExitCode(); code != 130 || !said.MatchString(r.stderr.String()) || quiet && r.stdout.Len() > 0 {
			t.Fatalf("after Ctrl-C: exit %d\nstdout: %s\nstderr: %s", code, &r.stdout, &r.stderr)
		}
		if _, rows := table(t, dir, out, "history.csv"); len(rows) >= 6 {
			t.Fatal("the run was over before Ctrl-C came")
		}
		for _, name := range []string{"run.json", "loss.png"} {
			if _, err := os.Stat(filepath.Join(dir, out, name)); err == nil {
				t.Errorf("the interrupted run left %s", name)
			}
		}
		// From wherever.
		succeeds(t, t.TempDir(), "train", "--resume", filepath.Join(dir, out), "--quiet")
		sameRun(t, filepath.Join(dir, out), filepath.Join(dir, "whole"))
	}

	r := start(t, dir, append(long, "--out", "killed")...)
	await(t, filepath.Join(dir, "killed", "history.csv"))
	r.Process.Kill()
	r.Wait()
	halves := []string{".checkpoint123", ".model.safetensors9876543210", ".loss.png1", ".steps.csv22", ".run.json3"}
	for _, name := range append(halves, ".mine", ".checkpoint") {
		writeTestFile(t, filepath.Join(dir, "killed", name), []byte("half"))
	}
	succeeds(t, dir, "train", "--resume", "killed", "--quiet")
	sameRun(t, filepath.Join(dir, "killed"), filepath.Join(dir, "whole"))
	left := content(t, filepath.Join(dir, "killed"))
	for name := range left {
		if strings.HasPrefix(name, ".") && name != ".mine" && name != ".checkpoint" {
			t.Errorf("%s is still there", name)
		}
	}
	if left[".mine"] == "" || left[".checkpoint"] == "" {
		t.Error("a file that is no run's was cleared")
	}

	// A new run clears them too.
	for _, name := range halves {
		writeTestFile(t, filepath.Join(dir, "data", name), []byte("half"))
	}
	succeeds(t, dir, "train", "--data", "data", "--out", "data", "--limit", "100", "--epochs", "1", "--quiet")
	if left := content(t, filepath.Join(dir, "data")); len(left) != 4+len(runFiles) {
		t.Errorf("left %v", left)
	}
}

// A resumed run's films begin where the run began.
func TestFilmsOfResumedRun(t *testing.T) {
	if testing.Short() {
		t.Skip("drawing films takes seconds")
	}
	t.Parallel()
	dir := t.TempDir()
	writeLong(t, dir)
	filmed := append(slices.Clone(long), "--film", "--batch", "3000", "--out")
	succeeds(t, dir, append(filmed, "whole", "--quiet")...)
	r := start(t, dir, append(filmed, "parts")...)
	await(t, filepath.Join(dir, "parts", "history.csv"))
	r.Process.Signal(os.Interrupt)
	r.Wait()
	if code := r.ProcessState.ExitCode(); code != 130 {
		t.Fatalf("after Ctrl-C: exit %d\nstdout: %s\nstderr: %s", code, &r.stdout, &r.stderr)
	}
	frames := filepath.Join(dir, "parts", framesName)
	text, err := os.ReadFile(frames)
	if err != nil {
		t.Fatal(err)
	}
	writeTestFile(t, frames, text[:len(text)-1])
	tatami(t, dir, "train", "--resume", "parts").refuses(t, 1, framesName)
	flipped := bytes.Clone(text)
	flipped[len(text)-3] ^= 1
	writeTestFile(t, frames, flipped)
	tatami(t, dir, "train", "--resume", "parts").refuses(t, 1, framesName, "damaged")
	writeTestFile(t, frames, text)
	// Ended before run.json is there, it begins its films there once more.
	inTheWay := filepath.Join(dir, "parts", "run.json")
	if err := os.Mkdir(inTheWay, 0o755); err != nil {
		t.Fatal(err)
	}
	tatami(t, dir, "train", "--resume", "parts", "--quiet").refuses(t, 1, "run.json")
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	succeeds(t, dir, "train", "--resume", "parts", "--quiet")
	whole, parts := content(t, filepath.Join(dir, "whole")), content(t, filepath.Join(dir, "parts"))
	for _, name := range []string{filtersFilm, mapFilm} {
		if whole[name] == "" || parts[name] != whole[name] {
			t.Errorf("%s is not that of the uninterrupted run", name)
		}
	}
	for _, left := range []map[string]string{whole, parts} {
		if left[framesName] != "" {
			t.Errorf("%s of a complete run is still there", framesName)
		}
	}
}

// The second Ctrl-C does not wait for the step to end.
func TestSecondInterrupt(t *testing.T) {
	t.Parallel()
	for try := range 5 { // the step of a second or two may end between the signals, if this process has to wait for its turn
		dir := t.TempDir()
		r := startWith(t, []string{"TATAMI_ISA=portable"}, dir,
			"train", "--batch", "60000", "--shards", "1", "--augment", "elastic", "--net", "mlp", "--out", "out")
		await(t, filepath.Join(dir, "out"))
		time.Sleep(100 * time.Millisecond)
		r.Process.Signal(os.Interrupt)
		time.Sleep(100 * time.Millisecond)
		r.Process.Signal(os.Interrupt)
		r.Wait()
		left := content(t, filepath.Join(dir, "out"))
		if s := r.ProcessState.Sys().(syscall.WaitStatus); s.Signaled() && s.Signal() == syscall.SIGINT && len(left) == 0 {
			return
		}
		t.Logf("try %d: %v, left %v\nstdout: %s\nstderr: %s", try, r.ProcessState, left, &r.stdout, &r.stderr)
	}
	t.Error("no second interrupt ended a step")
}
