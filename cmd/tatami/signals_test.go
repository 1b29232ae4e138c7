//go:build unix

package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A terminal that closes ends a run like Ctrl-C: within the epoch, with a
// checkpoint.
func TestHangUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeLong(t, dir)
	// Where the tests run under nohup, their commands would ignore it too; what
	// is caught here they take as the system has it.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	r := start(t, dir, append(long, "--epochs", "1", "--batch", "4", "--net", "simple", "--checkpoint-every", "5", "--out", "out")...)
	await(t, filepath.Join(dir, "out", "checkpoint"))
	r.Process.Signal(syscall.SIGHUP)
	r.Wait()
	if r.ProcessState.ExitCode() != interrupted || !strings.HasPrefix(r.stderr.String(), "interrupted after step ") {
		t.Fatalf("%v: %s", r.ProcessState, &r.stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "out", "history.csv")); err == nil {
		t.Error("the run waited for the end of the epoch")
	}
	succeeds(t, dir, "train", "--resume", "out", "--quiet", "--checkpoint-every", "1000")
}

// Under nohup the run goes on when the terminal closes.
func TestHangUpIgnored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeLong(t, dir)
	c := command(dir, nil, append([]string{"-c", `trap "" HUP; exec "$0" "$@"`, os.Args[0]}, append(long, "--out", "out", "--quiet")...)...)
	var err error
	if c.Path, err = exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	await(t, filepath.Join(dir, "out", "history.csv"))
	c.Process.Signal(syscall.SIGHUP)
	if err := c.Wait(); err != nil {
		t.Fatalf("the run under nohup ended: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "out", "run.json")); err != nil {
		t.Error(err)
	}
}

// A run whose output nobody reads any more goes on to its end, without a word.
func TestReaderGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeLong(t, dir)
	c := command(dir, nil, append(long, "--out", "out")...)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	lines := bufio.NewReader(io.LimitReader(out, 1000))
	var line string
	for range headerLines + 1 {
		line, err = lines.ReadString('\n')
	}
	if err != nil || !strings.HasPrefix(line, "epoch 1: ") {
		t.Fatalf("%q %v", line, err)
	}
	out.Close()
	if err := c.Wait(); err != nil || stderr.Len() > 0 {
		t.Fatalf("%v: %s", err, &stderr)
	}
	if _, rows := table(t, dir, "out", "history.csv"); len(rows) != 6 {
		t.Errorf("%d epochs", len(rows))
	}
	if _, err := os.Stat(filepath.Join(dir, "out", "run.json")); err != nil {
		t.Error(err)
	}
}

// With --checkpoint-every a run that was killed in its first epoch is not lost,
// and keeps the interval.
func TestCheckpointEvery(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeLong(t, dir)
	args := append(long, "--epochs", "1", "--batch", "4", "--net", "simple", "--out")
	r := start(t, dir, append(args, "killed", "--checkpoint-every", "50")...)
	await(t, filepath.Join(dir, "killed", "checkpoint"))
	r.Process.Kill()
	r.Wait()
	if _, err := os.Stat(filepath.Join(dir, "killed", "history.csv")); err == nil {
		t.Fatal("the epoch was over before the run was killed")
	}
	if text := string(readTestFile(t, dir, "killed", "checkpoint")); !strings.Contains(text, `\"checkpoint_every\":\"50\"`) {
		t.Error("the checkpoint does not keep the interval")
	}
	r = start(t, dir, "train", "--resume", "killed", "--checkpoint-every", "100ms")
	r.Wait()
	if r.ProcessState.ExitCode() != 0 {
		t.Fatal(r.stderr.String())
	}
	succeeds(t, dir, append(args, "whole", "--quiet")...)
	sameRun(t, filepath.Join(dir, "killed"), filepath.Join(dir, "whole"))
	tatami(t, dir, append(args, "other", "--checkpoint-every", "often")...).refuses(t, 2, "--checkpoint-every", `"often"`, "wanted")
}
