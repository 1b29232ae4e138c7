//go:build !purego

package kernels

import "golang.org/x/sys/cpu"

// available lists the instruction sets of this machine, best first.
func available() []*isa {
	x := &cpu.X86
	var list []*isa
	hasAVX2 := x.HasAVX2 && x.HasFMA && x.HasBMI2
	if hasAVX2 && x.HasAVX512F && x.HasAVX512VL && x.HasAVX512BW && x.HasAVX512DQ {
		list = append(list, avx512)
	}
	if hasAVX2 {
		list = append(list, avx2)
	}
	return append(list, &portable)
}

// The functions are assembly, or Go that calls assembly for as much as one call
// should take: assembly cannot be preempted.
var avx2, avx512 = newAVX2(), newAVX512()

// byEights is the same for both: the work is moving memory.
var byEights = &blocks{8, transposeAVX2}

func newAVX2() *isa {
	s := portable
	s.name = "avx2"

	s.add, s.axpy, s.scale = addAVX2, axpyAVX2, scaleAVX2
	s.sum, s.sumReLU = sumAVX2, sumReLUAVX2
	s.relu, s.reluBackward = reluAVX2, reluBackwardAVX2
	s.sigmoid, s.sigmoidBackward = sigmoidAVX2, sigmoidBackwardAVX2
	s.fromBytes = fromBytesByEights
	s.sumSquares = vectorSquares(sumSquaresAVX2).sumSquares

	s.sgd, s.momentum, s.nesterov = sgdAVX2, momentumAVX2, nesterovAVX2
	s.adam, s.adaGrad, s.rmsProp = adamAVX2, adaGradAVX2, rmsPropAVX2

	s.addBias, s.addBiasReLU = addBiasAVX2, addBiasReLUAVX2
	s.sumRows = blockRows(sumRowsAVX2).sumRows
	s.biasReLUMaxPool2, s.maxPool2, s.unpool2 = biasReLUMaxPool2AVX2, maxPool2AVX2, unpool2AVX2

	n := normalization{8, scaleShiftAVX2, momentsAVX2, normalizedSumsAVX2, normalizedBackwardAVX2}
	s.scaleShift, s.moments = n.scaleShift, n.moments
	s.normalizedSums, s.normalizedBackward = n.normalizedSums, n.normalizedBackward

	s.totals, s.standardize, s.standardBackward = n.totals, standardizeAVX2, standardBackwardAVX2
	s.standardSums = (&lanewise{8, standardSumsAVX2}).standardSums

	d := channelwise{depthwiseAVX2, depthwiseGradientAVX2}
	s.depthwise, s.depthwiseGradient = d.depthwise, d.depthwiseGradient

	s.product, s.productT, s.transpose = tilesAVX2.product, dotsAVX2.product, byEights.transpose
	s.inputGradient, s.weightGradientRows = sparse(8).inputGradient, sparse(8).weightGradientRows
	s.transform = transformsAVX2.transform
	s.pooledFilter = (*PooledFilter).addGradientByPixels
	s.peak = peakOf(peakAVX2, 8)
	return &s
}

func newAVX512() *isa {
	s := portable
	s.name = "avx512"

	s.add, s.axpy, s.scale = addAVX512, axpyAVX512, scaleAVX512
	s.sum, s.sumReLU = sumAVX512, sumReLUAVX512
	s.relu, s.reluBackward = reluAVX512, reluBackwardAVX512
	s.sigmoid, s.sigmoidBackward = sigmoidAVX512, sigmoidBackwardAVX512
	s.fromBytes = fromBytesAVX512
	s.sumSquares = vectorSquares(sumSquaresAVX512).sumSquares

	s.sgd, s.momentum, s.nesterov = sgdAVX512, momentumAVX512, nesterovAVX512
	s.adam, s.adaGrad, s.rmsProp = adamAVX512, adaGradAVX512, rmsPropAVX512

	s.addBias, s.addBiasReLU = addBiasAVX512, addBiasReLUAVX512
	s.sumRows = blockRows(sumRowsAVX512).sumRows
	s.biasReLUMaxPool2, s.maxPool2, s.unpool2 = biasReLUMaxPool2AVX512, maxPool2AVX512, unpool2AVX512

	n := normalization{16, scaleShiftAVX512, momentsAVX512, normalizedSumsAVX512, normalizedBackwardAVX512}
	s.scaleShift, s.moments = n.scaleShift, n.moments
	s.normalizedSums, s.normalizedBackward = n.normalizedSums, n.normalizedBackward

	s.totals, s.standardize, s.standardBackward = n.totals, standardizeAVX512, standardBackwardAVX512
	s.standardSums = (&lanewise{16, standardSumsAVX512}).standardSums

	d := channelwise{depthwiseAVX512, depthwiseGradientAVX512}
	s.depthwise, s.depthwiseGradient = d.depthwise, d.depthwiseGradient

	s.product, s.productT, s.transpose = tilesAVX512.product, dotsAVX512.product, byEights.transpose
	s.inputGradient, s.weightGradientRows = sparse(16).inputGradient, sparse(16).weightGradientRows
	s.transform = transformsAVX512.transform
	s.pooledFilter = (*PooledFilter).addGradientByWindows
	s.peak = peakOf(peakAVX512, 16)
	return &s
}
