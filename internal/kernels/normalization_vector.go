//go:build (amd64 || arm64) && !purego

package kernels

// normalization calls assembly for vectors of columns, so many lanes wide, the
// last one of tail lanes; ld is from row to row in bytes. Sums are returned and
// not written, as an array whose address is taken would be allocated.
type normalization struct {
	lanes        int
	scaleShiftOf func(y, x, scale, shift *float32, ld, rows, tail int)
	momentsOf    func(x *float32, ld, rows, tail int) (sum, squares [16]float64)
	sumsOf       func(dy, x, mean, inverse *float32, ld, rows, tail int) (sum, products [16]float64)
	backwardOf   func(dx, dy, x, factor, shift, mean, slope *float32, ld, rows, tail int)
}

// eachBlock gives f a vector of columns, the first at c, tail of them, and some
// rows from place at on: as much as one call of assembly takes.
func (k *normalization) eachBlock(size, columns int, f func(at, c, rows, tail int)) {
	const rows = 2048
	for c := 0; c < columns; c += k.lanes {
		for i, j := range chunks(size, columns, rows*columns) {
			f(i+c, c, (j-i)/columns, min(k.lanes, columns-c))
		}
	}
}

func (k *normalization) scaleShift(y, x, scale, shift []float32) {
	n := len(scale)
	k.eachBlock(len(x), n, func(at, c, rows, tail int) {
		k.scaleShiftOf(&y[at], &x[at], &scale[c], &shift[c], 4*n, rows, tail)
	})
}

func (k *normalization) moments(sum, squares []float64, x []float32) {
	n := len(sum)
	k.eachBlock(len(x), n, func(at, c, rows, tail int) {
		a, b := k.momentsOf(&x[at], 4*n, rows, tail)
		for i := range tail {
			sum[c+i] += a[i]
			squares[c+i] += b[i]
		}
	})
}

func (k *normalization) normalizedSums(sum, products []float64, dy, x, mean, inverse []float32) {
	n := len(mean)
	k.eachBlock(len(x), n, func(at, c, rows, tail int) {
		a, b := k.sumsOf(&dy[at], &x[at], &mean[c], &inverse[c], 4*n, rows, tail)
		for i := range tail {
			sum[c+i] += a[i]
			products[c+i] += b[i]
		}
	})
}

func (k *normalization) normalizedBackward(dx, dy, x, factor, shift, mean, slope []float32) {
	n := len(factor)
	k.eachBlock(len(x), n, func(at, c, rows, tail int) {
		k.backwardOf(&dx[at], &dy[at], &x[at], &factor[c], &shift[c], &mean[c], &slope[c], 4*n, rows, tail)
	})
}
