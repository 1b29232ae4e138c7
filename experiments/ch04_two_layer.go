package experiments

import (
	"math"
	"time"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// twoLayerNet is 784-50-10.
func twoLayerNet(r *lab.Run, activation nn.Spec) *nn.Sequential {
	return lab.MultiLayerNet{Hidden: []int{50}, Init: nn.Normal{Std: 0.01}, Activation: activation}.Build(r, r.Rand(1))
}

// twoLayer is the log of its training.
func twoLayer(r *lab.Run, name string, activation nn.Spec) *lab.Log {
	_, log := r.Trained(name, 1, func() (*nn.Sequential, *lab.Log) {
		net := twoLayerNet(r, activation)
		return net, r.Fit(lab.Protocol{Net: net, Training: r.Training(), Test: r.Test(), Batch: 100, Rule: optim.SGD{}, Rate: 0.1,
			Updates: r.Scale(10_000, 1801), LogLoss: true})
	})
	return log
}

func runTwoLayerNumerical(r *lab.Run) {
	log := twoLayer(r, "ch04-two-layer", layers.Sigmoid{})
	r.Measure("train accuracy", log.Training.Last())
	r.Measure("test accuracy", log.Test.Last())
	r.Claim("learns", log.Test.Last() > 0.8)
	r.Claim("generalises", math.Abs(log.Training.Last()-log.Test.Last()) < 0.02)

	cost := costOfGradients(r)
	r.Measure("seconds of a step, backpropagation", cost.back)
	r.Measure("seconds of a step, numerical gradient", cost.numeric)
	r.Measure("times as long", cost.numeric/cost.back)
	r.Measure("difference of the gradients / their size", cost.difference)
	r.Claim("same gradient, dearer", cost.difference < 0.05 && cost.numeric > 100*cost.back)
	drawLearning(r, log)
}

// drawLearning writes the loss and accuracy of a training.
func drawLearning(r *lab.Run, log *lab.Log) {
	r.CSV("loss", []string{"update", "loss"}, lab.Columns(log.Loss))
	r.CSV("accuracy", []string{"epoch", "train", "test"}, lab.Columns(log.Training, log.Test))
	r.Figure("loss", r.Drawn(plots.Loss([]plots.Curve{log.Loss.Curve("")}, plots.LossOptions{})))
	r.Figure("accuracy", r.Drawn(plots.Accuracy([]plots.Curve{log.Training.Curve("train"), log.Test.Curve("test")}, plots.AccuracyOptions{})))
}

// gradientCost is what a gradient takes in seconds either way, and how far the
// two are apart at most, as a share of their length.
type gradientCost struct{ back, numeric, difference float64 }

// costOfGradients makes a few steps of SGD by the numerical gradient, each
// compared with backpropagation.
func costOfGradients(r *lab.Run) (cost gradientCost) {
	net, training := twoLayerNet(r, layers.Sigmoid{}), r.Training()
	if r.Failed() {
		return cost
	}
	batch, steps := r.Scale(100, 10), r.Scale(3, 1)
	loader := &datasets.Loader{Data: training, BatchSize: batch, Seed: r.Seed, Replacement: true}
	x, labels := nn.NewTensor(batch, training.Shape), make([]int, batch)
	pass := lab.TrainingPass(net, batch)
	for step := range steps {
		loader.Epoch(0).Fill(step, 0, batch, x, labels)
		r.Part(step, steps, "step by numerical gradient")
		start := time.Now()
		numeric := numericalGradient(r, net, pass, x, labels)
		if r.Failed() {
			return cost
		}
		cost.numeric += time.Since(start).Seconds() / float64(steps)
		const times = 1000 // a single one is over before a clock can tell
		var back [][]float32
		start = time.Now()
		for range times {
			_, back = lab.Backpropagate(pass, x, labels)
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
	return cost
}

// numericalGradient takes two passes forward for every parameter.
func numericalGradient(r *lab.Run, net *nn.Sequential, pass *nn.Pass, x *nn.Tensor, labels []int) (gradients [][]float32) {
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
			if r.Failed() {
				return nil
			}
		}
		gradients = append(gradients, g)
	}
	return gradients
}

func twoLayerNumerical() lab.Experiment {
	return lab.Experiment{
		ID: "ch04-two-layer", Title: "A two-layer network learns", Chapter: 4, Section: "section 4.5", Version: 1,
		Setup: "784-50-10, sigmoid, Normal .01, SGD .1, batch 100, 10,000 updates; accuracy each epoch. The gradient is backpropagation's " +
			"here as in the book's code for this section, which warns that the numerical one takes too long: it is tried for three updates, " +
			"from the same start on the same batches. Its h is 1e-2 and not 1e-4, since the loss that is differenced is float32.",
		Lesson: "The gradient of the loss on a small batch, step after step, teaches a network to recognise images that it has not " +
			"seen; taken numerically it costs thousands of times as much.",
		Rows: []lab.Row{
			// Three deviations of a difference between two seeds (.0004 each, of four), and half of the published train accuracy's last digit.
			lab.Near("train accuracy", 0.947, 0.0025).As("%.4f"),
			lab.Near("test accuracy", 0.9465, 0.0025).As("%.4f"),
			lab.Shown("seconds of a step, backpropagation", "").As("%.5f"),
			lab.Shown("seconds of a step, numerical gradient", "").As("%.2f"),
			lab.AtLeast("times as long", "", 1000).As("%.0f"),
			lab.AtMost("difference of the gradients / their size", "", 0.01).As("%.1e"),
		},
		Claims: lab.Texts{
			"learns":                "it learns",
			"generalises":           "it does on images that it has not seen as on the others",
			"same gradient, dearer": "both gradients are the same, the numerical one at least 100 times dearer",
		},
		Figures: lab.Texts{
			"loss":     "Loss of each batch after its update (figures 4-11 and 4-12).",
			"accuracy": "Accuracy by epoch; the book's first epoch is the state after one update.",
		},
		Run: runTwoLayerNumerical,
	}
}
