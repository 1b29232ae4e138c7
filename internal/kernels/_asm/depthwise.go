package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// depthwise makes the functions of depthwise convolution. Each takes a run of
// pixels, one vector of channels after another. Taps are pairs of offsets, into x
// and into w.
func depthwise(s isa) {
	s.depthwiseSums()
	s.depthwiseGradient()
}

// eachVector makes body for whole vectors of channels and for a part of one; c
// is the vector's place in bytes, ld that of all channels.
func (s isa) eachVector(body func(label string, c, ld reg.GPVirtual, tail bool)) {
	c := GP64()
	ld := Load(Param("ld"), GP64()).(reg.GPVirtual)
	XORQ(c, c)
	end := func() reg.GPVirtual {
		r := GP64()
		MOVQ(ld, r)
		SUBQ(c, r)
		return r
	}
	Label("full")
	CMPQ(end(), U8(s.bytes()))
	JL(LabelRef("part"))
	body("full_", c, ld, false)
	ADDQ(Imm(uint64(s.bytes())), c)
	JMP(LabelRef("full"))
	Label("part")
	left := end()
	SHRQ(U8(2), left)
	JZ(LabelRef("done"))
	s.setTail(left)
	body("part_", c, ld, true)
	Label("done")
	s.end()
}

// place is where an argument's channels at c begin.
func place(param string, c reg.GPVirtual) reg.GPVirtual {
	p := Load(Param(param), GP64()).(reg.GPVirtual)
	ADDQ(c, p)
	return p
}

// multiply adds a vector in memory times b to sum.
func (s isa) multiply(m Mem, b, sum, spare reg.VecPhysical, tail bool) {
	if tail {
		s.load(m, spare, true)
		VFMADD231PS(spare, b, sum)
		return
	}
	VFMADD231PS(m, b, sum)
}

// depthwiseSums takes several pixels at a time through all taps.
func (s isa) depthwiseSums() {
	s.text("depthwise", "func(y, x, w *float32, tap *int32, ld, step, pixels, taps int)",
		"sets pixels of y to the sums over taps of x times w.")
	r := s.regs
	weight, spare := r[8], r[9]
	s.eachVector(func(label string, c, ld reg.GPVirtual, tail bool) {
		y, x, w := place("y", c), place("x", c), place("w", c)
		tap := Load(Param("tap"), GP64())
		step, pixels := Load(Param("step"), GP64()), Load(Param("pixels"), GP64())
		step3 := GP64()
		LEAQ(Mem{Base: step, Index: step, Scale: 2}, step3)
		for _, n := range []int{8, 4, 1} {
			tile := fmt.Sprint(label, n)
			Label(tile)
			CMPQ(pixels, U8(n))
			JL(LabelRef(tile + "_done"))
			s.zeros(r[:n])
			p, q, t := GP64(), GP64(), GP64()
			XORQ(t, t)
			Label(tile + "_tap")
			MOVLQSX(Mem{Base: tap, Index: t, Scale: 8, Disp: 4}, p)
			s.load(Mem{Base: w, Index: p, Scale: 4}, weight, tail)
			MOVLQSX(Mem{Base: tap, Index: t, Scale: 8}, p)
			LEAQ(Mem{Base: x, Index: p, Scale: 4}, p)
			if n > 4 {
				LEAQ(Mem{Base: p, Index: step, Scale: 4}, q)
			}
			for i := range n {
				at := Mem{Base: []reg.Register{p, q}[i/4]}
				switch i % 4 {
				case 1, 2:
					at.Index, at.Scale = step, uint8(i%4)
				case 3:
					at.Index, at.Scale = step3, 1
				}
				s.multiply(at, weight, r[i], spare, tail)
			}
			INCQ(t)
			CMPQ(t, argument("taps"))
			JL(LabelRef(tile + "_tap"))
			for i := range n {
				s.store(r[i], Mem{Base: y}, tail)
				ADDQ(ld, y)
			}
			if n == 1 {
				ADDQ(step, x)
			} else {
				LEAQ(Mem{Base: x, Index: step, Scale: 4}, x)
				if n == 8 {
					LEAQ(Mem{Base: x, Index: step, Scale: 4}, x)
				}
			}
			SUBQ(U8(n), pixels)
			JMP(LabelRef(tile))
			Label(tile + "_done")
			if n == 8 { // what is left is done with some of the pixels before it again
				TESTQ(pixels, pixels)
				JZ(LabelRef(label + "1_done"))
				CMPQ(argument("pixels"), U8(n))
				JL(LabelRef(label + "4"))
				SUBQ(U8(n), pixels)
				MOVQ(pixels, p)
				IMULQ(step, p)
				ADDQ(p, x)
				IMULQ(ld, pixels)
				ADDQ(pixels, y)
				MOVQ(U64(n), pixels)
				JMP(LabelRef(tile))
			}
		}
	})
}

