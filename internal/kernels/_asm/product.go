package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Widths of tiles are in vectors, or one vector with something known of the
// tables of offsets.
const (
	tapQuads   = 5 // every fourth tap is followed by its three neighbours
	rowQuads   = 6 // every fourth row of a is followed by its three neighbours
	tileWidths = 7
)

func vectors(width int) int {
	if width == tapQuads || width == rowQuads {
		return 1
	}
	return width
}

// tiles lists the greatest number of rows a tile of each width has, and in which
// steps there are fewer. The tile's sums, the rows of b and a value of a must
// fit in the registers.
func (s isa) tiles() (rows, step [tileWidths]int) {
	if s.wide() {
		rows = [...]int{1: 24, 2: 14, 3: 9, 4: 6, tapQuads: 24, rowQuads: 24}
	} else {
		rows = [...]int{1: 12, 2: 6, 4: 2, rowQuads: 0}
	}
	for w, most := range rows {
		if most > 0 {
			step[w] = 1
		}
	}
	if rows[rowQuads] > 0 {
		step[rowQuads] = 4
	}
	return rows, step
}

// widths are in the order in which a call looks for its own.
var widths = []int{2, tapQuads, rowQuads, 3, 1, 4}

// product makes the function that walks tiles of m rows × v vectors down the tables crow and arow.
func product(s isa) {
	s.text("product", "func(m, v, tiles int, c *float32, crow *int32, a *float32, arow, tap, lastTap *int32, b *float32, ldb, tail int, add bool)",
		"computes tiles of m rows × v vectors, the last vector of which has tail lanes. ldb is in bytes. v = 5 and 6 mean one vector, with taps or rows of a that come in runs of four.")
	most, step := s.tiles()

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
	for _, w := range widths {
		if most[w] > 0 {
			CMPQ(v, U8(w))
			JEQ(LabelRef(fmt.Sprintf("width%d", w)))
		}
	}
	RET()
	for _, w := range widths {
		if most[w] == 0 {
			continue
		}
		Label(fmt.Sprintf("width%d", w))
		for rows := most[w]; rows > 0; rows -= step[w] {
			CMPQ(m, U8(rows))
			JEQ(LabelRef(fmt.Sprintf("tile%dx%d", rows, w)))
		}
		RET()
	}
	for _, w := range widths {
		for rows := most[w]; rows > 0; rows -= step[w] {
			s.productTile(rows, w, slots)
		}
	}
}

// unrolled is how many taps a tile of AVX2 two vectors wide walks at a time: so few and short are its multiplications that
// the branch behind each tap, and the guess where the loop ends, would be a quarter of the time of the 25 taps of a 5×5
// filter.
const unrolled = 4

// slots are the places on the stack of what a tile needs only before and after its loop.
type slots struct{ crow, arow, tiles, rows Mem }

