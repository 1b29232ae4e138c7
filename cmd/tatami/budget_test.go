package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tatami/layers"
	"tatami/nn"
)

// A file of some hundred bytes cannot ask for minutes of an answer unless the
// user allows it.
func TestBudget(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	for name, c := range map[string]struct {
		side  int
		specs []nn.Spec
	}{
		"hours":    {512, []nn.Spec{layers.Pooling{Size: 200, Stride: 1}, layers.Pooling{Size: 200, Stride: 1}, layers.Pooling{Size: 114}}},
		"slightly": {12, []nn.Spec{layers.Convolution{Filters: 1, Kernel: 1, Pad: 1700}, layers.Pooling{Size: 3412}}},
	} {
		net, err := nn.NewSequential(nn.Shape{H: c.side, W: c.side, C: 1}, rand.New(rand.NewPCG(1, 1)), c.specs...)
		if err != nil {
			t.Fatal(err)
		}
		if err := nn.Save(filepath.Join(dir, name), &nn.Model{Sequential: net}); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "hours")); err != nil || info.Size() > 1000 {
		t.Fatalf("%v, %v: wanted a small file", info, err)
	}
	commands := func(model string, more ...string) [][]string {
		return [][]string{
			append([]string{"predict", model, "run/loss.png"}, more...),
			append([]string{"eval", model, "--data", "data"}, more...),
			append([]string{"filters", model, "--image", "run/loss.png", "--out", "f.png", "--maps", "m.png"}, more...),
		}
	}
	start := time.Now()
	for _, args := range commands("hours") {
		tatami(t, dir, args...).refuses(t, 1, "hours: the network takes ", " operations for one sample, wanted at most 1,000,000,000", "; --budget ")
		tatami(t, dir, append(args, "--budget", "2")...).refuses(t, 1, "operations for one sample, wanted at most 2,000,000,000; --budget ")
		tatami(t, dir, append(args, "--budget", "0.5")...).refuses(t, 2, `--budget is "0.5", wanted a multiple from 1x to 1000000x`)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("nine refusals took %v", took)
	}
	tatami(t, dir, "predict", "slightly", "run/loss.png").refuses(t, 1, "bytes of memory for one sample, wanted at most 268,435,456; --budget 2x allows that")
	if got := succeeds(t, dir, "predict", "slightly", "run/loss.png", "--budget", "2x"); got != "run/loss.png: 0 100.00%\n" /* of one class */ {
		t.Errorf("with the budget that was named: %q", got)
	}
}
