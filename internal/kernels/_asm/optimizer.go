package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// optimizers makes the steps. They compute with denormal numbers flushed to zero, and put the mode back on return.
func optimizers(s isa) {
	r := s.regs

	s.text("sgd", "func(w, gr []float32, s SGDStep)", "sets w -= lr*(scale*gr + decay*w).")
	lr, decay, scale := r[14], r[13], r[12]
	var eps reg.VecPhysical
	s.field("LR", lr)
	s.field("Decay", decay)
	s.field("Scale", scale)
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
		s.text(name, "func(w, v, gr []float32, s MomentumStep)", doc)
		mu := r[11]
		s.field("LR", lr)
		s.field("Mu", mu)
		s.field("Decay", decay)
		s.field("Scale", scale)
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

	s.text("adam", "func(w, m, v, gr []float32, s AdamStep)", "is a step of Adam.")
	beta1, rest1, beta2, rest2, correction2, rate, shrink := r[5], r[6], r[7], r[8], r[9], r[10], r[11]
	eps = r[4]
	s.field("Scale", scale)
	s.field("Decay", decay)
	s.field("Beta1", beta1)
	s.rest(beta1, rest1)
	s.field("Beta2", beta2)
	s.rest(beta2, rest2)
	s.field("Correction2", correction2)
	s.field("Epsilon", eps)
	s.field("LR", rate)
	VMOVUPS(one(), shrink)
	decoupled := GP64()
	MOVBQZX(field("Decoupled"), decoupled)
	TESTQ(decoupled, decoupled)
	JZ(LabelRef("coupled"))
	VMULPS(decay, rate, decay) // w shrinks by itself, and not through the gradient
	VSUBPS(decay, shrink, shrink)
	s.zero(decay)
	Label("coupled")
	s.field("Correction1", r[0])
	VMULPS(r[0], rate, rate)
	s.step(floats("w", "m", "v", "gr"), 1, func(at []Mem, u int, tail bool) {
		w, m, v, d := r[0], r[1], r[2], r[3]
		s.load(at[0], w, tail)
		s.gradient(d, w, at[3], scale, decay, tail)
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
		VADDPS(eps, v, v)
		VMULPS(m, rate, m)
		VDIVPS(v, m, m)
		VFMSUB213PS(m, shrink, w)
		s.store(w, at[0], tail)
	})

	s.text("adaGrad", "func(w, h, gr []float32, s AdaGradStep)", "sets h += d² and w -= lr*d/(√h + eps), where d = scale*gr + decay*w.")
	eps = r[11]
	s.field("LR", lr)
	s.field("Epsilon", eps)
	s.field("Decay", decay)
	s.field("Scale", scale)
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

	s.text("rmsProp", "func(w, h, gr []float32, s RMSpropStep)", "sets h = rho*h + (1-rho)*d² and w -= lr*d/(√h + eps), where d = scale*gr + decay*w.")
	rho, rest := r[10], r[9]
	s.field("LR", lr)
	s.field("Rho", rho)
	s.rest(rho, rest)
	s.field("Epsilon", eps)
	s.field("Decay", decay)
	s.field("Scale", scale)
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

// field is the memory in which a field of the step lies.
func field(name string) Mem { return address(Param("s").Field(name)) }

// field fills a register with a field of the step.
func (s isa) field(name string, r reg.VecPhysical) { VBROADCASTSS(field(name), r) }

// rest sets to = 1 - x.
func (s isa) rest(x, to reg.VecPhysical) {
	VMOVUPS(one(), to)
	VSUBPS(x, to, to)
}

// one is a vector of ones.
func one() Mem { return sigmoidTable.Offset(64 * expOne) }

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
	s.loop("step", streams, unroll, body)
	LDMXCSR(saved)
	s.end()
}
