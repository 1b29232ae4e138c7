package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"tatami/datasets"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// generated are samples that are computed when they are asked for.
type generated struct {
	n      int
	in     nn.Shape
	target datasets.Target
	seed   uint64
	// answer gives the class of x, or writes its values to y.
	answer func(y, x []float32) int
	broken int // the position of a sample that cannot be read; 0: none
}

func (g generated) Len() int                { return g.n }
func (g generated) Input() nn.Shape         { return g.in }
func (g generated) Target() datasets.Target { return g.target }

func (g generated) Fill(x *nn.Tensor, t nn.Targets, index []int) error {
	for i, k := range index {
		if k == g.broken && k > 0 {
			return fmt.Errorf("sample %d: %w", k, errBroken)
		}
		rng := nn.NewStream(g.seed, uint64(k))
		for j := range x.Sample(i) {
			x.Sample(i)[j] = rng.Float32()
		}
		if t.Values != nil {
			g.answer(t.Values.Sample(i), x.Sample(i))
		} else {
			t.Labels[i] = g.answer(nil, x.Sample(i))
		}
	}
	return nil
}

var errBroken = errors.New("cannot be read")

// task is something to learn that is no labelled image.
type task struct {
	data    generated
	loss    nn.Loss
	specs   []nn.Spec
	augment datasets.Augmentation
	values  bool // without accuracy
}

func tasks() map[string]task {
	image := nn.Shape{H: 4, W: 4, C: 2}
	largest := func(y, x []float32) int { return nn.Argmax(x[:4]) }
	two := []nn.Spec{layers.Affine{Units: 12}, layers.ReLU{}, layers.Affine{Units: 4}}
	return map[string]task{
		"regression": {
			data: generated{in: nn.Features(3), target: datasets.Target{Values: nn.Features(2)},
				answer: func(y, x []float32) int { y[0], y[1] = x[0]*x[1], x[2]-x[0]; return 0 }},
			loss: layers.MeanSquaredError{}, specs: []nn.Spec{layers.Affine{Units: 16}, layers.ReLU{}, layers.Affine{Units: 2}}, values: true,
		},
		"autoencoder": {
			data: generated{in: image, target: datasets.Target{Values: image}, answer: func(y, x []float32) int { return copy(y, x) }},
			loss: layers.MeanSquaredError{}, specs: []nn.Spec{layers.Convolution{Filters: 4, Kernel: 3, Pad: 1}, layers.Tanh{}, layers.Convolution{Filters: 2, Kernel: 3, Pad: 1}}, values: true,
			augment: datasets.Augmentation{Brightness: 0.2},
		},
		"several labels": {
			data: generated{in: nn.Features(4), target: datasets.Target{Values: nn.Features(4), Classes: []string{"a", "b", "c", "d"}},
				answer: func(y, x []float32) int {
					for k, v := range x {
						y[k] = float32(math.Round(float64(v)))
					}
					return 0
				}},
			loss: layers.SigmoidWithLoss{}, specs: append(slices.Clone(two), layers.Sigmoid{}),
		},
		"300 classes": {
			data: generated{in: nn.Features(4), target: datasets.Target{Classes: make([]string, 300)},
				answer: func(_, x []float32) int { return 296 + nn.Argmax(x) }},
			loss: layers.SoftmaxWithLoss{}, specs: []nn.Spec{layers.Affine{Units: 16}, layers.ReLU{}, layers.Affine{Units: 300}, layers.Softmax{}},
		},
		"weighted classes": {
			data: generated{in: nn.Features(4), target: datasets.Target{Classes: make([]string, 4)}, answer: largest},
			loss: layers.SoftmaxWithLoss{Weights: []float64{1, 0.5, 2, 1}}, specs: two,
		},
		"mixup": {
			data: generated{in: nn.Features(4), target: datasets.Target{Classes: make([]string, 4)}, answer: largest},
			loss: layers.SoftmaxWithLoss{Smoothing: 0.1}, specs: append(slices.Clone(two), layers.Softmax{}), augment: datasets.Augmentation{Mixup: 0.2},
		},
	}
}

func (k task) trainer(t testing.TB) *train.Trainer {
	t.Helper()
	net, err := nn.NewSequential(k.data.in, rand.New(rand.NewPCG(1, 1)), k.specs...)
	if err != nil {
		t.Fatal(err)
	}
	part := func(n int, seed uint64) generated { d := k.data; d.n, d.seed = n, seed; return d }
	return &train.Trainer{
		Net: net, Loss: k.loss, Rule: optim.Adam{}, Schedule: optim.Constant{Base: 0.02}, Epochs: 4,
		Loader: &datasets.Loader{Data: part(230, 1), BatchSize: 20, Seed: 3, Augment: k.augment},
		Test:   part(101, 2), Validation: part(50, 3), KeepBest: true,
	}
}

