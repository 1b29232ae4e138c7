package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Without tatami's sources the command says so, and leaves what was there.
func TestPublishWithoutSource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	succeeds(t, dir, "train", "--data", "data", "--net", "mlp", "--epochs", "1", "--quiet", "--out", "run")
	page := filepath.Join(dir, "page.html")
	if err := os.WriteFile(page, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"publish run":                       "the current folder is not in tatami's sources; name their folder with --source DIR",
		"learn --data data --out page.html": "the current folder is not in tatami's sources; name their folder with --source DIR",
		"publish run --source data":         "--source data: not the folder of tatami's sources",
		"publish run --lang ja":             "現在のフォルダーは tatami のソースではありません",
	} {
		tatami(t, dir, strings.Fields(args)...).refuses(t, 1, want)
	}
	tatami(t, dir, "learn", "--limit", "-1").refuses(t, 2, "--limit is -1")
	if text, err := os.ReadFile(page); err != nil || string(text) != "mine" {
		t.Errorf("the file that was there is %q, %v", text, err)
	}
}
