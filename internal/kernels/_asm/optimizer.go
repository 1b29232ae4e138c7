package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// optimizers makes the steps. They compute with denormal numbers flushed to zero, and put the mode back on return.
func optimizers(s isa) {
	r := s.regs

	s.text("sgd", "func(w, gr *float32, lr, decay, scale float32, n int)", "sets w -= lr*(scale*gr + decay*w).")
	lr, decay, scale := r[14], r[13], r[12]
	s.broadcast("lr", lr)
	s.broadcast("decay", decay)
	s.broadcast("scale", scale)
	s.step(floats("w", "gr"), 2, func(at []Mem, u int, tail bool) {
		w, d := r[2*u], r[2*u+1]
		s.load(at[0], w, tail)
		s.gradient(d, w, at[1], scale, decay, tail)
		VFNMADD231PS(d, lr, w)
		s.store(w, at[0], tail)
	})

	for _, nesterov := range []bool{false, true} {
		name, doc := "momentum", "sets v = mu*v + d and w -= lr*v, where d = scale*gr + decay*w."
		if nesterov {
			name, doc = "nesterov", "sets v = mu*v + d and w -= lr*(d + mu*v), where d = scale*gr + decay*w."
		}
		s.text(name, "func(w, v, gr *float32, lr, mu, decay, scale float32, n int)", doc)
		mu := r[11]
		s.broadcast("lr", lr)
		s.broadcast("mu", mu)
		s.broadcast("decay", decay)
		s.broadcast("scale", scale)
		s.step(floats("w", "v", "gr"), 2, func(at []Mem, u int, tail bool) {
			w, v, d := r[3*u], r[3*u+1], r[3*u+2]
			s.load(at[0], w, tail)
			s.load(at[1], v, tail)
			s.gradient(d, w, at[2], scale, decay, tail)
			VFMADD213PS(d, mu, v)
			s.store(v, at[1], tail)
			if nesterov {
				VFMADD231PS(v, mu, d)
				v = d
			}
			VFNMADD231PS(v, lr, w)
			s.store(w, at[0], tail)
		})
	}

	s.text("adam", "func(w, m, v, gr *float32, c *float32, n int)", "is a step of Adam; c are the constants which adamConstants forms.")
	constants := Load(Param("c"), GP64())
	c := r[6:15]
	for i, x := range c {
		VBROADCASTSS(Mem{Base: constants, Disp: 4 * i}, x)
	}
	beta1, rest1, beta2, rest2, correction2, epsilon, rate := c[2], c[3], c[4], c[5], c[6], c[7], c[8]
	s.step(floats("w", "m", "v", "gr"), 1, func(at []Mem, u int, tail bool) {
		w, m, v, d := r[0], r[1], r[2], r[3]
		s.load(at[0], w, tail)
		s.gradient(d, w, at[3], c[0], c[1], tail)
		s.load(at[1], m, tail)
		VMULPS(m, beta1, m)
		VFMADD231PS(d, rest1, m)
		s.store(m, at[1], tail)
		s.load(at[2], v, tail)
		VMULPS(v, beta2, v)
		VMULPS(d, d, d)
		VFMADD231PS(d, rest2, v)
		s.store(v, at[2], tail)
		VMULPS(v, correction2, v)
		VSQRTPS(v, v)
		VADDPS(epsilon, v, v)
		VMULPS(m, rate, m)
		VDIVPS(v, m, m)
		VBROADCASTSS(Mem{Base: constants, Disp: 4 * 9}, d)
		VFMSUB213PS(m, d, w)
		s.store(w, at[0], tail)
	})

	s.text("adaGrad", "func(w, h, gr *float32, lr, eps, decay, scale float32, n int)", "sets h += d² and w -= lr*d/(√h + eps), where d = scale*gr + decay*w.")
	eps := r[11]
	s.broadcast("lr", lr)
	s.broadcast("eps", eps)
	s.broadcast("decay", decay)
	s.broadcast("scale", scale)
	s.step(floats("w", "h", "gr"), 1, func(at []Mem, u int, tail bool) {
		w, h, d := r[0], r[1], r[2]
		s.load(at[0], w, tail)
		s.gradient(d, w, at[2], scale, decay, tail)
		s.load(at[1], h, tail)
		VFMADD231PS(d, d, h)
		s.store(h, at[1], tail)
		s.byRoot(w, d, h, lr, eps)
		s.store(w, at[0], tail)
	})

	s.text("rmsProp", "func(w, h, gr *float32, lr, rho, rest, eps, decay, scale float32, n int)", "sets h = rho*h + rest*d² and w -= lr*d/(√h + eps), where d = scale*gr + decay*w.")
	rho, rest := r[10], r[9]
	s.broadcast("lr", lr)
	s.broadcast("rho", rho)
	s.broadcast("rest", rest)
	s.broadcast("eps", eps)
	s.broadcast("decay", decay)
	s.broadcast("scale", scale)
	s.step(floats("w", "h", "gr"), 1, func(at []Mem, u int, tail bool) {
		w, h, d, q := r[0], r[1], r[2], r[3]
		s.load(at[0], w, tail)
		s.gradient(d, w, at[2], scale, decay, tail)
		s.load(at[1], h, tail)
		VMULPS(d, d, q)
		VMULPS(h, rho, h)
		VFMADD231PS(q, rest, h)
		s.store(h, at[1], tail)
		s.byRoot(w, d, h, lr, eps)
		s.store(w, at[0], tail)
	})
}

// gradient sets d = scale*gradient + decay*w.
func (s isa) gradient(d, w reg.VecPhysical, at Mem, scale, decay reg.VecPhysical, tail bool) {
	s.load(at, d, tail)
	VMULPS(d, scale, d)
	VFMADD231PS(w, decay, d)
}

// byRoot sets w -= lr*d/(√h + eps).
func (s isa) byRoot(w, d, h, lr, eps reg.VecPhysical) {
	VSQRTPS(h, h)
	VADDPS(eps, h, h)
	VMULPS(d, lr, d)
	VDIVPS(h, d, d)
	VSUBPS(d, w, w)
}

// step is a loop with denormal numbers flushed to zero, and the end of the function.
func (s isa) step(streams []stream, unroll int, body func(at []Mem, u int, tail bool)) {
	saved, flushing := AllocLocal(4), AllocLocal(4)
	mode := GP32()
	STMXCSR(saved)
	MOVL(saved, mode)
	ORL(U32(0x8040), mode) // flush results, take denormal inputs as zero
	MOVL(mode, flushing)
	LDMXCSR(flushing)
	n := Load(Param("n"), GP64()).(reg.GPVirtual)
	s.loop("step", n, streams, unroll, body)
	LDMXCSR(saved)
	s.end()
}
