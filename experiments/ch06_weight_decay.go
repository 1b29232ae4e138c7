package experiments

import (
	"tatami/experiments/lab"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// overfit trains six hidden layers on 300 images. The network without decay
// and dropout runs in both of the book's comparisons, in the longer for 301
// epochs.
func overfit(r *lab.Run, name string, decay, dropout float64) *lab.Log {
	training := r.Training().Limit(300)
	epochs := r.Scale(301, 201)
	if decay > 0 {
		epochs = 201
	}
	r.Status("%s", name)
	_, log := r.Trained("ch06-overfit-"+name, 1, func() (*nn.Sequential, *lab.Log) {
		net := lab.MultiLayerNet{Hidden: lab.Hidden(6), Dropout: dropout}.Build(r, r.Rand(1))
		return net, r.Fit(lab.Protocol{
			Net: net, Training: training, Test: r.Test(), Batch: 100, Rule: optim.SGD{WeightDecay: decay}, Rate: 0.01,
			Updates: lab.Entries(epochs, training.Len(), 100), Evaluate: r.Scale(0, 500),
		})
	})
	return log
}

func runWeightDecay(r *lab.Run) {
	plain, decayed := overfit(r, "plain", 0, 0), overfit(r, "decay", 0.1, 0)
	n := len(decayed.Test)
	plain.Training, plain.Test = plain.Training[:n], plain.Test[:n]
	compareGaps(r, "λ 0", plain, "λ 0.1", decayed)
}

// gapClaims and gapNotes are what compareGaps tells.
func gapClaims() lab.Texts {
	return lab.Texts{
		"learned by heart":     "without it the network learns its images by heart",
		"new images are worse": "without it new images are much worse",
		"the gap is smaller":   "with it the gap is smaller",
	}
}

func gapNotes() lab.Texts {
	return lab.Texts{
		"price": "The smaller gap is paid for in training: on the test images the network without it does better.",
	}
}

// compareGaps measures and draws the accuracies of a network that over-fits
// and of one that does so less.
func compareGaps(r *lab.Run, plainName string, plain *lab.Log, name string, log *lab.Log) {
	gap := map[string]float64{}
	var panels []plots.Figure
	for _, c := range []struct {
		name string
		*lab.Log
	}{{plainName, plain}, {name, log}} {
		gap[c.name] = c.Training.Last() - c.Test.Last()
		r.Measure(c.name+": train accuracy", c.Training.Last())
		r.Measure(c.name+": test accuracy", c.Test.Last())
		r.Measure(c.name+": gap", gap[c.name])
		panels = append(panels, r.Drawn(plots.Chart(plots.ChartOptions{
			Title: c.name, Width: 330, Height: 240, X: plots.Axis{Label: "epoch"}, Y: plots.Axis{Label: "accuracy", Max: 1.02},
		}, c.Training.Curve("train"), c.Test.Curve("test"))))
	}
	r.Claim("learned by heart", plain.Training.Last() > 0.98)
	r.Claim("new images are worse", gap[plainName] > 0.15)
	r.Claim("the gap is smaller", gap[name] < gap[plainName])
	if plain.Test.Last() > log.Test.Last() {
		r.Note("price")
	}
	rows := lab.Columns(plain.Training, plain.Test, log.Training, log.Test)
	header := []string{"epoch", plainName + " train", plainName + " test", name + " train", name + " test"}
	r.CSV("accuracy", header, rows)
	r.Grid("accuracy", plots.GridOptions{Columns: 2}, panels...)
}

func weightDecay() lab.Experiment {
	return lab.Experiment{
		ID: "ch06-weight-decay", Title: "Over-fitting and weight decay", Chapter: 6, Section: "sections 6.4.1 and 6.4.2", Version: 1,
		Setup: "The first 300 images, six hidden layers of 100, ReLU, He, SGD at 0.01, batch 100, 201 epochs; λ 0 and 0.1. " +
			"The book adds ½λΣW² to the loss, ours λW to the gradient of weights: for SGD the same. Both start with the same " +
			"weights. The book's figures are of one run: accepted are two deviations of a run, over five seeds of ours.",
		Lesson: "A large network learns 300 images by heart; weight decay narrows the gap between training and test.",
		Rows: []lab.Row{
			lab.Near("λ 0.1: train accuracy", 0.927, 0.07),
			lab.Near("λ 0.1: test accuracy", 0.721, 0.045),
			lab.Near("λ 0.1: gap", 0.206, 0.05),
			lab.AtLeast("λ 0: train accuracy", "1.0", 0.99),
			lab.Shown("λ 0: test accuracy", ""),
			lab.Shown("λ 0: gap", ""),
		},
		Claims: gapClaims(),
		Figures: lab.Texts{
			"accuracy": "The same with weight decay 0.1 and without (figures 6-20 and 6-21).",
		},
		Notes: gapNotes(),
		Run:   runWeightDecay,
	}
}
