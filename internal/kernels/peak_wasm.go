//go:build simd

package kernels

func peakByModule() int {
	const lanes, sums = 4, 12 // as _wasm/peak.go has them
	peakWASM(peakRounds, 0.5, 1)
	return 2 * lanes * sums * peakRounds
}
