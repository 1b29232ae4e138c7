package main

// rows makes the functions of matrices whose columns have something in common.
func rows(m *module) {
	for _, relu := range []bool{false, true} {
		name, doc := "addBias", "adds bias to each row of y."
		if relu {
			name, doc = "addBiasReLU", "adds bias to each row of y, and takes ReLU."
		}
		f := m.function(name, "y, bias []float32, rows int", "n = len(bias)", doc)
		left := f.local(i32)
		y, bias := f.param("y"), f.local(i32)
		f.while(f.param("rows"), 1, func() {
			f.set(bias, f.get(f.param("bias")))
			f.set(left, f.get(f.param("n")))
			f.eachAt(left, map[string]local{"y": y, "bias": bias}, func(t valtype, _ map[string]local) {
				f.get(y)
				sum := f.add(f.load(t, f.get(y), 0), f.load(t, f.get(bias), 0))
				if relu {
					sum = f.relu(sum)
				}
				f.store(value(i32), sum, 0)
			})
		})
	}

	f := m.function("sumRows", "db, dy []float32", "n = len(db), rows = len(dy)/len(db)", "adds the rows of dy to db.")
	n, db, dy := f.param("n"), f.param("db"), f.param("dy")
	ld, from, left := f.keep(f.shl(f.get(n), 2)), f.local(i32), f.local(i32)
	f.blocks(n, func(sums []local) {
		size := 4 * lanes(sums[0].t)
		f.set(from, f.get(dy))
		f.set(left, f.get(f.param("rows")))
		for i, sum := range sums {
			f.set(sum, f.load(sum.t, f.get(db), i*size))
		}
		f.while(left, 1, func() {
			for i, sum := range sums {
				f.set(sum, f.add(f.get(sum), f.load(sum.t, f.get(from), i*size)))
			}
			f.move(from, ld)
		})
		for i, sum := range sums {
			f.store(f.get(db), f.get(sum), i*size)
		}
		f.advance(db, len(sums)*size)
		f.advance(dy, len(sums)*size)
	})
}
