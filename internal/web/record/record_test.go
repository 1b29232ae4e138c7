package record_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"tatami/datasets"
	"tatami/internal/web/record"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
	"tatami/train/doctor"
)

// toy is images of three classes that differ in which third is dark.
func toy(n int) *datasets.Dataset {
	d := &datasets.Dataset{Shape: nn.Shape{H: 6, W: 5, C: 1}, Classes: []string{"top", "middle", "bottom"}}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		image := make([]byte, 30)
		for k := range image {
			image[k] = byte(rng.IntN(200))
			if k/10 == i%3 {
				image[k] += 55
			}
		}
		d.Images, d.Labels = append(d.Images, image), append(d.Labels, i%3)
	}
	return d
}

// newTrainer is a run of some epochs of 10 updates each, of a network with more
// layers in its middle.
func newTrainer(t *testing.T, epochs int, more ...nn.Spec) (*train.Trainer, *record.Recorder) {
	t.Helper()
	data := toy(40)
	specs := append([]nn.Spec{layers.Affine{Units: 7}, layers.ReLU{}}, append(more, layers.Affine{Units: 3}, layers.Softmax{})...)
	net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(3, 0)), specs...)
	if err != nil {
		t.Fatal(err)
	}
	tr := &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: data, BatchSize: 4, Seed: 1},
		Rule: optim.SGD{}, Schedule: optim.Constant{Base: 0.1}, Epochs: epochs, Test: toy(9),
	}
	r, err := record.New(record.Facts{Name: "toy", Classes: data.Classes, Images: 40, Epochs: epochs, Batches: 10}, net, data, tr.Test)
	if err != nil {
		t.Fatal(err)
	}
	tr.Observers = []train.Observer{r}
	return tr, r
}

// reader adds up updates as a page does.
type reader struct {
	cursor record.Cursor
	every  int
	points []record.Point
	epochs []record.Epoch
	vitals []record.Vitals
	spread []record.Spreads
	frames []record.Frame
	advice []doctor.Advice
	test   *record.Test
	now    record.Now
}

func (r *reader) read(rec *record.Recorder) {
	u, _ := rec.Since(&r.cursor)
	if u == nil {
		return
	}
	r.now = u.Now
	if u.Points != nil {
		r.every = u.Points.Every
		r.points = append(r.points[:u.Points.From:u.Points.From], u.Points.Rows...)
	}
	if u.Epochs != nil {
		r.epochs = append(r.epochs[:u.Epochs.From:u.Epochs.From], u.Epochs.Rows...)
	}
	if u.Vitals != nil {
		r.vitals = append(r.vitals[:u.Vitals.From:u.Vitals.From], u.Vitals.Rows...)
	}
	if u.Spreads != nil {
		r.spread = append(r.spread[:u.Spreads.From:u.Spreads.From], u.Spreads.Rows...)
	}
	if u.Frames != nil {
		r.frames = append(r.frames[:u.Frames.From:u.Frames.From], u.Frames.Rows...)
	}
	if u.Advice != nil {
		r.advice = append(r.advice[:u.Advice.From:u.Advice.From], u.Advice.Rows...)
	}
	if u.Test != nil {
		r.test = u.Test
	}
}

