package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestRecipe: a network's recipe holds where no flag says otherwise, and its
// learning rate only for its own optimizer.
func TestRecipe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args      []string
		optimizer string
		rate      float64
		smoothing float64
	}{
		{nil, "adam:beta1=0.7,beta2=0.9", 0.01, 0.05},
		{[]string{"--lr", "0.002", "--label-smoothing", "0"}, "adam:beta1=0.7,beta2=0.9", 0.002, 0},
		{[]string{"--optimizer", "momentum"}, "momentum", 0.03, 0.05},
	} {
		dir := t.TempDir()
		args := append([]string{"train", "--net", "fast", "--limit", "200", "--out", "run", "--quiet"}, c.args...)
		succeeds(t, dir, args...)
		text, err := os.ReadFile(filepath.Join(dir, "run", "run.json"))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Epochs    int
			Optimizer string
			Augment   string
			Rate      float64 `json:"lr"`
			Smoothing float64 `json:"label_smoothing"`
		}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if got.Epochs != 1 || got.Augment != "none" || got.Optimizer != c.optimizer || got.Rate != c.rate || got.Smoothing != c.smoothing {
			t.Errorf("%v: %+v", c.args, got)
		}
	}
}
