package main

import (
	"slices"

	"tatami/internal/kernels/winograd"
)

// winogradTransforms makes a function for each transform. They work on n values of each of
// a run of squares; the entry in row i and column j of a square lies i*row +
// j*col bytes behind its start, and a square tile bytes behind the one before.
func winogradTransforms(m *module) {
	for _, t := range slices.Concat(winograd.Small(), winograd.Large()) {
		f := m.function(t.Name, "dst *float32, dstRow, dstCol, dstTile int32, src *float32, srcRow, srcCol, srcTile, n, tiles int32", "", t.Doc)
		in, out := len(t.Matrix[0]), len(t.Matrix)
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
					for i, v := range f.multiply(t.Matrix, column) {
						half[i] = append(half[i], v)
					}
				}
				for i := range out {
					f.set(row, f.get(to))
					for range i {
						f.move(row, f.param("dstRow"))
					}
					for j, v := range f.multiply(t.Matrix, half[i]) {
						to, sum := f.get(row), f.get(v)
						if t.Adds {
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
func (f *function) multiply(m winograd.Matrix, x []local) []local {
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