// Whoever reads at any times has in the end what a late visitor gets at once.
func TestReadersAgree(t *testing.T) {
	tr, rec := newTrainer(t, 260) // 2600 updates: the curve is merged twice
	often, seldom := &reader{}, &reader{}
	tr.Observers = append(tr.Observers, train.ObserverFunc(func(e train.Event) error {
		often.read(rec)
		if e.Step%777 == 0 {
			rec.Advise(doctor.Advice{Text: fmt.Sprint("at step ", e.Step)})
			seldom.read(rec)
			if seldom.now.Step != e.Step {
				t.Errorf("after step %d readers are told of step %d", e.Step, seldom.now.Step)
			}
		}
		return nil
	}))
	if _, err := tr.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := &reader{}
	for _, r := range []*reader{often, seldom, late} {
		r.read(rec)
	}
	want := asJSON(t, []any{late.every, late.points, late.epochs, late.vitals, late.spread, late.frames, late.advice, late.test, late.now})
	for name, r := range map[string]*reader{"often": often, "seldom": seldom} {
		if got := asJSON(t, []any{r.every, r.points, r.epochs, r.vitals, r.spread, r.frames, r.advice, r.test, r.now}); got != want {
			t.Errorf("who reads %s has\n%.300s\nwanted\n%.300s", name, got, want)
		}
	}
	h := tr.History()
	if late.every != 4 || len(late.points) != 650 || len(late.epochs) != 260 || late.now.State != record.Finished || late.now.Step != 2600 {
		t.Errorf("every %d, %d points, %d epochs, %+v", late.every, len(late.points), len(late.epochs), late.now)
	}
	var loss float64
	for _, s := range h.Steps[4*649:] {
		loss += s.Loss / 4
	}
	if got := float64(late.points[649][0]); math.Abs(got-loss) > 1e-12 {
		t.Errorf("the last point's loss is %g, wanted %g", got, loss)
	}
	var accuracy float64 // of the points of the last epoch but for the first half of a point
	for _, p := range late.points[648:] {
		accuracy += float64(p[1]) / 2
	}
	if accuracy < 0.5 || accuracy > 1 {
		t.Errorf("accuracy of the last points is %g", accuracy)
	}
	if late.test.Total != 9 || late.test.Part || late.test.Step != 2600 {
		t.Errorf("test %+v", late.test)
	}
	if n := len(late.frames); n < 20 || late.frames[0].Step != 0 || late.frames[n-1].Step != 2600 {
		t.Errorf("%d frames, of steps %d to %d", n, late.frames[0].Step, late.frames[n-1].Step)
	}
	if len(late.advice) < 4 || late.advice[1].Text != "at step 777" {
		t.Errorf("advice %+v", late.advice)
	}
	if len(late.vitals) == 0 {
		t.Error("no vitals")
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSameBits(t *testing.T) {
	more := []nn.Spec{layers.BatchNormalization{}, layers.Dropout{Ratio: 0.5}}
	watched, rec := newTrainer(t, 3, more...)
	alone, _ := newTrainer(t, 3, more...)
	alone.Observers = nil
	for _, tr := range []*train.Trainer{watched, alone} {
		if _, err := tr.Fit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(rec.Whole().Vitals.Rows) < 2 {
		t.Error("nothing was looked at")
	}
	for i, p := range watched.Net.Params() {
		if !slices.Equal(p.Value.Data, alone.Net.Params()[i].Value.Data) {
			t.Errorf("parameter %d differs", i)
		}
	}
}

func TestVitals(t *testing.T) {
	tr, rec := newTrainer(t, 1)
	bias := tr.Net.Params()[1].Value.Data
	for i := range bias {
		bias[i] = 3 // awake
	}
	bias[2], bias[5] = -1000, -1000 // these never wake again
	weight := tr.Net.Params()[0].Value.Data
	var change, size float64
	var before []float32
	tr.Observers = append(tr.Observers, train.ObserverFunc(func(e train.Event) error {
		if e.Kind == train.Updated && e.Step == 1 {
			before = slices.Clone(weight)
		}
		if e.Kind == train.Updated && e.Step == 2 {
			for i, w := range weight {
				d := float64(w) - float64(before[i])
				change += d * d
				size += float64(before[i]) * float64(before[i])
			}
		}
		return nil
	}))
	if _, err := tr.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := rec.Whole()
	if want := []string{"1 Affine 7", "2 ReLU", "3 Affine 3"}; !slices.Equal(u.Facts.Layers, want) {
		t.Fatalf("layers %q, want %q", u.Facts.Layers, want)
	}
	first := u.Vitals.Rows[0]
	if first.Step != 2 || math.Abs(float64(first.Dead[1])-2./7) > 1e-9 {
		t.Errorf("after step %d the share of dead units is %g, wanted 2/7 after step 2", first.Step, first.Dead[1])
	}
	if want := math.Sqrt(change / size); math.Abs(float64(first.Ratio[0])-want) > 1e-9*want {
		t.Errorf("ratio %g, wanted %g", first.Ratio[0], want)
	}
	if got := asJSON(t, first.Dead); got[:6] != "[null," {
		t.Errorf("dead units of layers without are %s", got)
	}
}

// What a residual block learns counts as one layer, and what follows a layer
// without being its activation does not.
func TestSpreads(t *testing.T) {
	same := layers.Convolution{Filters: 2, Kernel: 3, Pad: 1}
	data := toy(40)
	net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(3, 0)),
		layers.Convolution{Filters: 2, Kernel: 3, Pad: 1}, layers.BatchNormalization{}, layers.ReLU{},
		layers.Residual{Body: []nn.Spec{same, layers.Tanh{}, same}}, layers.Dropout{Ratio: 0.5},
		layers.Affine{Units: 3, Frozen: true}, layers.Softmax{})
	if err != nil {
		t.Fatal(err)
	}
	tr := &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: data, BatchSize: 4, Seed: 1},
		Rule: optim.SGD{}, Schedule: optim.Constant{Base: 0.1}, Epochs: 1,
	}
	rec, err := record.New(record.Facts{Name: "toy", Images: 40, Epochs: 1, Batches: 10}, net, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	tr.Observers = []train.Observer{rec}
	if _, err := tr.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := rec.Whole()
	if want := []string{"1 Convolution 3×3 pad 1 → ReLU", "4 Residual", "6 Affine 3"}; !slices.Equal(u.Facts.Learners, want) {
		t.Fatalf("layers that learn are %q, wanted %q", u.Facts.Learners, want)
	}
	last := u.Spreads.Rows[len(u.Spreads.Rows)-1]
	squares := func(parts ...[]float32) (sum float64) {
		for _, values := range parts {
			for _, v := range values {
				sum += float64(v) * float64(v)
			}
		}
		return sum
	}
	block, gradients := net.Layers()[3].Params(), tr.Gradients()
	first := len(net.Layers()[0].Params()) + len(net.Layers()[1].Params()) // of the block
	for what, c := range map[string]struct {
		got  record.Number
		want float64
	}{
		"the block's weights":   {last.Weights[1].Norm, squares(block[0].Value.Data, block[2].Value.Data)},
		"the block's gradients": {last.Gradients[1].Norm, squares(gradients[first], gradients[first+2])},
		"the first activations": {last.Activations[0].Norm, squares(net.Activations(datasets.Tensor(data.Shape, data.Images[:20]...))[2].Data)},
	} {
		if math.Abs(float64(c.got)-math.Sqrt(c.want)) > 1e-6*math.Sqrt(c.want) || c.want == 0 {
			t.Errorf("%s have norm %g, wanted %g", what, c.got, math.Sqrt(c.want))
		}
	}
	if z := last.Activations[0].Zeros; z < 0.1 || z > 0.9 {
		t.Errorf("a share of %g is 0 after ReLU", z)
	}
	if got := asJSON(t, last.Gradients[2]); got[:12] != `{"norm":null` {
		t.Errorf("the gradients of a frozen layer are %s", got)
	}
}

