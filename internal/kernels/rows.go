package kernels

// AddBias adds bias to every row of y, a matrix of rows len(bias) wide.
func AddBias(y, bias []float32) {
	if !wholeRows(y, bias) {
		panic("kernels: AddBias: y is not whole rows of bias")
	}
	if len(y) > 0 {
		addBias(y, bias)
	}
}

// AddBiasReLU is AddBias followed by ReLU.
func AddBiasReLU(y, bias []float32) {
	if !wholeRows(y, bias) {
		panic("kernels: AddBiasReLU: y is not whole rows of bias")
	}
	if len(y) > 0 {
		addBiasReLU(y, bias)
	}
}

// SumRows adds every row of dy, a matrix of rows len(db) wide, to db: the gradient of a bias.
func SumRows(db, dy []float32) {
	if !wholeRows(dy, db) {
		panic("kernels: SumRows: dy is not whole rows of db")
	}
	if len(dy) > 0 {
		sumRows(db, dy)
	}
}

// wholeRows reports whether x is a matrix of rows len(row) wide.
func wholeRows(x, row []float32) bool {
	if len(row) == 0 {
		return len(x) == 0
	}
	return len(x)%len(row) == 0
}
