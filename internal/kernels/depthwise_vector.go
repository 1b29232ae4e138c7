//go:build (amd64 || arm64) && !purego

package kernels

// channelwise calls assembly for runs of pixels. ld, the size of all channels,
// and step are in bytes.
type channelwise struct {
	sums     func(y, x, w *float32, tap *int32, ld, step, pixels, taps int)
	gradient func(dw, x, dy *float32, tap *int32, ld, step, pixels, taps int)
}

// eachPart gives f some pixels from number at on: as much as one call of
// assembly takes.
func (k *channelwise) eachPart(pixels, taps, n int, f func(at, pixels int)) {
	for i, j := range chunks(pixels, 1, max(1, 8*chunk/(taps*n))) {
		f(i, j-i)
	}
}

func (k *channelwise) depthwise(y, x, w []float32, taps []tap, n, step int) {
	k.eachPart(len(y)/n, len(taps), n, func(at, pixels int) {
		k.sums(&y[at*n], &x[at*step], &w[0], &taps[0].x, 4*n, 4*step, pixels, len(taps))
	})
}

func (k *channelwise) depthwiseGradient(dw, x, dy []float32, taps []tap, n, step int) {
	k.eachPart(len(dy)/n, len(taps), n, func(at, pixels int) {
		k.gradient(&dw[0], &x[at*step], &dy[at*n], &taps[0].x, 4*n, 4*step, pixels, len(taps))
	})
}
