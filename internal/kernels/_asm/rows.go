package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func rows(s isa) {
	s.addBias("addBias", false)
	s.addBias("addBiasReLU", true)
	s.sumRows()
}

// addBias takes one vector of columns at a time down all rows, so that the bias and the mask stay in registers.
func (s isa) addBias(name string, relu bool) {
	s.text(name, "func(y, bias []float32, rows int)", "adds bias to rows of y.")
	r := s.regs
	zero := r[14]
	s.zero(zero)
	streams := floats("y", "bias")
	ptr := pointers(streams)
	n, ld := length("bias"), GP64()
	MOVQ(n, ld)
	SHLQ(U8(2), ld)
	s.loopAt("cols", n, ptr, streams, 1, false, func(at []Mem, u int, tail bool) {
		label := "full_row"
		if tail {
			label = "part_row"
		}
		s.load(at[1], r[1], tail)
		p := GP64()
		LEAQ(at[0], p)
		left := Load(Param("rows"), GP64())
		Label(label)
		s.load(Mem{Base: p}, r[0], tail)
		VADDPS(r[1], r[0], r[0])
		if relu {
			s.relu(r[0], zero)
		}
		s.store(r[0], Mem{Base: p}, tail)
		ADDQ(ld, p)
		DECQ(left)
		JNZ(LabelRef(label))
	})
	s.end()
}

// sumRows takes one vector of columns at a time down all rows, every fourth row into its own sum, so that an addition
// need not wait for the one before.
func (s isa) sumRows() {
	s.text("sumRows", "func(db, dy *float32, ld, rows, n int)", "adds rows of dy, n wide and ld bytes apart, to db.")
	r := s.regs
	db := Load(Param("db"), GP64()).(reg.GPVirtual)
	dy := Load(Param("dy"), GP64()).(reg.GPVirtual)
	ld := Load(Param("ld"), GP64())
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	s.loopAt("cols", n, []reg.GPVirtual{db, dy}, floats("db", "dy"), 1, false, func(at []Mem, u int, tail bool) {
		label := "full"
		if tail {
			label = "part"
		}
		for i := range 4 {
			s.zero(r[i])
		}
		p := GP64()
		LEAQ(at[1], p)
		left := Load(Param("rows"), GP64())
		row := func(acc reg.VecPhysical) {
			if tail {
				s.load(Mem{Base: p}, r[4], tail)
				VADDPS(r[4], acc, acc)
			} else {
				VADDPS(Mem{Base: p}, acc, acc)
			}
			ADDQ(ld, p)
		}
		SUBQ(U8(4), left)
		JL(LabelRef(label + "_few"))
		Label(label + "_four")
		for i := range 4 {
			row(r[i])
		}
		SUBQ(U8(4), left)
		JGE(LabelRef(label + "_four"))
		Label(label + "_few")
		ADDQ(U8(4), left)
		JZ(LabelRef(label + "_sum"))
		Label(label + "_one")
		row(r[0])
		DECQ(left)
		JNZ(LabelRef(label + "_one"))
		Label(label + "_sum")
		VADDPS(r[2], r[0], r[0])
		VADDPS(r[3], r[1], r[1])
		VADDPS(r[1], r[0], r[0])
		s.load(at[0], r[4], tail)
		VADDPS(r[4], r[0], r[0])
		s.store(r[0], at[0], tail)
	})
	s.end()
}
