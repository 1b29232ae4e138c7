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
//		r.Chart("accuracy", plots.ChartOptions{Title: r.In(accuracyText)}, log.Training.Curve(r.In(trainText)), log.Test.Curve(r.In(testText)))
//	}
//
//	func twoLayer() lab.Experiment {
//		return lab.Experiment{
//			ID: "ch05-two-layer", Chapter: 5, Version: 1, Seconds: 3,
//			Title:   words.Text{EN: "A network of ReLUs", JA: "ReLU のネットワーク"},
//			Section: words.Text{EN: "section 5.7.4", JA: "5.7.4 節"},
//			Setup:   words.Text{EN: "784-50-10, SGD 0.1, batch 100, 10,000 updates.", JA: "784-50-10、SGD 0.1、バッチサイズ 100、更新 10,000 回。"},
//			Lesson: words.Text{
//				EN: "Backpropagation gives the gradient at the price of one more pass.",
//				JA: "誤差逆伝播法なら、計算をもう 1 回するだけで勾配が求まります。",
//			},
//			Rows:    []lab.Row{lab.Near(testAccuracy, 0.969, 0.005)},
//			Claims:  map[string]words.Text{"learns": {EN: "it learns", JA: "学習が進む"}},
//			Figures: map[string]words.Text{"accuracy": {EN: "Accuracy by epoch.", JA: "エポックごとの正解率。"}},
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
		perceptrons(),
		activationFunctions(),
		softmaxByNumbers(),
		inference(),
		lossesByNumbers(),
		numericalGradients(),
		twoLayerNumerical(),
		computationalGraphs(),
		layerGraphs(),
		gradientCheck(),
		twoLayerBackpropagation(),
		optimizerPaths(),
		optimizersMNIST(),
		activationHistograms(),
		weightInit(),
		batchNormNumbers(),
		batchNorm(),
		batchNormGradientCheck(),
		weightDecay(),
		dropout(),
		hyperparameters(),
		convolution(),
		channelsByNumbers(),
		poolingByNumbers(),
		convolutionGradientCheck(),
		simpleConvNet(),
		convolutionFilters(),
		deepLayers(),
		deepConvNet(),
		smallFilters(),
		mistakes(),
		halfPrecision(),
		depth(),
		transfer(),
		affineVsConv(),
		cheaperConvolutions(),
		nielsenCh6(),
		lenet5(),
		augmentationKinds(),
		batchAndLayerNorm(),
		distillation(),
		pruning(),
	}
}
