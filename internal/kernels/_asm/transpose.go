package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose makes the function that turns 8 rows into 8 columns, 8×8 at a time. It is the same for both instruction
// sets: the work is moving memory.
func transpose() {
	s := avx2
	s.text("transpose", "func(dst *float32, ldd int, src *float32, lds, n int)",
		"transposes 8 rows of n columns, n a multiple of 8. The strides are in bytes.")
	dst := Load(Param("dst"), GP64())
	ldd := Load(Param("ldd"), GP64())
	lds := Load(Param("lds"), GP64())
	n := Load(Param("n"), GP64())
	// Two pointers and three multiples of the stride reach 8 rows.
	src0, src4 := Load(Param("src"), GP64()), GP64()
	LEAQ(Mem{Base: src0, Index: lds, Scale: 4}, src4)
	lds3, ldd3, dst4 := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: lds, Index: lds, Scale: 2}, lds3)
	LEAQ(Mem{Base: ldd, Index: ldd, Scale: 2}, ldd3)
	row := func(p0, p4, ld, ld3 reg.Register, i int) Mem {
		m := Mem{Base: p0}
		if i >= 4 {
			m.Base = p4
		}
		switch i % 4 {
		case 1:
			m.Index, m.Scale = ld, 1
		case 2:
			m.Index, m.Scale = ld, 2
		case 3:
			m.Index, m.Scale = ld3, 1
		}
		return m
	}
	r := s.regs
	Label("block")
	LEAQ(Mem{Base: dst, Index: ldd, Scale: 4}, dst4)
	// Rows 0–3 get their left halves beside those of rows 4–7, so that only shuffles within halves remain.
	for i := range 4 {
		left, right := row(src0, src4, lds, lds3, i), row(src0, src4, lds, lds3, i+4)
		VMOVUPS(left, r[i].AsX())
		VINSERTF128(U8(1), right, r[i], r[i])
		left.Disp, right.Disp = 16, 16
		VMOVUPS(left, r[4+i].AsX())
		VINSERTF128(U8(1), right, r[4+i], r[4+i])
	}
	for h := 0; h < 8; h += 4 {
		q, t := r[h:h+4], r[8:12]
		VUNPCKLPS(q[1], q[0], t[0])
		VUNPCKHPS(q[1], q[0], t[1])
		VUNPCKLPS(q[3], q[2], t[2])
		VUNPCKHPS(q[3], q[2], t[3])
		VUNPCKLPD(t[2], t[0], q[0])
		VUNPCKHPD(t[2], t[0], q[1])
		VUNPCKLPD(t[3], t[1], q[2])
		VUNPCKHPD(t[3], t[1], q[3])
	}
	for i := range 8 {
		VMOVUPS(r[i], row(dst, dst4, ldd, ldd3, i))
	}
	LEAQ(Mem{Base: dst, Index: ldd, Scale: 8}, dst)
	ADDQ(U8(32), src0)
	ADDQ(U8(32), src4)
	SUBQ(U8(8), n)
	JNZ(LabelRef("block"))
	s.end()
}
