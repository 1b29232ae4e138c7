package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
)

// loop runs body over the elements of all streams, as many as the first has:
// several vectors at a time, then single ones, then single lanes. body is given
// the vector's place in each stream and its number among several, to choose
// registers by.
func (g *neon) loop(streams []stream, unroll int, body func(at []mem, u int, lane bool)) {
	n := g.length(streams[0].param)
	g.loopAt("loop", n, g.pointers(streams), streams, unroll, body)
}

// pointers loads where the streams begin.
func (g *neon) pointers(streams []stream) []gpr {
	var list []gpr
	for _, st := range streams {
		list = append(list, g.pointer(st.param))
	}
	return list
}

// loopAt is loop with the streams' pointers at hand, which it moves to their
// ends. It keeps n.
func (g *neon) loopAt(label string, n gpr, ptr []gpr, streams []stream, unroll int, body func(at []mem, u int, lane bool)) {
	left := g.gp()
	at := func(u int) []mem {
		list := make([]mem, len(streams))
		for k, st := range streams {
			list[k] = mem{ptr[k], st.size * neonLanes * u}
		}
		return list
	}
	forward := func(elements int) {
		moved := map[gpr]bool{}
		for k, st := range streams {
			if !moved[ptr[k]] {
				g.op("ADD $%d, %v", st.size*elements, ptr[k])
			}
			moved[ptr[k]] = true
		}
	}
	several := neonLanes * unroll
	if unroll > 1 {
		g.op("SUBS $%d, %v, %v", several, n, left)
		g.op("BLT %s_few", label)
		g.label("%s_many", label)
		for u := range unroll {
			body(at(u), u, false)
		}
		forward(several)
		g.op("SUBS $%d, %v", several, left)
		g.op("BGE %s_many", label)
		g.label("%s_few", label)
		g.op("ADDS $%d, %v", several-neonLanes, left)
	} else {
		g.op("SUBS $%d, %v, %v", neonLanes, n, left)
	}
	g.op("BLT %s_rest", label)
	g.label("%s_one", label)
	body(at(0), 0, false)
	forward(neonLanes)
	g.op("SUBS $%d, %v", neonLanes, left)
	g.op("BGE %s_one", label)
	g.label("%s_rest", label)
	g.op("ADDS $%d, %v", neonLanes, left)
	g.op("BEQ %s_done", label)
	g.label("%s_lane", label)
	body(at(0), 0, true)
	forward(1)
	g.op("SUBS $1, %v", left)
	g.op("BNE %s_lane", label)
	g.label("%s_done", label)
	g.free(left)
}

func (g *neon) elementwise() {
	const constant vec = 31

	g.text("add", "func(dst, src []float32)", "adds src to dst.")
	g.loop(floats("dst", "src"), 4, func(at []mem, u int, lane bool) {
		x, y := vec(2*u), vec(2*u+1)
		g.load(at[0], x, lane)
		g.load(at[1], y, lane)
		g.do("fadd", x, x, y)
		g.store(x, at[0], lane)
	})
	g.ret()

	g.text("axpy", "func(dst []float32, s float32, src []float32)", "adds s*src to dst.")
	g.broadcast(g.param("s"), constant)
	g.loop(floats("dst", "src"), 4, func(at []mem, u int, lane bool) {
		x, y := vec(2*u), vec(2*u+1)
		g.load(at[0], x, lane)
		g.load(at[1], y, lane)
		g.do("fmla", x, y, constant)
		g.store(x, at[0], lane)
	})
	g.ret()

	g.text("scale", "func(dst []float32, s float32)", "multiplies dst by s.")
	g.broadcast(g.param("s"), constant)
	g.loop(floats("dst"), 4, func(at []mem, u int, lane bool) {
		g.load(at[0], vec(u), lane)
		g.do("fmul", vec(u), vec(u), constant)
		g.store(vec(u), at[0], lane)
	})
	g.ret()

	g.text("relu", "func(y, x []float32)", "sets y = max(x, 0).")
	g.loop(floats("y", "x"), 4, func(at []mem, u int, lane bool) {
		x, spare := vec(2*u), vec(2*u+1)
		g.load(at[1], x, lane)
		g.relu(x, spare)
		g.store(x, at[0], lane)
	})
	g.ret()

	for _, relu := range []bool{false, true} {
		name, doc := "sum", "sets y = a + b."
		if relu {
			name, doc = "sumReLU", "sets y = max(a + b, 0)."
		}
		g.text(name, "func(y, a, b []float32)", doc)
		g.loop(floats("y", "a", "b"), 4, func(at []mem, u int, lane bool) {
			x, y := vec(2*u), vec(2*u+1)
			g.load(at[1], x, lane)
			g.load(at[2], y, lane)
			g.do("fadd", x, x, y)
			if relu {
				g.relu(x, y)
			}
			g.store(x, at[0], lane)
		})
		g.ret()
	}

	g.text("reluBackward", "func(dx, dy, y []float32)", "sets dx = dy, and 0 where y <= 0.")
	g.loop(floats("dx", "dy", "y"), 4, func(at []mem, u int, lane bool) {
		dy, y := vec(2*u), vec(2*u+1)
		g.load(at[2], y, lane)
		g.load(at[1], dy, lane)
		g.do("fcmle #0", y, y)
		g.do("bic", dy, dy, y)
		g.store(dy, at[0], lane)
	})
	g.ret()

	g.text("fromBytes", "func(dst []float32, src []byte, s float32)", "sets dst = float32(src)*s.")
	g.broadcast(g.param("s"), constant)
	g.loop([]stream{{"dst", 4}, {"src", 1}}, 4, func(at []mem, u int, lane bool) {
		g.loadBytes(at[1], vec(u), lane)
		g.do("ucvtf", vec(u), vec(u))
		g.do("fmul", vec(u), vec(u), constant)
		g.store(vec(u), at[0], lane)
	})
	g.ret()

	g.sumSquares()
}