// Whatever is learned gives the same bits on one and two processors, and when it
// was interrupted within an epoch; the loss falls; and there are the metrics that
// make sense, and no others.
func TestSources(t *testing.T) {
	for name, task := range tasks() {
		t.Run(name, func(t *testing.T) {
			tr := task.trainer(t)
			before := evaluate(t, tr, tr.Test, 20)
			h := fit(t, tr)
			want := weights(tr.Net)

			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			one := task.trainer(t)
			fit(t, one)
			if !slices.Equal(weights(one.Net), want) {
				t.Error("one processor gives other bits")
			}
			runtime.GOMAXPROCS(2)
			path := filepath.Join(t.TempDir(), "checkpoint")
			half := task.trainer(t)
			half.Checkpoint = path
			half.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
				if e.Step == 17 {
					return train.Stop
				}
				return nil
			})}
			fit(t, half)
			rest := task.trainer(t)
			if err := rest.Resume(path); err != nil {
				t.Fatal(err)
			}
			resumed := fit(t, rest)
			if !slices.Equal(weights(rest.Net), want) {
				t.Error("a resumed run gives other bits")
			}

			e, row := evaluate(t, tr, tr.Test, 20), h.Epochs[len(h.Epochs)-1]
			if !(e.Loss < 0.9*before.Loss) || e.Total != 101 {
				t.Errorf("the loss went from %g to %g over %d samples", before.Loss, e.Loss, e.Total)
			}
			var csv strings.Builder
			if err := resumed.WriteEpochs(&csv, true); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(csv.String(), "accuracy") == task.values || h.Values != task.values || resumed.Values != task.values {
				t.Errorf("accuracies: %v, and the history says\n%s", !task.values, csv.String())
			}
			if task.values {
				if !math.IsNaN(e.Accuracy()) || row.TestAccuracy != 0 || e.Confusion != nil || e.AbsoluteError <= 0 {
					t.Errorf("values have accuracy %g, confusion %v, error %g", e.Accuracy(), e.Confusion, e.AbsoluteError)
				}
				// The loss is half the squared error of all values of a sample.
				size := float64(task.data.target.Values.Size())
				if got := e.SquaredError * size / 2; math.Abs(got-e.Loss) > 1e-6*e.Loss || e.AbsoluteError*e.AbsoluteError > e.SquaredError {
					t.Errorf("squared error %g and absolute %g of loss %g", e.SquaredError, e.AbsoluteError, e.Loss)
				}
				return
			}
			if a := e.Accuracy(); a < 0.4 || row.TrainAccuracy < 0.3 {
				t.Errorf("accuracy %g, in training %g", a, row.TrainAccuracy)
			}
		})
	}
}

// Recall and precision of several labels count yes and no, class by class.
func TestMultilabelCounts(t *testing.T) {
	net, err := nn.NewSequential(nn.Features(2), rand.New(rand.NewPCG(1, 1)), layers.Sigmoid{})
	if err != nil {
		t.Fatal(err)
	}
	// Both classes are given where x > 0; of the first is what x says, of the second nothing.
	data := generated{n: 400, in: nn.Features(2), target: datasets.Target{Values: nn.Features(2)}, answer: func(y, x []float32) int {
		for k := range x {
			x[k] -= 0.5
		}
		if y[0], y[1] = 0, 0; x[0] > 0 {
			y[0] = 1
		}
		return 0
	}}
	e, err := train.Evaluate(net, layers.SigmoidWithLoss{}, data, 30)
	if err != nil {
		t.Fatal(err)
	}
	given := e.Multilabel[1][0][1]
	if e.Recall(0) != 1 || e.Precision(0) != 1 || e.Precision(1) != 0 || !math.IsNaN(e.Recall(1)) || e.Correct != 400-given || given < 150 || given > 250 {
		t.Errorf("recall %g, %g, precision %g, %g, %d correct, %v", e.Recall(0), e.Recall(1), e.Precision(0), e.Precision(1), e.Correct, e.Multilabel)
	}
}

// Data that cannot be read end the run, or an evaluation, with their own error;
// what they were trained on is told from other data.
func TestBrokenSource(t *testing.T) {
	for name, breaks := range map[string]func(*train.Trainer){
		"training": func(tr *train.Trainer) { d := tr.Loader.Data.(generated); d.broken = 140; tr.Loader.Data = d },
		"test":     func(tr *train.Trainer) { d := tr.Test.(generated); d.broken = 100; tr.Test = d },
	} {
		tr := tasks()["regression"].trainer(t)
		breaks(tr)
		if _, err := tr.Fit(context.Background()); !errors.Is(err, errBroken) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "checkpoint")
	tr := tasks()["regression"].trainer(t)
	tr.Checkpoint = path
	fit(t, tr)
	other := tasks()["regression"].trainer(t)
	d := other.Loader.Data.(generated)
	d.seed = 9
	other.Loader.Data = d
	if err := other.Resume(path); err == nil || !strings.Contains(err.Error(), "other training images") {
		t.Errorf("resumed on other data: %v", err)
	}
	for want, loss := range map[string]nn.Loss{
		"3 weights, wanted 4":          layers.SoftmaxWithLoss{Weights: make([]float64, 3)},
		"weight of class 1 is -1":      layers.SoftmaxWithLoss{Weights: []float64{1, -1, 1, 1}},
		"Smoothing is 1, wanted 0":     layers.SoftmaxWithLoss{Smoothing: 1},
		"one probability a class, the": layers.SoftmaxWithLoss{},
	} {
		name := "weighted classes"
		if strings.HasPrefix(want, "one") {
			name = "autoencoder"
		}
		tr := tasks()[name].trainer(t)
		tr.Loss = loss
		if _, err := tr.Fit(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, wanted %q", err, want)
		}
	}
	wrong := tasks()["regression"].trainer(t)
	wrong.Loss = layers.SoftmaxWithLoss{}
	d = wrong.Loader.Data.(generated)
	d.target.Values = nn.Features(3)
	wrong.Loader.Data = d
	if _, err := wrong.Fit(context.Background()); err == nil || !strings.Contains(err.Error(), "outputs of 2, the data have targets of 3") {
		t.Errorf("other values than outputs: %v", err)
	}
}
