package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// normalization makes the functions of batch normalization. Each walks one vector
// of channels, tail of them, down all rows of its matrices.
func normalization(s isa) {
	r := s.regs

	s.text("scaleShift", "func(y, x, scale, shift *float32, ld, rows, tail int)", "sets y = scale*x + shift.")
	scale, shift := r[8], r[9]
	s.eachRow("scaleShift", []string{"y", "x"}, func() {
		s.channel("scale", scale)
		s.channel("shift", shift)
	}, func(at []Mem, tail bool) {
		s.load(at[1], r[0], tail)
		VFMADD213PS(shift, scale, r[0])
		s.store(r[0], at[0], tail)
	})
	s.end()

	s.text("moments", "func(x *float32, ld, rows, tail int) (sum, squares [16]float64)", "returns the sums of x and of its squares.")
	sums := r[4:8] // two registers for each channel's sum, two for the other
	s.eachRow("moments", []string{"x"}, func() {
		s.zeros(sums)
	}, func(at []Mem, tail bool) {
		s.load(at[0], r[0], tail)
		s.halves(r[0], r[1], r[2])
		for i := range 2 {
			VADDPD(r[1+i], sums[i], sums[i])
			VFMADD231PD(r[1+i], r[1+i], sums[2+i])
		}
	})
	s.storeSums(sums)

	s.text("normalizedSums", "func(dy, x, mean, inverse *float32, ld, rows, tail int) (sum, products [16]float64)",
		"returns the sums of dy and of dy*(x - mean)*inverse.")
	mean, inverse := r[8], r[9]
	s.eachRow("normalizedSums", []string{"dy", "x"}, func() {
		s.channel("mean", mean)
		s.channel("inverse", inverse)
		s.zeros(sums)
	}, func(at []Mem, tail bool) {
		dy, x := r[0], r[1]
		s.load(at[0], dy, tail)
		s.load(at[1], x, tail)
		VSUBPS(mean, x, x)
		VMULPS(dy, x, x)
		VMULPS(inverse, x, x)
		for k, v := range []reg.VecPhysical{dy, x} {
			s.halves(v, r[2], r[3])
			VADDPD(r[2], sums[2*k], sums[2*k])
			VADDPD(r[3], sums[2*k+1], sums[2*k+1])
		}
	})
	s.storeSums(sums)

	s.text("normalizedBackward", "func(dx, dy, x, factor, shift, mean, slope *float32, ld, rows, tail int)",
		"sets dx = factor*(dy - shift - (x - mean)*slope).")
	factor, shift, mean, slope := r[8], r[9], r[10], r[11]
	s.eachRow("normalizedBackward", []string{"dx", "dy", "x"}, func() {
		s.channel("factor", factor)
		s.channel("shift", shift)
		s.channel("mean", mean)
		s.channel("slope", slope)
	}, func(at []Mem, tail bool) {
		dy, x := r[0], r[1]
		s.load(at[1], dy, tail)
		s.load(at[2], x, tail)
		VSUBPS(mean, x, x)
		VSUBPS(shift, dy, dy)
		VFNMADD231PS(slope, x, dy)
		VMULPS(factor, dy, dy)
		s.store(dy, at[0], tail)
	})
	s.end()
}

// channel loads what belongs to the channels.
func (s isa) channel(param string, r reg.VecPhysical) {
	s.load(Mem{Base: Load(Param(param), GP64())}, r, true)
}

func (s isa) zeros(list []reg.VecPhysical) {
	for _, v := range list {
		s.zero(v)
	}
}

// storeSums leaves the function with two pairs of registers as its results.
func (s isa) storeSums(list []reg.VecPhysical) {
	for i, v := range list {
		VMOVUPS(v, address(ReturnIndex(i/2).Index(i%2*s.lanes/2)))
	}
	s.end()
}

// halves widens x to float64.
func (s isa) halves(x, low, high reg.VecPhysical) {
	if s.wide() {
		VEXTRACTF64X4(U8(1), x, high.AsY())
		VCVTPS2PD(high.AsY(), high)
		VCVTPS2PD(x.AsY(), low)
		return
	}
	VEXTRACTF128(U8(1), x, high.AsX())
	VCVTPS2PD(high.AsX(), high)
	VCVTPS2PD(x.AsX(), low)
}

// eachRow gives body a vector's place in each matrix, row after row, ld bytes
// apart. When before runs, the mask of the tail is set.
func (s isa) eachRow(label string, matrices []string, before func(), body func(at []Mem, tail bool)) {
	var at []Mem
	var pointers []reg.Register
	for _, m := range matrices {
		p := Load(Param(m), GP64())
		pointers, at = append(pointers, p), append(at, Mem{Base: p})
	}
	ld, rows := Load(Param("ld"), GP64()), Load(Param("rows"), GP64())
	tail := Load(Param("tail"), GP64()).(reg.GPVirtual)
	s.setTail(tail)
	before()
	loop := func(name string, tail bool) {
		Label(label + name)
		body(at, tail)
		for _, p := range pointers {
			ADDQ(ld, p)
		}
		DECQ(rows)
		JNZ(LabelRef(label + name))
	}
	if s.wide() {
		loop("_row", true)
		return
	}
	// Masked stores are slow on AVX2, and mostly not needed.
	CMPQ(tail, U8(s.lanes))
	JNE(LabelRef(label + "_part"))
	loop("_full", false)
	JMP(LabelRef(label + "_done"))
	loop("_part", true)
	Label(label + "_done")
}
