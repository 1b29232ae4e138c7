//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A named pipe is refused at once, and not waited for.
func TestNamedPipes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	for _, name := range []string{"pipe", "net.json"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o644); err != nil {
			t.Skip(err)
		}
	}
	images := filepath.Join(dir, "data", "t10k-images-idx3-ubyte")
	if err := os.Remove(images); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(images, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"predict", "run", "pipe"}, {"predict", "pipe", "run/loss.png"}, {"filters", "run", "--image", "pipe"},
		{"train", "--net", "net.json"}, {"summary", "net.json"}, {"bench", "--compare", "pipe"}, {"import", "pipe"},
		{"train", "--data", "data", "--out", "new"}, {"eval", "run", "--data", "data"},
	} {
		tatami(t, dir, args...).refuses(t, 1, "cannot read ", ": not a regular file")
	}
	for _, name := range []string{"history.csv", "steps.csv", "run.json", "checkpoint"} {
		path := filepath.Join(dir, "run", name)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o644); err != nil {
			t.Fatal(err)
		}
		args := []string{"compare", "run", "--out", "c.html"}
		if name == "checkpoint" {
			args = []string{"train", "--resume", "run"}
		}
		tatami(t, dir, args...).refuses(t, 1, "cannot read run/"+name+": not a regular file")
	}
	tatami(t, dir, "train", "--data", "pipe", "--out", "new").refuses(t, 1, "cannot read folder ", "pipe: not a directory")
}
