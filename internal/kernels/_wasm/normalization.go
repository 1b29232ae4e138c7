package main

// normalization makes the functions of batch normalization, of rows of pixels and
// columns of channels.
func normalization(m *module) {
	type row struct {
		*function
		t  valtype
		at map[string]local
	}
	load := func(r row, name string) value { return r.load(r.t, r.get(r.at[name]), 0) }
	// pixels sets all of the first of some matrices, a row after another; channels
	// are vectors as long as a row.
	pixels := func(name, signature string, matrices, channels []string, doc string, body func(r row) value) {
		f := m.function(name, signature, "n = len("+channels[0]+"), size = len("+matrices[0]+")", doc)
		at := map[string]local{}
		for _, name := range matrices {
			at[name] = f.param(name)
		}
		for _, name := range channels {
			at[name] = f.local(i32)
		}
		n, size := f.local(i32), f.param("size")
		f.loop(func(again func(value)) {
			for _, name := range channels {
				f.set(at[name], f.get(f.param(name)))
			}
			f.set(n, f.get(f.param("n")))
			f.eachAt(n, at, func(t valtype, at map[string]local) {
				f.get(at[matrices[0]])
				f.store(value(i32), body(row{f, t, at}), 0)
			})
			f.set(size, f.sub(f.get(size), f.get(f.param("n"))))
			again(f.get(size))
		})
	}
	pixels("scaleShift", "y, x, scale, shift []float32", []string{"y", "x"}, []string{"scale", "shift"}, "sets y = scale*x + shift.", func(r row) value {
		return r.add(r.mul(load(r, "x"), load(r, "scale")), load(r, "shift"))
	})
	pixels("normalizedBackward", "dx, dy, x, factor, shift, mean, slope []float32", []string{"dx", "dy", "x"},
		[]string{"factor", "shift", "mean", "slope"}, "sets dx = factor*(dy - shift - (x-mean)*slope).", func(r row) value {
			d := r.keep(r.sub(load(r, "dy"), load(r, "shift")))
			r.set(d, r.sub(r.get(d), r.mul(r.sub(load(r, "x"), load(r, "mean")), load(r, "slope"))))
			return r.mul(load(r, "factor"), r.get(d))
		})

	f := m.function("moments", "sum, squares []float64, x []float32", "n = len(sum), size = len(x)", "adds the columns of x to sum, and their squares to squares.")
	f.wideSums([2]string{"sum", "squares"}, []string{"x"}, nil, func(t valtype, at map[string]local) [2]func(half int) value {
		x := f.keep(f.load(t, f.get(at["x"]), 0))
		double := func(half int) value { return f.double(x, half) }
		return [2]func(int) value{double, func(half int) value {
			d := f.keep(double(half))
			return f.doubles(f.mul, mulDoubles, f.get(d), f.get(d))
		}}
	})
	f = m.function("normalizedSums", "sum, products []float64, dy, x, mean, inverse []float32", "n = len(sum), size = len(x)",
		"adds the columns of dy to sum, and those of dy*(x-mean)*inverse to products.")
	f.wideSums([2]string{"sum", "products"}, []string{"dy", "x"}, []string{"mean", "inverse"}, func(t valtype, at map[string]local) [2]func(half int) value {
		load := func(name string) value { return f.load(t, f.get(at[name]), 0) }
		d := f.keep(load("dy"))
		product := f.keep(f.mul(f.mul(f.get(d), f.sub(load("x"), load("mean"))), load("inverse")))
		return [2]func(int) value{
			func(half int) value { return f.double(d, half) },
			func(half int) value { return f.double(product, half) },
		}
	})
}

// wideSums adds to two sums of float64 a column what body gives of each row: one
// column, or halves of four. Matrices go on by rows, channels by columns.
func (f *function) wideSums(sums [2]string, matrices, channels []string, body func(t valtype, at map[string]local) [2]func(half int) value) {
	n, left := f.param("n"), f.local(i32)
	ld, rows := f.keep(f.shl(f.get(n), 2)), f.keep(f.quotient(f.get(f.param("size")), f.get(n)))
	at := map[string]local{}
	for _, name := range matrices {
		at[name] = f.local(i32)
	}
	for _, name := range channels {
		at[name] = f.param(name)
	}
	for _, t := range []valtype{v128, f32} {
		halves, kind := 1, f64
		if t == v128 {
			halves, kind = 2, v128
		}
		var kept [2][]local
		each := func(do func(i, half int, sum local)) {
			for i := range sums {
				for half := range halves {
					do(i, half, kept[i][half])
				}
			}
		}
		for i := range sums {
			for range halves {
				kept[i] = append(kept[i], f.local(kind))
			}
		}
		f.while(n, lanes(t), func() {
			for _, name := range matrices {
				f.set(at[name], f.get(f.param(name)))
				f.advance(f.param(name), 4*lanes(t))
			}
			each(func(i, half int, sum local) { f.set(sum, f.load(kind, f.get(f.param(sums[i])), 16*half)) })
			f.set(left, f.get(rows))
			f.while(left, 1, func() {
				terms := body(t, at)
				each(func(i, half int, sum local) {
					term := f.keep(terms[i](half))
					f.set(sum, f.doubles(f.add, addDoubles, f.get(sum), f.get(term)))
				})
				for _, name := range matrices {
					f.move(at[name], ld)
				}
			})
			each(func(i, half int, sum local) { f.store(f.get(f.param(sums[i])), f.get(sum), 16*half) })
			for _, name := range sums {
				f.advance(f.param(name), 8*lanes(t))
			}
			for _, name := range channels {
				f.advance(at[name], 4*lanes(t))
			}
		})
	}
}
