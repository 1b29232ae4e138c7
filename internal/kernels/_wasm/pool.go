package main

// cutOff is the code of a window whose maximum ReLU cut off.
const cutOff = 4

// pool makes 2×2 max pooling, with bias and ReLU or without, and the way back.
func pool(m *module) {
	for _, relu := range []bool{true, false} {
		name, signature, lengths := "biasReLUMaxPool2", "y []float32, code []uint8, row0, row1, bias []float32, windows int", "channels = len(bias)"
		doc := "pools windows of two rows of pixels after bias and ReLU."
		if !relu {
			name, signature, lengths = "maxPool2", "y []float32, code []uint8, row0, row1 []float32, windows, channels int", ""
			doc = "pools windows of two rows of pixels."
		}
		f := m.function(name, signature, lengths, doc)
		ld, n, bias := f.keep(f.shl(f.get(f.param("channels")), 2)), f.local(i32), f.local(i32)
		at := map[string]local{"y": f.param("y"), "code": f.param("code"), "row0": f.param("row0"), "row1": f.param("row1")}
		at["next0"], at["next1"] = f.local(i32), f.local(i32)
		if relu {
			at["bias"] = bias
		}
		f.while(f.param("windows"), 1, func() {
			if relu {
				f.set(bias, f.get(f.param("bias")))
			}
			f.set(n, f.get(f.param("channels")))
			f.set(at["next0"], f.add(f.get(at["row0"]), f.get(ld)))
			f.set(at["next1"], f.add(f.get(at["row1"]), f.get(ld)))
			window := []string{"row0", "next0", "row1", "next1"}
			f.eachAgain(n, at, func(t valtype, at map[string]local) {
				var v [4]local
				if relu {
					b := f.keep(f.load(t, f.get(bias), 0))
					for i, name := range window {
						v[i] = f.keep(f.add(f.load(t, f.get(at[name]), 0), f.get(b)))
					}
				} else {
					for i, name := range window {
						v[i] = f.keep(f.load(t, f.get(at[name]), 0))
					}
				}
				best, code := f.maximum(v)
				if relu {
					off := f.keep(f.most(f.get(best), f.zero(t)))
					f.set(best, f.choose(f.zero(t), f.get(best), f.get(off)))
					f.set(code, f.choose(f.codes(t, cutOff), f.get(code), f.get(off)))
				}
				f.store(f.get(at["y"]), f.get(best), 0)
				f.storeCodes(f.get(at["code"]), f.get(code))
			})
			// The second column has been passed by the first one's pointers alone.
			f.set(at["row0"], f.get(at["next0"]))
			f.set(at["row1"], f.get(at["next1"]))
		})
	}

	f := m.function("unpool2", "dx0, dx1, dy []float32, code []uint8, windows, channels int", "", "spreads the gradients of windows over two rows.")
	ld, n := f.keep(f.shl(f.get(f.param("channels")), 2)), f.local(i32)
	at := map[string]local{"dx0": f.param("dx0"), "dx1": f.param("dx1"), "dy": f.param("dy"), "code": f.param("code")}
	at["next0"], at["next1"] = f.local(i32), f.local(i32)
	f.while(f.param("windows"), 1, func() {
		f.set(n, f.get(f.param("channels")))
		f.set(at["next0"], f.add(f.get(at["dx0"]), f.get(ld)))
		f.set(at["next1"], f.add(f.get(at["dx1"]), f.get(ld)))
		f.eachAgain(n, at, func(t valtype, at map[string]local) {
			d, code := f.keep(f.load(t, f.get(at["dy"]), 0)), f.keep(f.loadCodes(t, f.get(at["code"])))
			for i, name := range []string{"dx0", "next0", "dx1", "next1"} {
				f.store(f.get(at[name]), f.choose(f.get(d), f.zero(t), f.equalCodes(f.get(code), f.codes(t, byte(i)))), 0)
			}
		})
		f.set(at["dx0"], f.get(at["next0"]))
		f.set(at["dx1"], f.get(at["next1"]))
	})
}

// maximum is the greatest value and its place: the first one, or the last NaN.
func (f *function) maximum(v [4]local) (best, code local) {
	t := v[0].t
	best, code = f.keep(f.get(v[0])), f.local(v128)
	if t == f32 {
		code = f.local(i32)
	}
	oneByOne := func() {
		f.set(code, f.codes(t, 0))
		for i, x := range v[1:] {
			better := f.keep(f.or(f.more(f.get(x), f.get(best)), f.differ(f.get(x), f.get(x))))
			f.set(best, f.choose(f.get(x), f.get(best), f.get(better)))
			f.set(code, f.choose(f.codes(t, byte(1+i)), f.get(code), f.get(better)))
		}
	}
	if t == f32 {
		oneByOne()
		return best, code
	}
	// The sum tells whether a NaN is among them. Without one the greatest value is
	// found first, and then the place where it is.
	sum := f.keep(f.add(f.add(f.get(v[0]), f.get(v[1])), f.add(f.get(v[2]), f.get(v[3]))))
	f.if_(f.any(f.differ(f.get(sum), f.get(sum))), oneByOne, func() {
		for _, x := range v[1:] {
			f.set(best, f.vectorOp(greater, f.get(best), f.get(x)))
		}
		f.set(code, f.vectorOp(andNot, f.codes(t, 1), f.equal(f.get(v[2]), f.get(best))))
		for _, x := range []local{v[1], v[0]} {
			f.set(code, f.vectorOp(andNot, f.vectorOp(addInts, f.get(code), f.codes(t, 1)), f.equal(f.get(x), f.get(best))))
		}
	})
	return best, code
}

// Instructions of vectors.
const (
	greater = 0xeb // the second where it is greater, else the first
	andNot  = 0x4f // what is in the first and not in the second
	addInts = 0xae
)

// any is whether a vector has a bit that is not 0.
func (f *function) any(v value) value {
	f.want(v, v128)
	f.vector(0x53)
	return value(i32)
}
