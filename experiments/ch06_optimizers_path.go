package experiments

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
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
		r.Measure(o.name+": distance from the book's formula", apart)
		r.Measure(o.name+": last x", last.X)
		r.Measure(o.name+": last y", last.Y)
		panels = append(panels, r.Drawn(plots.Chart(plots.ChartOptions{
			Title: o.name, Note: fmt.Sprintf("rate %g; ends at (%.2f, %.2f)", o.rate, last.X, last.Y),
			X: plots.Axis{Label: "x", Min: -10, Max: 10}, Y: plots.Axis{Label: "y", Min: -10, Max: 10}, Width: 320, Height: 300,
		}, plots.Contours{F: func(x, y float64) float64 { return x*x/20 + y*y }, Levels: []float64{0.3, 1, 2, 3, 4, 5, 6, 7}},
			plots.Curve{Points: path, Markers: true})))
	}
	r.Claim("SGD zigzags", turns["SGD"] == points-1)
	r.Claim("AdaGrad does not cross", turns["AdaGrad"] == 0)
	r.Claim("Momentum crosses less", turns["Momentum"] < turns["SGD"])
	r.Claim("AdaGrad and Adam are nearer", max(end["AdaGrad"], end["Adam"]) < end["SGD"])
	r.CSV("paths", []string{"optimizer", "step", "x", "y"}, rows)
	r.Grid("paths", plots.GridOptions{Columns: 2}, panels...)
}

func optimizerPaths() lab.Experiment {
	e := lab.Experiment{
		ID: "ch06-optimizers-path", Title: "The paths of four optimizers", Chapter: 6, Section: "sections 6.1.3 to 6.1.7", Version: 1,
		Setup: "f(x, y) = x²/20 + y² from (-7, 2), 30 points, that is 29 steps: SGD .95, Momentum .1, AdaGrad 1.5, Adam .3. The optimizers " +
			"are float32 with this module's epsilons (AdaGrad 1e-10, Adam 1e-8; the book adds 1e-7 in both), which must not show: " +
			"each path is compared with the book's formula in float64.",
		Lesson: "In a long valley the gradient does not point to the minimum. SGD zigzags across; Momentum swings through in arcs; " +
			"AdaGrad and Adam, which scale each direction by itself, go along it.",
		Claims: lab.Texts{
			"SGD zigzags":                 "SGD crosses the valley at every step",
			"AdaGrad does not cross":      "AdaGrad does not cross it",
			"Momentum crosses less":       "Momentum crosses it less often than SGD",
			"AdaGrad and Adam are nearer": "AdaGrad and Adam end nearer to the minimum than SGD",
		},
		Figures: lab.Texts{
			"paths": "Four paths from (-7, 2) over the contours of x²/20 + y² (figure 6-8).",
		},
		Run: runOptimizerPaths,
	}
	for _, o := range pathOptimizers() {
		e.Rows = append(e.Rows, lab.AtMost(o.name+": distance from the book's formula", "", 1e-4).As("%.1e"),
			lab.Shown(o.name+": last x", "").As("%.4f"), lab.Shown(o.name+": last y", "").As("%.4f"))
	}
	return e
}
