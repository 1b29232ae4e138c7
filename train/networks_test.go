package train_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"testing"

	"tatami/datasets"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// Residual blocks with batch normalization, averaged weights and all: the same
// bits on one processor and on two, and through an interruption.
func TestResNetSameBits(t *testing.T) {
	n, err := networks.Find("resnet")
	if err != nil {
		t.Fatal(err)
	}
	data := bars(50, 1)
	run := func() *train.Trainer {
		net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(1, 1)), n.Specs(3)...)
		if err != nil {
			t.Fatal(err)
		}
		return &train.Trainer{
			Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: data, BatchSize: 18, Seed: 1},
			Rule: optim.Adam{}, Schedule: optim.Constant{Base: 0.003}, Epochs: 3, Average: 0.99,
		}
	}
	whole := run()
	h := fit(t, whole)
	if first, last := h.Epochs[0].TrainLoss, h.Epochs[2].TrainLoss; !(last < first) {
		t.Errorf("loss %g after one epoch, %g after three", first, last)
	}
	before := runtime.GOMAXPROCS(1)
	one := run()
	fit(t, one)
	runtime.GOMAXPROCS(before)
	sameBits(t, "one processor", weights(one.Net), weights(whole.Net))

	ctx, cancel := context.WithCancel(t.Context())
	interrupted := run()
	interrupted.Checkpoint = filepath.Join(t.TempDir(), "checkpoint")
	interrupted.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
		if e.Kind == train.Updated && e.Step == 5 { // of 3 an epoch
			cancel()
		}
		return nil
	})}
	if _, err := interrupted.Fit(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	resumed := run()
	if err := resumed.Resume(interrupted.Checkpoint); err != nil {
		t.Fatal(err)
	}
	fit(t, resumed)
	sameBits(t, "resumed", weights(resumed.Net), weights(whole.Net))
}
