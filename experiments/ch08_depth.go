package experiments

import (
	"tatami/experiments/lab"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// deepStack is a first convolution, then blocks of two convolutions each with
// batch normalization, their input added to their output or not.
func deepStack(r *lab.Run, blocks int, residual bool) *nn.Sequential {
	conv := layers.Convolution{Filters: 8, Kernel: 3, Pad: 1}
	first := conv
	first.Stride = 2
	norm, relu := layers.BatchNormalization{}, layers.ReLU{}
	specs := []nn.Spec{first, norm, relu, layers.Pooling{Size: 2}}
	for range blocks {
		body := []nn.Spec{conv, norm, relu, conv, norm}
		if residual {
			body = []nn.Spec{layers.Residual{Body: body}}
		}
		specs = append(append(specs, body...), relu)
	}
	specs = append(specs, layers.GlobalAveragePooling{}, layers.Affine{Units: 10}, layers.Softmax{})
	return r.Network(nn.Shape{H: 28, W: 28, C: 1}, r.Rand(1), specs...) // the same weights
}

func runDepth(r *lab.Run) {
	const blocks = 20
	updates := r.Scale(1200, 150)
	fit := func(i int, name string, residual bool) (*nn.Sequential, *lab.Log) {
		r.Part(i, 2, "%s", name)
		net := deepStack(r, blocks, residual)
		return net, r.Fit(lab.Protocol{
			Net: net, Training: r.Training(), Batch: 100, Rule: optim.Adam{}, Rate: 0.001, Updates: updates, LogLoss: true, Evaluate: -1,
		})
	}
	plain, plainLog := fit(0, "plain", false)
	residual, residualLog := fit(1, "residual", true)
	if r.Failed() {
		return
	}
	test := r.Test()
	if r.Fast {
		test = test.Limit(2000)
	}
	accuracy, other := r.Accuracy(residual, test), r.Accuracy(plain, test)
	r.Measure("residual: test accuracy", accuracy)
	r.Measure("plain: test accuracy", other)
	r.Measure("parameters of either", float64(nn.CountParams(plain.Params())))
	r.Claim("residual learns", accuracy > 0.5)
	r.Claim("plain is far behind", other < accuracy-0.3)
	r.CSV("loss", []string{"update", "plain", "residual"}, lab.Columns(plainLog.Loss, residualLog.Loss))
	r.Chart("loss", plots.ChartOptions{
		Title: "41 convolutions", X: plots.Axis{Label: "update"}, Y: plots.Axis{Label: "loss (nats)", Max: 3},
	}, plainLog.Loss.Curve("plain"), residualLog.Loss.Curve("residual"))
}

func depth() lab.Experiment {
	return lab.Experiment{
		ID: "ch08-depth", Title: "Twenty residual blocks", Chapter: 8, Section: "section 8.2.4", Version: 1,
		Setup: "A 3×3 convolution of stride 2 and 2×2 max pooling bring a digit to 7×7×8; then 20 blocks of two 3×3 convolutions " +
			"of 8 filters, each with batch normalization, ReLU between and after; global average pooling, affine 10. One network " +
			"adds each block's input to its output, the other does not: the same layers, the same initial weights. He, Adam " +
			"0.001, batch 100, 1,200 updates (fast: 150, accuracy on 2,000 test images). After He and others 2015, figure 6.",
		Lesson: "A shortcut past every two layers lets a network of 41 convolutions learn; without, the gradient gets lost on its way.",
		Rows: []lab.Row{
			lab.Shown("residual: test accuracy", ""),
			lab.Shown("plain: test accuracy", ""),
			lab.Shown("parameters of either", "").As("%.0f"),
		},
		Claims: lab.Texts{
			"residual learns":     "with shortcuts it learns",
			"plain is far behind": "without them the same layers are far behind",
		},
		Figures: lab.Texts{"loss": "The loss of each batch, after its update."},
		Run:     runDepth,
	}
}
