package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pooledShape is a kernel size, and how many of a kernel's rows are summed up
// together, one lot after another.
type pooledShape struct {
	kernel int
	rows   []int
}

// pooledShapes are as many rows as the registers hold.
func (s isa) pooledShapes() []pooledShape {
	if s.wide() {
		return []pooledShape{{3, []int{3}}, {5, []int{3, 2}}, {7, []int{2, 2, 2, 1}}}
	}
	return []pooledShape{{3, []int{3}}, {5, []int{2, 2, 1}}, {7, []int{1, 1, 1, 1, 1, 1, 1}}}
}

func pooledName(kernel, rows int) string { return fmt.Sprintf("pooled%dx%d", kernel, rows) }

var pooledPlaces Mem

func declarePooledPlaces() {
	pooledPlaces = GLOBL("pooledPlaces", RODATA|NOPTR)
	for i := range 16 {
		v := U32(0)
		if i < 4 {
			v = U32(i/2*8 + i%2)
		}
		DATA(4*i, v)
	}
}

// pooled makes the sums of some rows of a filter's gradient over windows of 2×2 pooling, a vector of channels at a time.
// Every lane has its own place of the maximum, and multiplies its own pixel.
func (s isa) pooled(kernel, rows int) {
	if s.wide() {
		pooledPermuted(kernel, rows)
	} else {
		pooledShuffled(kernel, rows)
	}
}

// eachTap does f with the sums, and where each lies in the gradient.
func eachTap(dw, ldw reg.Register, sums []reg.VecPhysical, f func(at Mem, sum reg.VecPhysical)) {
	p := GP64()
	MOVQ(dw, p)
	for i, sum := range sums {
		f(Mem{Base: p}, sum)
		if i < len(sums)-1 {
			ADDQ(ldw, p)
		}
	}
}

// nextWindow goes on to the next window, and from the last to the next row.
func nextWindow(dy, code, channels, width, row, ld, height reg.Register) {
	LEAQ(Mem{Base: dy, Index: channels, Scale: 4}, dy)
	ADDQ(channels, code)
	DECQ(width)
	JNZ(LabelRef("window"))
	LEAQ(Mem{Base: row, Index: ld, Scale: 2}, row)
	DECQ(height)
	JNZ(LabelRef("row"))
}

// pooledPermuted picks the pixels by a permutation of two rows of the image.
func pooledPermuted(kernel, rows int) {
	avx512.text(pooledName(kernel, rows), "func(dw *float32, ldw int, db, dy *float32, code *uint8, channels int, x *float32, ldx, height, width, tail int)",
		fmt.Sprintf("adds to %d rows of a %d×%d filter's gradient the products of height×width windows, and to db, unless nil, the sum of dy.", rows, kernel, kernel))
	r := avx512.regs
	acc := r[:rows*kernel]
	place := r[rows*kernel:][:kernel]
	rest := r[rows*kernel+kernel:]
	pixels, picked, dy, code, where, one := rest[0], rest[1], rest[2], rest[3], rest[4], rest[5]

	avx512.setTail(Load(Param("tail"), GP64()).(reg.GPVirtual))
	mask := GP32()
	MOVL(U32(1<<(kernel+1)-1), mask)
	KMOVW(mask, reg.K2)
	MOVL(U32((1<<(kernel+1)-1)<<8), mask)
	KMOVW(mask, reg.K3)
	VMOVDQU32(pooledPlaces, where)
	avx512.constant(1, one)
	four := rest[6]
	avx512.constant(4, four)

	dw, ldw := Load(Param("dw"), GP64()), Load(Param("ldw"), GP64())
	eachTap(dw, ldw, acc, func(at Mem, sum reg.VecPhysical) { avx512.load(at, sum, true) })
	bias := rest[7]
	avx512.zero(bias)

	dyp, codep := Load(Param("dy"), GP64()), Load(Param("code"), GP64())
	channels := Load(Param("channels"), GP64())
	row, ldx := Load(Param("x"), GP64()), Load(Param("ldx"), GP64())
	ldx3 := GP64()
	LEAQ(Mem{Base: ldx, Index: ldx, Scale: 2}, ldx3)
	height := Load(Param("height"), GP64())
	at := func(p reg.Register, ky, back int) Mem {
		switch ky {
		case 1:
			return Mem{Base: p, Index: ldx, Scale: 1, Disp: -back}
		case 2:
			return Mem{Base: p, Index: ldx, Scale: 2, Disp: -back}
		case 3:
			return Mem{Base: p, Index: ldx3, Scale: 1, Disp: -back}
		}
		return Mem{Base: p, Disp: -back}
	}

	Label("row")
	x, width := GP64(), Load(Param("width"), GP64())
	MOVQ(row, x)
	Label("window")
	VPMOVZXBD_Z(Mem{Base: codep}, reg.K1, code)
	VPCMPUD(U8(1), four, code, reg.K1, reg.K4) // below four: not cut off
	VMOVUPS_Z(Mem{Base: dyp}, reg.K4, dy)
	VADDPS(dy, bias, bias)
	VPERMD(where, code, place[0])
	for kx := 1; kx < kernel; kx++ {
		VPADDD(one, place[kx-1], place[kx])
	}
	for ky := range rows {
		// One row of the window in the lower half, the next in the upper; nothing is read beyond them.
		VMOVUPS_Z(at(x, ky, 0), reg.K2, pixels)
		VMOVUPS(at(x, ky+1, 32), reg.K3, pixels)
		for kx := range kernel {
			VPERMPS(pixels, place[kx], picked)
			VFMADD231PS(picked, dy, acc[ky*kernel+kx])
		}
	}
	ADDQ(U8(8), x)
	nextWindow(dyp, codep, channels, width, row, ldx, height)

	eachTap(dw, ldw, acc, func(at Mem, sum reg.VecPhysical) { avx512.store(sum, at, true) })
	db := Load(Param("db"), GP64())
	TESTQ(db, db)
	JZ(LabelRef("done"))
	avx512.load(Mem{Base: db}, dy, true)
	VADDPS(dy, bias, bias)
	avx512.store(bias, Mem{Base: db}, true)
	Label("done")
	avx512.end()
}

