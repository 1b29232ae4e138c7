package main

import "fmt"

// Widths of tiles are in vectors; from narrow on they are lanes of one.
const (
	neonNarrow = 4 // and 1, 2 or 3 lanes
	neonWidths = 8
)

// neonTiles lists the greatest number of rows a tile of each width has. Sums are
// 24 registers; the rows' pointers must fit beside ten others.
var neonTiles = [neonWidths]int{1: 12, 2: 12, 3: 8, 4: 6, 5: 8, 6: 8, 7: 8}

// product makes the function that walks tiles of m rows × v vectors down the
// tables crow and arow. The last of several vectors overlaps the one before if
// it has fewer lanes.
func (g *neon) product() {
	g.text("product", "func(m, v, tiles int, c *float32, crow *int32, a *float32, arow, tap, lastTap *int32, b *float32, ldb, tail int, add bool)",
		"computes tiles of m rows × v vectors, the last vector of which has tail lanes. ldb is in bytes. v = 5, 6 and 7 mean one vector of 1, 2 and 3 lanes.")
	t := tileRegs{crow: g.arg("crow"), arow: g.arg("arow"), tiles: g.arg("tiles"), ldb: g.arg("ldb"), last: g.gp()}
	m, v, tail := g.arg("m"), g.arg("v"), g.arg("tail")
	// The last vector begins so many bytes behind the first.
	g.op("LSL $4, %v, %v", v, t.last)
	g.op("ADD %v<<2, %v, %v", tail, t.last, t.last)
	g.op("SUB $32, %v", t.last)
	for w := neonWidths - 1; w > 0; w-- {
		g.op("CMP $%d, %v", w, v)
		g.op("BEQ width%d", w)
	}
	g.ret()
	for w := neonWidths - 1; w > 0; w-- {
		g.label("width%d", w)
		for rows := neonTiles[w]; rows > 0; rows-- {
			g.op("CMP $%d, %v", rows, m)
			g.op("BEQ tile%dx%d", rows, w)
		}
		g.ret()
	}
	g.free(m, v, tail)
	for w := neonWidths - 1; w > 0; w-- {
		for rows := neonTiles[w]; rows > 0; rows-- {
			g.tile(rows, w, t)
		}
	}
}

// tileRegs are what all tiles need.
type tileRegs struct{ crow, arow, tiles, ldb, last gpr }