func (s isa) productTile(m, w int, at slots) {
	label := fmt.Sprintf("tile%dx%d", m, w)
	v := vectors(w)
	acc := func(r, i int) reg.VecPhysical { return s.regs[r*v+i] }

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

	Label(label + "_start")
	rows := loadRows(m, w, at)
	tap, b := GP64(), GP64()
	MOVQ(argument("tap"), tap)
	MOVQ(argument("b"), b)

	walk := func(loop string, steps int, last Op) {
		Label(loop)
		for k := range steps {
			t := GP64()
			MOVLQSX(Mem{Base: tap, Disp: 4 * k}, t)
			rows.offset = t
			switch w {
			case tapQuads:
				tapQuadStep(rows, b)
			case rowQuads:
				rowQuadStep(rows, b)
			default:
				s.tapStep(rows, b, v)
			}
		}
		if w == tapQuads {
			steps *= 4
		}
		ADDQ(U8(4*steps), tap)
		CMPQ(tap, last)
		JLS(LabelRef(loop))
	}
	if !s.wide() && w == 2 {
		last := GP64()
		MOVQ(argument("lastTap"), last)
		SUBQ(U8(4*(unrolled-1)), last)
		CMPQ(tap, last)
		JHI(LabelRef(label + "_tap"))
		walk(label+"_taps", unrolled, last)
		CMPQ(tap, argument("lastTap"))
		JHI(LabelRef(label + "_sums"))
	}
	walk(label+"_tap", 1, argument("lastTap"))
	Label(label + "_sums")

	table, base, t = GP64(), GP64(), GP64()
	MOVQ(at.crow, table)
	MOVQ(argument("c"), base)
	store := func(tail bool) {
		for r := range m {
			MOVLQSX(Mem{Base: table, Disp: 4 * r}, t)
			for i := range v {
				to := Mem{Base: base, Index: t, Scale: 4, Disp: s.bytes() * i}
				if tail && i == v-1 && !s.wide() {
					storeFirst(fmt.Sprintf("%s_row%d", label, r), acc(r, i), to, argument("tail"))
				} else {
					s.store(acc(r, i), to, tail && i == v-1)
				}
			}
		}
	}
	if s.wide() {
		store(true)
	} else {
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

// rowPointers are pointers to rows of a: as many as there are registers for, the others on the stack. To all of them the
// same offset is added.
type rowPointers struct {
	m      int // rows of the tile
	held   []reg.GPVirtual
	stack  Mem
	spare  reg.GPVirtual
	offset reg.Register
}

// loadRows makes the pointers, with rowQuads one to each run of four rows.
func loadRows(m, w int, at slots) rowPointers {
	n, step := m, 1
	if w == rowQuads {
		n, step = m/4, 4
	}
	p := rowPointers{m: m, stack: at.rows, spare: GP64()}
	held := n
	if n > 12 {
		held = 11 // and one register to fetch the others
	}
	table, base, t := GP64(), GP64(), GP64()
	MOVQ(at.arow, table)
	MOVQ(argument("a"), base)
	for i := held; i < n; i++ {
		MOVLQSX(Mem{Base: table, Disp: 4 * step * i}, t)
		LEAQ(Mem{Base: base, Index: t, Scale: 4}, t)
		MOVQ(t, at.rows.Offset(8*(i-held)))
	}
	for i := range held {
		row := GP64()
		MOVLQSX(Mem{Base: table, Disp: 4 * step * i}, row)
		LEAQ(Mem{Base: base, Index: row, Scale: 4}, row)
		p.held = append(p.held, row)
	}
	return p
}

// at is the value of a in row i at the offset, or so many places behind it.
func (p rowPointers) at(i, behind int) Mem {
	return Mem{Base: p.held[i], Index: p.offset, Scale: 4, Disp: 4 * behind}
}

// fetch brings pointer i into a register, and returns the pointers with it.
func (p rowPointers) fetch(i int) rowPointers {
	if i < len(p.held) {
		return p
	}
	MOVQ(p.stack.Offset(8*(i-len(p.held))), p.spare)
	all := append([]reg.GPVirtual{}, p.held...)
	for len(all) <= i {
		all = append(all, p.spare)
	}
	p.held = all
	return p
}

// tapStep adds the products of one tap, the sums being the first registers.
func (s isa) tapStep(rows rowPointers, b reg.Register, v int) {
	last := len(s.regs) - 1 // the value of a
	if !s.wide() {
		last-- // the mask
	}
	y, x := s.regs[last-v:last], s.regs[last]
	if rows.m*v > last-v {
		panic("a tile needs too many registers")
	}
	for i := range v {
		s.load(Mem{Base: b, Disp: s.bytes() * i}, y[i], i == v-1)
	}
	if v > 1 && rows.m >= prefetchRows { // the next panel's values in this row
		for at := s.bytes() * v; at < 2*s.bytes()*v; at += cacheLine {
			PREFETCHT1(Mem{Base: b, Disp: at})
		}
	}
	ADDQ(argument("ldb"), b)
	for r := range rows.m {
		value := rows.fetch(r).at(r, 0)
		if v == 1 && s.wide() {
			VFMADD231PS_BCST(value, y[0], s.regs[r])
			continue
		}
		VBROADCASTSS(value, x)
		for i := range v {
			VFMADD231PS(y[i], x, s.regs[r*v+i])
		}
	}
}

// A tile one vector wide loads a value of a for every multiplication, which is more than a core can load. Where four
// values lie side by side, two of them come out of one load of all four, by shuffles that run beside the multiplications.

// tapQuadStep adds the products of four taps.
func tapQuadStep(rows rowPointers, b reg.Register) {
	r := avx512.regs
	for k := range 4 {
		avx512.load(Mem{Base: b}, r[24+k], true)
		ADDQ(argument("ldb"), b)
	}
	for i := range rows.m {
		p := rows.fetch(i)
		VBROADCASTF32X4(p.at(i, 0), r[28])
		for k := range 4 {
			fourth(p, i, k, r[24+k], r[i])
		}
	}
}

// rowQuadStep adds the products of one tap, four rows at a time.
func rowQuadStep(rows rowPointers, b reg.Register) {
	r := avx512.regs
	avx512.load(Mem{Base: b}, r[24], true)
	ADDQ(argument("ldb"), b)
	for i := range rows.m / 4 {
		VBROADCASTF32X4(rows.at(i, 0), r[28])
		for k := range 4 {
			fourth(rows, i, k, r[24], r[4*i+k])
		}
	}
}

// fourth adds the product of the value k places behind the offset, all four of which register 28 holds.
func fourth(p rowPointers, i, k int, y, sum reg.VecPhysical) {
	r := avx512.regs
	if k < 2 {
		VFMADD231PS_BCST(p.at(i, k), y, sum)
		return
	}
	VPERMILPS(U8(0x55*k), r[28], r[29+k%2])
	VFMADD231PS(y, r[29+k%2], sum)
}
