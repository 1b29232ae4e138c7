package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// peakSums is how many sums a peak loop keeps going, enough that none waits.
const peakSums = 12

// peak multiplies and adds in registers, as fast as the processor can.
func peak(s isa) {
	s.text("peak", "func(rounds int)", fmt.Sprintf("makes %d multiply-adds of vectors a round, in registers.", peakSums))
	for _, r := range s.regs[:peakSums+2] {
		s.zero(r)
	}
	n := Load(Param("rounds"), GP64())
	Label("round")
	for _, r := range s.regs[:peakSums] {
		VFMADD231PS(s.regs[peakSums], s.regs[peakSums+1], r)
	}
	SUBQ(U8(1), n)
	JNZ(LabelRef("round"))
	s.end()
}