func (g *neon) tile(m, w int, t tileRegs) {
	label := fmt.Sprintf("tile%dx%d", m, w)
	v, lanes := w, neonLanes
	if w > neonNarrow {
		v, lanes = 1, w-neonNarrow
	}
	sum := func(r, i int) vec { return vec(r*v + i) }
	y, x := vec(m*v), vec(28) // a row of b; values of a, four in turn
	if m*v+v > int(x) {
		panic("a tile needs too many registers")
	}

	// eachRow gives body the place of each row of c, and that of its last vector.
	eachRow := func(body func(r int, p, last gpr)) {
		base, p, last := g.arg("c"), g.gp(), g.gp()
		for r := range m {
			g.op("MOVW %d(%v), %v", 4*r, t.crow, p)
			g.op("ADD %v<<2, %v, %v", p, base, p)
			if v > 1 {
				g.op("ADD %v, %v, %v", t.last, p, last)
			}
			body(r, p, last)
		}
		g.free(base, p, last)
	}

	g.label("%s", label)
	add := g.flag(g.param("add"))
	g.op("CBNZ %v, %s_add", add, label)
	g.free(add)
	for i := range m * v {
		g.zero(vec(i))
	}
	g.op("B %s_start", label)
	g.label("%s_add", label)
	eachRow(func(r int, p, last gpr) {
		if v == 1 {
			g.loadLanes(p, sum(r, 0), lanes)
			return
		}
		g.op("VLD1 (%v), %s", p, registers(sum(r, 0), v-1))
		g.op("VLD1 (%v), %s", last, registers(sum(r, v-1), 1))
	})

	g.label("%s_start", label)
	table, base := t.arow, g.arg("a")
	rows := make([]gpr, m)
	for r := range rows {
		rows[r] = g.gp()
		g.op("MOVW %d(%v), %v", 4*r, table, rows[r])
		g.op("ADD %v<<2, %v, %v", rows[r], base, rows[r])
	}
	g.free(base)
	tap, end, b, at := g.arg("tap"), g.arg("lastTap"), g.arg("b"), g.gp()
	var b2 gpr
	if v > 1 {
		b2 = g.gp()
		g.op("ADD %v, %v, %v", t.last, b, b2)
	}
	g.label("%s_tap", label)
	g.op("MOVW.P 4(%v), %v", tap, at)
	switch {
	case v > 1:
		g.op("VLD1.P (%v)(%v), %s", b, t.ldb, registers(y, v-1))
		g.op("VLD1.P (%v)(%v), %s", b2, t.ldb, registers(y+vec(v-1), 1))
	default:
		g.loadLanes(b, y, lanes)
		g.op("ADD %v, %v", t.ldb, b)
	}
	ahead(m, func(r int) {
		g.op("FMOVS (%v)(%v<<2), F%d", rows[r], at, x+vec(r%4))
	}, func(r int) {
		for i := range v {
			g.do("fmla s[0]", sum(r, i), y+vec(i), x+vec(r%4))
		}
	})
	g.op("CMP %v, %v", end, tap)
	g.op("BLS %s_tap", label)
	g.free(tap, end, b, at)
	if v > 1 {
		g.free(b2)
	}
	g.free(rows...)

	eachRow(func(r int, p, last gpr) {
		if v == 1 {
			g.storeLanes(sum(r, 0), p, lanes)
			return
		}
		g.op("VST1 %s, (%v)", registers(sum(r, 0), v-1), p)
		g.op("VST1 %s, (%v)", registers(sum(r, v-1), 1), last)
	})
	g.op("ADD $%d, %v", 4*m, t.crow)
	g.op("ADD $%d, %v", 4*m, t.arow)
	g.op("SUBS $1, %v", t.tiles)
	g.op("BNE %s", label)
	g.ret()
}

// ahead loads four values before the first is used, and each further one into
// the place of one that has been: small cores do not reorder instructions.
func ahead(n int, load, use func(i int)) {
	for i := range min(n, 4) {
		load(i)
	}
	for i := range n {
		use(i)
		if i+4 < n {
			load(i + 4)
		}
	}
}

// neonDots lists, for each number of rows of a, the number of rows of b which a
// tile takes.
var neonDots = []int{1: 8, 2: 8, 3: 8}

// dot makes the function that computes one tile of products of rows with rows.
func (g *neon) dot() {
	g.text("dot", "func(m, n int, c *float32, ldc int, a *float32, lda int, b *float32, ldb, k int, add bool)",
		"computes a tile of m×n dot products of length k. The strides are in bytes.")
	m := g.arg("m")
	for rows := len(neonDots) - 1; rows > 0; rows-- {
		g.op("CMP $%d, %v", rows, m)
		g.op("BEQ rows%d", rows)
	}
	g.ret()
	g.free(m)
	for rows := len(neonDots) - 1; rows > 0; rows-- {
		g.dotTile(rows, neonDots[rows])
	}
}

