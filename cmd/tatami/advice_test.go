package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tatami/train"
	"tatami/train/doctor"
)

// The doctor speaks on stderr unless --quiet, and run.json and the checkpoint
// keep what it said either way.
func TestAdvice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ill := strings.Fields("train --net mlp --limit 3000 --epochs 3 --schedule constant --lr 1")
	loud := tatami(t, dir, append(ill, "--out", "loud")...)
	quiet := tatami(t, dir, append(ill, "--out", "quiet", "--quiet")...)
	if loud.code != 0 || quiet.code != 0 {
		t.Fatalf("%+v, %+v", loud, quiet)
	}
	if n := strings.Count(loud.stderr, "doctor: "); n < 1 || n != strings.Count(loud.stderr, "(Deep Learning from Scratch ") {
		t.Errorf("stderr %q", loud.stderr)
	}
	if quiet.stderr != "" {
		t.Errorf("--quiet prints %q", quiet.stderr)
	}
	var runs [2]struct {
		Advice  []doctor.Advice
		Weights string `json:"weights_sha256"`
	}
	for i, out := range []string{"loud", "quiet"} {
		text, err := os.ReadFile(filepath.Join(dir, out, "run.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &runs[i]); err != nil {
			t.Fatal(err)
		}
		if len(runs[i].Advice) == 0 || !strings.Contains(loud.stderr, "doctor: "+runs[i].Advice[0].Text+"\n") {
			t.Errorf("%s: advice %+v", out, runs[i].Advice)
		}
		saved, err := train.Settings(filepath.Join(dir, out, "checkpoint"))
		if err != nil || !strings.Contains(string(saved), `"advice":[{"illness":"`+string(runs[i].Advice[0].Illness)) {
			t.Errorf("%s: checkpoint %s, %v", out, saved, err)
		}
	}
	if runs[0].Weights != runs[1].Weights {
		t.Error("--quiet changes the weights")
	}
}
