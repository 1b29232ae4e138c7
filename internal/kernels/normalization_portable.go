package kernels

func scaleShiftPortable(y, x, scale, shift []float32) {
	for n := len(scale); len(x) > 0; x, y = x[n:], y[n:] {
		row := y[:n]
		for c, v := range x[:n] {
			row[c] = v*scale[c] + shift[c]
		}
	}
}

func momentsPortable(sum, squares []float64, x []float32) {
	for n := len(sum); len(x) > 0; x = x[n:] {
		for c, v := range x[:n] {
			v := float64(v)
			sum[c] += v
			squares[c] += v * v
		}
	}
}

func normalizedSumsPortable(sum, products []float64, dy, x, mean, inverse []float32) {
	for n := len(mean); len(x) > 0; x, dy = x[n:], dy[n:] {
		row := dy[:n]
		for c, v := range x[:n] {
			sum[c] += float64(row[c])
			products[c] += float64(row[c] * (v - mean[c]) * inverse[c])
		}
	}
}

func normalizedBackwardPortable(dx, dy, x, factor, shift, mean, slope []float32) {
	for n := len(factor); len(x) > 0; x, dy, dx = x[n:], dy[n:], dx[n:] {
		row, d := dx[:n], dy[:n]
		for c, v := range x[:n] {
			row[c] = factor[c] * (d[c] - shift[c] - (v-mean[c])*slope[c])
		}
	}
}
