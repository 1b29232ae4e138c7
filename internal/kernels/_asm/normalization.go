package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// normalization makes the functions of batch normalization. Each walks one vector of channels down all rows of its
// matrices; what belongs to a channel lies in tables of 16 channels a line.
func normalization(s isa) {
	r := s.regs
	line := func(table reg.Register, k int) Mem { return Mem{Base: table, Disp: 64 * k} }

	s.text("scaleShift", "func(y, x, channel *float32, ld, rows, tail int)", "sets y = channel[0]*x + channel[1].")
	channel := Load(Param("channel"), GP64())
	scale, shift := r[8], r[9]
	VMOVUPS(line(channel, 0), scale)
	VMOVUPS(line(channel, 1), shift)
	s.eachRow("scaleShift", []string{"y", "x"}, func(at []Mem, tail bool) {
		s.load(at[1], r[0], tail)
		VFMADD213PS(shift, scale, r[0])
		s.store(r[0], at[0], tail)
	})
	s.end()

	s.text("moments", "func(sums *float64, x *float32, ld, rows, tail int)", "sets the first 16 sums to those of x, the others to those of its squares.")
	sums := s.sums()
	s.eachRow("moments", []string{"x"}, func(at []Mem, tail bool) {
		s.load(at[0], r[0], tail)
		s.halves(r[0], r[1], r[2])
		for i := range 2 {
			VADDPD(r[1+i], sums[i], sums[i])
			VFMADD231PD(r[1+i], r[1+i], sums[2+i])
		}
	})
	s.storeSums(sums)

	s.text("normalizedSums", "func(sums *float64, dy, x, channel *float32, ld, rows, tail int)",
		"sets the first 16 sums to those of dy, the others to those of dy*(x - channel[0])*channel[1].")
	channel = Load(Param("channel"), GP64())
	mean, inverse := r[8], r[9]
	VMOVUPS(line(channel, 0), mean)
	VMOVUPS(line(channel, 1), inverse)
	sums = s.sums()
	s.eachRow("normalizedSums", []string{"dy", "x"}, func(at []Mem, tail bool) {
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

	s.text("normalizedBackward", "func(dx, dy, x, channel *float32, ld, rows, tail int)",
		"sets dx = channel[0]*(dy - channel[1] - (x - channel[2])*channel[3]).")
	channel = Load(Param("channel"), GP64())
	factor, shift, mean, slope := r[8], r[9], r[10], r[11]
	for k, v := range []reg.VecPhysical{factor, shift, mean, slope} {
		VMOVUPS(line(channel, k), v)
	}
	s.eachRow("normalizedBackward", []string{"dx", "dy", "x"}, func(at []Mem, tail bool) {
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

// sums clears four registers: two of float64 sums, two of other ones.
func (s isa) sums() []reg.VecPhysical {
	list := s.regs[4:8]
	for _, v := range list {
		s.zero(v)
	}
	return list
}

// storeSums leaves the function with the sums written, each pair to a line of 16.
func (s isa) storeSums(list []reg.VecPhysical) {
	sums := Load(Param("sums"), GP64())
	for i, v := range list {
		VMOVUPS(v, Mem{Base: sums, Disp: i/2*128 + i%2*s.bytes()})
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

// eachRow gives body a vector's place in each matrix, row after row, ld bytes apart.
func (s isa) eachRow(label string, matrices []string, body func(at []Mem, tail bool)) {
	var at []Mem
	var pointers []reg.Register
	for _, m := range matrices {
		p := Load(Param(m), GP64())
		pointers, at = append(pointers, p), append(at, Mem{Base: p})
	}
	ld, rows := Load(Param("ld"), GP64()), Load(Param("rows"), GP64())
	tail := Load(Param("tail"), GP64()).(reg.GPVirtual)
	s.setTail(tail)
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
