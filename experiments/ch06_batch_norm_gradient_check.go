package experiments

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/plot/plotter"

	"tatami/datasets"
	"tatami/internal/reference"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

func batchNormGradientCheck() Experiment {
	names := []string{"W1", "b1", "γ1", "β1", "W2", "b2", "γ2", "β2", "W3", "b3"}
	rows := []Row{}
	for _, name := range names {
		rows = append(rows, atMost("16 images: "+name, "near 0", 1e-6).as("%.1e"))
	}
	rows = append(rows, near("1 image: largest", 0.056, 0.03))
	return Experiment{
		ID: "ch06-batch-norm-gradient-check", Title: "Gradient check of batch normalization", Chapter: 6, Section: "section 6.3.1",
		Version: 1,
		Setup: "Two hidden layers of 100 with batch normalization, ReLU, He; mean absolute difference of backpropagation, in " +
			"float32, and central differences of a float64 reference, since differences of a float32 loss are noise; step 1e-6, " +
			"at most 200 values of each parameter, drawn at random. The book takes all values of one image. One image is its " +
			"own mean: every ReLU then is given 0, where its slope is 0 to the left and 1 to the right, and central differences " +
			"say a half. With 16 images the difference goes.",
		Lesson: "A gradient check at a kink of ReLU compares two answers that are both right; move off the kink and they agree.",
		Rows:   rows,
		Run: func(_ context.Context, r *Run) error {
			train, _, err := r.MNIST()
			if err != nil {
				return err
			}
			var panels []plots.Figure
			for _, images := range []int{16, 1} {
				r.Status("%d images", images)
				backward, numeric, err := bothGradients(r, train.Limit(images), r.Scale(200, 60))
				if err != nil {
					return err
				}
				largest := 0.0
				var betas, others plotter.XYs
				low, high := 0.0, 0.0
				for i, name := range names {
					difference := 0.0
					for k, g := range numeric[i] {
						difference += abs(g-backward[i][k]) / float64(len(numeric[i]))
						low, high = min(low, g), max(high, g)
						if point := (plotter.XY{X: g, Y: backward[i][k]}); strings.HasPrefix(name, "β") {
							betas = append(betas, point)
						} else {
							others = append(others, point)
						}
					}
					largest = max(largest, difference)
					if images > 1 {
						r.Measure("16 images: "+name, difference)
					}
				}
				title := "1 image"
				if images > 1 {
					title = fmt.Sprintf("%d images", images)
					r.Claim("with 16 images both agree", largest < 1e-5)
				} else {
					r.Measure("1 image: largest", largest)
					r.Claim("with one image they do not", largest > 0.01)
				}
				f, err := plots.Chart(plots.ChartOptions{
					Title: title, Width: 330, Height: 300,
					X: plots.Axis{Label: "gradient by central differences"}, Y: plots.Axis{Label: "by backpropagation"},
				},
					plots.Points{Name: "β, the shifts of batch normalization", Points: betas, Radius: 2},
					plots.Points{Name: "all other parameters", Points: others, Radius: 2},
					plots.Curve{Name: "equal", Points: plotter.XYs{{X: low, Y: low}, {X: high, Y: high}}})
				if err != nil {
					return err
				}
				panels = append(panels, f)
			}
			f, err := plots.Grid(plots.GridOptions{Columns: 2}, panels...)
			if err != nil {
				return err
			}
			return r.Figure("gradients", "Each point is a value of a parameter; on the line both gradients agree.", f)
		},
	}
}

// bothGradients are those of most values of each parameter by backpropagation
// and by central differences.
func bothGradients(r *Run, data *datasets.Dataset, most int) (backward, numeric [][]float64, err error) {
	net, err := multiLayerNet{Hidden: hidden(2), BatchNorm: true}.build(r.Rand(1))
	if err != nil {
		return nil, nil, err
	}
	oracle, err := reference.Of(net)
	if err != nil {
		return nil, nil, err
	}
	oracle.Training = true
	loss := layers.SoftmaxWithLoss{}
	x := datasets.Tensor(data.Shape, data.Images...)
	targets := nn.Targets{}
	for _, label := range data.Labels {
		targets.Labels = append(targets.Labels, int(label))
	}
	pass := net.NewPass(nn.PassConfig{Capacity: x.N, Training: true, NeedsBackward: true, Loss: loss})
	y := pass.Forward(x)
	loss.Loss(pass.OutputGradient(), y, targets, x.N)
	pass.Backward(pass.OutputGradient())

	rng, wide := r.Rand(2), reference.From(x)
	for i, g := range pass.ParamGradients() {
		if g == nil { // running statistics
			continue
		}
		var b, n []float64
		for _, k := range rng.Perm(len(g))[:min(most, len(g))] {
			b = append(b, float64(g[k]))
			n = append(n, reference.Numeric(func() float64 { return oracle.Loss(loss, wide, targets) }, oracle.Params[i][k:k+1], 1e-6)...)
		}
		backward, numeric = append(backward, b), append(numeric, n)
	}
	return backward, numeric, nil
}
