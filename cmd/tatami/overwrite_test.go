package main

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A run stays where another is begun, unless that is told to replace it.
func TestOverwrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "a/b", "--epochs", "3", "--batch", "50", "--validation", "30")
	out := filepath.Join(dir, "a", "b")
	// A folder with a run is refused, and left alone.
	untouched(t, out, func() {
		tatami(t, dir, "train", "--data", "data", "--out", "a/b").refuses(t, 1, "a/b holds a run", "--overwrite")
		if got := succeeds(t, dir, "train", "--resume", "a/b"); got != "a/b is finished, after epoch 3\n" {
			t.Errorf("resuming a finished run says %q", got)
		}
	})
	// A run that is to replace it does so once it has something to put there.
	untouched(t, out, func() {
		tatami(t, dir, "train", "--data", "data", "--net", "deep", "--optimizer", "sgd", "--lr", "1e38", "--out", "a/b", "--overwrite", "--quiet").
			refuses(t, 1, "step 2: the loss is not finite, first in layer ", "try a learning rate below", "or clip")
	})
	// Then nothing of the earlier one stays.
	earlier := readTestFile(t, out, "run.json")
	writeTestFile(t, filepath.Join(out, "mine.txt"), []byte("mine"))
	if got := succeeds(t, dir, "train", "--data", "data", "--epochs", "1", "--out", "a/b", "--overwrite", "--quiet", "--net", "mlp"); strings.Count(got, "\n") != 1 {
		t.Errorf("--quiet prints\n%s", got)
	}
	if header, _ := table(t, out, "history.csv"); strings.Contains(header, "validation") || string(readTestFile(t, out, "mine.txt")) != "mine" {
		t.Errorf("history.csv after --overwrite: %s", header)
	}
	// Also where the new one was killed between its checkpoint and that.
	whole := readTestFile(t, out, "run.json")
	writeTestFile(t, filepath.Join(out, "run.json"), earlier)
	succeeds(t, dir, "train", "--resume", "a/b", "--quiet")
	if sha := regexp.MustCompile(`"weights_sha256": "\w+"`); !bytes.Equal(sha.Find(readTestFile(t, out, "run.json")), sha.Find(whole)) {
		t.Error("the resumed run leaves another run.json")
	}
}
