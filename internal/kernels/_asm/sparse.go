package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sparseWidths are the widths in vectors of a row of sums, widest first: so many that a value of a, which is loaded too,
// meets many of b, and so few that the rows of b stay in the first-level cache.
var sparseWidths = []int{8, 4, 2, 1}

func sparseDoc(width string) string {
	return "computes rows of " + width + ": each the sum of n values, one count a row, times rows of b. The lists of rows are room bytes apart; an entry is a value and above it the offset of its row of b."
}

// sparse makes the function that walks lists of the values that are not 0.
func sparse(s isa) {
	s.text("sparse", "func(v, rows int, c *float32, crow *int32, list *uint64, room int, n *int32, b *float32, ldb, ahead, tail int, add bool)",
		sparseDoc("v vectors, the last of which has tail lanes")+" ahead is how many rows of b, ldb bytes apart, each row asks for to the right of the present columns.")
	tail := Load(Param("tail"), GP64()).(reg.GPVirtual)
	s.setTail(tail)
	v := Load(Param("v"), GP64())
	for _, w := range sparseWidths {
		CMPQ(v, U8(w))
		JEQ(LabelRef(fmt.Sprintf("width%d", w)))
	}
	RET()
	for _, w := range sparseWidths {
		Label(fmt.Sprintf("width%d", w))
		CMPQ(tail, U8(s.lanes))
		JNE(LabelRef(fmt.Sprintf("width%d_part", w)))
		s.sparseRows(w, false)
		s.sparseRows(w, true)
	}
}

func (s isa) sparseRows(v int, tail bool) {
	label := fmt.Sprintf("width%d", v)
	if tail {
		label += "_part"
		Label(label)
	}
	last := len(s.regs) - 2
	value, part := s.regs[last], s.regs[last-1]
	rows, c, crow := Load(Param("rows"), GP64()), Load(Param("c"), GP64()), Load(Param("crow"), GP64())
	list, n, b := Load(Param("list"), GP64()), Load(Param("n"), GP64()), Load(Param("b"), GP64())
	add, row, left, p, at := GP64(), GP64(), GP64(), GP64(), GP64()
	MOVBQZX(argument("add"), add)
	soon := GP64()
	LEAQ(Mem{Base: b, Disp: v * s.bytes()}, soon)

	Label(label + "_row")
	MOVLQSX(Mem{Base: crow}, row)
	LEAQ(Mem{Base: c, Index: row, Scale: 4}, row)
	TESTQ(add, add)
	JZ(LabelRef(label + "_zero"))
	for i := range v {
		s.load(Mem{Base: row, Disp: s.bytes() * i}, s.regs[i], tail && i == v-1)
	}
	JMP(LabelRef(label + "_start"))
	Label(label + "_zero")
	for i := range v {
		s.zero(s.regs[i])
	}
	Label(label + "_start")
	MOVQ(list, p)
	MOVLQSX(Mem{Base: n}, left)
	TESTQ(left, left)
	JZ(LabelRef(label + "_store"))
	Label(label + "_value")
	MOVLQSX(Mem{Base: p, Disp: 4}, at)
	VBROADCASTSS(Mem{Base: p}, value)
	for i := range v {
		m := Mem{Base: b, Index: at, Scale: 4, Disp: s.bytes() * i}
		if tail && i == v-1 {
			s.load(m, part, true)
			VFMADD231PS(part, value, s.regs[i])
			continue
		}
		VFMADD231PS(m, value, s.regs[i])
	}
	ADDQ(U8(8), p)
	DECQ(left)
	JNZ(LabelRef(label + "_value"))
	Label(label + "_store")
	MOVQ(argument("ahead"), left)
	TESTQ(left, left)
	JZ(LabelRef(label + "_asked"))
	Label(label + "_ahead")
	for at := 0; at < v*s.bytes(); at += cacheLine {
		PREFETCHT1(Mem{Base: soon, Disp: at})
	}
	ADDQ(argument("ldb"), soon)
	DECQ(left)
	JNZ(LabelRef(label + "_ahead"))
	Label(label + "_asked")
	for i := range v {
		s.store(s.regs[i], Mem{Base: row, Disp: s.bytes() * i}, tail && i == v-1)
	}
	ADDQ(argument("room"), list)
	ADDQ(U8(4), n)
	ADDQ(U8(4), crow)
	DECQ(rows)
	JNZ(LabelRef(label + "_row"))
	s.end()
}
