//go:build !purego

package kernels

// peakSums is how many sums the assembly keeps going.
const peakSums = 12

func peak(s isa) int {
	switch s {
	case avx512:
		peakAVX512(peakRounds)
		return 2 * 16 * peakSums * peakRounds
	case avx2:
		peakAVX2(peakRounds)
		return 2 * 8 * peakSums * peakRounds
	}
	return peakPortable()
}
