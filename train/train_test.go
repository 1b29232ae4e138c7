package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"tatami/datasets"
	"tatami/internal/named"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// bars is a dataset that a network can learn: images of one bright row or
// column, in noise; the label is which.
func bars(n int, seed uint64) *datasets.Dataset {
	const side = 6
	rng := rand.New(rand.NewPCG(seed, 1))
	d := &datasets.Dataset{Shape: nn.Shape{H: side, W: side, C: 1}, Classes: []string{"row", "column", "none"}}
	for range n {
		img := make([]byte, side*side)
		for i := range img {
			img[i] = byte(rng.IntN(60))
		}
		label, at := rng.IntN(3), rng.IntN(side)
		for i := range side {
			switch label {
			case 0:
				img[at*side+i] += 180
			case 1:
				img[i*side+at] += 180
			}
		}
		d.Images = append(d.Images, img)
		d.Labels = append(d.Labels, label)
	}
	return d
}

// newTrainer trains a small network with everything that has a state: batch
// normalization, dropout, augmentation, two moments, a schedule, a validation
// set, and a last short batch.
func newTrainer(t testing.TB, epochs int) *train.Trainer {
	t.Helper()
	data := bars(230, 1)
	net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(7, 7)),
		layers.Convolution{Filters: 4, Kernel: 3, Pad: 1}, layers.BatchNormalization{}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 10}, layers.ReLU{}, layers.Dropout{Ratio: 0.2},
		layers.Affine{Units: 3}, layers.Softmax{})
	if err != nil {
		t.Fatal(err)
	}
	loader := &datasets.Loader{Data: data, BatchSize: 20, Seed: 3, Augment: datasets.Augmentation{Shift: 1}}
	return &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: loader, Rule: optim.Adam{},
		Schedule: optim.OneCycle{Max: 0.02, Steps: epochs * loader.Batches()},
		Epochs:   epochs, Seed: 3, Test: bars(101, 2), Validation: bars(50, 3), KeepBest: true,
	}
}

func weights(net *nn.Sequential) []float32 {
	var all []float32
	for _, p := range net.Params() {
		all = append(all, p.Value.Data...)
	}
	return all
}

func fit(t testing.TB, tr *train.Trainer) *train.History {
	t.Helper()
	h, err := tr.Fit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// dataset is what tests train on, to be changed.
func dataset(s datasets.Source) *datasets.Dataset { return s.(*datasets.Dataset) }

func evaluate(t testing.TB, tr *train.Trainer, data datasets.Source, batch int) *train.Evaluation {
	t.Helper()
	e, err := train.Evaluate(tr.Net, tr.Loss, data, batch)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func sameBits(t *testing.T, name string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: weight %d is %g, want %g", name, i, got[i], want[i])
		}
	}
}

// timeless is a history without its times.
func timeless(h *train.History) train.History {
	c := train.History{Steps: append([]train.StepRow(nil), h.Steps...)}
	for _, e := range h.Epochs {
		e.Seconds = 0
		c.Epochs = append(c.Epochs, e)
	}
	return c
}

func TestLearns(t *testing.T) {
	tr := newTrainer(t, 10)
	h := fit(t, tr)
	if len(h.Epochs) != 10 || len(h.Steps) != 120 {
		t.Fatalf("%d epochs and %d steps, want 10 and 120", len(h.Epochs), len(h.Steps))
	}
	first, last := h.Epochs[0], h.Epochs[9]
	if !(last.TestAccuracy > 0.9) || !(last.TrainLoss < first.TrainLoss/2) {
		t.Errorf("test accuracy %.2f, train loss from %.3f to %.3f", last.TestAccuracy, first.TrainLoss, last.TrainLoss)
	}
	best := tr.BestEpoch()
	for _, e := range h.Epochs {
		if e.ValidationAccuracy > best.ValidationAccuracy {
			t.Errorf("epoch %d has validation accuracy %.2f, the best is said to have %.2f", e.Epoch, e.ValidationAccuracy, best.ValidationAccuracy)
		}
	}
	e := evaluate(t, tr, tr.Validation, 7)
	if e.Accuracy() != best.ValidationAccuracy {
		t.Errorf("the network left has validation accuracy %.3f, the best epoch %.3f", e.Accuracy(), best.ValidationAccuracy)
	}
}

