package experiments

import (
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/internal/words"
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
	functions := []words.Text{{EN: "step", JA: "ステップ関数"}, {EN: "sigmoid", JA: "シグモイド関数"}, {EN: "ReLU", JA: "ReLU"}}
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
	points[0] = plotter.XYs{{X: -5, Y: 0}, {X: 0, Y: 0}, {X: 0, Y: 1}, {X: 5, Y: 1}}
	derivatives := []plotter.XYs{
		{{X: -5, Y: 0}, {X: 5, Y: 0}}, // but at 0, where it has none
		make(plotter.XYs, len(points[1])),
		{{X: -5, Y: 0}, {X: 0, Y: 0}, {X: 0, Y: 1}, {X: 5, Y: 1}},
	}
	for i, p := range points[1] {
		derivatives[1][i] = plotter.XY{X: p.X, Y: p.Y * (1 - p.Y)}
	}
	var panels []plots.Figure
	for k, name := range functions {
		y := plots.Axis{Label: "y", Min: -0.1, Max: 1.1}
		if k == 2 {
			y = plots.Axis{Label: "y", Min: -0.5, Max: 5.5}
		}
		panels = append(panels, r.Panel(plots.ChartOptions{Title: r.In(name), X: plots.Axis{Label: "x"}, Y: y, Width: 300, Height: 220},
			plots.Curve{Name: r.In(words.Text{EN: "function", JA: "関数"}), Points: points[k]},
			plots.Curve{Name: r.In(words.Text{EN: "derivative", JA: "微分"}), Points: derivatives[k]}))
	}
	r.Grid("activations", plots.GridOptions{Title: r.In(words.Text{EN: "Activation functions", JA: "活性化関数"}), Columns: 3}, panels...)
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
		ID: "ch03-activations", Seconds: 0.1, Title: words.Text{EN: "Activation functions", JA: "活性化関数"}, Chapter: 3, Section: words.Text{EN: "sections 3.2.2 to 3.2.7", JA: "3.2.2～3.2.7 節"}, Version: 1,
		Setup: words.Text{
			EN: "Step, sigmoid and ReLU on [-5, 5) in steps of 0.1. Sigmoid and ReLU are the layers of this module, a batch " +
				"of 100 samples of one value; the step, which has no gradient to learn by, is a line of Go.",
			JA: "ステップ関数、シグモイド関数、ReLU を、-5 以上 5 未満の範囲で 0.1 刻みに描きます。シグモイド関数と ReLU は tatami の層で、" +
				"1 個の値を持つサンプル 100 個のバッチとして計算します。勾配を学習に使えないステップ関数は、Go の 1 行で済ませます。",
		},
		Lesson: words.Text{
			EN: "All three are nonlinear; without that, any number of layers could do no more than one. Sigmoid is a smoothed step, ReLU passes the positive unchanged.",
			JA: "3 つとも非線形の関数です。非線形の関数がなければ、層を重ねても 1 つの層と同じことしかできません。シグモイド関数は滑ら" +
				"かにしたステップ関数で、ReLU は正の値をそのまま通します。",
		},
		Rows: []lab.Row{
			lab.Near(words.Text{EN: "sigmoid(1)", JA: "sigmoid(1)"}, 0.73105858, 1e-6).As("%.8f"),
			lab.Near(words.Text{EN: "sigmoid(2)", JA: "sigmoid(2)"}, 0.88079708, 1e-6).As("%.8f"),
			lab.Near(words.Text{EN: "ReLU(-5)", JA: "ReLU(-5)"}, 0, 1e-9).As("%g"),
			lab.Near(words.Text{EN: "largest |sigmoid(-x) - (1 - sigmoid(x))|", JA: "|σ(-x) - (1 - σ(x))| の最大値"}, 0, 1e-6).As("%.1e"),
		},
		Claims: map[string]words.Text{
			"sigmoid rises":            {EN: "sigmoid lies between 0 and 1 and rises", JA: "シグモイド関数は 0 と 1 の間にあり、単調に増える"},
			"ReLU passes the positive": {EN: "ReLU is x where x is positive", JA: "ReLU は正の x をそのまま通す"},
		},
		Figures: map[string]words.Text{
			"activations": {
				EN: "Step, sigmoid and ReLU, each with its derivative, which learning goes by (figures 3-6, 3-7 and 3-9).",
				JA: "ステップ関数、シグモイド関数、ReLU。破線は微分です（図 3-6、3-7、3-9）。",
			},
		},
		Run: runActivationFunctions,
	}
}
