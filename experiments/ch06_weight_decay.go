package experiments

import (
	"context"

	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

func weightDecay() Experiment {
	return Experiment{
		ID: "ch06-weight-decay", Title: "Over-fitting and weight decay", Chapter: 6, Section: "sections 6.4.1 and 6.4.2", Version: 1,
		Setup: "The first 300 images, six hidden layers of 100, ReLU, He, SGD at 0.01, batch 100, 201 epochs; λ 0 and 0.1. " +
			"The book adds ½λΣW² to the loss, ours λW to the gradient of weights: for SGD the same. Both start with the same " +
			"weights. The book's figures are of one run: accepted are two deviations of a run, over five seeds of ours.",
		Lesson: "A large network learns 300 images by heart; weight decay narrows the gap between training and test.",
		Rows: []Row{
			near("λ 0.1: train accuracy", 0.927, 0.07),
			near("λ 0.1: test accuracy", 0.721, 0.045),
			near("λ 0.1: gap", 0.206, 0.05),
			atLeast("λ 0: train accuracy", "1.0", 0.99),
			shown("λ 0: test accuracy", ""),
			shown("λ 0: gap", ""),
		},
		Run: func(ctx context.Context, r *Run) error {
			plain, err := overfit(ctx, r, "plain", 0, 0)
			if err != nil {
				return err
			}
			decayed, err := overfit(ctx, r, "decay", 0.1, 0)
			if err != nil {
				return err
			}
			plain.Train, plain.Test = plain.Train[:len(decayed.Train)], plain.Test[:len(decayed.Test)]
			return compareGaps(r, "λ 0", plain, "λ 0.1", decayed, "The same with weight decay 0.1 and without (figures 6-20 and 6-21).")
		},
	}
}

// overfit trains six hidden layers on 300 images. The network without decay
// and dropout runs in both of the book's comparisons, in the longer for 301
// epochs.
func overfit(ctx context.Context, r *Run, name string, decay, dropout float64) (*Log, error) {
	train, test, err := r.MNIST()
	if err != nil {
		return nil, err
	}
	train = train.Limit(300)
	epochs := r.Scale(301, 201)
	if decay > 0 {
		epochs = 201
	}
	r.Status("%s", name)
	_, log, err := r.Trained("ch06-overfit-"+name, 1, func() (*nn.Sequential, *Log, error) {
		net, err := multiLayerNet{Hidden: hidden(6), Dropout: dropout}.build(r.Rand(1))
		if err != nil {
			return nil, nil, err
		}
		log, err := protocol{
			Net: net, Train: train, Test: test, Batch: 100, Rule: optim.SGD{WeightDecay: decay}, Rate: 0.01,
			Updates: entries(epochs, train.Len(), 100), Evaluate: r.Scale(0, 500),
		}.fit(ctx, r)
		return net, log, err
	})
	return log, err
}

// compareGaps measures and draws the accuracies of a network that over-fits
// and of one that does so less.
func compareGaps(r *Run, plainName string, plain *Log, name string, log *Log, caption string) error {
	gap := map[string]float64{}
	var panels []plots.Figure
	for _, c := range []struct {
		name string
		*Log
	}{{plainName, plain}, {name, log}} {
		gap[c.name] = last(c.Train) - last(c.Test)
		r.Measure(c.name+": train accuracy", last(c.Train))
		r.Measure(c.name+": test accuracy", last(c.Test))
		r.Measure(c.name+": gap", gap[c.name])
		f, err := plots.Chart(plots.ChartOptions{
			Title: c.name, Width: 330, Height: 240, X: plots.Axis{Label: "epoch"}, Y: plots.Axis{Label: "accuracy", Max: 1.02},
		}, curve("train", c.Train), curve("test", c.Test))
		if err != nil {
			return err
		}
		panels = append(panels, f)
	}
	r.Claim("without it the network learns its images by heart", last(plain.Train) > 0.98)
	r.Claim("without it new images are much worse", gap[plainName] > 0.15)
	r.Claim("with it the gap is smaller", gap[name] < gap[plainName])
	if last(plain.Test) > last(log.Test) {
		r.Note("The smaller gap is paid for in training: on the test images the network without it does better.")
	}
	rows := columns(plain.Train, plain.Test, log.Train, log.Test)
	header := []string{"epoch", plainName + " train", plainName + " test", name + " train", name + " test"}
	if err := r.CSV("accuracy", header, rows); err != nil {
		return err
	}
	f, err := plots.Grid(plots.GridOptions{Columns: 2}, panels...)
	if err != nil {
		return err
	}
	return r.Figure("accuracy", caption, f)
}
