package kernels

// Product multiplies rows of a, gathered through tables of offsets, by the matrix b. For every row r and lane l < cols
//
//	c[crow[r]+l] = (add ? c[crow[r]+l] : 0) + Σ_j a[arow[r]+tap[j]] * b[j*ldb+l]
//
// added up in the order of j, starting from the old value when add is set. Rows of c must not overlap.
//
// This one product serves the convolution layer without a copy of its input: forward, rows are output pixels and taps
// the kernel window; for the input gradient the same on padded dy with turned filters; for the filter gradient rows and
// taps change places. With strides for tables it is the plain matrix product of the affine layer.
//
// Rows of a that lie a multiple of 4,096 bytes apart share one set of the cache and cost more than half the speed; a
// caller who chooses the layout adds 64 bytes. With at most 16 columns a product is a third faster where taps or rows of a
// come in runs of four neighbours, as channels do.
func Product(c []float32, crow Offsets, a []float32, arow, tap Offsets, b []float32, ldb, cols int, add bool) {
	rows, taps := crow.Len(), tap.Len()
	if rows != arow.Len() {
		panic("kernels: Product: row tables differ in length")
	}
	if cols < 0 || ldb < 0 {
		panic("kernels: Product: negative size")
	}
	if rows == 0 || cols == 0 {
		return
	}
	if crow.min < 0 || crow.max > len(c)-cols {
		panic("kernels: Product: c is too short")
	}
	if taps == 0 {
		if !add {
			for _, r := range crow.list {
				clear(c[int(r) : int(r)+cols])
			}
		}
		return
	}
	if arow.min+tap.min < 0 || arow.max+tap.max >= len(a) {
		panic("kernels: Product: a is too short")
	}
	if cols > len(b) || (taps > 1 && ldb > (len(b)-cols)/(taps-1)) {
		panic("kernels: Product: b is too short")
	}
	product(c, crow.list, a, arow, tap, b, ldb, cols, add)
}

// ProductT multiplies a by the transpose of b. For i < m, j < n
//
//	c[i*ldc+j] = (add ? c[i*ldc+j] : 0) + Σ_k a[i*lda+k]*b[j*ldb+k]
//
// It serves the affine layer forward with weights stored units×inputs as they are. Several partial sums run along k and
// are added at the end, in an order which k alone decides.
func ProductT(c []float32, ldc int, a []float32, lda int, b []float32, ldb, m, n, k int, add bool) {
	if m < 0 || n < 0 || k < 0 {
		panic("kernels: ProductT: negative size")
	}
	if !fits(c, ldc, m, n) {
		panic("kernels: ProductT: c is too short")
	}
	if !fits(a, lda, m, k) {
		panic("kernels: ProductT: a is too short")
	}
	if !fits(b, ldb, n, k) {
		panic("kernels: ProductT: b is too short")
	}
	if m == 0 || n == 0 {
		return
	}
	if k == 0 {
		if !add {
			for i := range m {
				clear(c[i*ldc : i*ldc+n])
			}
		}
		return
	}
	productT(c, ldc, a, lda, b, ldb, m, n, k, add)
}

// Transpose writes the transpose of the rows×cols matrix src: dst[j*ldd+i] = src[i*lds+j].
func Transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	if rows < 0 || cols < 0 {
		panic("kernels: Transpose: negative size")
	}
	if !fits(src, lds, rows, cols) {
		panic("kernels: Transpose: src is too short")
	}
	if !fits(dst, ldd, cols, rows) {
		panic("kernels: Transpose: dst is too short")
	}
	if rows == 0 || cols == 0 {
		return
	}
	transpose(dst, ldd, src, lds, rows, cols)
}

// fits reports whether a rows×cols matrix with rows ld apart lies inside x. The division keeps sizes from overflowing.
func fits(x []float32, ld, rows, cols int) bool {
	if rows == 0 || cols == 0 {
		return true
	}
	return cols <= len(x) && (rows == 1 || (ld >= 0 && ld <= (len(x)-cols)/(rows-1)))
}
