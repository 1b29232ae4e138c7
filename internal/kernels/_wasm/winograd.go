package main

// A matrix of a Winograd transform: rows of coefficients, each 0, 1, -1, ½ or
// -½. It is applied from both sides, to the columns and to the rows of a small
// square.
type matrix [][]float64

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
					for i := range out {
						half[i] = append(half[i], f.keep(f.combine(t.matrix[i], column)))
					}
				}
				for i := range out {
					f.set(row, f.get(to))
					for range i {
						f.move(row, f.param("dstRow"))
					}
					for j := range out {
						f.get(row)
						sum := f.combine(t.matrix[j], half[i])
						if t.adds {
							sum = f.add(sum, f.load(kind, f.get(row), 0))
						}
						f.store(value(i32), sum, 0)
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