// pooledShuffled picks each pixel out of a window's four, which lie side by side, by the code itself. 8 channels are read
// whole; no code of those that do not count is below the limit.
func pooledShuffled(kernel, rows int) {
	avx2.text(pooledName(kernel, rows), "func(dw *float32, ldw int, db, dy *float32, code *uint8, channels int, pixels *float32, ldp, height, width, tail int)",
		fmt.Sprintf("adds to %d rows of a %d×%d filter's gradient the products of height×width windows, and to db, unless nil, the sum of dy; of the 8 channels the last tail count.", rows, kernel, kernel))
	r := avx2.regs
	acc := r[:rows*kernel]
	rest := r[rows*kernel:]
	dy, code, limit, bias, picked := rest[0], rest[1], rest[2], rest[3], rest[4:6]

	tail, masks := Load(Param("tail"), GP64()), GP64()
	LEAQ(tailMasks.Offset(4*8), masks)
	avx2.constant(4, code)
	VANDPS(Mem{Base: masks, Index: tail, Scale: 4}, code, limit)

	dw, ldw := Load(Param("dw"), GP64()), Load(Param("ldw"), GP64())
	eachTap(dw, ldw, acc, func(at Mem, sum reg.VecPhysical) { avx2.load(at, sum, false) })
	avx2.zero(bias)

	dyp, codep := Load(Param("dy"), GP64()), Load(Param("code"), GP64())
	channels := Load(Param("channels"), GP64())
	row, ldp := Load(Param("pixels"), GP64()), Load(Param("ldp"), GP64())
	height := Load(Param("height"), GP64())

	Label("row")
	pixels, width := GP64(), Load(Param("width"), GP64())
	MOVQ(row, pixels)
	Label("window")
	VPMOVZXBD(Mem{Base: codep}, code)
	VPCMPGTD(code, limit, dy)
	VANDPS(Mem{Base: dyp}, dy, dy)
	VADDPS(dy, bias, bias)
	for i, sum := range acc {
		at := Mem{Base: pixels, Disp: i % kernel * 16}
		if ky := i / kernel; ky > 0 {
			at.Index, at.Scale = ldp, uint8(ky)
		}
		VBROADCASTF128(at, picked[i%2])
		VPERMILPS(code, picked[i%2], picked[i%2])
		VFMADD231PS(picked[i%2], dy, sum)
	}
	ADDQ(U8(32), pixels)
	nextWindow(dyp, codep, channels, width, row, ldp, height)

	eachTap(dw, ldw, acc, func(at Mem, sum reg.VecPhysical) { avx2.store(sum, at, false) })
	db := Load(Param("db"), GP64())
	TESTQ(db, db)
	JZ(LabelRef("done"))
	VADDPS(Mem{Base: db}, bias, bias)
	avx2.store(bias, Mem{Base: db}, false)
	Label("done")
	avx2.end()
}

// windowPixels lays the four pixels of every 2×2 window side by side.
func windowPixels() {
	avx2.text("windowPixels", "func(dst, row0, row1 *float32, n int)",
		"writes for each of n places i the pixels i and i+1 of two rows. n is at least 4, and the rows have a pixel more.")
	dst, n := Load(Param("dst"), GP64()), Load(Param("n"), GP64())
	row0, row1 := Load(Param("row0"), GP64()), Load(Param("row1"), GP64())
	r := func(i int) reg.VecPhysical { return avx2.regs[i].AsX().(reg.VecPhysical) }

	Label("four")
	for i, row := range []reg.Register{row0, row1} {
		VMOVUPS(Mem{Base: row}, r(2*i))
		VMOVUPS(Mem{Base: row, Disp: 4}, r(2*i+1))
		VUNPCKLPS(r(2*i+1), r(2*i), r(4+i))
		VUNPCKHPS(r(2*i+1), r(2*i), r(6+i))
	}
	for i, half := range []int{4, 6} {
		VUNPCKLPD(r(half+1), r(half), r(8))
		VUNPCKHPD(r(half+1), r(half), r(9))
		VMOVUPS(r(8), Mem{Base: dst, Disp: 32 * i})
		VMOVUPS(r(9), Mem{Base: dst, Disp: 32*i + 16})
	}
	ADDQ(U8(64), dst)
	ADDQ(U8(16), row0)
	ADDQ(U8(16), row1)
	SUBQ(U8(4), n)
	JZ(LabelRef("done"))
	CMPQ(n, U8(4))
	JGE(LabelRef("four"))
	// The last four end where the rows end.
	SUBQ(U8(4), n)
	LEAQ(Mem{Base: row0, Index: n, Scale: 4}, row0)
	LEAQ(Mem{Base: row1, Index: n, Scale: 4}, row1)
	SHLQ(U8(4), n)
	ADDQ(n, dst)
	MOVQ(U32(4), n)
	JMP(LabelRef("four"))
	Label("done")
	avx2.end()
}
