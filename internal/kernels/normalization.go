package kernels

// The kernels of batch normalization take matrices whose rows are pixels and whose columns are channels.

// ScaleShift sets y = scale*x + shift, a factor and a summand a column. y may be x itself.
func ScaleShift(y, x, scale, shift []float32) {
	if len(y) != len(x) || len(scale) != len(shift) || !wholeRows(x, scale) {
		panic("kernels: ScaleShift: wrong length")
	}
	if len(x) > 0 {
		scaleShift(y, x, scale, shift)
	}
}

// Moments adds the sum of every column to sum, and that of the squares to squares.
func Moments(sum, squares []float64, x []float32) {
	if len(sum) != len(squares) || len(x) > 0 && (len(sum) == 0 || len(x)%len(sum) != 0) {
		panic("kernels: Moments: wrong length")
	}
	if len(x) > 0 {
		moments(sum, squares, x)
	}
}

// NormalizedSums adds the sum of every column of dy to sum, and that of dy*(x-mean)*inverse to products.
func NormalizedSums(sum, products []float64, dy, x, mean, inverse []float32) {
	if len(sum) != len(products) || len(sum) != len(mean) || len(mean) != len(inverse) || len(dy) != len(x) || !wholeRows(x, mean) {
		panic("kernels: NormalizedSums: wrong length")
	}
	if len(x) > 0 {
		normalizedSums(sum, products, dy, x, mean, inverse)
	}
}

// NormalizedBackward sets dx = factor*(dy - shift - (x-mean)*slope). dx may be dy itself.
func NormalizedBackward(dx, dy, x, factor, shift, mean, slope []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) || len(factor) != len(shift) || len(factor) != len(mean) || len(factor) != len(slope) ||
		!wholeRows(x, factor) {
		panic("kernels: NormalizedBackward: wrong length")
	}
	if len(x) > 0 {
		normalizedBackward(dx, dy, x, factor, shift, mean, slope)
	}
}

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