// The same seed and shards give the same bits on any number of processors, and
// another number of shards other bits but nearly the same losses.
func TestSameBits(t *testing.T) {
	reference := newTrainer(t, 2)
	want := fit(t, reference)
	for procs := 1; procs <= 4; procs++ {
		old := runtime.GOMAXPROCS(procs)
		tr := newTrainer(t, 2)
		got := fit(t, tr)
		runtime.GOMAXPROCS(old)
		sameBits(t, fmt.Sprint(procs, " processors"), weights(tr.Net), weights(reference.Net))
		if !reflect.DeepEqual(timeless(got), timeless(want)) {
			t.Errorf("%d processors: another history", procs)
		}
	}
	for _, shards := range []int{1, 3, 25} {
		tr := newTrainer(t, 2)
		tr.Shards = shards
		got := fit(t, tr)
		for i, s := range got.Steps[:5] {
			if w := want.Steps[i].Loss; math.Abs(s.Loss-w) > 1e-3*w {
				t.Errorf("%d shards: loss %g at step %d, want %g", shards, s.Loss, i+1, w)
			}
		}
	}
}

// A run stopped after any update and resumed equals the uninterrupted one.
func TestResume(t *testing.T) {
	const epochs = 3
	reference := newTrainer(t, epochs)
	want := fit(t, reference)
	stops := []int{0, 1, 11, 12, 13, 24, 30, 35, 36}
	if testing.Short() {
		stops = []int{1, 12, 30}
	}
	for _, stop := range stops {
		path := filepath.Join(t.TempDir(), "checkpoint")
		ctx, cancel := context.WithCancel(context.Background())
		tr := newTrainer(t, epochs)
		tr.Checkpoint, tr.Settings = path, []byte("mine")
		tr.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
			if e.Step == stop {
				cancel()
			}
			return nil
		})}
		_, err := tr.Fit(ctx)
		if stop < 36 && !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %d: error %v", stop, err)
		}
		cancel()
		if s, err := train.Settings(path); err != nil || string(s) != "mine" {
			t.Fatalf("settings %q, %v", s, err)
		}
		again := newTrainer(t, epochs)
		if err := again.Resume(path); err != nil {
			t.Fatal(err)
		}
		if again.Done() != (stop == 36) {
			t.Errorf("stopped at %d: done is %v", stop, again.Done())
		}
		got := fit(t, again)
		sameBits(t, fmt.Sprint("stopped at ", stop), weights(again.Net), weights(reference.Net))
		if !reflect.DeepEqual(timeless(got), timeless(want)) {
			t.Errorf("stopped at %d: another history", stop)
		}
	}
}

// So does one with any other optimizer, however often it is stopped and on
// however many processors it goes on.
func TestResumeOptimizers(t *testing.T) {
	for i, name := range optim.RuleNames() {
		if testing.Short() && i%3 > 0 {
			continue
		}
		rule, err := named.Rule(name, 0.01)
		if err != nil {
			t.Fatal(err)
		}
		trainer := func() *train.Trainer {
			tr := newTrainer(t, 10)
			tr.Rule, tr.Clip, tr.Patience = rule, 0.5, 3
			tr.Loader.Data = dataset(tr.Loader.Data).Limit(70)
			tr.Loader.Augment = datasets.Augmentation{Shift: 1, Rotate: 10, Scale: 0.1, Elastic: 4, Sigma: 2}
			tr.Loader.Replacement = i%2 == 1
			tr.Schedule = optim.Warmup{Steps: 7, After: optim.Cosine{Base: rule.DefaultRate(), Steps: 33}}
			return tr
		}
		reference := trainer()
		want := fit(t, reference)
		last := len(want.Steps)
		path := filepath.Join(t.TempDir(), "checkpoint")
		stops := []int{0, 1 + i, last / 2, last - 1}
		for round := range len(stops) + 1 {
			old := runtime.GOMAXPROCS(1 + round%3)
			tr := trainer()
			tr.Checkpoint = path
			if round > 0 {
				if err := tr.Resume(path); err != nil {
					t.Fatal(err)
				}
			}
			tr.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
				if round < len(stops) && e.Step == stops[round] {
					return train.Stop
				}
				return nil
			})}
			got := fit(t, tr)
			runtime.GOMAXPROCS(old)
			if round < len(stops) {
				continue
			}
			sameBits(t, name, weights(tr.Net), weights(reference.Net))
			if !reflect.DeepEqual(timeless(got), timeless(want)) {
				t.Errorf("%s: another history", name)
			}
		}
	}
}

