package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// standardize makes the functions of layer normalization, which take the values
// of one sample; x̂ is (x - mean)*inverse.
func standardize(s isa) {
	r := s.regs
	mean, inverse, shift, slope := r[14], r[13], r[12], r[11]

	s.text("standardize", "func(y, x, gamma, beta []float32, mean, inverse float32)", "sets y = gamma*x̂ + beta.")
	s.broadcast("mean", mean)
	s.broadcast("inverse", inverse)
	s.loop("standardize", floats("y", "x", "gamma", "beta"), 2, func(at []Mem, u int, tail bool) {
		hat, gamma, beta := r[3*u], r[3*u+1], r[3*u+2]
		s.load(at[1], hat, tail)
		s.load(at[2], gamma, tail)
		s.load(at[3], beta, tail)
		VSUBPS(mean, hat, hat)
		VMULPS(inverse, hat, hat)
		VFMADD213PS(beta, gamma, hat)
		s.store(hat, at[0], tail)
	})
	s.end()

	s.text("standardSums", "func(dgamma, dbeta, dy, x, gamma []float32, mean, inverse float32) (sum, products [16]float64)",
		"adds to dgamma and dbeta and returns the sums of gamma*dy and of gamma*dy*x̂, lane by lane.")
	sums := r[4:8]
	s.zeros(sums)
	s.broadcast("mean", mean)
	s.broadcast("inverse", inverse)
	s.loop("standardSums", floats("dgamma", "dbeta", "dy", "x", "gamma"), 1, func(at []Mem, _ int, tail bool) {
		dy, hat, spare, other := r[0], r[1], r[2], r[3]
		s.load(at[2], dy, tail)
		s.load(at[3], hat, tail)
		VSUBPS(mean, hat, hat)
		VMULPS(inverse, hat, hat)
		s.load(at[0], spare, tail)
		VFMADD231PS(dy, hat, spare)
		s.store(spare, at[0], tail)
		s.load(at[1], spare, tail)
		VADDPS(dy, spare, spare)
		s.store(spare, at[1], tail)
		s.load(at[4], spare, tail)
		VMULPS(spare, dy, dy)
		VMULPS(dy, hat, hat)
		for k, v := range []reg.VecPhysical{dy, hat} {
			s.halves(v, spare, other)
			VADDPD(spare, sums[2*k], sums[2*k])
			VADDPD(other, sums[2*k+1], sums[2*k+1])
		}
	})
	s.storeSums(sums)

	s.text("standardBackward", "func(dx, dy, x, gamma []float32, mean, inverse, shift, slope float32)",
		"sets dx = inverse*(gamma*dy - shift - x̂*slope).")
	s.broadcast("mean", mean)
	s.broadcast("inverse", inverse)
	s.broadcast("shift", shift)
	s.broadcast("slope", slope)
	s.loop("standardBackward", floats("dx", "dy", "x", "gamma"), 2, func(at []Mem, u int, tail bool) {
		dy, hat, gamma := r[3*u], r[3*u+1], r[3*u+2]
		s.load(at[1], dy, tail)
		s.load(at[2], hat, tail)
		s.load(at[3], gamma, tail)
		VSUBPS(mean, hat, hat)
		VMULPS(inverse, hat, hat)
		VFMSUB213PS(shift, gamma, dy)
		VFNMADD231PS(slope, hat, dy)
		VMULPS(inverse, dy, dy)
		s.store(dy, at[0], tail)
	})
	s.end()
}
