package main

// dotChunk is how much of a row is added up in one go, so that the rows of a tile
// stay in the first-level cache.
const dotChunk = 1024

// dotSide is the greatest number of rows of a and of b in a tile.
const dotSide = 3

// dot makes [ProductT] whole. All tiles add up in the same order: four sums, one
// a lane, of which the last lanes get less where a row ends.
func dot(m *module) {
	f := m.function("productT", "c *float32, ldc int32, a *float32, lda int32, b *float32, ldb, rows, cols, k int32",
		"", "sets c to the products of rows of a and cols rows of b, each k long. Strides are in bytes.")
	d := &dots{function: f}
	for _, l := range []*local{&d.depth, &d.later, &d.i, &d.j, &d.n, &d.c, &d.to} {
		*l = f.local(i32)
	}
	for range dotSide {
		d.a, d.b = append(d.a, f.local(i32)), append(d.b, f.local(i32))
		d.y = append(d.y, f.local(v128))
	}
	d.x = f.local(v128)
	for range dotSide * dotSide {
		d.sums = append(d.sums, f.local(v128))
	}
	a, b, k, ldb := f.param("a"), f.param("b"), f.param("k"), f.param("ldb")
	from := f.local(i32)
	f.loop(func(again func(value)) {
		f.set(d.depth, f.least(k, dotChunk))
		f.set(from, f.get(b))
		f.set(d.c, f.get(f.param("c")))
		f.set(d.j, f.get(f.param("cols")))
		d.strips(d.j, func(cols int) {
			for _, l := range d.b[:cols] {
				f.set(l, f.get(from))
				f.move(from, ldb)
			}
			d.strip(cols)
			f.advance(d.c, 4*cols)
		})
		f.set(a, f.add(f.get(a), f.shl(f.get(d.depth), 2)))
		f.set(b, f.add(f.get(b), f.shl(f.get(d.depth), 2)))
		f.set(k, f.sub(f.get(k), f.get(d.depth)))
		f.set(d.later, f.int(1))
		again(f.get(k))
	})
}

// dots are the variables of the function.
type dots struct {
	*function
	depth, later local // of the chunk; whether one came before
	i, j         local // rows and columns left
	n            local // of the chunk left
	c, to        local // the strip's place in c, and the tile's
	a, b         []local
	x            local
	y, sums      []local
}

// strips takes n apart in as many whole ones as there are, and one that is less.
func (d *dots) strips(n local, body func(size int)) {
	d.while(n, dotSide, func() { body(dotSide) })
	for size := dotSide - 1; size > 0; size-- {
		d.if_(d.equal(d.get(n), d.int(size)), func() { body(size) })
	}
}

// strip computes so many columns of all rows.
func (d *dots) strip(cols int) {
	from := d.keep(d.get(d.param("a")))
	d.set(d.to, d.get(d.c))
	d.set(d.i, d.get(d.param("rows")))
	d.strips(d.i, func(rows int) {
		for _, l := range d.a[:rows] {
			d.set(l, d.get(from))
			d.move(from, d.param("lda"))
		}
		d.tile(rows, cols)
		for i := range rows {
			for j := range cols {
				sum := d.sums[i*cols+j]
				d.set(sum, d.add(d.get(sum), d.pick(d.get(sum), d.get(sum), [4]byte{2, 3, 2, 3})))
				old := d.choose(d.load(f32, d.get(d.to), 4*j), d.zero(f32), d.get(d.later))
				total := d.keep(d.add(old, d.add(d.lane(d.get(sum), 0), d.lane(d.get(sum), 1))))
				d.store(d.get(d.to), d.get(total), 4*j)
			}
			d.move(d.to, d.param("ldc"))
		}
	})
}

// tile forms the sums of so many rows and columns, four in turn.
func (d *dots) tile(rows, cols int) {
	for _, sum := range d.sums[:rows*cols] {
		d.set(sum, d.zero(v128))
	}
	step := func(load func(pointer local) value) {
		for j := range cols {
			d.set(d.y[j], load(d.b[j]))
		}
		for i := range rows {
			d.set(d.x, load(d.a[i]))
			for j := range cols {
				sum := d.sums[i*cols+j]
				d.set(sum, d.add(d.get(sum), d.mul(d.get(d.x), d.get(d.y[j]))))
			}
		}
	}
	advance := func(by int) {
		for _, l := range d.a[:rows] {
			d.advance(l, by)
		}
		for _, l := range d.b[:cols] {
			d.advance(l, by)
		}
	}
	at := func(offset int) func(local) value {
		return func(pointer local) value { return d.load(v128, d.get(pointer), offset) }
	}
	// Pointers to b go back, for the next tile of the strip.
	d.set(d.n, d.get(d.depth))
	d.while(d.n, 8, func() {
		step(at(0))
		step(at(16))
		advance(32)
	})
	d.if_(d.most(d.int(4), d.get(d.n)), func() {
		step(at(0))
		advance(16)
		d.advance(d.n, -4)
	})
	for rest := 1; rest < 4; rest++ {
		d.if_(d.equal(d.get(d.n), d.int(rest)), func() {
			step(func(pointer local) value { return d.loadFirst(rest, pointer, 0) })
			advance(4 * rest)
		})
	}
	for _, l := range d.b[:cols] {
		d.set(l, d.sub(d.get(l), d.shl(d.get(d.depth), 2)))
	}
}

// transpose makes the function that moves blocks of 4×4.
func transpose(m *module) {
	f := m.function("transpose", "dst *float32, ldd int32, src *float32, lds, n int32", "",
		"transposes 4 rows of n columns, n a multiple of 4. Strides are in bytes.")
	src, dst, n := f.param("src"), f.param("dst"), f.param("n")
	var from, rows, halves []local
	from = append(from, src)
	for i := range 4 {
		rows = append(rows, f.local(v128))
		halves = append(halves, f.local(v128))
		if i > 0 {
			from = append(from, f.keep(f.add(f.get(from[i-1]), f.get(f.param("lds")))))
		}
	}
	f.while(n, 4, func() {
		for i, row := range rows {
			f.set(row, f.load(v128, f.get(from[i]), 0))
			f.advance(from[i], 16)
		}
		f.set(halves[0], f.pick(f.get(rows[0]), f.get(rows[1]), [4]byte{0, 4, 1, 5}))
		f.set(halves[1], f.pick(f.get(rows[0]), f.get(rows[1]), [4]byte{2, 6, 3, 7}))
		f.set(halves[2], f.pick(f.get(rows[2]), f.get(rows[3]), [4]byte{0, 4, 1, 5}))
		f.set(halves[3], f.pick(f.get(rows[2]), f.get(rows[3]), [4]byte{2, 6, 3, 7}))
		for i := range 4 {
			low := byte(2 * (i % 2))
			f.store(f.get(dst), f.pick(f.get(halves[i/2]), f.get(halves[2+i/2]), [4]byte{low, low + 1, 4 + low, 5 + low}), 0)
			f.move(dst, f.param("ldd"))
		}
	})
}
