package main

import "fmt"

// normalization makes the functions of batch normalization. Each walks one vector
// of channels, tail of them, down all rows of its matrices.
func (g *neon) normalization() {
	g.text("scaleShift", "func(y, x, scale, shift *float32, ld, rows, tail int)", "sets y = scale*x + shift.")
	g.eachRow([]string{"y", "x"}, []string{"scale", "shift"}, func(at []gpr, constants []vec, lanes int) {
		g.loadLanes(at[1], 0, lanes)
		g.do("orr", 1, constants[1], constants[1])
		g.do("fmla", 1, 0, constants[0])
		g.storeLanes(1, at[0], lanes)
	}, nil)

	sums := []vec{4, 5, 6, 7} // two registers for each channel's sum, two for the other
	g.text("moments", "func(x *float32, ld, rows, tail int) (sum, squares [16]float64)", "returns the sums of x and of its squares.")
	g.zero(sums...)
	g.eachRow([]string{"x"}, nil, func(at []gpr, _ []vec, lanes int) {
		g.loadLanes(at[0], 0, lanes)
		g.halves(0, 1, 2)
		for i := range vec(2) {
			g.do("fadd 2d", sums[i], sums[i], 1+i)
			g.do("fmla 2d", sums[2+i], 1+i, 1+i)
		}
	}, sums)

	g.text("normalizedSums", "func(dy, x, mean, inverse *float32, ld, rows, tail int) (sum, products [16]float64)",
		"returns the sums of dy and of dy*(x - mean)*inverse.")
	g.zero(sums...)
	g.eachRow([]string{"dy", "x"}, []string{"mean", "inverse"}, func(at []gpr, constants []vec, lanes int) {
		const dy, x vec = 0, 1
		g.loadLanes(at[0], dy, lanes)
		g.loadLanes(at[1], x, lanes)
		g.do("fsub", x, x, constants[0])
		g.do("fmul", x, x, dy)
		g.do("fmul", x, x, constants[1])
		g.addHalves(sums, dy, x)
	}, sums)

	g.text("normalizedBackward", "func(dx, dy, x, factor, shift, mean, slope *float32, ld, rows, tail int)",
		"sets dx = factor*(dy - shift - (x - mean)*slope).")
	g.eachRow([]string{"dx", "dy", "x"}, []string{"factor", "shift", "mean", "slope"}, func(at []gpr, constants []vec, lanes int) {
		const dy, x vec = 0, 1
		g.loadLanes(at[1], dy, lanes)
		g.loadLanes(at[2], x, lanes)
		g.do("fsub", x, x, constants[2])
		g.do("fsub", dy, dy, constants[1])
		g.do("fmls", dy, x, constants[3])
		g.do("fmul", dy, dy, constants[0])
		g.storeLanes(dy, at[0], lanes)
	}, nil)
}

// addHalves adds two vectors, widened, to sums of two registers each.
func (g *neon) addHalves(sums []vec, list ...vec) {
	for k, v := range list {
		g.halves(v, 2, 3)
		g.do("fadd 2d", sums[2*k], sums[2*k], 2)
		g.do("fadd 2d", sums[2*k+1], sums[2*k+1], 3)
	}
}

// eachRow gives body a vector's place in each matrix, row after row, ld bytes
// apart, and what belongs to the channels. It ends the function, with sums as
// its results if there are any.
func (g *neon) eachRow(matrices, channels []string, body func(at []gpr, constants []vec, lanes int), sums []vec) {
	var at []gpr
	for _, m := range matrices {
		at = append(at, g.arg(m))
	}
	ld, rows, tail := g.arg("ld"), g.arg("rows"), g.arg("tail")
	for lanes := neonLanes; lanes > 0; lanes-- {
		label := fmt.Sprintf("lanes%d", lanes)
		g.op("CMP $%d, %v", lanes, tail)
		g.op("BNE %s_no", label)
		var constants []vec
		for i, c := range channels {
			p := g.arg(c)
			g.loadLanes(p, vec(8+i), lanes)
			g.free(p)
			constants = append(constants, vec(8+i))
		}
		g.label("%s", label)
		body(at, constants, lanes)
		for _, p := range at {
			g.op("ADD %v, %v", ld, p)
		}
		g.op("SUBS $1, %v", rows)
		g.op("BNE %s", label)
		g.op("B done")
		g.label("%s_no", label)
	}
	g.label("done")
	g.storeSums(sums)
}

