package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Places in sigmoidTable, each a vector of 16 equal words.
const (
	log2E  = iota // 1/ln 2
	ln2Hi         // ln 2 in two parts, the first of few bits
	ln2Lo         //
	exp6          // e^x = 1 + x + x²·(exp2 + exp3·x + … + exp6·x⁴ + exp7·x⁵) for |x| ≤ ln(2)/2: minimax, from Cephes
	exp5          //
	exp4          //
	exp3          //
	exp2          //
	exp1          //
	expOne        //
	bias          // of float32's exponent
	sigmoidTableSize
)

var sigmoidConstants = [sigmoidTableSize]Constant{
	log2E: F32(1.44269504088896341), ln2Hi: F32(0.693359375), ln2Lo: F32(-2.12194440e-4),
	exp6: F32(1.9875691500e-4), exp5: F32(1.3981999507e-3), exp4: F32(8.3334519073e-3),
	exp3: F32(4.1665795894e-2), exp2: F32(1.6666665459e-1), exp1: F32(5.0000001201e-1), expOne: F32(1),
	bias: U32(127),
}

// Beyond ±104 float32 has no other value of e^x than 0 and infinity.
const (
	sigmoidMost  = 0x42d00000
	sigmoidLeast = 0xc2d00000
)

var sigmoidTable Mem

func declareSigmoidTable() {
	sigmoidTable = GLOBL("sigmoidTable", RODATA|NOPTR)
	for k, v := range sigmoidConstants {
		for i := range 16 {
			DATA(64*k+4*i, v)
		}
	}
}

func sigmoid(s isa) {
	constant := func(k int) Mem { return sigmoidTable.Offset(64 * k) }
	r := s.regs
	zero, one, most, least := r[14], r[13], r[12], r[11]

	s.text("sigmoid", "func(y, x []float32)", "sets y = 1/(1 + exp(-x)).")
	s.zero(zero)
	VMOVUPS(constant(expOne), one)
	bound := GP32()
	for _, b := range []struct {
		bits uint32
		to   reg.VecPhysical
	}{{sigmoidMost, most}, {sigmoidLeast, least}} {
		MOVL(U32(b.bits), bound)
		VMOVD(bound, xmm(b.to))
		VBROADCASTSS(xmm(b.to), b.to)
	}
	s.loop("sigmoid", floats("y", "x"), 2, func(at []Mem, u int, tail bool) {
		x, power, e, half := r[4*u], r[4*u+1], r[4*u+2], r[4*u+3]
		s.load(at[1], x, tail)
		VSUBPS(x, zero, x)
		VMINPS(x, most, x) // the order of operands lets NaN through
		VMAXPS(x, least, x)
		VMULPS(constant(log2E), x, power)
		if s.wide() {
			VRNDSCALEPS(U8(0), power, power)
		} else {
			VROUNDPS(U8(0), power, power)
		}
		VFNMADD231PS(constant(ln2Hi), power, x)
		VFNMADD231PS(constant(ln2Lo), power, x)
		VMOVUPS(constant(exp6), e)
		for _, k := range []int{exp5, exp4, exp3, exp2, exp1, expOne, expOne} {
			VFMADD213PS(constant(k), x, e)
		}
		if s.wide() {
			VSCALEFPS(power, e, e)
		} else { // in two steps: one has no room for all exponents
			VCVTPS2DQ(power, power)
			VPSRAD(U8(1), power, half)
			VPSUBD(half, power, power)
			for _, p := range []reg.VecPhysical{half, power} {
				VPADDD(constant(bias), p, p)
				VPSLLD(U8(23), p, p)
				VMULPS(p, e, e)
			}
		}
		VADDPS(one, e, e)
		VDIVPS(e, one, e)
		s.store(e, at[0], tail)
	})
	s.end()

	s.text("sigmoidBackward", "func(dx, dy, y []float32)", "sets dx = dy*y*(1 - y).")
	VMOVUPS(constant(expOne), one)
	s.loop("sigmoidBackward", floats("dx", "dy", "y"), 4, func(at []Mem, u int, tail bool) {
		dy, y := r[2*u], r[2*u+1]
		s.load(at[1], dy, tail)
		s.load(at[2], y, tail)
		VMULPS(y, dy, dy)
		VSUBPS(y, one, y)
		VMULPS(y, dy, dy)
		s.store(dy, at[0], tail)
	})
	s.end()
}

func xmm(r reg.VecPhysical) reg.VecPhysical { return r.AsX().(reg.VecPhysical) }