// relu replaces negative values of x, and neither NaN nor -0.
func (g *neon) relu(x, spare vec) {
	g.do("fcmlt #0", spare, x)
	g.do("bic", x, x, spare)
}

// loadBytes reads bytes into lanes.
func (g *neon) loadBytes(m mem, v vec, lane bool) {
	if lane {
		r := g.gp()
		g.op("MOVBU %v, %v", m, r)
		g.op("FMOVS %v, F%d", r, v)
		g.free(r)
		return
	}
	g.op("FMOVS %v, F%d", m, v)
	g.do("uxtl 8h", v, v)
	g.do("uxtl 4s", v, v)
}

// storeBytes writes the low byte of each lane, and changes the register.
func (g *neon) storeBytes(v vec, m mem, lane bool) {
	if lane {
		r := g.gp()
		g.op("FMOVS F%d, %v", v, r)
		g.op("MOVB %v, %v", r, m)
		g.free(r)
		return
	}
	g.do("xtn 4h", v, v)
	g.do("xtn 8b", v, v)
	g.op("FMOVS F%d, %v", v, m)
}

// halves widens x to float64.
func (g *neon) halves(x, low, high vec) {
	g.do("fcvtl2", high, x)
	g.do("fcvtl", low, x)
}

// sumSquares keeps eight vectors of float64 sums.
func (g *neon) sumSquares() {
	g.text("sumSquares", "func(x []float32) float64", "adds up the squares of x, a multiple of 32 elements.")
	x, n := g.pointer("x"), g.length("x")
	for v := range vec(8) {
		g.zero(v)
	}
	g.label("many")
	for i := range vec(8) {
		g.load(mem{x, int(16 * i)}, 16+i%4, false)
		low, high := 20+2*(i%4), 21+2*(i%4)
		g.halves(16+i%4, low, high)
		g.do("fmla 2d", 2*i%8, low, low)
		g.do("fmla 2d", 2*i%8+1, high, high)
	}
	g.op("ADD $128, %v", x)
	g.op("SUBS $32, %v", n)
	g.op("BNE many")
	for step := vec(4); step > 0; step /= 2 {
		for v := range step {
			g.do("fadd 2d", v, v, v+step)
		}
	}
	g.do("faddp 2d", 0, 0, 0)
	g.op("FMOVD F0, %s", g.address(g.sig.Results().At(0)))
	g.ret()
}

