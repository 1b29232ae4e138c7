// Package experiments repeats the experiments of the textbooks: a table of
// contents, one file an experiment, to be read beside the book's section.
//
// "The book" is Saito, Deep Learning from Scratch (O'Reilly Japan, 2016). A file
// has the network and its training first, then what is measured and drawn, and
// at its end the texts: what was published, what is accepted, what it teaches.
// tatami/experiments/lab runs them, and is what a file is written with:
//
//	func runTwoLayer(r *lab.Run) {
//		net := r.Network(nn.Shape{H: 28, W: 28, C: 1}, r.Rand(1), layers.Affine{Units: 50}, layers.ReLU{}, layers.Affine{Units: 10})
//		log := r.Fit(lab.Protocol{Net: net, Training: r.Training(), Test: r.Test(), Batch: 100, Rule: optim.SGD{}, Rate: 0.1,
//			Updates: r.Scale(10_000, 1000)})
//		r.Measure("test accuracy", log.Test.Last())
//		r.Claim("learns", log.Test.Last() > 0.8)
//		r.Chart("accuracy", plots.ChartOptions{Title: "Accuracy"}, log.Training.Curve("train"), log.Test.Curve("test"))
//	}
//
//	func twoLayer() lab.Experiment {
//		return lab.Experiment{
//			ID: "ch05-two-layer", Title: "A network of ReLUs", Chapter: 5, Section: "section 5.7.4", Version: 1,
//			Setup:   "784-50-10, SGD 0.1, batch 100, 10,000 updates.",
//			Lesson:  "Backpropagation gives the gradient at the price of one more pass.",
//			Rows:    []lab.Row{lab.Near("test accuracy", 0.969, 0.005)},
//			Claims:  lab.Texts{"learns": "it learns"},
//			Figures: lab.Texts{"accuracy": "Accuracy by epoch."},
//			Run:     runTwoLayer,
//		}
//	}
//
// To add one, write two such functions in a file named as the ID and put the
// second in [List]; the tests of this package then run it with Fast. No call
// returns an error: the first one sticks in the [lab.Run], which says what to
// watch for then.
package experiments

import "tatami/experiments/lab"

// List lists all experiments in the order of the book.
func List() []lab.Experiment {
	return []lab.Experiment{
		activationFunctions(),
		inference(),
		numericalGradients(),
		twoLayerNumerical(),
		computationalGraphs(),
		gradientCheck(),
		twoLayerBackpropagation(),
		optimizerPaths(),
		optimizersMNIST(),
		activationHistograms(),
		weightInit(),
		batchNorm(),
		batchNormGradientCheck(),
		weightDecay(),
		dropout(),
		hyperparameters(),
		convolution(),
		convolutionGradientCheck(),
		simpleConvNet(),
		convolutionFilters(),
		deepConvNet(),
		mistakes(),
		halfPrecision(),
		depth(),
		transfer(),
		affineVsConv(),
		nielsenCh6(),
		lenet5(),
	}
}
