package kernels

// biasChunk is how many elements get their bias in one call. Assembly walks
// them once for each vector of columns, so they must stay in the first-level
// cache.
const biasChunk = 1 << 13

// AddBias adds bias to every row of y, a matrix of rows len(bias) wide.
func AddBias(y, bias []float32) {
	if !wholeRows(y, bias) {
		panic("kernels: AddBias: y is not whole rows of bias")
	}
	for i, j := range chunks(len(y), len(bias), biasChunk) {
		active.addBias(y[i:j], bias, (j-i)/len(bias))
	}
}

// AddBiasReLU is AddBias followed by ReLU.
func AddBiasReLU(y, bias []float32) {
	if !wholeRows(y, bias) {
		panic("kernels: AddBiasReLU: y is not whole rows of bias")
	}
	for i, j := range chunks(len(y), len(bias), biasChunk) {
		active.addBiasReLU(y[i:j], bias, (j-i)/len(bias))
	}
}

// SumRows adds every row of dy, a matrix of rows len(db) wide, to db: the
// gradient of a bias.
func SumRows(db, dy []float32) {
	if !wholeRows(dy, db) {
		panic("kernels: SumRows: dy is not whole rows of db")
	}
	if len(dy) > 0 {
		active.sumRows(db, dy)
	}
}

// wholeRows reports whether x is a matrix of rows len(row) wide.
func wholeRows(x, row []float32) bool {
	if len(row) == 0 {
		return len(x) == 0
	}
	return len(x)%len(row) == 0
}
