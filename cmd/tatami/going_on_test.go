package main

import (
	"path/filepath"
	"testing"
)

// A finished run goes on where its epochs are raised, to the bits of one that
// had them from the start.
func TestGoingOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	for _, c := range []struct{ out, epochs string }{{"four", "4"}, {"two", "2"}} {
		trainQuietly(t, dir, c.out, "--net", "mlp", "--schedule", "constant", "--epochs", c.epochs)
	}
	two := filepath.Join(dir, "two")
	untouched(t, two, func() {
		tatami(t, dir, "train", "--resume", "two", "--epochs", "1").refuses(t, 2, "--epochs is 1, the run in two has done 2")
		tatami(t, dir, "train", "--resume", "two", "--epochs", "0").refuses(t, 2, "--epochs is 0, wanted 1 or more")
		tatami(t, dir, "train", "--resume", "two", "--epochs", "1000001").refuses(t, 2, "tatami: --epochs is 1000001, wanted 1 to 1000000")
		tatami(t, dir, "train", "--resume", "two", "--patience", "3").refuses(t, 2, "tatami: --patience needs --validation")
		if got := succeeds(t, dir, "train", "--resume", "two", "--epochs", "2"); got != "two is finished, after epoch 2\n" {
			t.Errorf("with as many epochs as it has: %q", got)
		}
	})
	succeeds(t, dir, "train", "--lang", "en", "--resume", "two", "--epochs", "4", "--quiet")
	sameRun(t, two, filepath.Join(dir, "four"))
}

// A run that its patience ended goes on with more of it.
func TestMorePatience(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	args := []string{"--net", "mlp", "--schedule", "constant", "--epochs", "9", "--lr", "0.3", "--batch", "20", "--validation", "40"}
	trainQuietly(t, dir, "whole", append(args, "--patience", "3")...)
	trainQuietly(t, dir, "run", append(args, "--patience", "1")...)
	_, rows := table(t, dir, "run", "history.csv")
	_, all := table(t, dir, "whole", "history.csv")
	if len(rows) >= len(all) {
		t.Fatalf("patience 1 ended after epoch %d, patience 3 after %d", len(rows), len(all))
	}
	succeeds(t, dir, "train", "--resume", "run", "--patience", "3", "--quiet")
	sameRun(t, filepath.Join(dir, "run"), filepath.Join(dir, "whole"))
}
