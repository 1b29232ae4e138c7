//go:build simd

package kernels

func peakByModule() int {
	const lanes, sums = 4, 12
	peakWASM(peakRounds, 0.5, 1)
	return 2 * lanes * sums * peakRounds
}
