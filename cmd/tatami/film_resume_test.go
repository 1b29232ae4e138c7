//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

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
	frames := filepath.Join(dir, "parts", "frames.safetensors")
	text, err := os.ReadFile(frames)
	if err != nil {
		t.Fatal(err)
	}
	writeTestFile(t, frames, text[:len(text)-1])
	tatami(t, dir, "train", "--resume", "parts").refuses(t, 1, "frames.safetensors")
	flipped := bytes.Clone(text)
	flipped[len(text)-3] ^= 1
	writeTestFile(t, frames, flipped)
	tatami(t, dir, "train", "--resume", "parts").refuses(t, 1, "frames.safetensors", "damaged")
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
	for _, name := range []string{"filters.gif", "map.gif"} {
		if whole[name] == "" || parts[name] != whole[name] {
			t.Errorf("%s is not that of the uninterrupted run", name)
		}
	}
	for _, left := range []map[string]string{whole, parts} {
		if left["frames.safetensors"] != "" {
			t.Errorf("%s of a complete run is still there", "frames.safetensors")
		}
	}
}
