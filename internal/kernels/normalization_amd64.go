//go:build !purego

package kernels

// eachBlock gives f a vector of columns, the first at c, tail of them, and some rows from the given one on: as much as
// one call of assembly takes.
func eachBlock(size, columns int, f func(c, tail, from, rows int)) {
	lanes := 8
	if active == avx512 {
		lanes = 16
	}
	rows := size / columns
	const most = 2048
	for c := 0; c < columns; c += lanes {
		for from := 0; from < rows; from += most {
			f(c, min(lanes, columns-c), from, min(most, rows-from))
		}
	}
}

func scaleShift(y, x, scale, shift []float32) {
	if active == portable {
		scaleShiftPortable(y, x, scale, shift)
		return
	}
	n := len(scale)
	eachBlock(len(x), n, func(c, tail, from, rows int) {
		var channel [2][16]float32
		copy(channel[0][:tail], scale[c:])
		copy(channel[1][:tail], shift[c:])
		at := from*n + c
		if active == avx512 {
			scaleShiftAVX512(&y[at], &x[at], &channel[0][0], 4*n, rows, tail)
		} else {
			scaleShiftAVX2(&y[at], &x[at], &channel[0][0], 4*n, rows, tail)
		}
	})
}

func moments(sum, squares []float64, x []float32) {
	if active == portable {
		momentsPortable(sum, squares, x)
		return
	}
	n := len(sum)
	eachBlock(len(x), n, func(c, tail, from, rows int) {
		var sums [2][16]float64
		if active == avx512 {
			momentsAVX512(&sums[0][0], &x[from*n+c], 4*n, rows, tail)
		} else {
			momentsAVX2(&sums[0][0], &x[from*n+c], 4*n, rows, tail)
		}
		for i := range tail {
			sum[c+i] += sums[0][i]
			squares[c+i] += sums[1][i]
		}
	})
}

func normalizedSums(sum, products []float64, dy, x, mean, inverse []float32) {
	if active == portable {
		normalizedSumsPortable(sum, products, dy, x, mean, inverse)
		return
	}
	n := len(mean)
	eachBlock(len(x), n, func(c, tail, from, rows int) {
		var sums [2][16]float64
		var channel [2][16]float32
		copy(channel[0][:tail], mean[c:])
		copy(channel[1][:tail], inverse[c:])
		at := from*n + c
		if active == avx512 {
			normalizedSumsAVX512(&sums[0][0], &dy[at], &x[at], &channel[0][0], 4*n, rows, tail)
		} else {
			normalizedSumsAVX2(&sums[0][0], &dy[at], &x[at], &channel[0][0], 4*n, rows, tail)
		}
		for i := range tail {
			sum[c+i] += sums[0][i]
			products[c+i] += sums[1][i]
		}
	})
}

func normalizedBackward(dx, dy, x, factor, shift, mean, slope []float32) {
	if active == portable {
		normalizedBackwardPortable(dx, dy, x, factor, shift, mean, slope)
		return
	}
	n := len(factor)
	eachBlock(len(x), n, func(c, tail, from, rows int) {
		var channel [4][16]float32
		for i, v := range [4][]float32{factor, shift, mean, slope} {
			copy(channel[i][:tail], v[c:])
		}
		at := from*n + c
		if active == avx512 {
			normalizedBackwardAVX512(&dx[at], &dy[at], &x[at], &channel[0][0], 4*n, rows, tail)
		} else {
			normalizedBackwardAVX2(&dx[at], &dy[at], &x[at], &channel[0][0], 4*n, rows, tail)
		}
	})
}
