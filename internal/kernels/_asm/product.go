package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// productShapes lists, for each width in vectors, the greatest number of rows a tile has. The tile's sums, one row of b
// and one value of a must fit in the registers.
func (s isa) productShapes() map[int]int {
	if s.wide() {
		return map[int]int{1: 24, 2: 14, 3: 9, 4: 6}
	}
	return map[int]int{1: 12, 2: 6, 4: 2}
}

// product makes the function that walks tiles of m rows × v vectors down the tables crow and arow.
func product(s isa) {
	name := "product" + s.name
	TEXT(name, NOSPLIT, "func(m, v, tiles int, c *float32, crow *int32, a *float32, arow, tap, lastTap *int32, b *float32, ldb, tail int, add bool)")
	Doc(name + " computes tiles of m rows × v vectors, the last vector of which has tail lanes. ldb is in bytes.")
	Pragma("noescape")

	n := Load(Param("tail"), GP64()).(reg.GPVirtual)
	s.setTail(n)
	slots := slots{crow: AllocLocal(8), arow: AllocLocal(8), tiles: AllocLocal(8), rows: AllocLocal(8 * 13)}
	move := func(param string, to Mem) {
		t := GP64()
		MOVQ(argument(param), t)
		MOVQ(t, to)
	}
	move("crow", slots.crow)
	move("arow", slots.arow)
	move("tiles", slots.tiles)

	// The widest tiles do the most work, so they are found first.
	m, v := GP64(), GP64()
	MOVQ(argument("m"), m)
	MOVQ(argument("v"), v)
	shapes := s.productShapes()
	widths := []int{2, 1, 3, 4}
	for _, w := range widths {
		if shapes[w] > 0 {
			CMPQ(v, U8(w))
			JEQ(LabelRef(fmt.Sprintf("width%d", w)))
		}
	}
	RET()
	for _, w := range widths {
		if shapes[w] == 0 {
			continue
		}
		Label(fmt.Sprintf("width%d", w))
		for rows := shapes[w]; rows > 0; rows-- {
			CMPQ(m, U8(rows))
			JEQ(LabelRef(fmt.Sprintf("tile%dx%d", rows, w)))
		}
		RET()
	}
	for _, w := range widths {
		for rows := shapes[w]; rows > 0; rows-- {
			s.productTile(rows, w, slots)
		}
	}
}

// slots are the places on the stack of what a tile needs only before and after its loop.
type slots struct{ crow, arow, tiles, rows Mem }

func (s isa) productTile(m, v int, at slots) {
	label := fmt.Sprintf("tile%dx%d", m, v)
	last := len(s.regs) - 1 // the value of a
	if !s.wide() {
		last-- // the mask
	}
	acc := func(r, i int) reg.VecPhysical { return s.regs[r*v+i] }
	row := func(i int) reg.VecPhysical { return s.regs[last-v+i] }
	x := s.regs[last]
	if m*v > last-v {
		panic(label + " needs too many registers")
	}

	Label(label)
	for r := range m {
		for i := range v {
			s.zero(acc(r, i))
		}
	}
	add, table, base, t := GP64(), GP64(), GP64(), GP64()
	MOVBQZX(argument("add"), add)
	TESTQ(add, add)
	JZ(LabelRef(label + "_start"))
	MOVQ(at.crow, table)
	MOVQ(argument("c"), base)
	for r := range m {
		MOVLQSX(Mem{Base: table, Disp: 4 * r}, t)
		for i := range v {
			s.load(Mem{Base: base, Index: t, Scale: 4, Disp: s.bytes() * i}, acc(r, i), i == v-1)
		}
	}

	// Pointers to the rows of a: as many as there are registers for, the others on the stack.
	Label(label + "_start")
	held := m
	if m > 12 {
		held = 11
	}
	rows := make([]reg.GPVirtual, m)
	table, base, t = GP64(), GP64(), GP64()
	MOVQ(at.arow, table)
	MOVQ(argument("a"), base)
	for r := held; r < m; r++ {
		MOVLQSX(Mem{Base: table, Disp: 4 * r}, t)
		LEAQ(Mem{Base: base, Index: t, Scale: 4}, t)
		MOVQ(t, at.rows.Offset(8*(r-held)))
	}
	for r := range held {
		rows[r] = GP64()
		MOVLQSX(Mem{Base: table, Disp: 4 * r}, rows[r])
		LEAQ(Mem{Base: base, Index: rows[r], Scale: 4}, rows[r])
	}
	tap, b := GP64(), GP64()
	MOVQ(argument("tap"), tap)
	MOVQ(argument("b"), b)

	Label(label + "_tap")
	t = GP64()
	MOVLQSX(Mem{Base: tap}, t)
	for i := range v {
		s.load(Mem{Base: b, Disp: s.bytes() * i}, row(i), i == v-1)
	}
	spilled := GP64()
	for r := range m {
		p := rows[r]
		if r >= held {
			p = spilled
			MOVQ(at.rows.Offset(8*(r-held)), p)
		}
		value := Mem{Base: p, Index: t, Scale: 4}
		if v == 1 && s.wide() {
			VFMADD231PS_BCST(value, row(0), acc(r, 0))
			continue
		}
		VBROADCASTSS(value, x)
		for i := range v {
			VFMADD231PS(row(i), x, acc(r, i))
		}
	}
	ADDQ(argument("ldb"), b)
	ADDQ(U8(4), tap)
	CMPQ(tap, argument("lastTap"))
	JLS(LabelRef(label + "_tap"))

	table, base, t = GP64(), GP64(), GP64()
	MOVQ(at.crow, table)
	MOVQ(argument("c"), base)
	store := func(tail bool) {
		for r := range m {
			MOVLQSX(Mem{Base: table, Disp: 4 * r}, t)
			for i := range v {
				s.store(acc(r, i), Mem{Base: base, Index: t, Scale: 4, Disp: s.bytes() * i}, tail && i == v-1)
			}
		}
	}
	if s.wide() {
		store(true)
	} else {
		// Masked stores are slow on AVX2, and mostly not needed.
		CMPQ(argument("tail"), U8(s.lanes))
		JEQ(LabelRef(label + "_full"))
		store(true)
		JMP(LabelRef(label + "_stored"))
		Label(label + "_full")
		store(false)
		Label(label + "_stored")
	}
	ADDQ(U8(4*m), at.crow)
	ADDQ(U8(4*m), at.arow)
	DECQ(at.tiles)
	JNZ(LabelRef(label))
	s.end()
}