// depthwiseGradient takes several taps at a time along all pixels, every second
// pixel into sums of their own.
func (s isa) depthwiseGradient() {
	s.text("depthwiseGradient", "func(dw, x, dy *float32, tap *int32, ld, step, pixels, taps int)",
		"adds to rows of dw, one a tap, the sums over pixels of x times dy.")
	r := s.regs
	d0, d1, spare := r[8], r[9], r[10]
	s.eachVector(func(label string, c, ld reg.GPVirtual, tail bool) {
		tap := Load(Param("tap"), GP64())
		step, taps := Load(Param("step"), GP64()), Load(Param("taps"), GP64())
		for _, n := range []int{4, 1} {
			tile := fmt.Sprint(label, n)
			Label(tile)
			CMPQ(taps, U8(n))
			JL(LabelRef(tile + "_done"))
			s.zeros(r[:n])
			s.zeros(r[4 : 4+n])
			dy, left := place("dy", c), Load(Param("pixels"), GP64())
			var at []reg.GPVirtual
			for i := range n {
				p := GP64()
				MOVLQSX(Mem{Base: tap, Disp: 8 * i}, p)
				LEAQ(Mem{Base: c, Index: p, Scale: 4}, p)
				ADDQ(argument("x"), p)
				at = append(at, p)
			}
			SUBQ(U8(2), left)
			JL(LabelRef(tile + "_one"))
			Label(tile + "_two")
			s.load(Mem{Base: dy}, d0, tail)
			s.load(Mem{Base: dy, Index: ld, Scale: 1}, d1, tail)
			for i, p := range at {
				s.multiply(Mem{Base: p}, d0, r[i], spare, tail)
				s.multiply(Mem{Base: p, Index: step, Scale: 1}, d1, r[4+i], spare, tail)
				LEAQ(Mem{Base: p, Index: step, Scale: 2}, p)
			}
			LEAQ(Mem{Base: dy, Index: ld, Scale: 2}, dy)
			SUBQ(U8(2), left)
			JGE(LabelRef(tile + "_two"))
			Label(tile + "_one")
			CMPQ(left, I8(-1))
			JNE(LabelRef(tile + "_sum"))
			s.load(Mem{Base: dy}, d0, tail)
			for i, p := range at {
				s.multiply(Mem{Base: p}, d0, r[i], spare, tail)
			}
			Label(tile + "_sum")
			dw := place("dw", c)
			for i := range n {
				w := GP64()
				MOVLQSX(Mem{Base: tap, Disp: 8*i + 4}, w)
				LEAQ(Mem{Base: dw, Index: w, Scale: 4}, w)
				VADDPS(r[4+i], r[i], r[i])
				s.load(Mem{Base: w}, spare, tail)
				VADDPS(spare, r[i], r[i])
				s.store(r[i], Mem{Base: w}, tail)
			}
			ADDQ(U8(8*n), tap)
			SUBQ(U8(n), taps)
			JMP(LabelRef(tile))
			Label(tile + "_done")
		}
	})
}
