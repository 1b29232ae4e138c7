package main

import (
	"math"

	"tatami/internal/kernels/winograd"
)

// transform makes one of the functions of a Winograd convolution, see winograd.
func (g *neon) transform(t winograd.Transform) {
	l := matrix(t.Matrix)
	in := len(l[0])
	g.text(t.Name, ofSquares, t.Doc)
	dst, dstRow, dstCol := g.arg("dst"), g.arg("dstRow"), g.arg("dstCol")
	start, srcRow, srcCol := g.arg("src"), g.arg("srcRow"), g.arg("srcCol")
	n, tiles := g.arg("n"), g.arg("tiles")
	const old, half vec = 12, 14
	do := arithmetic[vec]{
		add:    func(a, b, to vec) { g.do("fadd", to, a, b) },
		sub:    func(a, b, to vec) { g.do("fsub", to, a, b) },
		negate: func(a, to vec) { g.do("fneg", to, a) },
		halve:  func(a, to vec) { g.do("fmul", to, a, half) },
		move:   func(a, to vec) { g.do("orr", to, a, a) },
	}
	if l.hasHalves() {
		g.constant(0x3f000000, half)
	}

	g.label("tile")
	from, to := g.gp(), g.gp()
	g.op("MOVD %v, %v", start, from)
	g.op("MOVD %v, %v", dst, to)
	g.loopAt("lanes", n, []gpr{to, from}, floats("dst", "src"), 1, func(at []mem, _ int, lane bool) {
		row, p := g.gp(), g.gp()
		value := func(k, j int) vec { return vec(16 + k*in + j) }
		g.op("MOVD %v, %v", at[1].base, row)
		for k := range in {
			g.op("MOVD %v, %v", row, p)
			for j := range in {
				g.load(mem{p, 0}, value(k, j), lane)
				g.op("ADD %v, %v", srcCol, p)
			}
			g.op("ADD %v, %v", srcRow, row)
		}
		g.op("MOVD %v, %v", at[0].base, row)
		for i := range l {
			line := make([]vec, in)
			for j := range in {
				terms := make([]vec, in)
				for k := range in {
					terms[k] = value(k, j)
				}
				line[j] = combine(do, l[i], terms, vec(j), true)
			}
			g.op("MOVD %v, %v", row, p)
			for j := range l {
				out := combine(do, l[j], line, vec(8+j), true)
				if t.Adds {
					g.load(mem{p, 0}, old, lane)
					g.do("fadd", vec(8+j), out, old)
					out = vec(8 + j)
				}
				g.store(out, mem{p, 0}, lane)
				g.op("ADD %v, %v", dstCol, p)
			}
			g.op("ADD %v, %v", dstRow, row)
		}
		g.free(row, p)
	})
	g.nextTile(dst, start, tiles)
}

// transform4 makes one of the functions for tiles of 4×4 pixels, see isa.transform4.
func (g *neon) transform4(t winograd.Transform) {
	m := matrix(t.Matrix)
	in := len(m[0])
	g.text(t.Name, ofSquares, t.Doc)
	dst, dstRow, dstCol := g.arg("dst"), g.arg("dstRow"), g.arg("dstCol")
	start, srcRow, srcCol := g.arg("src"), g.arg("srcRow"), g.arg("srcCol")
	n, tiles := g.arg("n"), g.arg("tiles")
	constant := make(map[float64]vec)
	for i, c := range m.factors() {
		constant[c] = vec(31 - i)
		g.constant(math.Float32bits(float32(c)), constant[c])
	}
	do := products[vec]{
		add: func(a, b, to vec) { g.do("fadd", to, a, b) },
		sub: func(a, b, to vec) { g.do("fsub", to, a, b) },
		mul: func(c float64, a, to vec) { g.do("fmul", to, a, constant[c]) },
		fma: func(c float64, a, to vec) { g.do("fmla", to, a, constant[c]) },
	}
	spare := [3]vec{12, 13, 14}
	const old vec = 15

	g.label("tile")
	from, to := g.gp(), g.gp()
	g.op("MOVD %v, %v", start, from)
	g.op("MOVD %v, %v", dst, to)
	g.loopAt("lanes", n, []gpr{to, from}, floats("dst", "src"), 1, func(at []mem, _ int, lane bool) {
		p := g.gp()
		// place sets p to row i and column j.
		place := func(base, row, col gpr, i, j int) mem {
			g.op("MOVD %v, %v", base, p)
			for range i {
				g.op("ADD %v, %v", row, p)
			}
			for range j {
				g.op("ADD %v, %v", col, p)
			}
			return mem{p, 0}
		}
		for _, group := range m.groups() {
			var lines [2][6]vec
			for j := range in {
				read := func(k int, to vec) vec {
					g.load(place(at[1].base, srcRow, srcCol, k, j), to, lane)
					return to
				}
				combineGroup(do, m, group, read, []vec{vec(j), vec(6 + j)}, spare, func(i int, v vec) { lines[i][j] = v })
			}
			for l, i := range group {
				line := func(k int, _ vec) vec { return lines[l][k] }
				for _, columns := range m.groups() {
					combineGroup(do, m, columns, line, results(m, spare), spare, func(j int, v vec) {
						at := place(at[0].base, dstRow, dstCol, i, columns[j])
						if t.Adds {
							g.load(at, old, lane)
							g.do("fadd", v, v, old)
						}
						g.store(v, at, lane)
					})
				}
			}
		}
		g.free(p)
	})
	g.nextTile(dst, start, tiles)
}

// nextTile goes on to the next square, or returns.
func (g *neon) nextTile(dst, start, tiles gpr) {
	for _, move := range []struct {
		by string
		p  gpr
	}{{"dstTile", dst}, {"srcTile", start}} {
		by := g.arg(move.by)
		g.op("ADD %v, %v", by, move.p)
		g.free(by)
	}
	g.op("SUBS $1, %v", tiles)
	g.op("BNE tile")
	g.ret()
}