func (g *neon) sigmoid() {
	const zero, one, most, least, first vec = 31, 30, 29, 28, 16
	constant := func(k int) vec { return first + vec(k) }

	g.text("sigmoid", "func(y, x []float32)", "sets y = 1/(1 + exp(-x)).")
	g.zero(zero)
	for k := range sigmoidConstants {
		g.constant(sigmoidBits(k), constant(k))
	}
	g.constant(sigmoidBits(expOne), one)
	g.constant(sigmoidMost, most)
	g.constant(sigmoidLeast, least)
	g.loop(floats("y", "x"), 2, func(at []mem, u int, lane bool) {
		x, power, sum, half := vec(4*u), vec(4*u+1), vec(4*u+2), vec(4*u+3)
		e := half // until both have changed places seven times
		g.load(at[1], x, lane)
		g.do("fsub", x, zero, x)
		g.do("fmin", x, x, most)
		g.do("fmax", x, x, least)
		g.do("fmul", power, x, constant(log2E))
		g.do("frintn", power, power)
		g.do("fmls", x, power, constant(ln2Hi))
		g.do("fmls", x, power, constant(ln2Lo))
		g.do("orr", e, constant(exp6), constant(exp6))
		for _, k := range []int{exp5, exp4, exp3, exp2, exp1, expOne, expOne} {
			g.do("orr", sum, constant(k), constant(k))
			g.do("fmla", sum, e, x)
			e, sum = sum, e
		}
		g.do("fcvtns", power, power) // in two steps: one has no room for all exponents
		g.do("sshr #1", half, power)
		g.do("sub", power, power, half)
		for _, p := range []vec{half, power} {
			g.do("add", p, p, constant(bias))
			g.do("shl #23", p, p)
			g.do("fmul", e, e, p)
		}
		g.do("fadd", e, e, one)
		g.do("fdiv", e, one, e)
		g.store(e, at[0], lane)
	})
	g.ret()

	g.text("sigmoidBackward", "func(dx, dy, y []float32)", "sets dx = dy*y*(1 - y).")
	g.constant(sigmoidBits(expOne), one)
	g.loop(floats("dx", "dy", "y"), 4, func(at []mem, u int, lane bool) {
		dy, y := vec(2*u), vec(2*u+1)
		g.load(at[1], dy, lane)
		g.load(at[2], y, lane)
		g.do("fmul", dy, dy, y)
		g.do("fsub", y, one, y)
		g.do("fmul", dy, dy, y)
		g.store(dy, at[0], lane)
	})
	g.ret()
}

// sigmoidBits are those of a constant.
func sigmoidBits(k int) uint32 {
	switch c := sigmoidConstants[k].(type) {
	case operand.F32:
		return math.Float32bits(float32(c))
	case operand.U32:
		return uint32(c)
	}
	panic("a constant of another type")
}

// rows makes the functions that take one vector of columns at a time down all
// rows.
func (g *neon) rows() {
	const value, bias, spare vec = 0, 1, 2
	for _, relu := range []bool{false, true} {
		name := "addBias"
		if relu {
			name = "addBiasReLU"
		}
		g.text(name, "func(y, bias []float32, rows int)", "adds bias to rows of y.")
		streams := floats("y", "bias")
		ptr, n, ld := g.pointers(streams), g.length("bias"), g.gp()
		g.op("LSL $2, %v, %v", n, ld)
		g.loopAt("columns", n, ptr, streams, 1, func(at []mem, _ int, lane bool) {
			g.load(at[1], bias, lane)
			p, left := g.gp(), g.arg("rows")
			g.op("MOVD %v, %v", at[0].base, p)
			label := laneLabel("row", lane)
			g.label("%s", label)
			g.load(mem{p, 0}, value, lane)
			g.do("fadd", value, value, bias)
			if relu {
				g.relu(value, spare)
			}
			g.store(value, mem{p, 0}, lane)
			g.op("ADD %v, %v", ld, p)
			g.op("SUBS $1, %v", left)
			g.op("BNE %s", label)
			g.free(p, left)
		})
		g.ret()
	}

	g.text("sumRows", "func(db, dy *float32, ld, rows, n int)", "adds rows of dy, n wide and ld bytes apart, to db.")
	db, dy, ld, n := g.arg("db"), g.arg("dy"), g.arg("ld"), g.arg("n")
	g.loopAt("columns", n, []gpr{db, dy}, floats("db", "dy"), 1, func(at []mem, _ int, lane bool) {
		// Every fourth row goes into its own sum, so that an addition need not
		// wait for the one before.
		g.zero(0, 1, 2, 3)
		p, left := g.gp(), g.arg("rows")
		g.op("MOVD %v, %v", at[1].base, p)
		row := func(sum vec) {
			g.load(mem{p, 0}, 4+sum, lane)
			g.op("ADD %v, %v", ld, p)
			g.do("fadd", sum, sum, 4+sum)
		}
		label := laneLabel("rows", lane)
		g.op("SUBS $4, %v", left)
		g.op("BLT %s_few", label)
		g.label("%s_four", label)
		for v := range vec(4) {
			row(v)
		}
		g.op("SUBS $4, %v", left)
		g.op("BGE %s_four", label)
		g.label("%s_few", label)
		g.op("ADDS $4, %v", left)
		g.op("BEQ %s_sum", label)
		g.label("%s_one", label)
		row(0)
		g.op("SUBS $1, %v", left)
		g.op("BNE %s_one", label)
		g.label("%s_sum", label)
		g.do("fadd", 0, 0, 2)
		g.do("fadd", 1, 1, 3)
		g.do("fadd", 0, 0, 1)
		g.load(at[0], 4, lane)
		g.do("fadd", 0, 0, 4)
		g.store(0, at[0], lane)
		g.free(p, left)
	})
	g.ret()
}

func laneLabel(name string, lane bool) string {
	if lane {
		return name + "_of_lane"
	}
	return name
}
