package lab

import (
	"errors"
	"math"

	"tatami/datasets"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// Protocol trains as the book's Trainer does:
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
type Protocol struct {
	Net            *nn.Sequential
	Training, Test *datasets.Dataset // Test may be nil
	Batch          int
	Rule           optim.Rule
	Rate           float64
	Updates        int
	// LogLoss logs the loss after each update, which costs a pass forward.
	LogLoss bool
	// Evaluate is the number of first images of either set on which accuracy is
	// taken; 0 takes all, negative never does.
	Evaluate int
}

// Entries is the number of updates that k entries of a log's accuracies take.
func Entries(k, images, batch int) int { return 1 + (k-1)*(images/batch) }

// Fit trains by a protocol.
func (r *Run) Fit(p Protocol) *Log {
	log := &Log{}
	if r.Failed() {
		return log
	}
	every := max(p.Training.Len()/p.Batch, 1)
	evaluate := func() {
		log.Training = append(log.Training, Number(p.accuracy(r, p.Training)))
		if p.Test != nil {
			log.Test = append(log.Test, Number(p.accuracy(r, p.Test)))
		}
	}
	loader := &datasets.Loader{Data: p.Training, BatchSize: p.Batch, Seed: r.Seed, Replacement: true}
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
				r.progress(updateText, done, p.Updates)
			}
			return nil
		})},
	}
	history, err := t.Fit(r.ctx)
	if err != nil && !errors.Is(err, train.ErrNotFinite) {
		r.Fail(err)
		return &Log{}
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
	return log
}

var updateText = words.Text{EN: "update %d of %d", JA: "更新 %d/%d"}

func (p Protocol) accuracy(r *Run, data *datasets.Dataset) float64 {
	if p.Evaluate > 0 {
		data = data.Limit(p.Evaluate)
	}
	return r.Accuracy(p.Net, data)
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
	targets := nn.Targets{Labels: l.labels}
	_ = l.epoch.Fill(e.Batch-1, 0, l.x.N, l.x, targets) // of a Dataset, which does not fail
	return nn.Mean(layers.SoftmaxWithLoss{}, nil, l.pass.Forward(l.x), targets)
}

// FitTrainer trains with a trainer that evaluates a test set; its log has an
// entry an epoch.
func (r *Run) FitTrainer(t *train.Trainer) *Log {
	log := &Log{}
	if r.Failed() {
		return log
	}
	if _, err := t.Fit(r.ctx); err != nil {
		r.Fail(err)
		return log
	}
	for _, row := range t.History().Epochs {
		log.Training = append(log.Training, Number(row.TrainAccuracy))
		log.Test = append(log.Test, Number(row.TestAccuracy))
		if t.Validation != nil {
			log.Validation = append(log.Validation, Number(row.ValidationAccuracy))
		}
		log.Seconds += row.Seconds
	}
	return log
}
