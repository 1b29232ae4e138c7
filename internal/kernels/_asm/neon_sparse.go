package main

import "fmt"

// neonSparseWidths are the widths in vectors of a row of sums; 0 is one lane.
var neonSparseWidths = []int{16, 8, 4, 2, 1, 0}

// sparse makes the function that walks lists of the values that are not 0.
func (g *neon) sparse() {
	g.text("sparse", "func(v, rows int, c *float32, crow *int32, list *uint64, room int, n *int32, b *float32, add bool)",
		sparseDoc("v vectors, or with v = 0 of one lane"))
	rows, c, crow, list, room := g.arg("rows"), g.arg("c"), g.arg("crow"), g.arg("list"), g.arg("room")
	n, b, add := g.arg("n"), g.arg("b"), g.flag(g.param("add"))
	row, left, p, at := g.gp(), g.gp(), g.gp(), g.gp()
	v := g.arg("v")
	for _, w := range neonSparseWidths {
		g.op("CMP $%d, %v", w, v)
		g.op("BEQ width%d", w)
	}
	g.ret()
	for _, w := range neonSparseWidths {
		label := fmt.Sprintf("width%d", w)
		lots := sparseLots(w)
		load := func(p gpr, first vec, lot int) {
			if w == 0 {
				g.load(mem{p, 0}, first, true)
			} else {
				g.op("VLD1.P %d(%v), %s", 16*lot, p, registers(first, lot))
			}
		}
		g.label("%s", label)
		g.op("MOVW.P 4(%v), %v", crow, row)
		g.op("ADD %v<<2, %v, %v", row, c, row)
		g.op("CBNZ %v, %s_add", add, label)
		for i := range max(w, 1) {
			g.zero(vec(i))
		}
		g.op("B %s_start", label)
		g.label("%s_add", label)
		g.op("MOVD %v, %v", row, p)
		for i, lot := range lots {
			load(p, vec(4*i), lot)
		}
		g.label("%s_start", label)
		g.op("MOVW.P 4(%v), %v", n, left)
		g.op("CBZ %v, %s_store", left, label)
		g.op("MOVD %v, %v", list, p)
		g.label("%s_value", label)
		const x, y = vec(28), vec(16) // a value of a; two lots of a row of b, in turn
		g.op("FMOVS (%v), F%d", p, x)
		g.op("MOVW 4(%v), %v", p, at)
		g.op("ADD $8, %v", p)
		g.op("ADD %v<<2, %v, %v", at, b, at)
		load(at, y, lots[0])
		for i, lot := range lots {
			if i+1 < len(lots) {
				load(at, y+vec(4*((i+1)%2)), lots[i+1])
			}
			for k := range max(lot, 1) {
				g.do("fmla s[0]", vec(4*i+k), y+vec(4*(i%2)+k), x)
			}
		}
		g.op("SUBS $1, %v", left)
		g.op("BNE %s_value", label)
		g.label("%s_store", label)
		for i, lot := range lots {
			if w == 0 {
				g.store(0, mem{row, 0}, true)
			} else {
				g.op("VST1.P %s, %d(%v)", registers(vec(4*i), lot), 16*lot, row)
			}
		}
		g.op("ADD %v, %v", room, list)
		g.op("SUBS $1, %v", rows)
		g.op("BNE %s", label)
		g.ret()
	}
}

// sparseLots are the vectors of a row in lots of those that an instruction
// loads, 4 at most.
func sparseLots(w int) []int {
	lots := []int{min(w, 4)}
	for w -= 4; w > 0; w -= 4 {
		lots = append(lots, 4)
	}
	return lots
}
