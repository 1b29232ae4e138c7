package experiments

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/plot/plotter"

	"tatami/datasets"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
	"tatami/train"
)

// protocol trains as the book's Trainer does:
//
//   - every update draws a fresh batch with replacement;
//   - the loss of the same batch is logged after the update;
//   - accuracy is taken when the update's number, from 0, is a multiple of
//     (training images / batch): "epoch 1" is the state after one update.
//
// It differs in three things. Parameters are float32 and pixels come as
// float32. The last evaluated batch is not dropped when it is short. The
// cross-entropy has no 1e-7 inside its logarithm, which in the book holds the
// loss of an image at 16.1.
//
// A loss that is not finite does not end it, as in the book: the network's
// parameters are NaN from there on, and its answer to every image is 0.
type protocol struct {
	Net         *nn.Sequential
	Train, Test *datasets.Dataset // Test may be nil
	Batch       int
	Rule        optim.Rule
	Rate        float64
	Updates     int
	// LogLoss logs the loss after each update, which costs a pass forward.
	LogLoss bool
	// Evaluate is the number of first images of either set on which accuracy is
	// taken; 0 takes all, negative never does.
	Evaluate int
}

// Log is what a training leaves beside the network.
type Log struct {
	Loss []Number `json:"loss,omitempty"` // after each update, of its batch
	// Accuracies by the book's epochs, which begin after the first update.
	Train []Number `json:"train,omitempty"`
	Test  []Number `json:"test,omitempty"`
	// Validation is by epochs, where there is such a set.
	Validation []Number `json:"validation,omitempty"`
	// Seconds is the time of the updates, with the preparation of batches,
	// without evaluation.
	Seconds float64 `json:"seconds"`
}

// epochLog is what a trainer with a test set noted, an entry an epoch.
func epochLog(t *train.Trainer) *Log {
	log := &Log{}
	for _, row := range t.History().Epochs {
		log.Train = append(log.Train, Number(row.TrainAccuracy))
		log.Test = append(log.Test, Number(row.TestAccuracy))
		if t.Validation != nil {
			log.Validation = append(log.Validation, Number(row.ValidationAccuracy))
		}
		log.Seconds += row.Seconds
	}
	return log
}

// entries is the number of updates that k entries of the log take.
func entries(k, images, batch int) int { return 1 + (k-1)*(images/batch) }

// fit trains.
func (p protocol) fit(ctx context.Context, r *Run) (*Log, error) {
	log := &Log{}
	every := max(p.Train.Len()/p.Batch, 1)
	evaluate := func() {
		log.Train = append(log.Train, Number(p.accuracy(p.Train)))
		if p.Test != nil {
			log.Test = append(log.Test, Number(p.accuracy(p.Test)))
		}
	}
	loader := &datasets.Loader{Data: p.Train, BatchSize: p.Batch, Seed: r.Seed, Replacement: true}
	after := newLossAfter(p.Net, loader)
	done := 0
	t := &train.Trainer{
		Net: p.Net, Loss: layers.SoftmaxWithLoss{}, Loader: loader, Rule: p.Rule, Schedule: optim.Constant{Base: p.Rate},
		Steps: p.Updates, Epochs: p.Updates, Seed: r.Seed,
		Observers: []train.Observer{train.ObserverFunc(func(e train.Event) error {
			if e.Kind != train.Updated {
				return nil
			}
			if p.LogLoss {
				log.Loss = append(log.Loss, Number(after.of(e)))
			}
			if (e.Step-1)%every == 0 && p.Evaluate >= 0 {
				evaluate()
			}
			done = e.Step
			if done%50 == 0 {
				r.progress("update %d of %d", done, p.Updates)
			}
			return nil
		})},
	}
	history, err := t.Fit(ctx)
	if err != nil && !errors.Is(err, train.ErrNotFinite) {
		return nil, err
	}
	for _, row := range history.Epochs {
		log.Seconds += row.Seconds
	}
	if err != nil { // as the book's, it goes on with NaN
		for _, param := range p.Net.Params() {
			for i := range param.Value.Data {
				param.Value.Data[i] = float32(math.NaN())
			}
		}
		for ; done < p.Updates; done++ {
			if p.LogLoss {
				log.Loss = append(log.Loss, Number(math.NaN()))
			}
			if done%every == 0 && p.Evaluate >= 0 {
				evaluate()
			}
		}
	}
	return log, nil
}

