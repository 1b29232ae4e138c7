package experiments

import (
	"tatami/experiments/lab"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// trainedDeepConvNet is the book's DeepConvNet, shared with ch08-mistakes and
// ch08-half-precision.
func trainedDeepConvNet(r *lab.Run) (*nn.Sequential, *lab.Log) {
	return r.Trained("deep-convnet", 1, func() (*nn.Sequential, *lab.Log) {
		conv := func(filters, pad int) nn.Spec { return layers.Convolution{Filters: filters, Kernel: 3, Pad: pad} }
		relu, pool, drop := layers.ReLU{}, layers.Pooling{Size: 2}, layers.Dropout{Ratio: 0.5, Unscaled: true}
		net := r.Network(nn.Shape{H: 28, W: 28, C: 1}, r.Rand(8),
			conv(16, 1), relu, conv(16, 1), relu, pool,
			conv(32, 1), relu, conv(32, 2), relu, pool,
			conv(64, 1), relu, conv(64, 1), relu, pool,
			layers.Affine{Units: 50}, relu, drop,
			layers.Affine{Units: 10}, drop, layers.Softmax{})
		return net, fitConvNet(r, net)
	})
}

func runDeepConvNet(r *lab.Run) {
	simple, simpleLog := trainedSimpleConvNet(r)
	net, log := trainedDeepConvNet(r)
	if r.Failed() {
		return
	}
	accuracy, other := r.Accuracy(net, r.Test()), r.Accuracy(simple, r.Test())
	size, otherSize := nn.CountParams(net.Params()), nn.CountParams(simple.Params())
	r.Measure("test accuracy", accuracy)
	r.Measure("test accuracy of SimpleConvNet", other)
	r.Measure("parameters", float64(size))
	r.Measure("parameters of SimpleConvNet", float64(otherSize))
	r.Claim("beats SimpleConvNet", accuracy > other)
	r.Claim("a third of the parameters", 3*size < otherSize)
	r.CSV("accuracy", []string{"epoch", "train", "test", "simple train", "simple test"},
		lab.Columns(log.Training, log.Test, simpleLog.Training, simpleLog.Test))
	r.Figure("accuracy", r.Drawn(plots.Accuracy([]plots.Curve{
		log.Training.Curve("train"), log.Test.Curve("test"), simpleLog.Test.Curve("test, SimpleConvNet"),
	}, plots.AccuracyOptions{Title: "DeepConvNet"})))
}

func deepConvNet() lab.Experiment {
	return lab.Experiment{
		ID: "ch08-deep-convnet", Title: "DeepConvNet, six convolutions", Chapter: 8, Section: "section 8.1", Version: 1,
		Setup: "Six 3×3 convolutions of 16, 16, 32, 32, 64 and 64 filters with ReLU, max pooling after every second, affine " +
			"50, affine 10, dropout 0.5 after both, on the logits too; He, Adam 0.001, batch 100, 20 epochs of 600 updates. " +
			"Dropout is the book's, which scales at inference. Curves are of the first 1,000 images of either set, the table " +
			"of all. Adam adds its 1e-7 to √v̂, where the book adds it to √v. Beside it the SimpleConvNet of ch07.",
		Lesson: "Many small filters on top of each other do better than one layer of large ones, with a third of the parameters.",
		Rows: []lab.Row{
			// Two deviations by chance of an accuracy near 0.994 on 10,000 images.
			lab.Near("test accuracy", 0.9938, 0.0015).As("%.4f"),
			lab.Shown("test accuracy of SimpleConvNet", "0.9896").As("%.4f"),
			lab.Shown("parameters", "").As("%.0f"),
			lab.Shown("parameters of SimpleConvNet", "").As("%.0f"),
		},
		Claims: lab.Texts{
			"beats SimpleConvNet":       "it makes fewer mistakes than SimpleConvNet after as many updates",
			"a third of the parameters": "with less than a third of the parameters",
		},
		Figures: lab.Texts{
			"accuracy": "Accuracy on the first 1,000 images of either set; epoch 1 is the state after one update.",
		},
		Run: runDeepConvNet,
	}
}
