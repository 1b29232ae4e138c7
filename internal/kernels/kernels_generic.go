//go:build !amd64 || purego

package kernels

func available() []isa { return []isa{portable} }

func product(c []float32, crow []int32, a []float32, arow, tap Offsets, b []float32, ldb, cols int, add bool) {
	productPortable(c, crow, a, arow.list, tap.list, b, ldb, cols, add)
}

func productT(c []float32, ldc int, a []float32, lda int, b []float32, ldb, m, n, k int) {
	productTPortable(c, ldc, a, lda, b, ldb, m, n, k)
}

func transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	transposePortable(dst, ldd, src, lds, rows, cols)
}

func add(dst, src []float32) {
	addPortable(dst, src)
}

func axpy(dst []float32, s float32, src []float32) {
	axpyPortable(dst, s, src)
}

func scale(dst []float32, s float32) {
	scalePortable(dst, s)
}

func sumSquares(x []float32) float64 {
	return sumSquaresPortable(x)
}

func relu(y, x []float32) {
	reluPortable(y, x)
}

func reluBackward(dx, dy, y []float32) {
	reluBackwardPortable(dx, dy, y)
}

func sigmoid(y, x []float32) {
	sigmoidPortable(y, x)
}

func sigmoidBackward(dx, dy, y []float32) {
	sigmoidBackwardPortable(dx, dy, y)
}

func fromBytes(dst []float32, src []byte, scale float32) {
	fromBytesPortable(dst, src, scale)
}

func addBias(y, bias []float32) {
	addBiasPortable(y, bias)
}

func addBiasReLU(y, bias []float32) {
	addBiasReLUPortable(y, bias)
}

func sumRows(db, dy []float32) {
	sumRowsPortable(db, dy)
}

func biasReLUMaxPool2(y []float32, code []uint8, row0, row1, bias []float32) {
	biasReLUMaxPool2Portable(y, code, row0, row1, bias)
}

func maxPool2(y []float32, code []uint8, row0, row1 []float32, channels int) {
	maxPool2Portable(y, code, row0, row1, channels)
}

func unpool2(dx0, dx1, dy []float32, code []uint8, channels int) {
	unpool2Portable(dx0, dx1, dy, code, channels)
}

func sgd(w, g []float32, s SGDStep) {
	sgdPortable(w, g, s)
}

func momentum(w, v, g []float32, s MomentumStep) {
	momentumPortable(w, v, g, s)
}

func adam(w, m, v, g []float32, s *AdamStep) {
	adamPortable(w, m, v, g, s)
}

func adaGrad(w, h, g []float32, s AdaGradStep) {
	adaGradPortable(w, h, g, s)
}

func rmsProp(w, h, g []float32, s RMSpropStep) {
	rmsPropPortable(w, h, g, s)
}

func winogradTransform(t transform, dst, src grid, n, tiles int) {
	winogradTransformPortable(t, dst, src, n, tiles)
}

func (p *PooledFilter) addGradient(dw, db, dy []float32, code []uint8, x, scratch []float32) {
	p.addGradientPortable(dw, db, dy, code, x, scratch)
}

func peak(isa) int { return peakPortable() }

func scaleShift(y, x, scale, shift []float32) { scaleShiftPortable(y, x, scale, shift) }

func moments(sum, squares []float64, x []float32) { momentsPortable(sum, squares, x) }

func normalizedSums(sum, products []float64, dy, x, mean, inverse []float32) {
	normalizedSumsPortable(sum, products, dy, x, mean, inverse)
}

func normalizedBackward(dx, dy, x, factor, shift, mean, slope []float32) {
	normalizedBackwardPortable(dx, dy, x, factor, shift, mean, slope)
}
