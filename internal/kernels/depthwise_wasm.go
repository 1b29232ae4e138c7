//go:build simd

package kernels

func depthwiseByModule(y, x, w []float32, taps []tap, n, step int) {
	depthwiseWASM(&y[0], &x[0], &w[0], &taps[0].x, int32(len(taps)), int32(len(y)/n), int32(n), int32(4*step))
}

func depthwiseGradientByModule(dw, x, dy []float32, taps []tap, n, step int) {
	depthwiseGradientWASM(&dw[0], &x[0], &dy[0], &taps[0].x, int32(len(taps)), int32(len(dy)/n), int32(n), int32(4*step))
}
