package experiments

import (
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/plots"
	"tatami/reference"
)

func runNumericalGradients(r *lab.Run) {
	const h = 1e-4
	// float64(…) rounds each product, on every machine, as the book's do:
	// what is left of a slope at 1e13 is rounding.
	parabola := func(x []float64) float64 { return float64(0.01*(x[0]*x[0])) + float64(0.1*x[0]) }
	bowl := func(x []float64) float64 { return float64(x[0]*x[0]) + float64(x[1]*x[1]) }
	gradient := func(f func([]float64) float64, x ...float64) []float64 {
		return reference.Numeric(func() float64 { return f(x) }, x, h)
	}
	at5, at10 := gradient(parabola, 5)[0], gradient(parabola, 10)[0]
	r.Measure("slope of 0.01x² + 0.1x at 5", at5)
	r.Measure("slope of 0.01x² + 0.1x at 10", at10)
	g := gradient(bowl, 3, 4)
	r.Measure("∂/∂x at (3, 4)", g[0])
	r.Measure("∂/∂y at (3, 4)", g[1])

	descend := func(rate float64, steps int) (path plotter.XYs) {
		x := []float64{-3, 4}
		path = append(path, plotter.XY{X: x[0], Y: x[1]})
		for range steps {
			for i, v := range gradient(bowl, x...) {
				x[i] -= rate * v
			}
			path = append(path, plotter.XY{X: x[0], Y: x[1]})
		}
		return path
	}
	distance := map[string]float64{}
	for name, rate := range map[string]float64{".1": 0.1, "10": 10, "1e-10": 1e-10} {
		end := descend(rate, 100)[100]
		r.Measure("x after 100 steps of "+name, end.X)
		r.Measure("y after 100 steps of "+name, end.Y)
		distance[name] = math.Hypot(end.X, end.Y)
	}
	r.Claim("the rate decides",
		distance[".1"] < 1e-8 && distance["10"] > 1e12 && math.Abs(distance["1e-10"]-5) < 1e-6)
	r.Claim("the slope is right", math.Abs(at5-0.2) < 1e-10 && math.Abs(at10-0.3) < 1e-10)

	path := descend(0.1, 20)
	var rows [][]any
	for i, p := range path {
		rows = append(rows, []any{i, p.X, p.Y})
	}
	r.CSV("descent", []string{"step", "x", "y"}, rows)

	var tangents []plots.Figure
	for _, at := range []float64{5, 10} {
		slope := gradient(parabola, at)[0]
		var curve, tangent plotter.XYs
		for x := 0.0; x <= 20; x += 0.1 {
			curve = append(curve, plotter.XY{X: x, Y: parabola([]float64{x})})
			tangent = append(tangent, plotter.XY{X: x, Y: parabola([]float64{at}) + slope*(x-at)})
		}
		tangents = append(tangents, r.Panel(plots.ChartOptions{Title: r.In(words.Text{EN: "at %.0f: slope %.4g", JA: "x = %.0f：傾き %.4g"}, at, slope),
			X: plots.Axis{Label: "x"}, Y: plots.Axis{Label: "f(x)", Min: -1.5, Max: 6}, Width: 300, Height: 230},
			plots.Curve{Name: "f(x) = 0.01x² + 0.1x", Points: curve}, plots.Curve{Name: r.In(words.Text{EN: "tangent", JA: "接線"}), Points: tangent},
			plots.Points{Points: plotter.XYs{{X: at, Y: parabola([]float64{at})}}, Radius: 3}))
	}
	r.Grid("tangents", plots.GridOptions{Title: r.In(words.Text{EN: "Numerical derivatives", JA: "数値微分"}), Columns: 2}, tangents...)

	var points, vectors plotter.XYs
	for x := -2.0; x <= 2.25; x += 0.25 {
		for y := -2.0; y <= 2.25; y += 0.25 {
			g := gradient(bowl, x, y)
			points = append(points, plotter.XY{X: x, Y: y})
			vectors = append(vectors, plotter.XY{X: -g[0], Y: -g[1]})
		}
	}
	r.Chart("field", plots.ChartOptions{Title: r.In(words.Text{EN: "Against the gradient of x² + y²", JA: "x² + y² の勾配の逆向き"}), X: plots.Axis{Label: "x"}, Y: plots.Axis{Label: "y"}, Width: 380, Height: 360},
		plots.Arrows{Points: points, Vectors: vectors})
	r.Chart("descent", plots.ChartOptions{Title: r.In(words.Text{EN: "Gradient descent on x² + y², learning rate 0.1", JA: "x² + y² の勾配降下（学習率 0.1）"}),
		X: plots.Axis{Label: "x", Min: -4.5, Max: 4.5}, Y: plots.Axis{Label: "y", Min: -4.5, Max: 4.5}, Width: 380, Height: 360},
		plots.Contours{F: func(x, y float64) float64 { return x*x + y*y }, Levels: []float64{1, 4, 9, 16, 25}},
		plots.Curve{Points: path, Markers: true})
}

