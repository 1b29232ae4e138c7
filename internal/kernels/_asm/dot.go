package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dotShapes lists, for each number of rows of a, the number of rows of b which a tile takes. A tile needs 8 sums or
// more, or each multiplication waits for the one before.
func (s isa) dotShapes() []int {
	if s.wide() {
		return []int{1: 8, 2: 8, 3: 4, 4: 4, 5: 4, 6: 4}
	}
	return []int{1: 8, 2: 4, 3: 4}
}

// dot makes the function that computes one tile of products of rows with rows.
func dot(s isa) {
	s.text("dot", "func(m, n int, c *float32, ldc int, a *float32, lda int, b *float32, ldb, k int, add bool)",
		"computes a tile of m×n dot products of length k. The strides are in bytes.")
	m := GP64()
	MOVQ(argument("m"), m)
	shapes := s.dotShapes()
	for rows := len(shapes) - 1; rows > 0; rows-- {
		CMPQ(m, U8(rows))
		JEQ(LabelRef(fmt.Sprintf("rows%d", rows)))
	}
	RET()
	for rows := len(shapes) - 1; rows > 0; rows-- {
		s.dotTile(rows, shapes[rows])
	}
}

func (s isa) dotTile(m, n int) {
	label := fmt.Sprintf("rows%d", m)
	acc := func(i, j int) reg.VecPhysical { return s.regs[i*n+j] }
	x := s.regs[m*n : m*n+m] // a column of a
	y := s.regs[m*n+m]       // one value of b, or the mask, which the tail needs instead of x

	Label(label)
	for i := range m * n {
		s.zero(s.regs[i])
	}
	a, b := make([]reg.GPVirtual, m), make([]reg.GPVirtual, n)
	a[0] = Load(Param("a"), GP64()).(reg.GPVirtual)
	for i := 1; i < m; i++ {
		a[i] = GP64()
		MOVQ(a[i-1], a[i])
		ADDQ(argument("lda"), a[i])
	}
	b[0] = Load(Param("b"), GP64()).(reg.GPVirtual)
	for j := 1; j < n; j++ {
		// Columns beyond the last one repeat it; their sums are not stored.
		b[j] = GP64()
		MOVQ(b[j-1], b[j])
		CMPQ(argument("n"), U8(j))
		JLE(LabelRef(fmt.Sprintf("%s_b%d", label, j)))
		ADDQ(argument("ldb"), b[j])
		Label(fmt.Sprintf("%s_b%d", label, j))
	}
	at, ahead := GP64(), GP64() // ahead leads to what the next tile's columns need
	XORQ(at, at)
	MOVQ(argument("ldb"), ahead)
	IMUL3Q(U8(n), ahead, ahead)
	CMPQ(argument("k"), U8(s.lanes))
	JL(LabelRef(label + "_tail"))

	Label(label + "_many")
	for i := range m {
		VMOVUPS(Mem{Base: a[i], Index: at, Scale: 4}, x[i])
	}
	for j := range n {
		VMOVUPS(Mem{Base: b[j], Index: at, Scale: 4}, y)
		if m >= prefetchRows {
			PREFETCHT1(Mem{Base: b[j], Index: ahead, Scale: 1})
		}
		for i := range m {
			VFMADD231PS(y, x[i], acc(i, j))
		}
	}
	ADDQ(U8(s.bytes()), ahead)
	end := GP64()
	LEAQ(Mem{Base: at, Disp: 2 * s.lanes}, end)
	ADDQ(U8(s.lanes), at)
	CMPQ(end, argument("k"))
	JLE(LabelRef(label + "_many"))

	Label(label + "_tail")
	left := GP64()
	MOVQ(argument("k"), left)
	SUBQ(at, left)
	JZ(LabelRef(label + "_sum"))
	s.setTail(left)
	for j := range n {
		u, v := s.regs[m*n], s.regs[m*n+1]
		s.load(Mem{Base: b[j], Index: at, Scale: 4}, u, true)
		for i := range m {
			s.load(Mem{Base: a[i], Index: at, Scale: 4}, v, true)
			VFMADD231PS(u, v, acc(i, j))
		}
	}

	Label(label + "_sum")
	for j := 0; j < n; j += 4 {
		s.dotStore(label, m, j, acc)
	}
	s.end()
}

// dotStore adds up the lanes of four columns of sums at once and stores what they come to.
func (s isa) dotStore(label string, m, first int, acc func(i, j int) reg.VecPhysical) {
	label = fmt.Sprintf("%s_add%d", label, first)
	n := GP64()
	MOVQ(argument("n"), n)
	if first > 0 {
		SUBQ(U8(first), n)
		JLE(LabelRef(label + "_out"))
	}
	four := GP64()
	MOVQ(U32(4), four)
	CMPQ(n, four)
	CMOVQGT(four, n)
	s.setTail(n)
	c, add := Load(Param("c"), GP64()), GP64()
	MOVBQZX(argument("add"), add)
	for i := range m {
		var sum [4]reg.VecPhysical
		for j := range sum {
			sum[j] = acc(i, first+j)
			if s.wide() {
				// VHADDPS knows only the first 16 registers. The sums there have been stored by the time they are needed.
				low := avx2.regs[j]
				if first+i == 0 {
					low = sum[j].AsY().(reg.VecPhysical)
				} else if first > 0 {
					low = avx2.regs[first+j]
				}
				VEXTRACTF64X4(U8(1), sum[j], reg.Y31)
				VADDPS(reg.Y31, sum[j].AsY(), low)
				sum[j] = low
			}
		}
		VHADDPS(sum[1], sum[0], sum[0])
		VHADDPS(sum[3], sum[2], sum[2])
		VHADDPS(sum[2], sum[0], sum[0])
		VEXTRACTF128(U8(1), sum[0], sum[1].AsX())
		total, old := sum[0].AsX(), sum[1].AsX()
		VADDPS(old, total, total)
		TESTQ(add, add)
		JZ(LabelRef(fmt.Sprintf("%s_store%d", label, i)))
		to := Mem{Base: c, Disp: 4 * first}
		if s.wide() {
			VMOVUPS_Z(to, reg.K1, old)
		} else {
			VMASKMOVPS(to, reg.X15, old)
		}
		VADDPS(old, total, total)
		Label(fmt.Sprintf("%s_store%d", label, i))
		if s.wide() {
			VMOVUPS(total, reg.K1, to)
		} else {
			VMASKMOVPS(total, reg.X15, to)
		}
		if i < m-1 {
			ADDQ(argument("ldc"), c)
		}
	}
	Label(label + "_out")
}
