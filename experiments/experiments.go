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
		affineVsConv(),
		nielsenCh6(),
		lenet5(),
	}
}
