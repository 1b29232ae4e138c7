package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A clock that jumps changes nothing: files from the future are gone on from,
// and a folder of the name that the time gives is left to its run.
func TestClock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	args := []string{"--net", "mlp", "--schedule", "constant", "--epochs"}
	trainQuietly(t, dir, "whole", append(args, "3")...)
	for out, jump := range map[string]time.Duration{"back": 90000 * time.Hour, "on": -90000 * time.Hour} {
		trainQuietly(t, dir, out, append(args, "1")...)
		written := time.Now().Add(jump)
		for name := range content(t, filepath.Join(dir, out)) {
			if err := os.Chtimes(filepath.Join(dir, out, name), written, written); err != nil {
				t.Fatal(err)
			}
		}
		succeeds(t, dir, "train", "--resume", out, "--epochs", "3", "--quiet")
		sameRun(t, filepath.Join(dir, out), filepath.Join(dir, "whole"))
	}

	taken := map[string]bool{}
	now := time.Now()
	for s := range 120 {
		name := filepath.Join("runs", "mlp-"+now.Add(time.Duration(s)*time.Second).Format("20060102-150405"))
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		writeTestFile(t, filepath.Join(dir, name, "run.json"), []byte("of an earlier run"))
		taken[filepath.Join(dir, name)] = true
	}
	succeeds(t, dir, "train", "--data", "data", "--net", "mlp", "--epochs", "1", "--quiet")
	all, err := filepath.Glob(filepath.Join(dir, "runs", "*"))
	if err != nil || len(all) != len(taken)+1 {
		t.Fatalf("%d folders, %v, wanted one more than %d", len(all), err, len(taken))
	}
	for name := range taken {
		if string(readTestFile(t, name, "run.json")) != "of an earlier run" {
			t.Errorf("%s is another run's now", name)
		}
	}
}
