//go:build simd

package kernels

// available lists the instruction sets of this build, best first. A browser
// without vectors does not load the module, so there is nothing to ask.
func available() []*isa { return []*isa{wasm, &portable} }

// wasm is a WebAssembly module beside Go's, which has no vectors. It works on
// Go's memory; simd/load.js brings the two together. Its functions run to their
// end whatever calls them, so they take work as it comes.
var wasm = newWASM()

func newWASM() *isa {
	s := portable
	s.name = "wasm"

	s.add, s.axpy, s.scale = addWASM, axpyWASM, scaleWASM
	s.sum, s.sumReLU = sumWASM, sumReLUWASM
	s.relu, s.reluBackward = reluWASM, reluBackwardWASM
	s.sigmoid, s.sigmoidBackward = sigmoidWASM, sigmoidBackwardWASM
	s.fromBytes = fromBytesWASM
	s.sumSquares = sumSquaresWASM

	s.sgd, s.momentum, s.nesterov = sgdWASM, momentumWASM, nesterovWASM
	s.adam, s.adaGrad, s.rmsProp = adamWASM, adaGradWASM, rmsPropWASM

	s.addBias, s.addBiasReLU = addBiasWASM, addBiasReLUWASM
	s.sumRows = sumRowsWASM
	s.biasReLUMaxPool2, s.maxPool2, s.unpool2 = biasReLUMaxPool2WASM, maxPool2WASM, unpool2WASM

	s.scaleShift, s.moments = scaleShiftWASM, momentsWASM
	s.normalizedSums, s.normalizedBackward = normalizedSumsWASM, normalizedBackwardWASM
	s.standardize, s.standardBackward = standardizeWASM, standardBackwardWASM
	s.depthwise, s.depthwiseGradient = depthwiseByModule, depthwiseGradientByModule

	s.product, s.productT, s.transpose = productByModule, productTByModule, transposeByFours
	s.inputGradient, s.weightGradientRows = sparse(4).inputGradient, sparse(4).weightGradientRows
	s.transform = transformByModule
	s.pooledFilter = (*PooledFilter).addGradientByCodes
	s.peak = peakByModule
	return &s
}