// A bit that turned over anywhere in a checkpoint, or an end that is missing,
// is an error.
func TestResumeDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	tr := newTrainer(t, 1)
	tr.Checkpoint, tr.Settings = path, []byte(`{"lr":0.02}`)
	fit(t, tr)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	stride := 37
	if testing.Short() {
		stride = 331
	}
	again := newTrainer(t, 1)
	refused := func(what string, at int, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := again.Resume(path); err == nil {
			t.Errorf("%s at byte %d of %d: no error", what, at, len(whole))
		}
	}
	for at := 0; at < len(whole); at += stride {
		refused("the end", at, whole[:at])
		damaged := bytes.Clone(whole)
		damaged[at] ^= 1 << (at % 8)
		refused("a bit", at, damaged)
	}
}

func TestResumeRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "checkpoint")
	tr := newTrainer(t, 1)
	tr.Checkpoint = path
	fit(t, tr)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, change func(*train.Trainer), data []byte, want string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		tr := newTrainer(t, 1)
		change(tr)
		err := tr.Resume(file)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v, want one that names the file and has %q", name, err, want)
		}
	}
	same := func(*train.Trainer) {}
	check("cut", same, whole[:len(whole)-5], "")
	check("empty", same, nil, "")
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-9] ^= 1
	check("damaged", same, damaged, "damaged")
	check("shards", func(tr *train.Trainer) { tr.Shards = 3 }, whole, "4 shards")
	check("rule", func(tr *train.Trainer) { tr.Rule = optim.SGD{} }, whole, "moment")
	check("data", func(tr *train.Trainer) { dataset(tr.Loader.Data).Images[7][3] ^= 1 }, whole, "other training images or labels")
	check("network", func(tr *train.Trainer) {
		net, err := nn.NewSequential(tr.Net.Input(), rand.New(rand.NewPCG(1, 1)), layers.Affine{Units: 3})
		if err != nil {
			t.Fatal(err)
		}
		tr.Net = net
	}, whole, "")
	model := filepath.Join(dir, "model")
	if err := nn.Save(model, &nn.Model{Sequential: tr.Net}); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(model)
	check("model", same, data, "not a checkpoint")
}

func TestStop(t *testing.T) {
	tr := newTrainer(t, 5)
	tr.Checkpoint = filepath.Join(t.TempDir(), "checkpoint")
	var kinds []train.Kind
	tr.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
		kinds = append(kinds, e.Kind)
		if e.Step == 3 && e.Kind == train.Updated {
			return train.Stop
		}
		return nil
	})}
	h := fit(t, tr)
	if len(h.Steps) != 3 {
		t.Errorf("%d steps, want 3", len(h.Steps))
	}
	if want := []train.Kind{train.Started, train.Updated, train.Updated, train.Updated, train.Finished}; !reflect.DeepEqual(kinds, want) {
		t.Errorf("events %v, want %v", kinds, want)
	}
	if _, err := os.Stat(tr.Checkpoint); err != nil {
		t.Error(err)
	}
	bad := errors.New("disk full")
	tr = newTrainer(t, 1)
	tr.Observers = []train.Observer{train.ObserverFunc(func(train.Event) error { return bad })}
	if _, err := tr.Fit(context.Background()); !errors.Is(err, bad) {
		t.Errorf("error %v, want the observer's", err)
	}
}

// Early stopping ends a run whose validation loss does not fall.
func TestPatience(t *testing.T) {
	tr := newTrainer(t, 50)
	tr.Patience = 2
	tr.Schedule = optim.Constant{Base: 1e-30} // learns nothing
	tr.Net = frozen(t, tr.Net.Input())
	h := fit(t, tr)
	if len(h.Epochs) != 3 {
		t.Errorf("%d epochs, want 3: the first and two without a lower loss", len(h.Epochs))
	}
}

// frozen is a network without dropout or statistics, so that a rate near 0
// leaves its validation loss where it is.
func frozen(t *testing.T, in nn.Shape) *nn.Sequential {
	net, err := nn.NewSequential(in, rand.New(rand.NewPCG(1, 1)), layers.Affine{Units: 3})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func TestDiverged(t *testing.T) {
	for _, rate := range []float64{1e30, 1e38} {
		diverges(t, newTrainer(t, 3), rate)
		last := newTrainer(t, 1) // no update comes after that
		last.Loader.BatchSize = last.Loader.Data.Len()
		diverges(t, last, rate)
	}
}

func diverges(t *testing.T, tr *train.Trainer, rate float64) {
	t.Helper()
	tr.Rule = optim.SGD{}
	tr.Schedule = optim.Constant{Base: rate}
	_, err := tr.Fit(context.Background())
	if !errors.Is(err, train.ErrNotFinite) {
		t.Fatalf("rate %g: error %v, want one that is %v", rate, err, train.ErrNotFinite)
	}
	for _, want := range []string{"step ", "layer ", "learning rate"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("rate %g: %q does not name %q", rate, err, want)
		}
	}
}

