package main

// sparseWidths are the widths in vectors of a row of sums; 0 is one lane.
var sparseWidths = []int{8, 4, 2, 1, 0}

// sparse makes the function that walks lists of the values that are not 0.
func sparse(m *module) {
	f := m.function("sparse", "v int32, rows int32, c *float32, crow *int32, list *uint64, room int32, n *int32, b *float32, add bool",
		"", "computes rows of v vectors, or with v = 0 of one lane: each the sum of n values, one count a row, times rows of b. The lists of rows are room bytes apart; an entry is a value and above it the offset of its row of b.")
	rows, crow, list, n := f.param("rows"), f.param("crow"), f.param("list"), f.param("n")
	row, left, entry, from := f.local(i32), f.local(i32), f.local(i32), f.local(i32)
	for _, v := range sparseWidths {
		t := v128
		if v == 0 {
			t = f32
		}
		size, factor := 4*lanes(t), f.local(t)
		var sums []local
		for range max(v, 1) {
			sums = append(sums, f.local(t))
		}
		f.if_(f.equal(f.get(f.param("v")), f.int(v)), func() {
			f.while(rows, 1, func() {
				f.set(row, f.add(f.get(f.param("c")), f.shl(f.load(i32, f.get(crow), 0), 2)))
				f.if_(f.get(f.param("add")), func() {
					for i, sum := range sums {
						f.set(sum, f.load(t, f.get(row), i*size))
					}
				}, func() {
					for _, sum := range sums {
						f.set(sum, f.zero(t))
					}
				})
				f.set(left, f.load(i32, f.get(n), 0))
				f.set(entry, f.get(list))
				f.while(left, 1, func() {
					f.set(factor, f.loadSplat(t, f.get(entry), 0))
					f.set(from, f.add(f.get(f.param("b")), f.shl(f.load(i32, f.get(entry), 4), 2)))
					for i, sum := range sums {
						f.set(sum, f.add(f.get(sum), f.mul(f.get(factor), f.load(t, f.get(from), i*size))))
					}
					f.advance(entry, 8)
				})
				for i, sum := range sums {
					f.store(f.add(f.get(row), f.int(i*size)), f.get(sum), 0)
				}
				f.advance(crow, 4)
				f.advance(n, 4)
				f.move(list, f.param("room"))
			})
		})
	}
}
