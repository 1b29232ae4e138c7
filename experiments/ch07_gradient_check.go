package experiments

import (
	"context"
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

func convolutionGradientCheck() Experiment {
	parameters := []string{"W1", "b1", "W2", "b2", "W3", "b3"} // filters, hidden layer, output layer
	var rows []Row
	for _, name := range parameters {
		rows = append(rows, atMost(name+": mean absolute difference", "≤ 1e-6", 1e-6).as("%.1e"))
	}
	return Experiment{
		ID: "ch07-gradient-check", Title: "Checking a convolution's gradients", Chapter: 7, Section: "section 7.5", Version: 1,
		Setup: "SimpleConvNet of 10 filters of 3×3 and 10 hidden units on one random 10×10 image of class 1, Normal 0.01; " +
			"gradients by backpropagation in float32 against central differences, of the same network in float64 plain loops; the " +
			"book has float64 throughout. Its h is 1e-4, ours 1e-6: weights are so small here that a hidden unit's input is of the " +
			"order of 1e-3, and with h = 1e-4 one seed in a few has a ReLU that is on at one end of a difference and off at the other.",
		Lesson: "Backpropagation through convolution and pooling gives the numerical gradient as well.",
		Rows:   append(rows, shown("largest difference, of the parameter's largest gradient", "").as("%.1e")),
		Run: func(ctx context.Context, r *Run) error {
			small := nn.Normal{Std: 0.01}
			net, err := nn.NewSequential(nn.Shape{H: 10, W: 10, C: 1}, r.Rand(0),
				layers.Convolution{Filters: 10, Kernel: 3, Init: small}, layers.ReLU{}, layers.Pooling{Size: 2},
				layers.Affine{Units: 10, Init: small}, layers.ReLU{},
				layers.Affine{Units: 10, Init: small}, layers.Softmax{})
			if err != nil {
				return err
			}
			x, rng := nn.NewTensor(1, net.Input()), r.Rand(1)
			for i := range x.Data {
				x.Data[i] = rng.Float32()
			}
			compared, err := checkGradients(ctx, r, net, x, []int{1}, 1e-6, 0)
			if err != nil {
				return err
			}
			var panels []plots.Figure
			var table [][]any
			worst, agree := 0.0, true
			for i, c := range compared {
				r.Measure(parameters[i]+": mean absolute difference", c.mean())
				agree = agree && c.mean() < 1e-6
				largest, difference := 0.0, 0.0
				points := make(plotter.XYs, len(c.Back))
				for k, v := range c.Back {
					points[k] = plotter.XY{X: c.Numeric[k], Y: float64(v)}
					largest = max(largest, math.Abs(c.Numeric[k]))
					difference = max(difference, math.Abs(float64(v)-c.Numeric[k]))
					table = append(table, []any{parameters[i], k, c.Numeric[k], v})
				}
				worst = max(worst, difference/largest)
				f, err := plots.Chart(plots.ChartOptions{
					Title: parameters[i], X: plots.Axis{Label: "numerical"}, Y: plots.Axis{Label: "backpropagation"}, Width: 250, Height: 200,
				}, plots.Points{Points: points})
				if err != nil {
					return err
				}
				panels = append(panels, f)
			}
			r.Measure("largest difference, of the parameter's largest gradient", worst)
			r.Claim("backpropagation and differences agree", agree)
			if err := r.CSV("gradients", []string{"parameter", "index", "numerical", "backpropagation"}, table); err != nil {
				return err
			}
			f, err := plots.Grid(plots.GridOptions{Columns: 3}, panels...)
			if err != nil {
				return err
			}
			return r.Figure("gradients", "Every gradient by both ways, W1 and b1 those of the filters: all on the diagonal.", f)
		},
	}
}
