package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tatami/internal/run"
	"tatami/internal/words"
)

// TestRecipe: a network's recipe holds where no flag says otherwise, and its
// learning rate only for its own optimizer.
func TestRecipe(t *testing.T) {
	t.Parallel()
	digits := bars
	digits.height, digits.width = 28, 28
	data := digits.write(t, t.TempDir())
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
		args := append([]string{"train", "--net", "fast", "--data", data, "--limit", "200", "--out", "run", "--quiet"}, c.args...)
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

// The command on a page gives the run's settings, not the network's own.
func TestCommandOfSettings(t *testing.T) {
	t.Parallel()
	for _, net := range []string{"simple", "fast", "best"} {
		s := run.Settings{
			Net: net, Data: "my data", Epochs: 3, Batch: 7, Optimizer: "sgd", Rate: 0.30000000000000004, Schedule: "step:every=600,factor=0.5",
			WeightDecay: 1e-7, Augment: "none", Shards: 2, Limit: 9,
		}
		line, ok := strings.CutPrefix(s.Command("avx2"), "TATAMI_ISA=avx2 tatami train ")
		flags := strings.Fields(strings.Replace(line, "'my data'", "my_data", 1))
		cmd := newTrain(words.English)
		if err := cmd.ParseFlags(flags); err != nil || !ok {
			t.Fatal(line, err)
		}
		if err := follow(run.Recipe(net), cmd); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"net": net, "data": "my_data", "epochs": "3", "batch": "7", "optimizer": "sgd", "lr": "0.30000000000000004",
			"schedule": "step:every=600,factor=0.5", "warmup": "0", "weight-decay": "1e-07", "augment": "none",
			"label-smoothing": "0", "clip": "0", "seed": "0", "shards": "2", "limit": "9", "validation": "0", "patience": "0",
		} {
			if got := cmd.Flags().Lookup(name).Value.String(); got != want {
				t.Errorf("%s: %s gives --%s %s, wanted %s", net, line, name, got, want)
			}
		}
	}
}
