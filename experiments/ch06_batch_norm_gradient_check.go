package experiments

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/plot/plotter"

	"tatami/plots"
)

func batchNormGradientCheck() Experiment {
	names := []string{"W1", "b1", "γ1", "β1", "W2", "b2", "γ2", "β2", "W3", "b3"}
	rows := []Row{}
	for _, name := range names {
		rows = append(rows, atMost("16 images: "+name, "near 0", 1e-6).as("%.1e"))
	}
	rows = append(rows, near("1 image: largest", 0.056, 0.01))
	return Experiment{
		ID: "ch06-batch-norm-gradient-check", Title: "Gradient check of batch normalization", Chapter: 6, Section: "section 6.3.1",
		Version: 1,
		Setup: "Two hidden layers of 100 with batch normalization, ReLU, He; mean absolute difference of backpropagation, in " +
			"float32, and central differences of a float64 reference, since differences of a float32 loss are noise; step 1e-6, " +
			"at most 200 values of each parameter, drawn at random. The book takes all values of one image. One image is its " +
			"own mean: every ReLU then is given 0, where its slope is 0 to the left and 1 to the right, and central differences " +
			"say a half. With 16 images the difference goes. For one, two deviations over six seeds are accepted.",
		Lesson: "A gradient check at a kink of ReLU compares two answers that are both right; move off the kink and they agree.",
		Rows:   rows,
		Run: func(ctx context.Context, r *Run) error {
			train, _, err := r.MNIST()
			if err != nil {
				return err
			}
			var panels []plots.Figure
			for _, images := range []int{16, 1} {
				net, err := multiLayerNet{Hidden: hidden(2), BatchNorm: true}.build(r.Rand(1))
				if err != nil {
					return err
				}
				x, labels := tensor(train.Limit(images))
				compared, err := checkGradients(ctx, r, net, x, labels, 1e-6, r.Scale(200, 60))
				if err != nil {
					return err
				}
				largest := 0.0
				var betas, others plotter.XYs
				low, high := 0.0, 0.0
				for i, c := range compared {
					largest = max(largest, c.mean())
					if images > 1 {
						r.Measure("16 images: "+names[i], c.mean())
					}
					for k, g := range c.Numeric {
						low, high = min(low, g), max(high, g)
						if point := (plotter.XY{X: g, Y: float64(c.Back[k])}); strings.HasPrefix(names[i], "β") {
							betas = append(betas, point)
						} else {
							others = append(others, point)
						}
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
