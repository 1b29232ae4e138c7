package experiments

import (
	"gonum.org/v1/plot/plotter"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
	"tatami/train"
)

// lenetDistortions are those of a training image.
func lenetDistortions() datasets.Augmentation {
	return datasets.Augmentation{Shift: 2, Rotate: 10, Scale: 0.1}
}

// trainedLeNet is a LeNet-5.
func trainedLeNet(r *lab.Run, name string, training *datasets.Dataset, distort datasets.Augmentation) (*nn.Sequential, *lab.Log) {
	return r.Trained(name, 1, func() (*nn.Sequential, *lab.Log) {
		network, err := layers.FindNetwork("lenet")
		if r.Fail(err); err != nil {
			return nil, nil
		}
		net := r.Network(network.Input, r.Rand(0), network.Specs(10)...)
		const batch = 100
		passes := r.Scale(20, 25)
		return net, r.FitTrainer(&train.Trainer{
			Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: training, BatchSize: batch, Seed: r.Seed, Augment: distort},
			Rule: optim.Adam{}, Schedule: optim.Cosine{Base: 0.001, Steps: passes * training.Len() / batch},
			Epochs: passes, Seed: r.Seed, Test: r.Test().Limit(r.Scale(10_000, 2000)),
			Observers: []train.Observer{train.ObserverFunc(func(e train.Event) error {
				if e.Kind == train.Updated {
					r.Status("distortions %v: pass %d of %d", distort, e.Epoch+1, passes)
				}
				return nil
			})},
		})
	})
}

// Rows that a claim is about.
const (
	plainError     = "test error in %"
	distortedError = "test error in %, distorted training images"
)

func runLeNet5(r *lab.Run) {
	training := r.Training().Limit(r.Scale(60_000, 1000))
	net, plain := trainedLeNet(r, "lenet-5", training, datasets.Augmentation{})
	_, distorted := trainedLeNet(r, "lenet-5-distorted", training, lenetDistortions())
	if r.Failed() {
		return
	}
	r.Measure(plainError, 100*(1-plain.Test.Last()))
	r.Measure(distortedError, 100*(1-distorted.Test.Last()))
	r.Measure("training error in %", 100-100*r.Accuracy(net, training))
	r.Measure("parameters", float64(nn.CountParams(net.Params())))
	r.Claim("distortions help", distorted.Test.Last() > plain.Test.Last())
	r.CSV("passes", []string{"pass", "train", "test", "distorted train", "distorted test"},
		lab.Columns(plain.Training, plain.Test, distorted.Training, distorted.Test))
	var marks []plots.Mark
	for _, l := range []struct {
		name   string
		values lab.Numbers
	}{
		{"training, as they come", plain.Training}, {"test", plain.Test},
		{"training, distorted", distorted.Training}, {"test, trained on distorted", distorted.Test},
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
	r.Chart("error", plots.ChartOptions{Title: "LeNet-5", X: plots.Axis{Label: "pass"}, Y: y}, marks...)
	drawDistortions(r, training.Limit(8), lenetDistortions())
}

// drawDistortions draws images and what the first passes make of each.
func drawDistortions(r *lab.Run, data *datasets.Dataset, distort datasets.Augmentation) {
	var pictures []plots.Picture
	for pass := range 4 {
		loader := &datasets.Loader{Data: data, BatchSize: data.Len(), Seed: r.Seed, Ordered: true}
		if pass > 0 {
			loader.Augment = distort
		}
		x := nn.NewTensor(data.Len(), data.Shape)
		loader.Epoch(pass).Fill(0, 0, x.N, x, make([]int, x.N))
		for i := range x.N {
			pictures = append(pictures, r.Picture(x, i))
		}
	}
	r.Figure("distortions", r.Drawn(plots.Images(pictures, plots.ImagesOptions{
		Title: "Training images", Note: "First row: as they come. Below: distorted, as three passes see them.", Columns: data.Len(),
	})))
}

func lenet5() lab.Experiment {
	const tolerance = 0.1 // points above the published error: ten of the 10,000 images
	return lab.Experiment{
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
		Rows: []lab.Row{
			lab.AtMost(plainError, "0.95", 0.95+tolerance).As("%.2f"),
			lab.AtMost(distortedError, "0.8", 0.8+tolerance).As("%.2f"),
			lab.Shown("training error in %", "0.35").As("%.2f"),
			lab.Shown("parameters", "60000").As("%.0f"),
		},
		Claims: lab.Texts{
			"distortions help": "distorted training images lower the test error",
		},
		Figures: lab.Texts{
			"error":       "Errors by pass (figure 5 of the paper); training errors are counted as the pass goes on.",
			"distortions": "Every pass sees every image, but never twice the same.",
		},
		Run: runLeNet5,
	}
}
