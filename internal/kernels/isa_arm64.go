//go:build !purego

package kernels

// available lists the instruction sets of this machine, best first. NEON is part
// of arm64.
func available() []*isa { return []*isa{neon, &portable} }

// The functions are assembly, or Go that calls assembly for as much as one call
// should take: assembly cannot be preempted.
var neon = newNEON()

func newNEON() *isa {
	s := portable
	s.name = "neon"

	s.add, s.axpy, s.scale = addNEON, axpyNEON, scaleNEON
	s.sum, s.sumReLU = sumNEON, sumReLUNEON
	s.relu, s.reluBackward = reluNEON, reluBackwardNEON
	s.sigmoid, s.sigmoidBackward = sigmoidNEON, sigmoidBackwardNEON
	s.fromBytes = fromBytesNEON
	s.sumSquares = vectorSquares(sumSquaresNEON).sumSquares

	s.sgd, s.momentum, s.nesterov = sgdNEON, momentumNEON, nesterovNEON
	s.adam, s.adaGrad, s.rmsProp = adamNEON, adaGradNEON, rmsPropNEON

	s.addBias, s.addBiasReLU = addBiasNEON, addBiasReLUNEON
	s.sumRows = blockRows(sumRowsNEON).sumRows
	s.biasReLUMaxPool2, s.maxPool2, s.unpool2 = biasReLUMaxPool2NEON, maxPool2NEON, unpool2NEON

	n := normalization{4, scaleShiftNEON, momentsNEON, normalizedSumsNEON, normalizedBackwardNEON}
	s.scaleShift, s.moments = n.scaleShift, n.moments
	s.normalizedSums, s.normalizedBackward = n.normalizedSums, n.normalizedBackward

	s.totals, s.standardize, s.standardBackward = n.totals, standardizeNEON, standardBackwardNEON
	s.standardSums = (&lanewise{4, standardSumsNEON}).standardSums

	d := channelwise{depthwiseNEON, depthwiseGradientNEON}
	s.depthwise, s.depthwiseGradient = d.depthwise, d.depthwiseGradient

	s.product, s.productT = tilesNEON.product, dotsNEON.product
	s.transpose = (&blocks{4, transposeNEON}).transpose
	s.inputGradient, s.weightGradientRows = sparse(4).inputGradient, sparse(4).weightGradientRows
	s.transform = transformsNEON.transform
	s.pooledFilter = (*PooledFilter).addGradientByRows
	s.peak = peakOf(peakNEON, 4)
	return &s
}