func (p protocol) accuracy(data *datasets.Dataset) float64 {
	if p.Evaluate > 0 {
		data = data.Limit(p.Evaluate)
	}
	return evaluate(p.Net, data).Accuracy()
}

// evaluate is train.Evaluate of an experiment's own network and data, which
// fit each other.
func evaluate(net *nn.Sequential, data *datasets.Dataset) *train.Evaluation {
	e, err := train.Evaluate(net, layers.SoftmaxWithLoss{}, data, 100)
	if err != nil {
		panic(err)
	}
	return e
}

// lossAfter computes the loss of an update's batch after the update, in
// inference as the book's trainer does.
type lossAfter struct {
	loader *datasets.Loader
	pass   *nn.Pass
	x      *nn.Tensor
	labels []int

	number int // of the epoch
	epoch  *datasets.Epoch
}

func newLossAfter(net *nn.Sequential, loader *datasets.Loader) *lossAfter {
	return &lossAfter{
		loader: loader,
		pass:   net.NewPass(nn.PassConfig{Capacity: loader.BatchSize, Loss: layers.SoftmaxWithLoss{}}),
		x:      nn.NewTensor(loader.BatchSize, net.Input()),
		labels: make([]int, loader.BatchSize),
		number: -1,
	}
}

func (l *lossAfter) of(e train.Event) float64 {
	if l.number != e.Epoch {
		l.number, l.epoch = e.Epoch, l.loader.Epoch(e.Epoch)
	}
	l.epoch.Fill(e.Batch-1, 0, l.x.N, l.x, l.labels)
	return layers.SoftmaxWithLoss{}.Loss(nil, l.pass.Forward(l.x), nn.Targets{Labels: l.labels}, l.x.N) / float64(l.x.N)
}

// last is the last value of a log.
func last(values []Number) float64 { return float64(values[len(values)-1]) }

// mean is that of values.
func mean(values []Number) (m float64) {
	for _, v := range values {
		m += float64(v) / float64(len(values))
	}
	return m
}

// curve is values by number, the first at 1.
func curve(name string, values []Number) plots.Curve {
	points := make(plotter.XYs, len(values))
	for i, v := range values {
		points[i] = plotter.XY{X: float64(i + 1), Y: float64(v)}
	}
	return plots.Curve{Name: name, Points: points}
}

// columns are the rows of a CSV file: a number from 1, then a value of each.
func columns(values ...[]Number) (rows [][]any) {
	for i := range values[0] {
		row := []any{i + 1}
		for _, v := range values {
			row = append(row, float64(v[i]))
		}
		rows = append(rows, row)
	}
	return rows
}

// multiLayerNet is the book's MultiLayerNet and MultiLayerNetExtend: affine
// layers with ReLU between, and what extra adds around each.
type multiLayerNet struct {
	Hidden []int
	Init   nn.Initializer // nil: He
	// Activation is between; nil: ReLU.
	Activation nn.Spec
	// BatchNorm stands before each activation.
	BatchNorm bool
	// Dropout of that ratio stands after each activation, as the book's: values
	// are scaled at inference. 0: none.
	Dropout float64
}

func (m multiLayerNet) build(rng *rand.Rand) (*nn.Sequential, error) {
	activation := m.Activation
	if activation == nil {
		activation = layers.ReLU{}
	}
	var specs []nn.Spec
	for _, units := range m.Hidden {
		specs = append(specs, layers.Affine{Units: units, Init: m.Init})
		if m.BatchNorm {
			specs = append(specs, layers.BatchNormalization{Epsilon: 1e-6})
		}
		specs = append(specs, activation)
		if m.Dropout > 0 {
			specs = append(specs, layers.Dropout{Ratio: m.Dropout, Unscaled: true})
		}
	}
	specs = append(specs, layers.Affine{Units: 10, Init: m.Init}, layers.Softmax{})
	net, err := nn.NewSequential(nn.Shape{H: 28, W: 28, C: 1}, rng, specs...)
	if err != nil {
		return nil, err
	}
	for _, p := range net.Params() {
		if p.Name == "variance" { // the book's running variance starts at 0, not at 1
			clear(p.Value.Data)
		}
	}
	return net, nil
}

// hidden is n layers of 100 units.
func hidden(n int) (sizes []int) {
	for range n {
		sizes = append(sizes, 100)
	}
	return sizes
}

// statusOf tells of part i of n, counted from 0.
func statusOf(r *Run, i, n int, format string, args ...any) {
	r.Status("%d/%d %s", i+1, n, fmt.Sprintf(format, args...))
}
