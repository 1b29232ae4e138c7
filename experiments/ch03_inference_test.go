package experiments_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tatami/experiments"
	"tatami/experiments/lab"
	"tatami/internal/golden"
	"tatami/layers"
	"tatami/nn"
)

func inference(t *testing.T) lab.Experiment {
	t.Helper()
	list, err := lab.Find(experiments.List(), "ch03-inference")
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// TestBookWeights: with the book's file its accuracy is met and nothing is
// trained.
func TestBookWeights(t *testing.T) {
	root, err := golden.Root()
	if err != nil {
		t.Fatal(err)
	}
	weights := filepath.Join(root, "..", "shared", "book", "sample_weight.safetensors")
	if _, err := os.Stat(weights); err != nil {
		t.Skipf("the book's weights are not there: %v", err)
	}
	out := t.TempDir()
	results, err := (&lab.Runner{Out: out, Weights: weights}).Run(t.Context(), []lab.Experiment{inference(t)})
	if err != nil {
		t.Fatal(err)
	}
	lines := results[0].Lines
	if lines[0].Mean != 0.9352 || lines[0].Verdict != lab.Met {
		t.Errorf("accuracy %v, %s", lines[0].Mean, lines[0].Verdict)
	}
	if lines[1].Measured != "not run: needs to be run without --weights" {
		t.Errorf("%s: %s", lines[1].Name, lines[1].Measured)
	}
	if _, err := os.Stat(filepath.Join(out, "models")); err == nil {
		t.Error("trained a network as well")
	}
}

func TestOtherWeights(t *testing.T) {
	net, err := nn.NewSequential(nn.Features(2), nil, layers.Affine{Units: 1, Init: nn.Zero{}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "other.safetensors")
	if err := nn.Save(path, &nn.Model{Sequential: net}); err != nil {
		t.Fatal(err)
	}
	_, err = (&lab.Runner{Out: t.TempDir(), Weights: path}).Run(t.Context(), []lab.Experiment{inference(t)})
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, wanted one that names %s", err, path)
	}
}
