//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

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