// broken passes values on, and from step 2 on a gradient of NaN.
type broken struct{ nn.Shape }

func (broken) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) { return broken{in}, nil }
func (b broken) OutShape() nn.Shape                              { return b.Shape }
func (broken) Params() []*nn.Param                               { return nil }
func (broken) Forward(_ *nn.Context, y, x *nn.Tensor)            { copy(y.Data, x.Data) }
func (broken) Backward(c *nn.Context, dx, dy, _, _ *nn.Tensor) {
	copy(dx.Data, dy.Data)
	if c.Step > 0 && dx.N > 0 {
		dx.Data[0] = float32(math.NaN())
	}
}

// A gradient that is not finite below a finite loss is told by the layer that
// it first reaches. Clipped, it does not reach the parameters.
func TestDivergedGradient(t *testing.T) {
	for _, clip := range []float64{0, 1} {
		tr := newTrainer(t, 2)
		var err error
		if tr.Net, err = nn.NewSequential(tr.Net.Input(), rand.New(rand.NewPCG(7, 7)),
			layers.Convolution{Filters: 4, Kernel: 3}, layers.ReLU{}, layers.Affine{Units: 10}, broken{}, layers.Affine{Units: 3}); err != nil {
			t.Fatal(err)
		}
		tr.Clip = clip
		_, err = tr.Fit(context.Background())
		if want := "step 2: the gradient is not finite, first in layer 3 (Affine 10); try"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("clip %g: error %v, want %q", clip, err, want)
		}
		if clip == 0 {
			continue
		}
		for i, w := range weights(tr.Net) {
			if math.IsNaN(float64(w)) {
				t.Fatalf("weight %d is NaN", i)
			}
		}
	}
}

func TestFitRefuses(t *testing.T) {
	for want, change := range map[string]func(*train.Trainer){
		"the loader has no data":                              func(tr *train.Trainer) { tr.Loader.Data = nil },
		"the training, test or validation set has no samples": func(tr *train.Trainer) { tr.Loader.Data = dataset(tr.Loader.Data).Limit(0) },
		"training, test or validation set has no samples":     func(tr *train.Trainer) { tr.Test = dataset(tr.Test).Limit(0) },
		"must be set": func(tr *train.Trainer) { tr.Rule = nil },
		"takes images of 36, the data have 6×6×1": func(tr *train.Trainer) { tr.Net = frozen(t, nn.Features(36)) },
		"batch size is 0":         func(tr *train.Trainer) { tr.Loader.BatchSize = 0 },
		"Clip is NaN":             func(tr *train.Trainer) { tr.Clip = math.NaN() },
		"need a validation set":   func(tr *train.Trainer) { tr.Validation = nil },
		"the data have 2 classes": func(tr *train.Trainer) { dataset(tr.Loader.Data).Classes = []string{"a", "b"} },
		"outputs of 2×2×1, the data have 4 classes": func(tr *train.Trainer) {
			net, err := nn.NewSequential(tr.Net.Input(), rand.New(rand.NewPCG(1, 1)), layers.Convolution{Filters: 1, Kernel: 4, Stride: 2})
			if err != nil {
				t.Fatal(err)
			}
			tr.Net, dataset(tr.Loader.Data).Classes = net, []string{"a", "b", "c", "d"}
		},
		"outputs of 3, the data have 1 classes": func(tr *train.Trainer) { dataset(tr.Test).Classes = []string{"a"} },
		"must not be negative":                  func(tr *train.Trainer) { tr.Epochs = -1 },
	} {
		tr := newTrainer(t, 1)
		change(tr)
		if _, err := tr.Fit(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// A clipped run's updates are no longer than rate × clip.
func TestClip(t *testing.T) {
	tr := newTrainer(t, 1)
	tr.KeepBest = false
	tr.Rule, tr.Clip, tr.Schedule = optim.SGD{}, 0.01, optim.Constant{Base: 1}
	trainable := func() (all []float32) {
		for _, p := range tr.Net.Params() {
			if !p.Fixed {
				all = append(all, p.Value.Data...)
			}
		}
		return all
	}
	before := trainable()
	tr.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
		if e.Kind != train.Updated {
			return nil
		}
		after := trainable()
		var squares float64
		for i, v := range after {
			d := float64(v - before[i])
			squares += d * d
		}
		if d := math.Sqrt(squares); d > 0.01*1.001 || d < 0.001 {
			t.Errorf("step %d moved by %g, want at most 0.01 and not nothing", e.Step, d)
		}
		before = after
		return nil
	})}
	fit(t, tr)
}

