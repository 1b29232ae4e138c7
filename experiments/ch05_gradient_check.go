package experiments

import (
	"context"

	"gonum.org/v1/plot/plotter"

	"tatami/nn"
	"tatami/plots"
)

func gradientCheck() Experiment {
	parameters := []string{"W1", "b1", "W2", "b2"}
	return Experiment{
		ID: "ch05-gradient-check", Title: "Checking backpropagation", Chapter: 5, Section: "section 5.7.3", Version: 1,
		Setup: "784-50-10, ReLU, Normal .01, the first three training images; gradients by backpropagation in float32 against central " +
			"differences with h = 1e-4 of the same network in float64 plain loops. The book has float64 throughout. Where the input of a " +
			"ReLU lies within h of 0, a difference takes in both sides of its kink: one such unit makes b1's 1e-5, in about one run of " +
			"five, and explains the published values. Without one, what is left is the rounding of float32.",
		Lesson: "Backpropagation gives the numerical gradient; a mistake in it would be seen at once.",
		Rows: []Row{
			// At most what the book shows, which is a run with such a unit.
			atMost("W1: mean absolute difference", "1.8e-06", 1.8e-6).as("%.1e"),
			atMost("b1: mean absolute difference", "2.4e-05", 2.4e-5).as("%.1e"),
			atMost("W2: mean absolute difference", "6e-09", 6e-9).as("%.1e"),
			atMost("b2: mean absolute difference", "1.4e-07", 1.4e-7).as("%.1e"),
			shown("ReLUs within 1e-4 of their kink", "").as("%.0f"),
			shown("W1, ReLU left out on the way back", "").as("%.1e"),
		},
		Run: func(ctx context.Context, r *Run) error {
			training, _, err := r.MNIST()
			if err != nil {
				return err
			}
			net, err := multiLayerNet{Hidden: []int{r.Scale(50, 10)}, Init: nn.Normal{Std: 0.01}}.build(r.Rand(1))
			if err != nil {
				return err
			}
			x, labels := tensor(training.Limit(3))
			compared, err := checkGradients(ctx, r, net, x, labels, 1e-4, 0)
			if err != nil {
				return err
			}
			var panels []plots.Figure
			var rows [][]any
			close := true
			for i, c := range compared {
				name := parameters[i]
				r.Measure(name+": mean absolute difference", c.mean())
				close = close && c.mean() < 1e-4
				var points plotter.XYs
				every := 1 + len(c.Back)/500
				for k := 0; k < len(c.Back); k += every {
					points = append(points, plotter.XY{X: c.Numeric[k], Y: float64(c.Back[k])})
					rows = append(rows, []any{name, k, c.Numeric[k], c.Back[k]})
				}
				f, err := plots.Chart(plots.ChartOptions{Title: name, X: plots.Axis{Label: "numerical"}, Y: plots.Axis{Label: "backpropagation"},
					Width: 300, Height: 240}, plots.Points{Points: points, Radius: 1.6})
				if err != nil {
					return err
				}
				panels = append(panels, f)
			}
			onKink := 0
			for _, v := range net.Activations(x)[0].Data {
				if abs(float64(v)) < 1e-4 {
					onKink++
				}
			}
			r.Measure("ReLUs within 1e-4 of their kink", float64(onKink))

			// What a mistake looks like: the same network whose ReLU is forgotten.
			wrong := comparison{Back: withoutReLU(net, x, labels), Numeric: compared[0].Numeric}
			r.Measure("W1, ReLU left out on the way back", wrong.mean())
			r.Claim("backpropagation and differences agree", close)
			r.Claim("a forgotten ReLU would be seen", wrong.mean() > 100*compared[0].mean())
			if err := r.CSV("gradients", []string{"parameter", "index", "numerical", "backpropagation"}, rows); err != nil {
				return err
			}
			f, err := plots.Grid(plots.GridOptions{Columns: 2}, panels...)
			if err != nil {
				return err
			}
			return r.Figure("gradients", "Each gradient, some 500 a parameter, by both ways: all on the diagonal.", f)
		},
	}
}

// withoutReLU is the gradient of W1 if backpropagation took the ReLU for a
// wire: (softmax - target)/N goes back through W2 and straight on to W1.
func withoutReLU(net *nn.Sequential, x *nn.Tensor, labels []int) []float32 {
	w1, w2 := net.Params()[0].Value, net.Params()[2].Value
	dw1 := make([]float32, len(w1.Data))
	y := net.Probabilities(x)
	for n, label := range labels {
		y.Sample(n)[label]--
		for unit := range w1.N {
			d := float32(0)
			for class, v := range y.Sample(n) {
				d += v / float32(x.N) * w2.Sample(class)[unit]
			}
			for i, pixel := range x.Sample(n) {
				dw1[unit*w1.Size()+i] += d * pixel
			}
		}
	}
	return dw1
}
