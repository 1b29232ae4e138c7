package main

// tapChunk is how many taps a tile walks before the next tile takes over: the
// rows of b which the tiles share stay in the first-level cache.
const tapChunk = 256

// tileRows is the greatest number of rows of a tile of so many vectors. Sums,
// the row of b, a value of a and a product must fit in 15 registers, which is
// what x86 leaves.
var tileRows = map[int]int{1: 8, 2: 4}

// product makes [Product] whole: panels of columns, in them tiles of rows.
func product(m *module) {
	f := m.function("product", "c *float32, crow *int32, rows int32, a *float32, arow, tap *int32, taps int32, b *float32, ldb, cols int32, add bool",
		"", "sets rows of c to the product, or adds it to them. ldb is in bytes.")
	p := newPanels(f)
	c, b, tap, taps, add := f.param("c"), f.param("b"), f.param("tap"), f.param("taps"), f.param("add")
	cols, n := f.param("cols"), f.local(i32)
	left, wide := f.local(i32), f.local(i32)
	f.loop(func(again func(value)) {
		f.set(n, f.least(taps, tapChunk))
		f.set(p.tapEnd, f.add(f.get(tap), f.shl(f.get(n), 2)))
		f.set(p.c, f.get(c))
		f.set(p.b, f.get(b))
		f.set(left, f.get(cols))

		f.columns(left, wide, p.second, p.panel, func() {
			f.set(p.c, f.add(f.get(p.c), f.shl(f.get(wide), 2)))
			f.set(p.b, f.add(f.get(p.b), f.shl(f.get(wide), 2)))
		})

		f.set(tap, f.get(p.tapEnd))
		f.set(b, f.add(f.get(b), f.mul(f.get(n), f.get(f.param("ldb")))))
		f.set(add, f.int(1))
		f.set(taps, f.sub(f.get(taps), f.get(n)))
		again(f.more(f.get(taps), f.int(0)))
	})
}

// columns takes columns 8 at a time, but so that 4 to 8 are left at the end, or
// less only where there are no more. body computes one or two vectors; the second
// begins so many bytes behind the first, and may do so within it: whoever adds to
// something loads both before storing one. next moves on by wide columns.
func (f *function) columns(left, wide, second local, body func(t valtype, vectors int), next func()) {
	f.loop(func(again func(value)) {
		f.set(wide, f.least(left, 8))
		f.if_(f.and(f.more(f.get(left), f.int(8)), f.less(f.get(left), f.int(12))), func() { f.set(wide, f.int(4)) })
		f.if_(f.less(f.get(wide), f.int(4)), func() { f.set(wide, f.int(1)) })
		f.set(second, f.shl(f.sub(f.get(wide), f.int(4)), 2))
		f.if_(f.more(f.get(wide), f.int(4)), func() { body(v128, 2) }, func() {
			f.if_(f.equal(f.get(wide), f.int(4)), func() { body(v128, 1) }, func() { body(f32, 1) })
		})
		next()
		f.set(left, f.sub(f.get(left), f.get(wide)))
		again(f.get(left))
	})
}

// panels are what the panels of a product have in common.
type panels struct {
	*function
	c, b       local // the first column's place in them
	second     local // from the first vector to the second, in bytes
	tapEnd     local
	crow, arow local
	rows       local // left
	tap        local
	row        []local // pointers to the tile's rows of a
	b0, b1     local   // pointers to the row of b
	offset     local
	sums       map[valtype][]local
	vectors    map[valtype][]local // of b
	factor     map[valtype]local   // of a
}

func newPanels(f *function) *panels {
	p := &panels{function: f, sums: map[valtype][]local{}, vectors: map[valtype][]local{}, factor: map[valtype]local{}}
	for _, l := range []*local{&p.c, &p.b, &p.second, &p.tapEnd, &p.crow, &p.arow, &p.rows, &p.tap, &p.b0, &p.b1, &p.offset} {
		*l = f.local(i32)
	}
	most := 0
	for vectors, rows := range tileRows {
		most = max(most, vectors*rows)
	}
	for range most {
		p.row = append(p.row, f.local(i32))
	}
	for _, t := range []valtype{v128, f32} {
		for range most {
			p.sums[t] = append(p.sums[t], f.local(t))
		}
		p.vectors[t] = []local{f.local(t), f.local(t)}
		p.factor[t] = f.local(t)
	}
	return p
}

// panel computes all rows of so many vectors of columns.
func (p *panels) panel(t valtype, vectors int) {
	most := tileRows[vectors]
	p.set(p.crow, p.get(p.param("crow")))
	p.set(p.arow, p.get(p.param("arow")))
	p.set(p.rows, p.get(p.param("rows")))
	p.while(p.rows, most, func() { p.tile(t, most, vectors) })
	for rows := most - 1; rows > 0; rows-- {
		p.if_(p.equal(p.get(p.rows), p.int(rows)), func() { p.tile(t, rows, vectors) })
	}
}

// tile computes rows×vectors sums.
func (p *panels) tile(t valtype, rows, vectors int) {
	sum := func(r, i int) local { return p.sums[t][r*vectors+i] }
	target := func(r int) value {
		return p.add(p.get(p.c), p.shl(p.load(i32, p.get(p.crow), 4*r), 2))
	}
	place := func(r, i int) value {
		to := target(r)
		if i == 1 {
			to = p.add(to, p.get(p.second))
		}
		return to
	}
	p.if_(p.get(p.param("add")), func() {
		for r := range rows {
			for i := range vectors {
				p.set(sum(r, i), p.load(t, place(r, i), 0))
			}
		}
	}, func() {
		for r := range rows {
			for i := range vectors {
				p.set(sum(r, i), p.zero(t))
			}
		}
	})
	for r := range rows {
		p.set(p.row[r], p.add(p.get(p.param("a")), p.shl(p.load(i32, p.get(p.arow), 4*r), 2)))
	}
	p.set(p.tap, p.get(p.param("tap")))
	p.set(p.b0, p.get(p.b))
	if vectors == 2 {
		p.set(p.b1, p.add(p.get(p.b), p.get(p.second)))
	}
	pointers := []local{p.b0, p.b1}
	ldb := p.param("ldb")
	p.loop(func(again func(value)) {
		p.set(p.offset, p.shl(p.load(i32, p.get(p.tap), 0), 2))
		for i := range vectors {
			p.set(p.vectors[t][i], p.load(t, p.get(pointers[i]), 0))
			p.move(pointers[i], ldb)
		}
		for r := range rows {
			p.set(p.factor[t], p.loadSplat(t, p.add(p.get(p.row[r]), p.get(p.offset)), 0))
			for i := range vectors {
				p.set(sum(r, i), p.add(p.get(sum(r, i)), p.mul(p.get(p.factor[t]), p.get(p.vectors[t][i]))))
			}
		}
		p.advance(p.tap, 4)
		again(p.differ(p.get(p.tap), p.get(p.tapEnd)))
	})
	for r := range rows {
		for i := range vectors {
			p.store(place(r, i), p.get(sum(r, i)), 0)
		}
	}
	p.advance(p.crow, 4*rows)
	p.advance(p.arow, 4*rows)
}