func (g *neon) dotTile(m, n int) {
	label := fmt.Sprintf("rows%d", m)
	sum := func(i, j int) vec { return vec(i*n + j) }
	x, y := vec(m*n), vec(28) // a column of a; vectors of b, four in turn

	g.label("%s", label)
	for i := range m * n {
		g.zero(vec(i))
	}
	columns, lda, ldb, left := g.arg("n"), g.arg("lda"), g.arg("ldb"), g.arg("k")
	a, b := make([]gpr, m), make([]gpr, n)
	a[0], b[0] = g.arg("a"), g.arg("b")
	for i := 1; i < m; i++ {
		a[i] = g.gp()
		g.op("ADD %v, %v, %v", lda, a[i-1], a[i])
	}
	for j := 1; j < n; j++ {
		// Columns beyond the last one repeat it; their sums are not stored.
		b[j] = g.gp()
		g.op("CMP $%d, %v", j, columns)
		g.op("CSEL GT, %v, ZR, %v", ldb, b[j])
		g.op("ADD %v, %v", b[j-1], b[j])
	}

	step := func(bytes int, form, register string) {
		for i := range m {
			g.op(form+" "+register, bytes, a[i], int(x)+i)
		}
		ahead(n, func(j int) {
			g.op(form+" "+register, bytes, b[j], int(y)+j%4)
		}, func(j int) {
			for i := range m {
				g.do("fmla", sum(i, j), y+vec(j%4), x+vec(i))
			}
		})
	}
	g.op("SUBS $%d, %v", neonLanes, left)
	g.op("BLT %s_few", label)
	g.label("%s_many", label)
	step(16, "FMOVQ.P %d(%v),", "F%d")
	g.op("SUBS $%d, %v", neonLanes, left)
	g.op("BGE %s_many", label)
	g.label("%s_few", label)
	g.op("ADDS $%d, %v", neonLanes, left)
	g.op("BEQ %s_sum", label)
	g.label("%s_one", label)
	step(4, "FMOVS.P %d(%v),", "F%d")
	g.op("SUBS $1, %v", left)
	g.op("BNE %s_one", label)
	g.label("%s_sum", label)
	g.free(a...)
	g.free(b...)
	g.free(lda, ldb, left)

	// The lanes of four columns of sums are added up at once.
	add := g.flag(g.param("add"))
	c, ldc := g.arg("c"), g.arg("ldc")
	for first := 0; first < n; first += 4 {
		p := g.gp()
		g.op("ADD $%d, %v, %v", 4*first, c, p)
		for i := range m {
			total, old := sum(i, first), vec(28)
			g.do("faddp", total, total, total+1)
			g.do("faddp", total+2, total+2, total+3)
			g.do("faddp", total, total, total+2)
			name := fmt.Sprintf("%s_%d_%d", label, i, first)
			g.op("CMP $%d, %v", first+4, columns)
			g.op("BLT %s_few", name)
			g.op("CBZ %v, %s_store", add, name)
			g.load(mem{p, 0}, old, false)
			g.do("fadd", total, total, old)
			g.label("%s_store", name)
			g.store(total, mem{p, 0}, false)
			g.op("B %s_done", name)
			g.label("%s_few", name)
			for lanes := 1; lanes < 4; lanes++ {
				g.op("CMP $%d, %v", first+lanes, columns)
				g.op("BNE %s_not%d", name, lanes)
				g.op("CBZ %v, %s_store%d", add, name, lanes)
				g.loadLanes(p, old, lanes)
				g.do("fadd", total, total, old)
				g.label("%s_store%d", name, lanes)
				g.storeLanes(total, p, lanes)
				g.label("%s_not%d", name, lanes)
			}
			g.label("%s_done", name)
			g.op("ADD %v, %v", ldc, p)
		}
		g.free(p)
	}
	g.ret()
}

// transpose makes the function that turns four rows into four columns.
func (g *neon) transpose() {
	g.text("transpose", "func(dst *float32, ldd int, src *float32, lds, n int)",
		"transposes 4 rows of n columns, n a multiple of 4. The strides are in bytes.")
	dst, ldd, src, lds, n := g.arg("dst"), g.arg("ldd"), g.arg("src"), g.arg("lds"), g.arg("n")
	rows := []gpr{src, g.gp(), g.gp(), g.gp()}
	for i := 1; i < 4; i++ {
		g.op("ADD %v, %v, %v", lds, rows[i-1], rows[i])
	}
	g.label("block")
	for i, p := range rows {
		g.op("FMOVQ.P 16(%v), F%d", p, i)
	}
	for i := vec(0); i < 4; i += 2 {
		g.do("trn1", 4+i, i, i+1)
		g.do("trn2", 5+i, i, i+1)
	}
	for i := range vec(2) {
		g.do("trn1 2d", i, 4+i, 6+i)
		g.do("trn2 2d", i+2, 4+i, 6+i)
	}
	for i := range 4 {
		g.op("VST1.P %s, (%v)(%v)", registers(vec(i), 1), dst, ldd)
	}
	g.op("SUBS $4, %v", n)
	g.op("BNE block")
	g.ret()
}
