package experiments

import (
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// pathOptimizer is an optimizer of this module with its rate, and the book's
// formula, which moves one value by its t-th gradient and keeps m and v.
type pathOptimizer struct {
	name string
	rule optim.Rule
	rate float64
	book func(g, t float64, m, v *float64) (move float64)
}

func pathOptimizers() []pathOptimizer {
	return []pathOptimizer{
		{"SGD", optim.SGD{}, 0.95, func(g, _ float64, _, _ *float64) float64 {
			return -0.95 * g
		}},
		{"Momentum", optim.Momentum{}, 0.1, func(g, _ float64, m, _ *float64) float64 {
			*m = 0.9**m - 0.1*g
			return *m
		}},
		{"AdaGrad", optim.AdaGrad{}, 1.5, func(g, _ float64, _, h *float64) float64 {
			*h += g * g
			return -1.5 * g / (math.Sqrt(*h) + 1e-7)
		}},
		{"Adam", optim.Adam{}, 0.3, func(g, t float64, m, v *float64) float64 {
			rate := 0.3 * math.Sqrt(1-math.Pow(0.999, t)) / (1 - math.Pow(0.9, t))
			*m += 0.1 * (g - *m)
			*v += 0.001 * (g*g - *v)
			return -rate * *m / (math.Sqrt(*v) + 1e-7)
		}},
	}
}

// The rows of an optimizer.
var (
	fromFormula = words.Text{EN: "%s: distance from the book's formula", JA: "%s：本の式との距離"}
	lastX       = words.Text{EN: "%s: last x", JA: "%s：最後の x"}
	lastY       = words.Text{EN: "%s: last y", JA: "%s：最後の y"}
)

func runOptimizerPaths(r *lab.Run) {
	gradient := func(x, y float64) (dx, dy float64) { return x / 10, 2 * y }
	const points = 30
	var panels []plots.Figure
	var rows [][]any
	turns := map[string]int{}
	end := map[string]float64{}
	for _, o := range pathOptimizers() {
		p := &nn.Param{Value: nn.NewTensor(1, nn.Features(2))}
		copy(p.Value.Data, []float32{-7, 2})
		optimizer := optim.New(o.rule, []*nn.Param{p})
		book := [2]float64{-7, 2}
		var m, v [2]float64
		var path plotter.XYs
		apart := 0.0
		for t := range points {
			x, y := float64(p.Value.Data[0]), float64(p.Value.Data[1])
			path = append(path, plotter.XY{X: x, Y: y})
			rows = append(rows, []any{o.name, t, x, y})
			apart = max(apart, math.Hypot(x-book[0], y-book[1]))
			if t > 0 && y*path[t-1].Y < 0 {
				turns[o.name]++
			}
			dx, dy := gradient(x, y)
			optimizer.Step(o.rate, []float32{float32(dx), float32(dy)})
			bx, by := gradient(book[0], book[1])
			book[0] += o.book(bx, float64(t+1), &m[0], &v[0])
			book[1] += o.book(by, float64(t+1), &m[1], &v[1])
		}
		last := path[points-1]
		end[o.name] = math.Hypot(last.X, last.Y)
		r.Measure(fromFormula.With(o.name).EN, apart)
		r.Measure(lastX.With(o.name).EN, last.X)
		r.Measure(lastY.With(o.name).EN, last.Y)
		panels = append(panels, r.Panel(plots.ChartOptions{
			Title: o.name, Note: r.In(words.Text{EN: "rate %g; ends at (%.2f, %.2f)", JA: "学習率 %g、最後は（%.2f, %.2f）"}, o.rate, last.X, last.Y),
			X: plots.Axis{Label: "x", Min: -10, Max: 10}, Y: plots.Axis{Label: "y", Min: -10, Max: 10}, Width: 320, Height: 300,
		}, plots.Contours{F: func(x, y float64) float64 { return x*x/20 + y*y }, Levels: []float64{0.3, 1, 2, 3, 4, 5, 6, 7}},
			plots.Curve{Points: path, Markers: true}))
	}
	r.Claim("SGD zigzags", turns["SGD"] == points-1)
	r.Claim("AdaGrad does not cross", turns["AdaGrad"] == 0)
	r.Claim("Momentum crosses less", turns["Momentum"] < turns["SGD"])
	r.Claim("AdaGrad and Adam are nearer", max(end["AdaGrad"], end["Adam"]) < end["SGD"])
	r.CSV("paths", []string{"optimizer", "step", "x", "y"}, rows)
	r.Grid("paths", plots.GridOptions{Title: r.In(words.Text{EN: "Paths over x²/20 + y²", JA: "x²/20 + y² の上の経路"}), Columns: 2}, panels...)
}

func optimizerPaths() lab.Experiment {
	e := lab.Experiment{
		ID: "ch06-optimizers-path", Seconds: 0.1, Title: words.Text{EN: "The paths of four optimizers", JA: "最適化手法の更新経路の比較"}, Chapter: 6, Section: words.Text{EN: "sections 6.1.3 to 6.1.7", JA: "6.1.3～6.1.7 節"}, Version: 1,
		Setup: words.Text{
			EN: "f(x, y) = x²/20 + y² from (-7, 2), 30 points, that is 29 steps: SGD .95, Momentum .1, AdaGrad 1.5, Adam .3. The optimizers " +
				"are float32 with this module's epsilons (AdaGrad 1e-10, Adam 1e-8; the book adds 1e-7 in both), which must not show: " +
				"each path is compared with the book's formula in float64.",
			JA: "f(x, y) = x²/20 + y² の最小値を点（-7, 2）から 30 点、つまり 29 ステップで探します。SGD 0.95、Momentum 0.1、" +
				"AdaGrad 1.5、Adam 0.3。最適化は float32 で、ε は tatami の既定値です（AdaGrad は 1e-10、Adam は 1e-8。" +
				"本はどちらも 1e-7）。違いが経路に現れないことを、float64 で計算した本の式と比べて確かめます。",
		},
		Lesson: words.Text{
			EN: "In a long valley the gradient does not point to the minimum. SGD zigzags across; Momentum swings through in arcs; " +
				"AdaGrad and Adam, which scale each direction by itself, go along it.",
			JA: "細長い谷では、勾配は最小値の方向を指しません。SGD は谷を横切ってジグザグに進み、Momentum はボールが転がるように曲線を" +
				"描きます。方向ごとに更新量を調整する AdaGrad と Adam は、谷に沿って進みます。",
		},
		Claims: map[string]words.Text{
			"SGD zigzags":                 {EN: "SGD crosses the valley at every step", JA: "SGD は毎ステップ谷を横切る"},
			"AdaGrad does not cross":      {EN: "AdaGrad does not cross it", JA: "AdaGrad は谷を横切らない"},
			"Momentum crosses less":       {EN: "Momentum crosses it less often than SGD", JA: "Momentum が谷を横切る回数は SGD より少ない"},
			"AdaGrad and Adam are nearer": {EN: "AdaGrad and Adam end nearer to the minimum than SGD", JA: "AdaGrad と Adam は、SGD より最小値の近くで終わる"},
		},
		Figures: map[string]words.Text{
			"paths": {
				EN: "Four paths from (-7, 2) over the contours of x²/20 + y² (figure 6-8).",
				JA: "点（-7, 2）から始まる 4 つの経路と、x²/20 + y² の等高線（図 6-8）。",
			},
		},
		Run: runOptimizerPaths,
	}
	for _, o := range pathOptimizers() {
		e.Rows = append(e.Rows, lab.AtMost(fromFormula.With(o.name), "", 1e-4).As("%.1e"),
			lab.Shown(lastX.With(o.name), "").As("%.4f"), lab.Shown(lastY.With(o.name), "").As("%.4f"))
	}
	return e
}
