package experiments

import (
	"context"
	"math"
	"time"

	"tatami/datasets"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

func twoLayerNumerical() Experiment {
	return Experiment{
		ID: "ch04-two-layer", Title: "A two-layer network learns", Chapter: 4, Section: "section 4.5", Version: 1,
		Setup: "784-50-10, sigmoid, Normal .01, SGD .1, batch 100, 10,000 updates; accuracy each epoch. The gradient is backpropagation's " +
			"here as in the book's code for this section, which warns that the numerical one takes too long: it is tried for three updates, " +
			"from the same start on the same batches. Its h is 1e-2 and not 1e-4, since the loss that is differenced is float32.",
		Lesson: "The gradient of the loss on a small batch, step after step, teaches a network to recognise images that it has not " +
			"seen; taken numerically it costs thousands of times as much.",
		Rows: []Row{
			// Three deviations of a difference between two seeds (.0004 each, of four), and half of the published train accuracy's last digit.
			near("train accuracy", 0.947, 0.0025).as("%.4f"),
			near("test accuracy", 0.9465, 0.0025).as("%.4f"),
			shown("seconds of a step, backpropagation", "").as("%.5f"),
			shown("seconds of a step, numerical gradient", "").as("%.2f"),
			atLeast("times as long", "", 1000).as("%.0f"),
			atMost("difference of the gradients / their size", "", 0.01).as("%.1e"),
		},
		Run: func(ctx context.Context, r *Run) error {
			training, test, err := r.MNIST()
			if err != nil {
				return err
			}
			log, err := twoLayer(ctx, r, "ch04-two-layer", layers.Sigmoid{}, training, test)
			if err != nil {
				return err
			}
			r.Measure("train accuracy", last(log.Train))
			r.Measure("test accuracy", last(log.Test))
			r.Claim("it learns", last(log.Test) > 0.8)
			r.Claim("it does on images that it has not seen as on the others", abs(last(log.Train)-last(log.Test)) < 0.02)

			cost, err := costOfGradients(ctx, r, training)
			if err != nil {
				return err
			}
			r.Measure("seconds of a step, backpropagation", cost.back)
			r.Measure("seconds of a step, numerical gradient", cost.numeric)
			r.Measure("times as long", cost.numeric/cost.back)
			r.Measure("difference of the gradients / their size", cost.difference)
			r.Claim("both gradients are the same, the numerical one at least 100 times dearer", cost.difference < 0.05 && cost.numeric > 100*cost.back)
			return learning(r, log, "figures 4-11 and 4-12")
		},
	}
}

// twoLayerNet is 784-50-10.
func twoLayerNet(r *Run, activation nn.Spec) (*nn.Sequential, error) {
	return multiLayerNet{Hidden: []int{50}, Init: nn.Normal{Std: 0.01}, Activation: activation}.build(r.Rand(1))
}

// twoLayer is the log of its training.
func twoLayer(ctx context.Context, r *Run, name string, activation nn.Spec, training, test *datasets.Dataset) (*Log, error) {
	_, log, err := r.Trained(name, 1, func() (*nn.Sequential, *Log, error) {
		net, err := twoLayerNet(r, activation)
		if err != nil {
			return nil, nil, err
		}
		log, err := protocol{Net: net, Train: training, Test: test, Batch: 100, Rule: optim.SGD{}, Rate: 0.1,
			Updates: r.Scale(10_000, 1801), LogLoss: true}.fit(ctx, r)
		return net, log, err
	})
	return log, err
}

// learning writes the loss and accuracy of a training.
func learning(r *Run, log *Log, figures string) error {
	if err := r.CSV("loss", []string{"update", "loss"}, columns(log.Loss)); err != nil {
		return err
	}
	if err := r.CSV("accuracy", []string{"epoch", "train", "test"}, columns(log.Train, log.Test)); err != nil {
		return err
	}
	f, err := plots.Loss([]plots.Curve{curve("", log.Loss)}, plots.LossOptions{})
	if err != nil {
		return err
	}
	if err := r.Figure("loss", "Loss of each batch after its update ("+figures+").", f); err != nil {
		return err
	}
	if f, err = plots.Accuracy([]plots.Curve{curve("train", log.Train), curve("test", log.Test)}, plots.AccuracyOptions{}); err != nil {
		return err
	}
	return r.Figure("accuracy", "Accuracy by epoch; the book's first epoch is the state after one update.", f)
}

// gradientCost is what a gradient takes in seconds either way, and how far the
// two are apart at most, as a share of their length.
type gradientCost struct{ back, numeric, difference float64 }

// costOfGradients makes a few steps of SGD by the numerical gradient, each
// compared with backpropagation.
func costOfGradients(ctx context.Context, r *Run, training *datasets.Dataset) (cost gradientCost, err error) {
	net, err := twoLayerNet(r, layers.Sigmoid{})
	if err != nil {
		return cost, err
	}
	batch, steps := r.Scale(100, 10), r.Scale(3, 1)
	loader := &datasets.Loader{Data: training, BatchSize: batch, Seed: r.Seed, Replacement: true}
	x, labels := nn.NewTensor(batch, training.Shape), make([]int, batch)
	pass := trainingPass(net, batch)
	for step := range steps {
		loader.Epoch(0).Fill(step, 0, batch, x, labels)
		statusOf(r, step, steps, "step by numerical gradient")
		start := time.Now()
		numeric, err := numericalGradient(ctx, net, pass, x, labels)
		if err != nil {
			return cost, err
		}
		cost.numeric += time.Since(start).Seconds() / float64(steps)
		const times = 1000 // a single one is over before a clock can tell
		var back [][]float32
		start = time.Now()
		for range times {
			_, back = backpropagate(pass, x, labels)
		}
		cost.back += time.Since(start).Seconds() / times / float64(steps)
		var apart, size float64
		for i, p := range net.Params() {
			for k, g := range numeric[i] {
				apart += math.Pow(float64(g-back[i][k]), 2)
				size += math.Pow(float64(back[i][k]), 2)
				p.Value.Data[k] -= 0.1 * g
			}
		}
		cost.difference = max(cost.difference, math.Sqrt(apart/size))
	}
	return cost, nil
}

// numericalGradient takes two passes forward for every parameter.
func numericalGradient(ctx context.Context, net *nn.Sequential, pass *nn.Pass, x *nn.Tensor, labels []int) (gradients [][]float32, err error) {
	loss := func() float64 {
		return layers.SoftmaxWithLoss{}.Loss(nil, pass.Forward(x), nn.Targets{Labels: labels}, x.N) / float64(x.N)
	}
	const h = 1e-2
	for _, p := range net.Params() {
		g := make([]float32, len(p.Value.Data))
		for i, w := range p.Value.Data {
			p.Value.Data[i] = w + h
			above := loss()
			p.Value.Data[i] = w - h
			below := loss()
			p.Value.Data[i] = w
			g[i] = float32((above - below) / (2 * h))
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		gradients = append(gradients, g)
	}
	return gradients, nil
}
