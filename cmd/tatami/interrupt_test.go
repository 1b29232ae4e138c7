//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tatami/internal/lock"
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
		delete(left, lock.Name) // which is no obstacle
		if s := r.ProcessState.Sys().(syscall.WaitStatus); s.Signaled() && s.Signal() == syscall.SIGINT && len(left) == 0 {
			return
		}
		t.Logf("try %d: %v, left %v\nstdout: %s\nstderr: %s", try, r.ProcessState, left, &r.stdout, &r.stderr)
	}
	t.Error("no second interrupt ended a step")
}
