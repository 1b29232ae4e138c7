package experiments

import (
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

func runActivationFunctions(r *lab.Run) {
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
	sigmoid, relu := apply(r, layers.Sigmoid{}, x), apply(r, layers.ReLU{}, x)
	if r.Failed() {
		return
	}
	functions := []string{"step", "sigmoid", "ReLU"}
	points := make([]plotter.XYs, len(functions))
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
		asymmetry = max(asymmetry, math.Abs(float64(sigmoid[50-i])-(1-float64(sigmoid[50+i]))))
	}
	r.Measure("sigmoid(1)", float64(sigmoid[at(1)]))
	r.Measure("sigmoid(2)", float64(sigmoid[at(2)]))
	r.Measure("ReLU(-5)", float64(relu[at(-5)]))
	r.Measure("largest |sigmoid(-x) - (1 - sigmoid(x))|", asymmetry)
	r.Claim("sigmoid rises", sigmoid[0] > 0 && sigmoid[99] < 1 && rising(sigmoid))
	r.Claim("ReLU passes the positive", relu[at(4)] == x.Data[at(4)])
	r.CSV("activations", []string{"x", "step", "sigmoid", "relu"}, rows)
	var panels []plots.Figure
	for k, name := range functions {
		y := plots.Axis{Label: "y", Min: -0.1, Max: 1.1}
		if name == "ReLU" {
			y = plots.Axis{Label: "y", Min: -0.5, Max: 5.5}
		}
		panels = append(panels, r.Drawn(plots.Chart(plots.ChartOptions{Title: name, X: plots.Axis{Label: "x"}, Y: y, Width: 300, Height: 220},
			plots.Curve{Points: points[k]})))
	}
	r.Grid("activations", plots.GridOptions{Columns: 3}, panels...)
}

// apply is a layer's output for a batch.
func apply(r *lab.Run, spec nn.Spec, x *nn.Tensor) []float32 {
	net := r.Network(x.Shape, nil, spec)
	if r.Failed() {
		return nil
	}
	return net.Activations(x)[0].Data
}

func rising(values []float32) bool {
	for i := 1; i < len(values); i++ {
		if values[i] <= values[i-1] {
			return false
		}
	}
	return true
}

func activationFunctions() lab.Experiment {
	return lab.Experiment{
		ID: "ch03-activations", Title: "Activation functions", Chapter: 3, Section: "sections 3.2.2 to 3.2.7", Version: 1,
		Setup: "Step, sigmoid and ReLU on [-5, 5) in steps of 0.1. Sigmoid and ReLU are the layers of this module, a batch " +
			"of 100 samples of one value; the step, which has no gradient to learn by, is a line of Go.",
		Lesson: "All three bend the line, without which layers would collapse into one; sigmoid is a smoothed step, ReLU " +
			"passes the positive unchanged.",
		Rows: []lab.Row{
			lab.Near("sigmoid(1)", 0.73105858, 1e-6).As("%.8f"),
			lab.Near("sigmoid(2)", 0.88079708, 1e-6).As("%.8f"),
			lab.Near("ReLU(-5)", 0, 1e-9).As("%g"),
			lab.Near("largest |sigmoid(-x) - (1 - sigmoid(x))|", 0, 1e-6).As("%.1e"),
		},
		Claims: lab.Texts{
			"sigmoid rises":            "sigmoid lies between 0 and 1 and rises",
			"ReLU passes the positive": "ReLU is x where x is positive",
		},
		Figures: lab.Texts{
			"activations": "Step, sigmoid and ReLU (figures 3-6, 3-7 and 3-9).",
		},
		Run: runActivationFunctions,
	}
}