// storeSums leaves the function with two pairs of registers as its results.
func (g *neon) storeSums(list []vec) {
	for i, v := range list {
		g.op("FMOVQ F%d, %s", v, g.address(g.sig.Results().At(i/2).Index(i%2*neonLanes/2)))
	}
	g.ret()
}

// standardize makes the functions of layer normalization, which take the values
// of one sample; x̂ is (x - mean)*inverse.
func (g *neon) standardize() {
	const mean, inverse, shift, slope vec = 31, 30, 29, 28
	hatOf := func(hat vec, at mem, lane bool) {
		g.load(at, hat, lane)
		g.do("fsub", hat, hat, mean)
		g.do("fmul", hat, hat, inverse)
	}

	g.text("standardize", "func(y, x, gamma, beta []float32, mean, inverse float32)", "sets y = gamma*x̂ + beta.")
	g.broadcast(g.param("mean"), mean)
	g.broadcast(g.param("inverse"), inverse)
	g.loop(floats("y", "x", "gamma", "beta"), 2, func(at []mem, u int, lane bool) {
		hat, gamma, beta := vec(3*u), vec(3*u+1), vec(3*u+2)
		hatOf(hat, at[1], lane)
		g.load(at[2], gamma, lane)
		g.load(at[3], beta, lane)
		g.do("fmla", beta, hat, gamma)
		g.store(beta, at[0], lane)
	})
	g.ret()

	g.text("standardSums", "func(dgamma, dbeta, dy, x, gamma []float32, mean, inverse float32) (sum, products [16]float64)",
		"adds to dgamma and dbeta and returns the sums of gamma*dy and of gamma*dy*x̂, lane by lane.")
	sums := []vec{4, 5, 6, 7}
	g.zero(sums...)
	g.broadcast(g.param("mean"), mean)
	g.broadcast(g.param("inverse"), inverse)
	g.loop(floats("dgamma", "dbeta", "dy", "x", "gamma"), 1, func(at []mem, _ int, lane bool) {
		const dy, hat, spare vec = 0, 1, 2
		g.load(at[2], dy, lane)
		hatOf(hat, at[3], lane)
		g.load(at[0], spare, lane)
		g.do("fmla", spare, dy, hat)
		g.store(spare, at[0], lane)
		g.load(at[1], spare, lane)
		g.do("fadd", spare, spare, dy)
		g.store(spare, at[1], lane)
		g.load(at[4], spare, lane)
		g.do("fmul", dy, dy, spare)
		g.do("fmul", hat, hat, dy)
		if lane {
			g.firstLane(dy)
			g.firstLane(hat)
		}
		g.addHalves(sums, dy, hat)
	})
	g.storeSums(sums)

	g.text("standardBackward", "func(dx, dy, x, gamma []float32, mean, inverse, shift, slope float32)",
		"sets dx = inverse*(gamma*dy - shift - x̂*slope).")
	for i, name := range []string{"mean", "inverse", "shift", "slope"} {
		g.broadcast(g.param(name), mean-vec(i))
	}
	g.loop(floats("dx", "dy", "x", "gamma"), 2, func(at []mem, u int, lane bool) {
		dy, hat, gamma := vec(3*u), vec(3*u+1), vec(3*u+2)
		g.load(at[1], dy, lane)
		hatOf(hat, at[2], lane)
		g.load(at[3], gamma, lane)
		g.do("fmul", dy, dy, gamma)
		g.do("fsub", dy, dy, shift)
		g.do("fmls", dy, hat, slope)
		g.do("fmul", dy, dy, inverse)
		g.store(dy, at[0], lane)
	})
	g.ret()
}

// firstLane clears all others, which a constant may have filled, as 0*∞ is NaN.
func (g *neon) firstLane(v vec) { g.op("FMOVS F%d, F%d", v, v) }
