package kernels

// Rows are rows of values in a slice; each begins at an offset of a table.
type Rows struct {
	Data []float32
	At   Offsets
}

// Matrix is a matrix of Cols columns in a slice, Stride from row to row. How
// many rows are meant, the operation tells.
type Matrix struct {
	Data         []float32
	Stride, Cols int
}

// Product multiplies rows of a, gathered through tables of offsets, by the
// matrix b. For every row r and lane l < b.Cols
//
//	c[c.At[r]+l] = Σ_j a[a.At[r]+tap[j]] * b[j*b.Stride+l]
//
// added up in the order of j. Rows of c must not overlap.
//
// This one product serves the convolution layer without a copy of its input:
// forward, rows are output pixels and taps the kernel window; for the input
// gradient the same on padded dy with turned filters; for the filter gradient
// rows and taps change places. With strides for tables it is the plain matrix
// product of the affine layer.
//
// Rows of a that lie a multiple of 4,096 bytes apart share one set of the cache
// and cost more than half the speed; a caller who chooses the layout adds 64
// bytes. With at most 16 columns a product is a third faster where taps or rows
// of a come in runs of four neighbours, as channels do.
func Product(c, a Rows, tap Offsets, b Matrix) { productOf(c, a, tap, b, false) }

// AddProduct is [Product] added to what c holds, which each sum starts from.
func AddProduct(c, a Rows, tap Offsets, b Matrix) { productOf(c, a, tap, b, true) }

func productOf(c, a Rows, tap Offsets, b Matrix, add bool) {
	rows, taps := c.At.Len(), tap.Len()
	if rows != a.At.Len() {
		panic("kernels: Product: row tables differ in length")
	}
	if b.Cols < 0 || b.Stride < 0 {
		panic("kernels: Product: negative size")
	}
	if rows == 0 || b.Cols == 0 {
		return
	}
	if c.At.min < 0 || c.At.max > len(c.Data)-b.Cols {
		panic("kernels: Product: c is too short")
	}
	if taps == 0 {
		if !add {
			for _, r := range c.At.list {
				clear(c.Data[int(r) : int(r)+b.Cols])
			}
		}
		return
	}
	if a.At.min+tap.min < 0 || a.At.max+tap.max >= len(a.Data) {
		panic("kernels: Product: a is too short")
	}
	if b.Cols > len(b.Data) || (taps > 1 && b.Stride > (len(b.Data)-b.Cols)/(taps-1)) {
		panic("kernels: Product: b is too short")
	}
	active.product(c, a, tap, b, add)
}

// ProductT multiplies a by the transpose of b, rows rows of them. For i < rows
// and j < c.Cols
//
//	c[i*c.Stride+j] = Σ_k a[i*a.Stride+k] * b[j*b.Stride+k]
//
// It serves the affine layer forward with weights stored units×inputs as they
// are. Several partial sums run along k and are added at the end, in an order
// which the number of columns of a and b alone decides.
func ProductT(c, a, b Matrix, rows int) {
	if rows < 0 || c.Cols < 0 || a.Cols < 0 {
		panic("kernels: ProductT: negative size")
	}
	if a.Cols != b.Cols {
		panic("kernels: ProductT: a and b differ in columns")
	}
	if !c.holds(rows) {
		panic("kernels: ProductT: c is too short")
	}
	if !a.holds(rows) {
		panic("kernels: ProductT: a is too short")
	}
	if !b.holds(c.Cols) {
		panic("kernels: ProductT: b is too short")
	}
	if rows == 0 || c.Cols == 0 {
		return
	}
	if a.Cols == 0 {
		for i := range rows {
			clear(c.Data[i*c.Stride:][:c.Cols])
		}
		return
	}
	active.productT(c, a, b, rows)
}

// Transpose writes the transpose of src, which has dst.Cols rows, to dst, which
// has src.Cols rows.
func Transpose(dst, src Matrix) {
	if dst.Cols < 0 || src.Cols < 0 {
		panic("kernels: Transpose: negative size")
	}
	if !src.holds(dst.Cols) {
		panic("kernels: Transpose: src is too short")
	}
	if !dst.holds(src.Cols) {
		panic("kernels: Transpose: dst is too short")
	}
	if dst.Cols == 0 || src.Cols == 0 {
		return
	}
	active.transpose(dst, src)
}

// holds reports whether so many rows lie inside the slice. The division keeps
// sizes from overflowing.
func (m Matrix) holds(rows int) bool {
	if rows == 0 || m.Cols == 0 {
		return true
	}
	return m.Cols <= len(m.Data) && (rows == 1 || (m.Stride >= 0 && m.Stride <= (len(m.Data)-m.Cols)/(rows-1)))
}
