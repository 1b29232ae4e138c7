package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The figures of a run again, from its model.
func TestEval(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	stdout := succeeds(t, dir, "train", "--data", "data", "--epochs", "3", "--batch", "50", "--out", "a/b", "--validation", "30", "--quiet")
	keys := readJSON[map[string]any](t, readTestFile(t, dir, "a", "b", "run.json"))
	evaluated := readJSON[map[string]any](t, []byte(succeeds(t, dir, "eval", "a/b/model.safetensors", "--data", "data", "--json")))
	for key, v := range evaluated {
		if keys[key] != v {
			t.Errorf("eval says %s is %v, run.json %v", key, v, keys[key])
		}
	}
	if len(evaluated) != 6 {
		t.Errorf("eval --json has %v", evaluated)
	}
	text := succeeds(t, dir, "eval", "a/b/model.safetensors") // on the data that it was trained on
	if want := regexp.MustCompile(`, [\d.]+ s, files in a/b\n$`).ReplaceAllString(stdout, ""); !strings.HasPrefix(text, want+"\n") || strings.Count(text, "%") != 1+3*(bars.class+1) {
		t.Errorf("eval prints\n%s\nwanted %s", text, want)
	}
}
