package main

// pool makes biasReLUMaxPool2 and maxPool2.
func (g *neon) pool(name string, bias bool) {
	signature := "func(y []float32, code []uint8, row0, row1 []float32, windows, channels int)"
	streams := []stream{{"y", 4}, {"code", 1}, {"row0", 4}, {"row0", 4}, {"row1", 4}, {"row1", 4}}
	if bias {
		signature = "func(y []float32, code []uint8, row0, row1, bias []float32, windows int)"
		streams = append(streams, stream{"bias", 4})
	}
	g.text(name, signature, "pools the windows of two rows.")
	const code, b, where, equal, numbers vec = 4, 5, 6, 7, 27 // numbers 1 to 4 are one place behind
	for i := 1; i <= 4; i++ {
		g.constant(uint32(i), numbers+vec(i))
	}
	ptr := g.pointers(streams)
	var channels gpr
	if bias {
		channels = g.length("bias")
	} else {
		channels = g.arg("channels")
	}
	g.secondPixels(ptr, channels)
	left := g.arg("windows")
	g.label("window")
	if bias {
		g.op("MOVD %s, %v", g.address(g.param("bias").Base()), ptr[6])
	}
	g.loopAt("channels", channels, ptr, streams, 1, func(at []mem, _ int, lane bool) {
		for v := range vec(4) {
			g.load(at[2+v], v, lane)
		}
		if bias {
			g.load(at[6], b, lane)
			for v := range vec(4) {
				g.do("fadd", v, v, b)
			}
		}
		g.zero(code)
		for v := vec(1); v < 4; v++ {
			g.do("fcmgt", where, v, 0)
			g.do("fcmeq", equal, v, v) // not where it is NaN
			g.do("orn", where, where, equal)
			g.do("bit", 0, v, where)
			g.do("bit", code, numbers+v, where)
		}
		if bias {
			g.do("fcmle #0", where, 0)
			g.do("bic", 0, 0, where)
			g.do("bit", code, numbers+4, where)
		}
		g.store(0, at[0], lane)
		g.storeBytes(code, at[1], lane)
	})
	g.nextWindow(ptr, channels)
	g.op("SUBS $1, %v", left)
	g.op("BNE window")
	g.ret()
}

// secondPixels makes pointers 3 and 5, so far equal to those before them, point
// to a window's second pixels.
func (g *neon) secondPixels(ptr []gpr, channels gpr) {
	g.op("ADD %v<<2, %v, %v", channels, ptr[3], ptr[3])
	g.op("ADD %v<<2, %v, %v", channels, ptr[5], ptr[5])
}

// nextWindow skips the pixel that the pointer beside has walked.
func (g *neon) nextWindow(ptr []gpr, channels gpr) {
	for _, p := range ptr[2:6] {
		g.op("ADD %v<<2, %v, %v", channels, p, p)
	}
}

func (g *neon) unpool() {
	g.text("unpool2", "func(dx0, dx1, dy []float32, code []uint8, windows, channels int)", "spreads the gradients of windows over two rows.")
	streams := []stream{{"dy", 4}, {"code", 1}, {"dx0", 4}, {"dx0", 4}, {"dx1", 4}, {"dx1", 4}}
	const dy, code, out, numbers vec = 0, 1, 2, 28
	for i := range vec(4) {
		g.constant(uint32(i), numbers+i)
	}
	ptr, channels := g.pointers(streams), g.arg("channels")
	g.secondPixels(ptr, channels)
	left := g.arg("windows")
	g.label("window")
	g.loopAt("channels", channels, ptr, streams, 1, func(at []mem, _ int, lane bool) {
		g.load(at[0], dy, lane)
		g.loadBytes(at[1], code, lane)
		for i := range vec(4) {
			g.do("cmeq", out+i, code, numbers+i)
			g.do("and", out+i, out+i, dy)
			g.store(out+i, at[2+i], lane)
		}
	})
	g.nextWindow(ptr, channels)
	g.op("SUBS $1, %v", left)
	g.op("BNE window")
	g.ret()
}
