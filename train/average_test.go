package train_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tatami/train"
)

// averaging is newTrainer with averaged weights and without a best epoch, which
// would be left instead of the last.
func averaging(t testing.TB, epochs int) *train.Trainer {
	tr := newTrainer(t, epochs)
	tr.Average, tr.KeepBest, tr.Validation = 0.9, false, nil
	return tr
}

// What is left and evaluated is the average of the parameters over the updates,
// running statistics included, as plain loops compute it; training goes on with
// the others, and is that of a run without averaging.
func TestAverage(t *testing.T) {
	tr, plain := averaging(t, 3), averaging(t, 3)
	plain.Average = 0
	var want []float64
	for _, v := range weights(tr.Net) {
		want = append(want, float64(v))
	}
	evaluations := 0
	tr.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
		switch e.Kind {
		case train.Updated:
			n := float64(e.Step - 1)
			d := min(0.9, (1+n)/(10+n))
			for i, v := range weights(tr.Net) {
				want[i] = d*want[i] + (1-d)*float64(v)
			}
		case train.Evaluated:
			evaluations++
			got := weights(tr.Net)
			for i, v := range want {
				if math.Abs(v-float64(got[i])) > 1e-5*(1+math.Abs(v)) {
					t.Fatalf("after epoch %d value %d is %g, wanted %g", e.Epoch, i, got[i], v)
				}
			}
			again := evaluate(t, tr, tr.Test, 20)
			if row := e.History.Epochs[e.Epoch-1]; math.Abs(row.TestLoss-again.Loss) > 1e-6 {
				t.Errorf("epoch %d: the history's loss is %g, the averaged network's %g", e.Epoch, row.TestLoss, again.Loss)
			}
		}
		return nil
	})}
	h, other := fit(t, tr), fit(t, plain)
	if evaluations != 3 {
		t.Fatalf("%d evaluations", evaluations)
	}
	for i, s := range h.Steps {
		if s.Loss != other.Steps[i].Loss {
			t.Fatalf("step %d: loss %g, without averaging %g", i+1, s.Loss, other.Steps[i].Loss)
		}
	}
	if h.Epochs[2].TestLoss == other.Epochs[2].TestLoss {
		t.Error("the average is evaluated as the last parameters are")
	}
}

// An averaged run gives the same bits on one processor and on two, through an
// interruption within an epoch, and where it goes on after its end.
func TestAverageSameBits(t *testing.T) {
	for _, best := range []bool{false, true} {
		run := func(epochs int) *train.Trainer {
			tr := constant(t, epochs)
			tr.Average = 0.9
			if tr.KeepBest = best; !best {
				tr.Validation = nil
			}
			return tr
		}
		reference := run(4)
		fit(t, reference)

		one := run(4)
		before := runtime.GOMAXPROCS(1)
		fit(t, one)
		runtime.GOMAXPROCS(before)
		sameBits(t, "one processor", weights(one.Net), weights(reference.Net))

		path := filepath.Join(t.TempDir(), "checkpoint")
		ctx, cancel := context.WithCancel(t.Context())
		interrupted := run(4)
		interrupted.Checkpoint = path
		interrupted.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
			if e.Kind == train.Updated && e.Step == 6 { // of 4 an epoch
				cancel()
			}
			return nil
		})}
		if _, err := interrupted.Fit(ctx); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		resumed := run(4)
		if err := resumed.Resume(path); err != nil {
			t.Fatal(err)
		}
		fit(t, resumed)
		sameBits(t, "resumed", weights(resumed.Net), weights(reference.Net))

		longer := run(2)
		longer.Checkpoint = path
		fit(t, longer)
		if err := longer.Save(path); err != nil { // the averaged parameters are in the network
			t.Fatal(err)
		}
		later := run(4)
		if err := later.Resume(path); err != nil {
			t.Fatal(err)
		}
		fit(t, later)
		sameBits(t, "resumed after its end", weights(later.Net), weights(reference.Net))
		longer.Epochs = 4
		fit(t, longer)
		sameBits(t, "gone on", weights(longer.Net), weights(reference.Net))

		other := run(4)
		other.Average = 0.99
		if err := other.Resume(path); err == nil || !strings.Contains(err.Error(), "averages weights by 0.9, this one by 0.99") {
			t.Errorf("another average: error %v", err)
		}
	}
	tr := averaging(t, 1)
	tr.Average = 1
	if _, err := tr.Fit(t.Context()); err == nil || !strings.Contains(err.Error(), "Average is 1, wanted") {
		t.Errorf("Average 1: error %v", err)
	}
}
