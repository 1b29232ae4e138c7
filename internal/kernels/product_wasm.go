//go:build simd

package kernels

func productByModule(c, a Rows, tap Offsets, b Matrix, add bool) {
	productWASM(&c.Data[0], &c.At.list[0], int32(len(c.At.list)), &a.Data[0], &a.At.list[0], &tap.list[0], int32(len(tap.list)),
		&b.Data[0], int32(4*b.Stride), int32(b.Cols), add)
}

func productTByModule(c, a, b Matrix, rows int) {
	productTWASM(&c.Data[0], int32(4*c.Stride), &a.Data[0], int32(4*a.Stride), &b.Data[0], int32(4*b.Stride),
		int32(rows), int32(c.Cols), int32(a.Cols))
}

// transposeByFours moves blocks of 4 rows and columns, and leaves to Go what is
// beyond.
func transposeByFours(dst, src Matrix) {
	rows, cols := dst.Cols, src.Cols
	high, wide := rows&^3, cols&^3
	if high == 0 || wide == 0 {
		transposePortable(dst, src)
		return
	}
	for i := 0; i < high; i += 4 {
		transposeWASM(&dst.Data[i], int32(4*dst.Stride), &src.Data[i*src.Stride], int32(4*src.Stride), int32(wide))
	}
	if wide < cols {
		transposePortable(Matrix{dst.Data[wide*dst.Stride:], dst.Stride, high}, Matrix{src.Data[wide:], src.Stride, cols - wide})
	}
	if high < rows {
		transposePortable(Matrix{dst.Data[high:], dst.Stride, rows - high}, Matrix{src.Data[high*src.Stride:], src.Stride, cols})
	}
}
