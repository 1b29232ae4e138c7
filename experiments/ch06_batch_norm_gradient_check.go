package experiments

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/plots"
)

// batchNormParams are the names of a network's parameters in their order.
func batchNormParams() []string {
	return []string{"W1", "b1", "γ1", "β1", "W2", "b2", "γ2", "β2", "W3", "b3"}
}

func runBatchNormGradientCheck(r *lab.Run) {
	training, names := r.Training(), batchNormParams()
	var panels []plots.Figure
	for _, images := range []int{16, 1} {
		net := lab.MultiLayerNet{Hidden: lab.Hidden(2), BatchNorm: true}.Build(r, r.Rand(1))
		x, labels := lab.Tensor(training.Limit(images))
		compared := r.CheckGradients(net, x, labels, 1e-6, r.Scale(200, 60))
		largest := 0.0
		var betas, others plotter.XYs
		low, high := 0.0, 0.0
		for i, c := range compared {
			largest = max(largest, c.Mean())
			if images > 1 {
				r.Measure("16 images: "+names[i], c.Mean())
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
			r.Claim("16 images agree", largest < 1e-5)
		} else {
			r.Measure("1 image: largest", largest)
			r.Claim("1 image does not", largest > 0.01)
		}
		panels = append(panels, r.Drawn(plots.Chart(plots.ChartOptions{
			Title: title, Width: 330, Height: 300,
			X: plots.Axis{Label: "gradient by central differences"}, Y: plots.Axis{Label: "by backpropagation"},
		},
			plots.Points{Name: "β, the shifts of batch normalization", Points: betas, Radius: 2},
			plots.Points{Name: "all other parameters", Points: others, Radius: 2},
			plots.Curve{Name: "equal", Points: plotter.XYs{{X: low, Y: low}, {X: high, Y: high}}})))
	}
	r.Grid("gradients", plots.GridOptions{Columns: 2}, panels...)
}

func batchNormGradientCheck() lab.Experiment {
	var rows []lab.Row
	for _, name := range batchNormParams() {
		rows = append(rows, lab.AtMost("16 images: "+name, "near 0", 1e-6).As("%.1e"))
	}
	rows = append(rows, lab.Near("1 image: largest", 0.056, 0.01))
	return lab.Experiment{
		ID: "ch06-batch-norm-gradient-check", Title: "Gradient check of batch normalization", Chapter: 6, Section: "section 6.3.1",
		Version: 1,
		Setup: "Two hidden layers of 100 with batch normalization, ReLU, He; mean absolute difference of backpropagation, in " +
			"float32, and central differences of a float64 reference, since differences of a float32 loss are noise; step 1e-6, " +
			"at most 200 values of each parameter, drawn at random. The book takes all values of one image. One image is its " +
			"own mean: every ReLU then is given 0, where its slope is 0 to the left and 1 to the right, and central differences " +
			"say a half. With 16 images the difference goes. For one, two deviations over six seeds are accepted.",
		Lesson: "A gradient check at a kink of ReLU compares two answers that are both right; move off the kink and they agree.",
		Rows:   rows,
		Claims: lab.Texts{
			"16 images agree":  "with 16 images both agree",
			"1 image does not": "with one image they do not",
		},
		Figures: lab.Texts{
			"gradients": "Each point is a value of a parameter; on the line both gradients agree.",
		},
		Run: runBatchNormGradientCheck,
	}
}
