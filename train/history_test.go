package train

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"tatami/layers/networks"
	"tatami/optim"
)

// Two million updates are kept, at 16 bytes each, and come back exactly.
func TestLongHistory(t *testing.T) {
	updates := 2_000_000
	if testing.Short() {
		updates = 40_000
	}
	trainer := func() *Trainer {
		tr := newTestTrainer(t, networks.All()[0], 1)
		tr.Epochs, tr.Schedule = updates, optim.Constant{Base: 1e-3}
		if err := tr.prepare(); err != nil {
			t.Fatal(err)
		}
		return tr
	}
	tr := trainer()
	n := tr.Loader.Batches()
	for i := range updates {
		tr.history.Steps = append(tr.history.Steps, StepRow{i + 1, i/n + 1, 1e-3, 1 / float64(i+3)})
		if (i+1)%n == 0 {
			tr.history.Epochs = append(tr.history.Epochs, EpochRow{Epoch: (i + 1) / n, Step: i + 1, Rate: 1e-3, TrainLoss: 1 / float64(i+7)})
		}
	}
	tr.at = position{Epoch: updates / n, Step: updates}
	path := filepath.Join(t.TempDir(), "checkpoint")
	if err := tr.Save(path); err != nil {
		t.Fatal(err)
	}
	again := trainer()
	if err := again.Resume(path); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again.history, tr.history) || again.at != tr.at {
		t.Error("another history came back")
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	tr.at, tr.history = position{}, History{}
	if err := tr.Save(path); err != nil {
		t.Fatal(err)
	}
	empty, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, most := info.Size()-empty.Size(), int64(16*updates+72*updates/n+1000); got > most {
		t.Errorf("the history of %d updates takes %d bytes, wanted at most %d", updates, got, most)
	}
}

// However many epochs a run has, a row of its history is written at most 500
// times, and what a kill loses is an epoch or a 500th.
func TestCheckpointsGrowInProportion(t *testing.T) {
	for _, epoch := range []int{1, 7, 600} {
		tr := &Trainer{}
		written := 0
		for range 100_000 {
			tr.at.Step += epoch
			if tr.due() {
				written += tr.at.Step
				tr.saved = tr.at.Step
			}
			if lost := tr.at.Step - tr.saved; lost > max(0, tr.at.Step/checkpointed) {
				t.Fatalf("at step %d the last checkpoint is %d updates old", tr.at.Step, lost)
			}
		}
		if most := checkpointed * tr.at.Step; written > most {
			t.Errorf("%d updates an epoch: %d rows written, wanted at most %d", epoch, written, most)
		}
	}
}