func TestEvaluate(t *testing.T) {
	tr := newTrainer(t, 3)
	fit(t, tr)
	want := evaluate(t, tr, tr.Test, 1)
	for _, batch := range []int{2, 7, 100, 101, math.MaxInt} {
		got := evaluate(t, tr, tr.Test, batch)
		if got.Total != 101 || got.Correct != want.Correct || !reflect.DeepEqual(got.Confusion, want.Confusion) {
			t.Errorf("batch %d: %d of %d right, want %d of 101", batch, got.Correct, got.Total, want.Correct)
		}
		if math.Abs(got.Loss-want.Loss) > 1e-6 {
			t.Errorf("batch %d: loss %g, want %g", batch, got.Loss, want.Loss)
		}
	}
	right, total := 0, 0
	for i, row := range want.Confusion {
		for k, n := range row {
			total += n
			if i == k {
				right += n
			}
		}
	}
	if right != want.Correct || total != want.Total || len(want.Mistakes) != total-right {
		t.Errorf("confusion has %d of %d right, %d mistakes; want %d of %d", right, total, len(want.Mistakes), want.Correct, want.Total)
	}
	for i, m := range want.Mistakes {
		if m.True == m.Given || int(dataset(tr.Test).Labels[m.Index]) != m.True || i > 0 && m.Probability > want.Mistakes[i-1].Probability {
			t.Errorf("mistake %d is %+v", i, m)
		}
	}
	e := train.Evaluation{Confusion: [][]int{{8, 2, 0}, {4, 6, 0}, {0, 0, 0}}}
	if e.Recall(0) != 0.8 || e.Precision(0) != 8.0/12 || !math.IsNaN(e.Recall(2)) || !math.IsNaN(e.Precision(2)) {
		t.Errorf("recall %g %g, precision %g %g", e.Recall(0), e.Recall(2), e.Precision(0), e.Precision(2))
	}
}

func TestHistoryCSV(t *testing.T) {
	h := train.History{
		Steps:  []train.StepRow{{Step: 1, Epoch: 1, Rate: 0.5, Loss: 2.25}},
		Epochs: []train.EpochRow{{Epoch: 1, Step: 1, Rate: 0.5, TrainLoss: 2.25, TrainAccuracy: 0.5, TestLoss: 1, TestAccuracy: 0.75, Seconds: 3}},
	}
	var b strings.Builder
	if err := h.WriteSteps(&b); err != nil {
		t.Fatal(err)
	}
	if err := h.WriteEpochs(&b, false); err != nil {
		t.Fatal(err)
	}
	want := `step,epoch,lr,loss
1,1,0.5,2.25
epoch,step,lr,train_loss,train_accuracy,test_loss,test_accuracy,seconds
1,1,0.5,2.25,0.5,1,0.75,3
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// SGD moves every parameter by the rate times its gradient, which observers
// are lent.
func TestGradients(t *testing.T) {
	tr := newTrainer(t, 1)
	tr.KeepBest = false
	const rate = 0.5
	tr.Rule, tr.Schedule = optim.SGD{}, optim.Constant{Base: rate}
	var before [][]float32
	tr.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
		gradients := tr.Gradients()
		for i, p := range tr.Net.Params() {
			switch {
			case e.Kind == train.Started && gradients[i] != nil, e.Kind == train.Updated && (gradients[i] == nil) != p.Fixed:
				t.Fatalf("step %d: gradients of parameter %d: %v", e.Step, i, gradients[i])
			case e.Kind != train.Updated:
				continue
			}
			for k, g := range gradients[i] {
				if want := before[i][k] - rate*g; math.Abs(float64(p.Value.Data[k]-want)) > 1e-6 {
					t.Fatalf("step %d: parameter %d is %g, want %g", e.Step, i, p.Value.Data[k], want)
				}
			}
		}
		before = nil
		for _, p := range tr.Net.Params() {
			before = append(before, slices.Clone(p.Value.Data))
		}
		return nil
	})}
	fit(t, tr)
	if tr.Gradients()[0] == nil {
		t.Error("no gradients after a run")
	}
}
