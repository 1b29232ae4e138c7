package main

import "fmt"

// depthwise makes the functions of depthwise convolution, see depthwise there.
func (g *neon) depthwise() {
	g.depthwiseSums()
	g.depthwiseGradient()
}

// eachVector makes body for whole vectors of channels and for parts of one; c is
// the vector's place in bytes, ld that of all channels.
func (g *neon) eachVector(body func(label string, c, ld gpr, lanes int)) {
	c, ld := g.gp(), g.arg("ld")
	g.op("MOVD $0, %v", c)
	g.label("full")
	left := g.gp()
	g.op("SUB %v, %v, %v", c, ld, left)
	for lanes := neonLanes; lanes > 0; lanes-- {
		label := fmt.Sprintf("lanes%d", lanes)
		g.op("CMP $%d, %v", 4*lanes, left)
		g.op("BLT %s_no", label)
		g.free(left)
		body(label, c, ld, lanes)
		g.op("ADD $%d, %v", 4*lanes, c)
		g.op("B full")
		left = g.gp()
		g.label("%s_no", label)
	}
	g.ret()
}

// place is where an argument's channels at c begin.
func (g *neon) place(param string, c gpr) gpr {
	p := g.arg(param)
	g.op("ADD %v, %v", c, p)
	return p
}

// depthwiseSums takes several pixels at a time through all taps.
func (g *neon) depthwiseSums() {
	g.text("depthwise", "func(y, x, w *float32, tap *int32, ld, step, pixels, taps int)",
		"sets pixels of y to the sums over taps of x times w.")
	const weight, value vec = 8, 16
	g.eachVector(func(label string, c, ld gpr, lanes int) {
		y, x, w := g.place("y", c), g.place("x", c), g.place("w", c)
		step, pixels := g.arg("step"), g.arg("pixels")
		for _, n := range []int{8, 1} {
			tile := fmt.Sprintf("%s_%d", label, n)
			g.label("%s", tile)
			g.op("CMP $%d, %v", n, pixels)
			g.op("BLT %s_done", tile)
			for v := range vec(n) {
				g.zero(v)
			}
			tap, taps, p, at := g.arg("tap"), g.arg("taps"), g.gp(), g.gp()
			g.label("%s_tap", tile)
			g.op("MOVW.P 4(%v), %v", tap, at)
			g.op("ADD %v<<2, %v, %v", at, x, p)
			g.op("MOVW.P 4(%v), %v", tap, at)
			g.op("ADD %v<<2, %v, %v", at, w, at)
			g.loadLanes(at, weight, lanes)
			for v := range vec(n) {
				g.loadLanes(p, value+v, lanes)
				g.do("fmla", v, value+v, weight)
				if v < vec(n)-1 {
					g.op("ADD %v, %v", step, p)
				}
			}
			g.op("SUBS $1, %v", taps)
			g.op("BNE %s_tap", tile)
			for v := range vec(n) {
				g.storeLanes(v, y, lanes)
				g.op("ADD %v, %v", ld, y)
				g.op("ADD %v, %v", step, x)
			}
			g.op("SUB $%d, %v", n, pixels)
			g.op("B %s", tile)
			g.label("%s_done", tile)
			g.free(tap, taps, p, at)
		}
		g.free(y, x, w, step, pixels)
	})
}

// depthwiseGradient takes several taps at a time along all pixels, every second
// pixel into sums of their own.
func (g *neon) depthwiseGradient() {
	g.text("depthwiseGradient", "func(dw, x, dy *float32, tap *int32, ld, step, pixels, taps int)",
		"adds to rows of dw, one a tap, the sums over pixels of x times dy.")
	const d, value vec = 8, 16
	g.eachVector(func(label string, c, ld gpr, lanes int) {
		tap, step, taps := g.arg("tap"), g.arg("step"), g.arg("taps")
		for _, n := range []int{4, 1} {
			tile := fmt.Sprintf("%s_%d", label, n)
			g.label("%s", tile)
			g.op("CMP $%d, %v", n, taps)
			g.op("BLT %s_done", tile)
			for v := range vec(n) {
				g.zero(v, 4+v)
			}
			dy, left, x := g.place("dy", c), g.arg("pixels"), g.place("x", c)
			at := make([]gpr, n)
			for i := range at {
				at[i] = g.gp()
				g.op("MOVW %d(%v), %v", 8*i, tap, at[i])
				g.op("ADD %v<<2, %v, %v", at[i], x, at[i])
			}
			g.free(x)
			pixel := func(first vec) {
				g.loadLanes(dy, d, lanes)
				g.op("ADD %v, %v", ld, dy)
				for i, p := range at {
					v := vec(i)
					g.loadLanes(p, value+v, lanes)
					g.op("ADD %v, %v", step, p)
					g.do("fmla", first+v, value+v, d)
				}
			}
			g.op("SUBS $2, %v", left)
			g.op("BLT %s_last", tile)
			g.label("%s_two", tile)
			pixel(0)
			pixel(4)
			g.op("SUBS $2, %v", left)
			g.op("BGE %s_two", tile)
			g.label("%s_last", tile)
			g.op("ADDS $2, %v", left)
			g.op("BEQ %s_sum", tile)
			pixel(0)
			g.label("%s_sum", tile)
			g.free(at...)
			g.free(dy, left)
			dw, w := g.place("dw", c), g.gp()
			for i := range n {
				v := vec(i)
				g.op("MOVW %d(%v), %v", 8*i+4, tap, w)
				g.op("ADD %v<<2, %v, %v", w, dw, w)
				g.do("fadd", v, v, 4+v)
				g.loadLanes(w, value, lanes)
				g.do("fadd", v, v, value)
				g.storeLanes(v, w, lanes)
			}
			g.free(dw, w)
			g.op("ADD $%d, %v", 8*n, tap)
			g.op("SUB $%d, %v", n, taps)
			g.op("B %s", tile)
			g.label("%s_done", tile)
		}
		g.free(tap, step, taps)
	})
}
