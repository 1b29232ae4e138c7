package kernels

// The kernels of batch normalization take matrices whose rows are pixels and
// whose columns are channels.

// ScaleShift sets y = scale*x + shift, a factor and a summand a column. y may
// be x itself.
func ScaleShift(y, x, scale, shift []float32) {
	if len(y) != len(x) || len(scale) != len(shift) || !wholeRows(x, scale) {
		panic("kernels: ScaleShift: wrong length")
	}
	if len(x) > 0 {
		active.scaleShift(y, x, scale, shift)
	}
}

// Moments adds the sum of every column to sum, and that of the squares to squares.
func Moments(sum, squares []float64, x []float32) {
	if len(sum) != len(squares) || len(x) > 0 && (len(sum) == 0 || len(x)%len(sum) != 0) {
		panic("kernels: Moments: wrong length")
	}
	if len(x) > 0 {
		active.moments(sum, squares, x)
	}
}

// NormalizedSums adds the sum of every column of dy to sum, and that of
// dy*(x-mean)*inverse to products.
func NormalizedSums(sum, products []float64, dy, x, mean, inverse []float32) {
	if len(sum) != len(products) || len(sum) != len(mean) || len(mean) != len(inverse) || len(dy) != len(x) || !wholeRows(x, mean) {
		panic("kernels: NormalizedSums: wrong length")
	}
	if len(x) > 0 {
		active.normalizedSums(sum, products, dy, x, mean, inverse)
	}
}

// NormalizedBackward sets dx = factor*(dy - shift - (x-mean)*slope). dx may be
// dy itself.
func NormalizedBackward(dx, dy, x, factor, shift, mean, slope []float32) {
	if len(dx) != len(dy) || len(dx) != len(x) || len(factor) != len(shift) || len(factor) != len(mean) || len(factor) != len(slope) ||
		!wholeRows(x, factor) {
		panic("kernels: NormalizedBackward: wrong length")
	}
	if len(x) > 0 {
		active.normalizedBackward(dx, dy, x, factor, shift, mean, slope)
	}
}