func numericalGradients() lab.Experiment {
	return lab.Experiment{
		ID: "ch04-gradient", Seconds: 0.1, Title: words.Text{EN: "Numerical differentiation and gradient descent", JA: "数値微分と勾配降下法"}, Chapter: 4, Section: words.Text{EN: "sections 4.3 and 4.4", JA: "4.3、4.4 節"}, Version: 1,
		Setup: words.Text{
			EN: "Central differences with h = 1e-4 in float64, as the book's numerical_gradient: f(x) = 0.01x² + 0.1x at 5 and 10; the " +
				"field of -∇(x² + y²) on [-2, 2.25] in steps of 0.25; descent on x² + y² from (-3, 4), 20 steps of rate .1 drawn, and 100 " +
				"steps of rates .1, 10 and 1e-10.",
			JA: "本の numerical_gradient と同じく、float64 の中心差分（h = 1e-4）を使います。0.01x² + 0.1x の x = 5 と 10 での" +
				"微分、[-2, 2.25] を 0.25 刻みにした f(x, y) = x² + y² の勾配の逆向き、-∇f の分布、点（-3, 4）から始める f の勾配降下です。図は学習率 0.1 の" +
				" 20 ステップ、表は学習率 0.1、10、1e-10 の 100 ステップです。",
		},
		Lesson: words.Text{
			EN: "A function's values alone give its gradient, and steps against it lead to the minimum, if the rate is neither " +
				"too large nor too small.",
			JA: "関数の値だけから勾配を求められます。勾配と逆の方向へ少しずつ進むと、学習率が大きすぎも小さすぎもしなければ、" +
				"最小値にたどり着きます。",
		},
		Rows: []lab.Row{
			lab.Near(words.Text{EN: "slope of 0.01x² + 0.1x at 5", JA: "0.01x² + 0.1x の x = 5 での微分"}, 0.1999999999990898, 1e-12).As("%.16f"),
			lab.Near(words.Text{EN: "slope of 0.01x² + 0.1x at 10", JA: "0.01x² + 0.1x の x = 10 での微分"}, 0.2999999999986347, 1e-12).As("%.16f"),
			lab.Near(words.Text{EN: "∂/∂x at (3, 4)", JA: "点（3, 4）での ∂f/∂x"}, 6, 1e-9).As("%.10g"),
			lab.Near(words.Text{EN: "∂/∂y at (3, 4)", JA: "点（3, 4）での ∂f/∂y"}, 8, 1e-9).As("%.10g"),
			lab.Near(words.Text{EN: "x after 100 steps of .1", JA: "学習率 0.1、100 ステップ後の x"}, -6.11110793e-10, 1e-18).As("%.9g"),
			lab.Near(words.Text{EN: "y after 100 steps of .1", JA: "学習率 0.1、100 ステップ後の y"}, 8.14814391e-10, 1e-18).As("%.9g"),
			lab.Near(words.Text{EN: "x after 100 steps of 10", JA: "学習率 10、100 ステップ後の x"}, -2.58983747e13, 1e5).As("%.9g"),
			lab.Near(words.Text{EN: "y after 100 steps of 10", JA: "学習率 10、100 ステップ後の y"}, -1.29524862e12, 1e4).As("%.9g"),
			lab.Near(words.Text{EN: "x after 100 steps of 1e-10", JA: "学習率 1e-10、100 ステップ後の x"}, -2.99999994, 1e-8).As("%.9g"),
			lab.Near(words.Text{EN: "y after 100 steps of 1e-10", JA: "学習率 1e-10、100 ステップ後の y"}, 3.99999992, 1e-8).As("%.9g"),
		},
		Claims: map[string]words.Text{
			"the rate decides":   {EN: "rate .1 arrives, 10 runs away, 1e-10 hardly moves", JA: "学習率 0.1 では最小値に着き、10 では発散し、1e-10 ではほとんど動かない"},
			"the slope is right": {EN: "the slope is right to ten digits", JA: "数値微分は 10 桁まで正しい"},
		},
		Figures: map[string]words.Text{
			"tangents": {EN: "The numerical slopes at 5 and 10 (figure 4-7).", JA: "x = 5 と 10 での数値微分による接線（図 4-7）。"},
			"field": {
				EN: "Against the gradient of x² + y² every arrow points to the lowest place (figure 4-9).",
				JA: "x² + y² の勾配の逆向きの矢印は、どこでも最も低い場所を指します（図 4-9）。",
			},
			"descent": {
				EN: "Descent on x² + y² from (-3, 4), 20 steps of rate .1, over the contours of distance 1 to 5 (figure 4-10).",
				JA: "点（-3, 4）から始めた x² + y² の勾配降下。学習率 0.1 の 20 ステップで、等高線は原点からの距離 1～5 です（図 4-10）。",
			},
		},
		Run: runNumericalGradients,
	}
}
