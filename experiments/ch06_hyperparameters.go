package experiments

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/optim"
	"tatami/plots"
)

// trial is one draw of hyper-parameters and what came of it; its Log's Test is
// of the validation set.
type trial struct {
	rate, decay float64
	*lab.Log
}

func (t trial) accuracy() float64 { return t.Test.Last() }

// randomTrials trains six hidden layers with rates and decays drawn at random.
func randomTrials(r *lab.Run) []trial {
	training, validation, err := r.Training().Limit(500).Split(100, r.Seed)
	if r.Fail(err); r.Failed() {
		return nil
	}
	trials := make([]trial, r.Scale(100, 32))
	for i := range trials {
		t := &trials[i]
		rng := r.Rand(uint64(i))
		t.rate, t.decay = math.Pow(10, -6+4*rng.Float64()), math.Pow(10, -8+4*rng.Float64())
		r.Part(i, len(trials), "learning rate %.2g, λ %.2g", t.rate, t.decay)
		net := lab.MultiLayerNet{Hidden: lab.Hidden(6)}.Build(r, rng)
		t.Log = r.Fit(lab.Protocol{
			Net: net, Training: training, Test: validation, Batch: 100, Rule: optim.SGD{WeightDecay: t.decay}, Rate: t.rate,
			Updates: lab.Entries(r.Scale(50, 30), training.Len(), 100),
		})
	}
	return trials
}

func runHyperparameters(r *lab.Run) {
	trials := randomTrials(r)
	if r.Failed() {
		return
	}
	slices.SortStableFunc(trials, func(a, b trial) int {
		switch {
		case a.accuracy() > b.accuracy():
			return -1
		case a.accuracy() < b.accuracy():
			return 1
		}
		return 0
	})
	low, high := 1.0, 0.0
	for _, t := range trials[:5] {
		low, high = min(low, t.rate), max(high, t.rate)
	}
	r.Measure("best validation accuracy", trials[0].accuracy())
	r.Measure("learning rate of the best", trials[0].rate)
	r.Measure("lowest rate of the best five", low)
	r.Measure("highest rate of the best five", high)
	r.Claim("the best rates", min(trials[0].rate, trials[1].rate, trials[2].rate) >= 0.001)
	var table [][]any
	for i, t := range trials {
		table = append(table, []any{i + 1, t.rate, t.decay, t.accuracy(), t.Training.Last()})
	}
	r.CSV("trials", []string{"place", "learning rate", "decay", "validation", "train"}, table)
	drawBest(r, trials[:20])
	drawTrials(r, trials)
}

// drawBest draws the curves of the best trials.
func drawBest(r *lab.Run, trials []trial) {
	var panels []plots.Figure
	for i, t := range trials {
		panels = append(panels, r.Drawn(plots.Chart(plots.ChartOptions{
			Title: fmt.Sprintf("%d: rate %.2g", i+1, t.rate), Width: 160, Height: 125,
			X: plots.Axis{Label: "epoch"}, Y: plots.Axis{Label: "accuracy", Max: 1.02},
		}, t.Test.Curve("validation"), t.Training.Curve("train"))))
	}
	r.Grid("best", plots.GridOptions{Columns: 5}, panels...)
}

// drawTrials draws the accuracy of all trials over what was drawn for them.
func drawTrials(r *lab.Run, trials []trial) {
	var panels []plots.Figure
	for _, by := range []struct {
		label string
		of    func(t trial) float64
	}{
		{"learning rate", func(t trial) float64 { return t.rate }},
		{"weight decay λ", func(t trial) float64 { return t.decay }},
	} {
		var points plotter.XYs
		for _, t := range trials {
			points = append(points, plotter.XY{X: by.of(t), Y: t.accuracy()})
		}
		panels = append(panels, r.Drawn(plots.Chart(plots.ChartOptions{
			Title: "By " + by.label, Width: 330, Height: 240,
			X: plots.Axis{Label: by.label, Log: true}, Y: plots.Axis{Label: "validation accuracy", Max: 1},
		}, plots.Points{Points: points})))
	}
	r.Grid("trials", plots.GridOptions{Columns: 2}, panels...)
}

func hyperparameters() lab.Experiment {
	return lab.Experiment{
		ID: "ch06-hyperparameters", Title: "Search of hyper-parameters", Chapter: 6, Section: "section 6.5.3", Version: 1,
		Setup: "The first 500 images, 100 of them drawn for validation; six hidden layers of 100, ReLU, He, SGD, batch 100, 50 " +
			"epochs; 100 trials with a learning rate of 10^U(-6, -2) and weight decay λ of 10^U(-8, -4). Accepted are ±0.08, two " +
			"deviations of an accuracy on 100 images, and rates of the upper half decade, 0.003 to 0.01.",
		Lesson: "Drawn at random on a logarithmic scale, a hundred short trials show where to look: learning rates of 0.001 to " +
			"0.01; λ below 0.0001 makes no difference.",
		Rows: []lab.Row{
			lab.Near("best validation accuracy", 0.84, 0.08),
			{Name: "learning rate of the best", Published: "0.0094", Low: 0.003, High: 0.01},
			{Name: "lowest rate of the best five", Published: "0.0053", Low: 0.003, High: 0.01},
			{Name: "highest rate of the best five", Published: "0.0097", Low: 0.003, High: 0.01},
		},
		Claims: lab.Texts{
			"the best rates": "the best three learning rates are 0.001 to 0.01",
		},
		Figures: lab.Texts{
			"best":   "The 20 best of all trials by final validation accuracy (figure 6-24).",
			"trials": "All trials: the learning rate decides, this little weight decay does not.",
		},
		Run: runHyperparameters,
	}
}
