package kernels

func depthwisePortable(y, x, w []float32, taps []tap, n, step int) {
	clear(y)
	for ; len(y) > 0; y = y[n:] {
		for _, t := range taps {
			row, from, factor := y[:n], x[t.x:][:n], w[t.w:][:n]
			for c, v := range from {
				row[c] += v * factor[c]
			}
		}
		x = x[min(step, len(x)):]
	}
}

func depthwiseGradientPortable(dw, x, dy []float32, taps []tap, n, step int) {
	for ; len(dy) > 0; dy = dy[n:] {
		for _, t := range taps {
			row, from, d := dw[t.w:][:n], x[t.x:][:n], dy[:n]
			for c, v := range from {
				row[c] += v * d[c]
			}
		}
		x = x[min(step, len(x)):]
	}
}
