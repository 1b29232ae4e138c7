package main

// A matrix of a Winograd transform: rows of coefficients. It is applied from both
// sides, to the columns and to the rows of a small square.
type matrix [][]float64

// The matrices of tiles of 4×4 pixels, with the points 0, ±near, ±far and infinity: see winograd4.go in _asm.
const (
	near, far = 0.75, 1.5
	n2, f2    = near * near, far * far
	an, af    = 1 / (2 * n2 * (n2 - f2)), 1 / (2 * f2 * (f2 - n2))
)

var (
	input4 = matrix{
		{n2 * f2, 0, -n2 - f2, 0, 1, 0},
		{0, -near * f2, -f2, near, 1, 0}, {0, near * f2, -f2, -near, 1, 0},
		{0, -far * n2, -n2, far, 1, 0}, {0, far * n2, -n2, -far, 1, 0},
		{0, n2 * f2, 0, -n2 - f2, 0, 1},
	}
	gradient4 = matrix{
		{1, 0, 0, 0}, {1, near, n2, near * n2}, {1, -near, n2, -near * n2}, {1, far, f2, far * f2}, {1, -far, f2, -far * f2}, {0, 0, 0, 1},
	}
	filter4 = matrix{
		{1 / (n2 * f2), 0, 0}, {an, an * near, an * n2}, {an, -an * near, an * n2}, {af, af * far, af * f2}, {af, -af * far, af * f2}, {0, 0, 1},
	}
)

func (m matrix) transposed() matrix {
	t := make(matrix, len(m[0]))
	for i := range t {
		for _, row := range m {
			t[i] = append(t[i], row[i])
		}
	}
	return t
}

// winograd makes a function for each transform. They work on n values of each of
// a run of squares; the entry in row i and column j of a square lies i*row +
// j*col bytes behind its start, and a square tile bytes behind the one before.
func winograd(m *module) {
	for _, t := range []struct {
		name, doc string
		matrix    matrix
		adds      bool
	}{
		{"winogradInput", "takes 4×4 pixels to 16 points.", matrix{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}, false},
		{"winogradOutput", "takes 16 points to 2×2 pixels.", matrix{{1, 1, 1, 0}, {0, 1, -1, -1}}, false},
		{"winogradOutputGradient", "takes 2×2 pixels to 16 points.", matrix{{1, 0}, {1, 1}, {1, -1}, {0, -1}}, false},
		{"winogradFilter", "takes 3×3 weights to 16 points.", matrix{{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}}, false},
		{"winogradFilterGradient", "takes 16 points to 3×3 weights, which are added.", matrix{{1, .5, .5, 0}, {0, .5, -.5, 0}, {0, .5, .5, 1}}, true},

		{"winograd4Input", "takes 6×6 pixels to 36 points.", input4, false},
		{"winograd4Output", "takes 36 points to 4×4 pixels.", gradient4.transposed(), false},
		{"winograd4OutputGradient", "takes 4×4 pixels to 36 points.", gradient4, false},
		{"winograd4Filter", "takes 3×3 weights to 36 points.", filter4, false},
		{"winograd4FilterGradient", "takes 36 points to 3×3 weights, which are added.", filter4.transposed(), true},
	} {
		f := m.function(t.name, "dst *float32, dstRow, dstCol, dstTile int32, src *float32, srcRow, srcCol, srcTile, n, tiles int32", "", t.doc)
		in, out := len(t.matrix[0]), len(t.matrix)
		n, from, to, row := f.local(i32), f.local(i32), f.local(i32), f.local(i32)
		f.while(f.param("tiles"), 1, func() {
			f.set(n, f.get(f.param("n")))
			f.set(from, f.get(f.param("src")))
			f.set(to, f.get(f.param("dst")))
			f.eachAt(n, map[string]local{"from": from, "to": to}, func(kind valtype, _ map[string]local) {
				// half has the columns done.
				half := make([][]local, out)
				column := make([]local, in)
				for i := range column {
					column[i] = f.local(kind)
				}
				for j := range in {
					f.set(row, f.get(from))
					for range j {
						f.move(row, f.param("srcCol"))
					}
					for i := range column {
						f.set(column[i], f.load(kind, f.get(row), 0))
						if i < in-1 {
							f.move(row, f.param("srcRow"))
						}
					}
					for i, v := range f.multiply(t.matrix, column) {
						half[i] = append(half[i], v)
					}
				}
				for i := range out {
					f.set(row, f.get(to))
					for range i {
						f.move(row, f.param("dstRow"))
					}
					for j, v := range f.multiply(t.matrix, half[i]) {
						to, sum := f.get(row), f.get(v)
						if t.adds {
							sum = f.add(sum, f.load(kind, f.get(row), 0))
						}
						f.store(to, sum, 0)
						if j < out-1 {
							f.move(row, f.param("dstCol"))
						}
					}
				}
			})
			f.move(f.param("src"), f.param("srcTile"))
			f.move(f.param("dst"), f.param("dstTile"))
		})
	}
}

