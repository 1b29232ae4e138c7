package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"tatami/internal/kernels/winograd"
)

// matrix is that of a Winograd transform.
type matrix winograd.Matrix

// ofSquares is the signature of a transform.
const ofSquares = "func(dst *float32, dstRow, dstCol, dstTile int, src *float32, srcRow, srcCol, srcTile int, n, tiles int)"

// winogradTransforms makes a function for each transform. They work on n lanes of each of a run of squares; the entry in row i and
// column j of a square lies i*row + j*col bytes behind its start, and a square tile bytes behind the one before.
func winogradTransforms(s isa) {
	for _, t := range winograd.Small() {
		s.transform(t)
	}
	for _, t := range winograd.Large() {
		s.transform4(t)
	}
}

func (s isa) transform(t winograd.Transform) {
	l := matrix(t.Matrix)
	s.text(t.Name, ofSquares, t.Doc)
	in := len(l[0])
	src := make([]reg.GPVirtual, in)
	for i := range src {
		src[i] = GP64()
	}
	srcCol := Load(Param("srcCol"), GP64())
	dst, dstCol := Load(Param("dst"), GP64()), Load(Param("dstCol"), GP64())
	srcCol3, dstCol3 := GP64(), GP64()
	LEAQ(Mem{Base: srcCol, Index: srcCol, Scale: 2}, srcCol3)
	LEAQ(Mem{Base: dstCol, Index: dstCol, Scale: 2}, dstCol3)
	start, tiles := Load(Param("src"), GP64()), Load(Param("tiles"), GP64())
	if l.hasHalves() {
		s.half()
	}

	Label("tile")
	MOVQ(start, src[0])
	for i := 1; i < in; i++ {
		MOVQ(src[i-1], src[i])
		ADDQ(argument("srcRow"), src[i])
	}
	left, to := Load(Param("n"), GP64()).(reg.GPVirtual), GP64()
	MOVQ(dst, to)
	body := func(tail bool) {
		at := func(p, col, col3 reg.Register, j int) Mem {
			switch j {
			case 1:
				return Mem{Base: p, Index: col, Scale: 1}
			case 2:
				return Mem{Base: p, Index: col, Scale: 2}
			case 3:
				return Mem{Base: p, Index: col3, Scale: 1}
			}
			return Mem{Base: p}
		}
		// With 32 registers every entry is read once; with 16, once for each row that comes out.
		value := func(k, j int) reg.VecPhysical {
			if s.wide() {
				return s.regs[16+k*in+j]
			}
			return s.regs[4+k]
		}
		read := func(k, j int) { s.load(at(src[k], srcCol, srcCol3, j), value(k, j), tail) }
		if s.wide() {
			for k := range in {
				for j := range in {
					read(k, j)
				}
			}
		}
		row := GP64()
		MOVQ(to, row)
		for i := range l {
			line := make([]reg.VecPhysical, in)
			for j := range in {
				terms := make([]reg.VecPhysical, in)
				for k := range in {
					terms[k] = value(k, j)
					if !s.wide() && l[i][k] != 0 {
						read(k, j)
					}
				}
				line[j] = s.combine(l[i], terms, s.regs[j], s.wide())
			}
			for j := range l {
				out := s.combine(l[j], line, s.regs[8+j], true)
				if t.Adds {
					old := s.regs[12]
					s.load(at(row, dstCol, dstCol3, j), old, tail)
					VADDPS(old, out, s.regs[8+j])
					out = s.regs[8+j]
				}
				s.store(out, at(row, dstCol, dstCol3, j), tail)
			}
			if i < len(l)-1 {
				ADDQ(argument("dstRow"), row)
			}
		}
	}
	s.eachSquare(left, append(src, to), body, dst, start, tiles)
}

// eachSquare runs body for the lanes of a square, a vector at a time and then those
// that are left, moves the pointers on, and goes on to the next square, or returns.
func (s isa) eachSquare(left reg.GPVirtual, pointers []reg.GPVirtual, body func(tail bool), dst, start, tiles reg.Register) {
	SUBQ(U8(s.lanes), left)
	JL(LabelRef("rest"))
	Label("full")
	body(false)
	for _, p := range pointers {
		ADDQ(Imm(uint64(s.bytes())), p)
	}
	SUBQ(U8(s.lanes), left)
	JGE(LabelRef("full"))
	Label("rest")
	ADDQ(U8(s.lanes), left)
	JZ(LabelRef("next"))
	s.setTail(left)
	body(true)
	Label("next")
	ADDQ(argument("dstTile"), dst)
	ADDQ(argument("srcTile"), start)
	DECQ(tiles)
	JNZ(LabelRef("tile"))
	s.end()
}

func (l matrix) hasHalves() bool {
	for _, row := range l {
		for _, c := range row {
			if c == .5 || c == -.5 {
				return true
			}
		}
	}
	return false
}

// half fills register 14 with ½.
func (s isa) half() { s.constant(0x3f000000, s.regs[14]) }

// combine is the sum of the terms times their coefficients.
func (s isa) combine(c []float64, terms []reg.VecPhysical, to reg.VecPhysical, keep bool) reg.VecPhysical {
	return combine(arithmetic[reg.VecPhysical]{
		negate: func(a, to reg.VecPhysical) {
			s.zero(to)
			VSUBPS(a, to, to)
		},
		add:   func(a, b, to reg.VecPhysical) { VADDPS(b, a, to) },
		sub:   func(a, b, to reg.VecPhysical) { VSUBPS(b, a, to) },
		halve: func(a, to reg.VecPhysical) { VMULPS(s.regs[14], a, to) },
		move:  func(a, to reg.VecPhysical) { VMOVAPS(a, to) },
	}, c, terms, to, keep)
}

// arithmetic writes the instructions of a sum; sub sets to = a - b.
type arithmetic[V any] struct {
	add, sub            func(a, b, to V)
	negate, halve, move func(a, to V)
}

// combine forms the sum of the terms times their coefficients in to: ½ of the halves, then the others; what is added
// before what is subtracted. A sum that is a term itself stays where it is if keep is set. It returns the sum's place.
func combine[V comparable](do arithmetic[V], c []float64, terms []V, to V, keep bool) V {
	var sum V // what is summed up so far
	empty := true
	add := func(size float64) {
		for _, sign := range []float64{size, -size} {
			for k, v := range c {
				switch {
				case v != sign:
					continue
				case empty && sign > 0:
					sum, empty = terms[k], false
					continue
				case empty: // only the lone negative term of the output gradient's matrix
					do.negate(terms[k], to)
				case sign > 0:
					do.add(sum, terms[k], to)
				default:
					do.sub(sum, terms[k], to)
				}
				sum, empty = to, false
			}
		}
	}
	add(.5)
	if !empty {
		do.halve(sum, to)
		sum = to
	}
	add(1)
	if sum != to && !keep {
		do.move(sum, to)
		sum = to
	}
	return sum
}
