package experiments

import (
	"context"

	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

func deepConvNet() Experiment {
	return Experiment{
		ID: "ch08-deep-convnet", Title: "DeepConvNet, six convolutions", Chapter: 8, Section: "section 8.1", Version: 1,
		Setup: "Six 3×3 convolutions of 16, 16, 32, 32, 64 and 64 filters with ReLU, max pooling after every second, affine " +
			"50, affine 10, dropout 0.5 after both, on the logits too; He, Adam 0.001, batch 100, 20 epochs of 600 updates. " +
			"Dropout is the book's, which scales at inference. Curves are of the first 1,000 images of either set, the table " +
			"of all. Adam adds its 1e-7 to √v̂, where the book adds it to √v. Beside it the SimpleConvNet of ch07.",
		Lesson: "Many small filters on top of each other do better than one layer of large ones, with a third of the parameters.",
		Rows: []Row{
			// Two deviations by chance of an accuracy near 0.994 on 10,000 images.
			near("test accuracy", 0.9938, 0.0015).as("%.4f"),
			shown("test accuracy of SimpleConvNet", "0.9896").as("%.4f"),
			shown("parameters", "").as("%.0f"),
			shown("parameters of SimpleConvNet", "").as("%.0f"),
		},
		Run: func(ctx context.Context, r *Run) error {
			_, test, err := r.MNIST()
			if err != nil {
				return err
			}
			simple, simpleLog, err := trainedSimpleConvNet(ctx, r)
			if err != nil {
				return err
			}
			net, log, err := trainedDeepConvNet(ctx, r)
			if err != nil {
				return err
			}
			accuracy, other := accuracyOf(net, test), accuracyOf(simple, test)
			size, otherSize := nn.CountParams(net.Params()), nn.CountParams(simple.Params())
			r.Measure("test accuracy", accuracy)
			r.Measure("test accuracy of SimpleConvNet", other)
			r.Measure("parameters", float64(size))
			r.Measure("parameters of SimpleConvNet", float64(otherSize))
			r.Claim("it makes fewer mistakes than SimpleConvNet after as many updates", accuracy > other)
			r.Claim("with less than a third of the parameters", 3*size < otherSize)
			if err := r.CSV("accuracy", []string{"epoch", "train", "test", "simple train", "simple test"},
				columns(log.Train, log.Test, simpleLog.Train, simpleLog.Test)); err != nil {
				return err
			}
			f, err := plots.Accuracy([]plots.Curve{
				curve("train", log.Train), curve("test", log.Test), curve("test, SimpleConvNet", simpleLog.Test),
			}, plots.AccuracyOptions{Title: "DeepConvNet"})
			if err != nil {
				return err
			}
			return r.Figure("accuracy", "Accuracy on the first 1,000 images of either set; epoch 1 is the state after one update.", f)
		},
	}
}

// trainedDeepConvNet is the book's DeepConvNet, shared with ch08-mistakes and
// ch08-half-precision.
func trainedDeepConvNet(ctx context.Context, r *Run) (*nn.Sequential, *Log, error) {
	return r.Trained("deep-convnet", 1, func() (*nn.Sequential, *Log, error) {
		conv := func(filters, pad int) nn.Spec { return layers.Convolution{Filters: filters, Kernel: 3, Pad: pad} }
		relu, pool, drop := layers.ReLU{}, layers.Pooling{Size: 2}, layers.Dropout{Ratio: 0.5, Unscaled: true}
		net, err := nn.NewSequential(nn.Shape{H: 28, W: 28, C: 1}, r.Rand(8),
			conv(16, 1), relu, conv(16, 1), relu, pool,
			conv(32, 1), relu, conv(32, 2), relu, pool,
			conv(64, 1), relu, conv(64, 1), relu, pool,
			layers.Affine{Units: 50}, relu, drop,
			layers.Affine{Units: 10}, drop, layers.Softmax{})
		if err != nil {
			return nil, nil, err
		}
		log, err := convNetProtocol(ctx, r, net)
		return net, log, err
	})
}