// multiply applies the matrix to a column.
func (f *function) multiply(m matrix, x []local) []local {
	y := make([]local, len(m))
	if max(len(m), len(x)) == 4 {
		for i, row := range m {
			y[i] = f.keep(f.combine(row, x))
		}
		return y
	}
	even := func(k int) bool { return k%2 == 0 }
	odd := func(k int) bool { return k%2 == 1 }
	if len(m) == 6 { // a point and its negative are two rows, which differ in the sign of odd terms
		y[0], y[5] = f.keep(f.products(m[0], x, nil)), f.keep(f.products(m[5], x, nil))
		for i := 1; i < 5; i += 2 {
			a, b := f.keep(f.products(m[i], x, even)), f.keep(f.products(m[i], x, odd))
			y[i], y[i+1] = f.keep(f.add(f.get(a), f.get(b))), f.keep(f.sub(f.get(a), f.get(b)))
		}
		return y
	}
	// They are two columns, which differ in the sign of odd rows.
	sums, differences := []local{0: x[0], 5: x[5]}, []local{0: x[0], 5: x[5]}
	for k := 1; k < 5; k += 2 {
		sums[k], differences[k] = f.keep(f.add(f.get(x[k]), f.get(x[k+1]))), f.keep(f.sub(f.get(x[k]), f.get(x[k+1])))
	}
	for i, row := range m {
		terms := sums
		if odd(i) {
			terms = differences
		}
		y[i] = f.keep(f.products(row, terms, func(k int) bool { return k != 2 && k != 4 }))
	}
	return y
}

// products is the sum of the terms times their coefficients, of those that are
// meant.
func (f *function) products(coefficients []float64, terms []local, of func(k int) bool) value {
	var sum value
	for k, c := range coefficients {
		if c == 0 || of != nil && !of(k) {
			continue
		}
		v := f.get(terms[k])
		if c != 1 {
			v = f.mul(v, f.float(terms[k].t, float32(c)))
		}
		if sum != 0 {
			v = f.add(sum, v)
		}
		sum = v
	}
	return sum
}

// combine is the sum of the terms times their coefficients: ½ of the halves, then
// the others.
func (f *function) combine(coefficients []float64, terms []local) value {
	var sum value
	t := terms[0].t
	add := func(size float64) {
		for _, sign := range []float64{1, -1} {
			for k, c := range coefficients {
				switch {
				case c != sign*size:
				case sum == 0 && sign > 0:
					sum = f.get(terms[k])
				case sum == 0:
					sum = f.sub(f.zero(t), f.get(terms[k]))
				case sign > 0:
					sum = f.add(sum, f.get(terms[k]))
				default:
					sum = f.sub(sum, f.get(terms[k]))
				}
			}
		}
	}
	add(.5)
	if sum != 0 {
		sum = f.mul(sum, f.float(t, .5))
	}
	add(1)
	return sum
}
