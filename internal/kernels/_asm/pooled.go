package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pooledShapes are the kernel sizes, and how many of a kernel's rows are summed
// up together, one lot after another.
var pooledShapes = []struct {
	kernel int
	rows   []int
}{{3, []int{3}}, {5, []int{3, 2}}, {7, []int{2, 2, 2, 1}}}

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

// pooled makes the sums of some rows of a filter's gradient over windows of 2×2 pooling, 16 channels at a time. Every
// lane has its own place of the maximum, so the pixel it multiplies is picked by a permutation of two rows of the image.
func pooled(kernel, rows int) {
	avx512.text(pooledName(kernel, rows), "func(dw *float32, ldw int, db, dy *float32, code *uint8, channels int, x *float32, ldx, height, width, tail int)",
		fmt.Sprintf("adds to %d rows of a %d×%d filter's gradient the products of height×width windows, and to db, unless nil, the sum of dy.", rows, kernel, kernel))
	r := avx512.regs
	acc := func(ky, kx int) reg.VecPhysical { return r[ky*kernel+kx] }
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
	walk := func(f func(at Mem, sum reg.VecPhysical)) {
		p := GP64()
		MOVQ(dw, p)
		for ky := range rows {
			for kx := range kernel {
				f(Mem{Base: p}, acc(ky, kx))
				if ky < rows-1 || kx < kernel-1 {
					ADDQ(ldw, p)
				}
			}
		}
	}
	walk(func(at Mem, sum reg.VecPhysical) { avx512.load(at, sum, true) })
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
			VFMADD231PS(picked, dy, acc(ky, kx))
		}
	}
	ADDQ(U8(8), x)
	LEAQ(Mem{Base: dyp, Index: channels, Scale: 4}, dyp)
	ADDQ(channels, codep)
	DECQ(width)
	JNZ(LabelRef("window"))
	LEAQ(Mem{Base: row, Index: ldx, Scale: 2}, row)
	DECQ(height)
	JNZ(LabelRef("row"))

	walk(func(at Mem, sum reg.VecPhysical) { avx512.store(sum, at, true) })
	db := Load(Param("db"), GP64())
	TESTQ(db, db)
	JZ(LabelRef("done"))
	avx512.load(Mem{Base: db}, dy, true)
	VADDPS(dy, bias, bias)
	avx512.store(bias, Mem{Base: db}, true)
	Label("done")
	avx512.end()
}
