//go:build !purego

package kernels

// channelwise calls assembly for vectors of channels, so many lanes wide, the
// last one of tail lanes. ld and step are in bytes.
type channelwise struct {
	lanes    int
	sums     func(y, x, w *float32, tap *int32, ld, step, pixels, taps, tail int)
	gradient func(dw, x, dy *float32, tap *int32, ld, step, pixels, taps, tail int)
}

// eachBlock gives f a vector of channels and some pixels from number at on: as
// much as one call of assembly takes.
func (k *channelwise) eachBlock(pixels, taps, n int, f func(c, at, pixels, tail int)) {
	for c := 0; c < n; c += k.lanes {
		for i, j := range chunks(pixels, 1, max(1, chunk/taps)) {
			f(c, i, j-i, min(k.lanes, n-c))
		}
	}
}

func (k *channelwise) depthwise(y, x, w []float32, tap Offsets, n, step int) {
	k.eachBlock(len(y)/n, tap.Len(), n, func(c, at, pixels, tail int) {
		k.sums(&y[at*n+c], &x[at*step+c], &w[c], &tap.list[0], 4*n, 4*step, pixels, tap.Len(), tail)
	})
}

func (k *channelwise) depthwiseGradient(dw, x, dy []float32, tap Offsets, n, step int) {
	k.eachBlock(len(dy)/n, tap.Len(), n, func(c, at, pixels, tail int) {
		k.gradient(&dw[c], &x[at*step+c], &dy[at*n+c], &tap.list[0], 4*n, 4*step, pixels, tap.Len(), tail)
	})
}