func TestFramesHoldTheWeights(t *testing.T) {
	tr, rec := newTrainer(t, 2)
	if _, err := tr.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := rec.Whole()
	f, w := u.Present, tr.Net.Params()[0].Value
	if f.Step != 20 || len(f.Values) != 7*30 {
		t.Fatalf("step %d, %d values", f.Step, len(f.Values))
	}
	for i, v := range f.Values {
		if got, want := float64(int8(v))*float64(f.Top)/127, float64(w.Data[i]); math.Abs(got-want) > float64(f.Top)/250 {
			t.Fatalf("weight %d is %g, wanted %g", i, got, want)
		}
	}
}

func TestSchedule(t *testing.T) {
	for _, c := range []struct{ last, n int }{{3000, 33}, {1, 33}, {5, 5}, {0, 4}} {
		steps := record.Schedule(c.last, c.n)
		if steps[0] != 0 || steps[len(steps)-1] != c.last || len(steps) > c.n || !slices.IsSorted(steps) || len(slices.Compact(slices.Clone(steps))) != len(steps) {
			t.Errorf("Schedule(%d, %d) = %v", c.last, c.n, steps)
		}
	}
}

func TestRead(t *testing.T) {
	tr, rec := newTrainer(t, 3)
	h, err := tr.Fit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, save := range map[string]func(*os.File) error{
		"steps.csv":   func(f *os.File) error { return h.WriteSteps(f) },
		"history.csv": func(f *os.File) error { return h.WriteEpochs(f, false) },
	} {
		f, err := os.Create(filepath.Join(dir, name))
		if err == nil {
			err = save(f)
		}
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	got, err := record.Read(dir, record.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	want := rec.Whole()
	if a, b := asJSON(t, got.Epochs), asJSON(t, want.Epochs); a != b {
		t.Errorf("epochs\n%s\nwanted\n%s", a, b)
	}
	for i, p := range want.Points.Rows {
		if got.Points.Rows[i][0] != p[0] {
			t.Errorf("point %d: loss %g, wanted %g", i, got.Points.Rows[i][0], p[0])
		}
	}
	for _, c := range []struct{ text, want string }{
		{"", `has no column "loss"`},
		{"step,epoch\n1,1\n", `has no column "loss"`},
		{"step,epoch,lr,loss\n1,1,0.1,much\n", `line 2: loss is "much", wanted a number`},
	} {
		write("steps.csv", c.text)
		if _, err := record.Read(dir, record.Facts{}); err == nil || fmt.Sprint(err) != filepath.Join(dir, "steps.csv")+": "+c.want {
			t.Errorf("%q: error %v", c.text, err)
		}
	}
}
