package kernels

func depthwisePortable(y, x, w []float32, tap Offsets, n, step int) {
	clear(y)
	for ; len(y) > 0; y = y[n:] {
		for t, at := range tap.list {
			row, from, factor := y[:n], x[at:][:n], w[t*n:][:n]
			for c, v := range from {
				row[c] += v * factor[c]
			}
		}
		x = x[min(step, len(x)):]
	}
}

func depthwiseGradientPortable(dw, x, dy []float32, tap Offsets, n, step int) {
	for ; len(dy) > 0; dy = dy[n:] {
		for t, at := range tap.list {
			row, from, d := dw[t*n:][:n], x[at:][:n], dy[:n]
			for c, v := range from {
				row[c] += v * d[c]
			}
		}
		x = x[min(step, len(x)):]
	}
}
