package experiments

import (
	"context"

	"gonum.org/v1/plot/plotter"

	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

func activationFunctions() Experiment {
	return Experiment{
		ID: "ch03-activations", Title: "Activation functions", Chapter: 3, Section: "sections 3.2.2 to 3.2.7", Version: 1,
		Setup: "Step, sigmoid and ReLU on [-5, 5) in steps of 0.1. Sigmoid and ReLU are the layers of this module, a batch " +
			"of 100 samples of one value; the step, which has no gradient to learn by, is a line of Go.",
		Lesson: "All three bend the line, without which layers would collapse into one; sigmoid is a smoothed step, ReLU " +
			"passes the positive unchanged.",
		Rows: []Row{
			near("sigmoid(1)", 0.73105858, 1e-6).as("%.8f"),
			near("sigmoid(2)", 0.88079708, 1e-6).as("%.8f"),
			near("ReLU(-5)", 0, 1e-9).as("%g"),
			near("largest |sigmoid(-x) - (1 - sigmoid(x))|", 0, 1e-6).as("%.1e"),
		},
		Run: func(_ context.Context, r *Run) error {
			x := nn.NewTensor(100, nn.Features(1))
			for i := range x.Data {
				x.Data[i] = float32(i-50) / 10
			}
			step := func(x float32) float32 {
				if x > 0 {
					return 1
				}
				return 0
			}
			curves := []plots.Curve{{Name: "step"}, {Name: "sigmoid"}, {Name: "ReLU"}}
			points := make([]plotter.XYs, len(curves))
			sigmoid, err := apply(layers.Sigmoid{}, x)
			if err != nil {
				return err
			}
			relu, err := apply(layers.ReLU{}, x)
			if err != nil {
				return err
			}
			var rows [][]any
			for i, v := range x.Data {
				ys := []float32{step(v), sigmoid[i], relu[i]}
				for k, y := range ys {
					points[k] = append(points[k], plotter.XY{X: float64(v), Y: float64(y)})
				}
				rows = append(rows, []any{v, ys[0], ys[1], ys[2]})
			}
			at := func(x float64) int { return int(x*10) + 50 }
			asymmetry := 0.0
			for i := 1; i < 50; i++ {
				asymmetry = max(asymmetry, abs(float64(sigmoid[50-i])-(1-float64(sigmoid[50+i]))))
			}
			r.Measure("sigmoid(1)", float64(sigmoid[at(1)]))
			r.Measure("sigmoid(2)", float64(sigmoid[at(2)]))
			r.Measure("ReLU(-5)", float64(relu[at(-5)]))
			r.Measure("largest |sigmoid(-x) - (1 - sigmoid(x))|", asymmetry)
			r.Claim("sigmoid lies between 0 and 1 and rises", sigmoid[0] > 0 && sigmoid[99] < 1 && rising(sigmoid))
			r.Claim("ReLU is x where x is positive", relu[at(4)] == x.Data[at(4)])
			if err := r.CSV("activations", []string{"x", "step", "sigmoid", "relu"}, rows); err != nil {
				return err
			}
			var panels []plots.Figure
			for k, c := range curves {
				c.Points = points[k]
				y := plots.Axis{Label: "y", Min: -0.1, Max: 1.1}
				if c.Name == "ReLU" {
					y = plots.Axis{Label: "y", Min: -0.5, Max: 5.5}
				}
				title := c.Name
				c.Name = ""
				f, err := plots.Chart(plots.ChartOptions{Title: title, X: plots.Axis{Label: "x"}, Y: y, Width: 300, Height: 220}, c)
				if err != nil {
					return err
				}
				panels = append(panels, f)
			}
			f, err := plots.Grid(plots.GridOptions{Columns: 3}, panels...)
			if err != nil {
				return err
			}
			return r.Figure("activations", "Step, sigmoid and ReLU (figures 3-6, 3-7 and 3-9).", f)
		},
	}
}

// apply is a layer's output for a batch.
func apply(spec nn.Spec, x *nn.Tensor) ([]float32, error) {
	net, err := nn.NewSequential(x.Shape, nil, spec)
	if err != nil {
		return nil, err
	}
	return net.Activations(x)[0].Data, nil
}

func rising(values []float32) bool {
	for i := 1; i < len(values); i++ {
		if values[i] <= values[i-1] {
			return false
		}
	}
	return true
}

func abs(v float64) float64 { return max(v, -v) }
