package experiments

import (
	"context"

	"gonum.org/v1/plot/plotter"

	"tatami/datasets"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
	"tatami/train"
)

func lenet5() Experiment {
	const (
		plainRow     = "test error in %"
		distortedRow = "test error in %, distorted training images"
		tolerance    = 0.1 // points above the published error: ten of the 10,000 images
	)
	distortions := datasets.Augmentation{Shift: 2, Rotate: 10, Scale: 0.1}
	return Experiment{
		ID: "lenet-5", Title: "LeNet-5", Version: 1,
		Section: "LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document recognition (1998)",
		Setup: "Convolution 6@5×5 on images with two pixels added around, pooling, convolution 16@5×5, pooling, affine 120, 84 " +
			"and 10; 60,000 images, 20 passes, the error after the last. Modernised: ReLU for tanh, max pooling for averages " +
			"with a learned factor, all 16 filters see all six maps, softmax for the distances to drawn digits, He; Adam, batch " +
			"100, rate falling from 0.001 to 0 along a cosine, where the paper updates after each image and lowers its rate in " +
			"five stairs. Distortions are drawn anew for every image of every pass: up to 2 pixels, 10 degrees and a tenth of " +
			"the size. The paper's moves, scales, squeezes and shears, which it drew once; it too keeps to 20 passes of 60,000.",
		Lesson: "Distortions that leave a digit what it is are as good as more images: less is learned by heart, and the error " +
			"falls.",
		Rows: []Row{
			atMost(plainRow, "0.95", 0.95+tolerance).as("%.2f"),
			atMost(distortedRow, "0.8", 0.8+tolerance).as("%.2f"),
			shown("training error in %", "0.35").as("%.2f"),
			shown("parameters", "60000").as("%.0f"),
		},
		Run: func(ctx context.Context, r *Run) error {
			training, test, err := r.MNIST()
			if err != nil {
				return err
			}
			training, test = training.Limit(r.Scale(60_000, 1000)), test.Limit(r.Scale(10_000, 2000))
			fit := func(name string, distort datasets.Augmentation) (*nn.Sequential, *Log, error) {
				return r.Trained(name, 1, func() (*nn.Sequential, *Log, error) { return fitLeNet(ctx, r, training, test, distort) })
			}
			net, plain, err := fit("lenet-5", datasets.Augmentation{})
			if err != nil {
				return err
			}
			_, distorted, err := fit("lenet-5-distorted", distortions)
			if err != nil {
				return err
			}
			r.Measure(plainRow, 100*(1-last(plain.Test)))
			r.Measure(distortedRow, 100*(1-last(distorted.Test)))
			r.Measure("training error in %", 100-percent(net, training))
			r.Measure("parameters", float64(nn.CountParams(net.Params())))
			r.Claim("distorted training images lower the test error", last(distorted.Test) > last(plain.Test))
			if err := r.CSV("passes", []string{"pass", "train", "test", "distorted train", "distorted test"},
				columns(plain.Train, plain.Test, distorted.Train, distorted.Test)); err != nil {
				return err
			}
			var marks []plots.Mark
			for _, l := range []struct {
				name   string
				values []Number
			}{
				{"training, as they come", plain.Train}, {"test", plain.Test},
				{"training, distorted", distorted.Train}, {"test, trained on distorted", distorted.Test},
			} {
				points := make(plotter.XYs, len(l.values))
				for i, v := range l.values {
					points[i] = plotter.XY{X: float64(i + 1), Y: 100 * (1 - float64(v))}
				}
				marks = append(marks, plots.Curve{Name: l.name, Points: points, Markers: true})
			}
			y := plots.Axis{Label: "error in %", Log: true}
			if !r.Fast { // down to what matters; the training error goes on to 0
				y.Min, y.Max = 0.2, 12
			}
			f, err := plots.Chart(plots.ChartOptions{Title: "LeNet-5", X: plots.Axis{Label: "pass"}, Y: y}, marks...)
			if err != nil {
				return err
			}
			if err := r.Figure("error", "Errors by pass (figure 5 of the paper); training errors are counted as the pass goes on.", f); err != nil {
				return err
			}
			return drawDistortions(r, training.Limit(8), distortions)
		},
	}
}

// fitLeNet trains a LeNet-5.
func fitLeNet(ctx context.Context, r *Run, training, test *datasets.Dataset, distort datasets.Augmentation) (*nn.Sequential, *Log, error) {
	const batch = 100
	network, err := layers.FindNetwork("lenet")
	if err != nil {
		return nil, nil, err
	}
	net, err := nn.NewSequential(network.Input, r.Rand(0), network.Specs(10)...)
	if err != nil {
		return nil, nil, err
	}
	passes := r.Scale(20, 25)
	t := &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: training, BatchSize: batch, Seed: r.Seed, Augment: distort},
		Rule: optim.Adam{}, Schedule: optim.Cosine{Base: 0.001, Steps: passes * training.Len() / batch},
		Epochs: passes, Seed: r.Seed, Test: test,
		Observers: []train.Observer{train.ObserverFunc(func(e train.Event) error {
			if e.Kind == train.Updated {
				r.Status("distortions %v: pass %d of %d", distort, e.Epoch+1, passes)
			}
			return nil
		})},
	}
	if _, err := t.Fit(ctx); err != nil {
		return nil, nil, err
	}
	return net, epochLog(t), nil
}

// drawDistortions draws images and what the first passes make of each.
func drawDistortions(r *Run, data *datasets.Dataset, distort datasets.Augmentation) error {
	var pictures []plots.Picture
	for pass := range 4 {
		loader := &datasets.Loader{Data: data, BatchSize: data.Len(), Seed: r.Seed, Ordered: true}
		if pass > 0 {
			loader.Augment = distort
		}
		x := nn.NewTensor(data.Len(), data.Shape)
		loader.Epoch(pass).Fill(0, 0, x.N, x, make([]int, x.N))
		for i := range x.N {
			image, err := plots.Image(x, i)
			if err != nil {
				return err
			}
			pictures = append(pictures, plots.Picture{Image: image})
		}
	}
	f, err := plots.Images(pictures, plots.ImagesOptions{
		Title: "Training images", Note: "First row: as they come. Below: distorted, as three passes see them.", Columns: data.Len(),
	})
	if err != nil {
		return err
	}
	return r.Figure("distortions", "Every pass sees every image, but never twice the same.", f)
}
