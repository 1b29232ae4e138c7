package main

// depthwise makes the sums over the taps of a run of pixels, and their gradient.
// A tap is two integers: its distance in x, and its row of w. Lanes run over
// channels.
func depthwise(m *module) {
	const signature = "taps *int32, count, pixels, channels, step int32"
	f := m.function("depthwise", "y, x, w *float32, "+signature, "", "sets pixels of y to the sums over taps. step is in bytes.")
	y, x := f.param("y"), f.param("x")
	fromX, fromW, taps, count, n := f.local(i32), f.local(i32), f.local(i32), f.local(i32), f.local(i32)
	f.while(f.param("pixels"), 1, func() {
		f.set(n, f.get(f.param("channels")))
		f.set(fromX, f.get(x))
		f.set(fromW, f.get(f.param("w")))
		f.blocks(n, func(sums []local) {
			for _, sum := range sums {
				f.set(sum, f.zero(sum.t))
			}
			f.set(taps, f.get(f.param("taps")))
			f.set(count, f.get(f.param("count")))
			f.while(count, 1, func() {
				atX, atW := f.keep(f.tap(fromX, taps, 0)), f.keep(f.tap(fromW, taps, 4))
				for i, sum := range sums {
					size := 4 * lanes(sum.t) * i
					f.set(sum, f.add(f.get(sum), f.mul(f.load(sum.t, f.get(atX), size), f.load(sum.t, f.get(atW), size))))
				}
				f.advance(taps, 8)
			})
			for i, sum := range sums {
				f.store(f.get(y), f.get(sum), 4*lanes(sum.t)*i)
			}
			size := 4 * lanes(sums[0].t) * len(sums)
			for _, l := range []local{y, fromX, fromW} {
				f.advance(l, size)
			}
		})
		f.move(x, f.param("step"))
	})

	f = m.function("depthwiseGradient", "dw, x, dy *float32, "+signature, "", "adds to rows of dw, one a tap, the sums over pixels. step is in bytes.")
	taps, count, n = f.param("taps"), f.param("count"), f.local(i32)
	fromDW, fromX, fromDY := f.local(i32), f.local(i32), f.local(i32)
	pixels, ld := f.local(i32), f.keep(f.shl(f.get(f.param("channels")), 2))
	f.while(count, 1, func() {
		f.set(n, f.get(f.param("channels")))
		f.set(fromX, f.tap(f.param("x"), taps, 0))
		f.set(fromDW, f.tap(f.param("dw"), taps, 4))
		f.set(fromDY, f.get(f.param("dy")))
		f.blocks(n, func(sums []local) {
			for i, sum := range sums {
				f.set(sum, f.load(sum.t, f.get(fromDW), 4*lanes(sum.t)*i))
			}
			atX, atDY := f.keep(f.get(fromX)), f.keep(f.get(fromDY))
			f.set(pixels, f.get(f.param("pixels")))
			f.while(pixels, 1, func() {
				for i, sum := range sums {
					size := 4 * lanes(sum.t) * i
					f.set(sum, f.add(f.get(sum), f.mul(f.load(sum.t, f.get(atX), size), f.load(sum.t, f.get(atDY), size))))
				}
				f.move(atX, f.param("step"))
				f.move(atDY, ld)
			})
			for i, sum := range sums {
				f.store(f.get(fromDW), f.get(sum), 4*lanes(sum.t)*i)
			}
			size := 4 * lanes(sums[0].t) * len(sums)
			for _, l := range []local{fromDW, fromX, fromDY} {
				f.advance(l, size)
			}
		})
		f.advance(taps, 8)
	})
}

// tap is an address that lies an offset of a table behind another.
func (f *function) tap(base, table local, at int) value {
	return f.add(f.get(base), f.shl(f.load(i32, f.get(table), at), 2))
}

// blocks takes n columns four vectors at a time, then one, then one by one.
func (f *function) blocks(n local, body func(sums []local)) {
	for _, block := range []struct {
		t       valtype
		vectors int
	}{{v128, 4}, {v128, 1}, {f32, 1}} {
		var sums []local
		for range block.vectors {
			sums = append(sums, f.local(block.t))
		}
		f.while(n, block.vectors*lanes(block.t), func() { body(sums) })
	}
}
