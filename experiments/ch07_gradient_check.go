package experiments

import (
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// smallConvNet is SimpleConvNet with 10 filters and 10 hidden units.
func smallConvNet(r *lab.Run) *nn.Sequential {
	small := nn.Normal{Std: 0.01}
	return r.Network(nn.Shape{H: 10, W: 10, C: 1}, r.Rand(0),
		layers.Convolution{Filters: 10, Kernel: 3, Init: small}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 10, Init: small}, layers.ReLU{},
		layers.Affine{Units: 10, Init: small}, layers.Softmax{})
}

// convNetParams are its parameters: of filters, hidden layer and output layer.
func convNetParams() []string { return []string{"W1", "b1", "W2", "b2", "W3", "b3"} }

func runConvolutionGradientCheck(r *lab.Run) {
	net := smallConvNet(r)
	x, rng := nn.NewTensor(1, nn.Shape{H: 10, W: 10, C: 1}), r.Rand(1)
	for i := range x.Data {
		x.Data[i] = rng.Float32()
	}
	var panels []plots.Figure
	var table [][]any
	worst, agree := 0.0, true
	for i, c := range r.CheckGradients(net, x, []int{1}, 1e-6, 0) {
		name := convNetParams()[i]
		r.Measure(name+": mean absolute difference", c.Mean())
		agree = agree && c.Mean() < 1e-6
		largest, difference := 0.0, 0.0
		points := make(plotter.XYs, len(c.Back))
		for k, v := range c.Back {
			points[k] = plotter.XY{X: c.Numeric[k], Y: float64(v)}
			largest = max(largest, math.Abs(c.Numeric[k]))
			difference = max(difference, math.Abs(float64(v)-c.Numeric[k]))
			table = append(table, []any{name, k, c.Numeric[k], v})
		}
		worst = max(worst, difference/largest)
		panels = append(panels, r.Drawn(plots.Chart(plots.ChartOptions{
			Title: name, X: plots.Axis{Label: "numerical"}, Y: plots.Axis{Label: "backpropagation"}, Width: 250, Height: 200,
		}, plots.Points{Points: points})))
	}
	r.Measure("largest difference, of the parameter's largest gradient", worst)
	r.Claim("gradients agree", agree)
	r.CSV("gradients", []string{"parameter", "index", "numerical", "backpropagation"}, table)
	r.Grid("gradients", plots.GridOptions{Columns: 3}, panels...)
}

func convolutionGradientCheck() lab.Experiment {
	var rows []lab.Row
	for _, name := range convNetParams() {
		rows = append(rows, lab.AtMost(name+": mean absolute difference", "≤ 1e-6", 1e-6).As("%.1e"))
	}
	return lab.Experiment{
		ID: "ch07-gradient-check", Title: "Checking a convolution's gradients", Chapter: 7, Section: "section 7.5", Version: 1,
		Setup: "SimpleConvNet of 10 filters of 3×3 and 10 hidden units on one random 10×10 image of class 1, Normal 0.01; " +
			"gradients by backpropagation in float32 against central differences, of the same network in float64 plain loops; the " +
			"book has float64 throughout. Its h is 1e-4, ours 1e-6: weights are so small here that a hidden unit's input is of the " +
			"order of 1e-3, and with h = 1e-4 one seed in a few has a ReLU that is on at one end of a difference and off at the other.",
		Lesson: "Backpropagation through convolution and pooling gives the numerical gradient as well.",
		Rows:   append(rows, lab.Shown("largest difference, of the parameter's largest gradient", "").As("%.1e")),
		Claims: lab.Texts{
			"gradients agree": "backpropagation and differences agree",
		},
		Figures: lab.Texts{
			"gradients": "Every gradient by both ways, W1 and b1 those of the filters: all on the diagonal.",
		},
		Run: runConvolutionGradientCheck,
	}
}
