package main

// optimizers makes the steps. They compute with denormal numbers flushed to
// zero, and put the mode back on return.
func (g *neon) optimizers() {
	const lr, decay, scale, one vec = 31, 30, 29, 28

	g.text("sgd", "func(w, gr []float32, s SGDStep)", "sets w -= lr*(scale*gr + decay*w).")
	g.field("LR", lr)
	g.field("Decay", decay)
	g.field("Scale", scale)
	g.step(floats("w", "gr"), 2, func(at []mem, u int, lane bool) {
		w, d := vec(2*u), vec(2*u+1)
		g.load(at[0], w, lane)
		g.gradient(d, w, at[1], scale, decay, lane)
		g.do("fmls", w, d, lr)
		g.store(w, at[0], lane)
	})

	for _, nesterov := range []bool{false, true} {
		name, doc := "momentum", "sets v = mu*v + d and w -= lr*v, where d = scale*gr + decay*w."
		if nesterov {
			name, doc = "nesterov", "sets v = mu*v + d and w -= lr*(d + mu*v), where d = scale*gr + decay*w."
		}
		const mu vec = 27
		g.text(name, "func(w, v, gr []float32, s MomentumStep)", doc)
		g.field("LR", lr)
		g.field("Mu", mu)
		g.field("Decay", decay)
		g.field("Scale", scale)
		g.step(floats("w", "v", "gr"), 2, func(at []mem, u int, lane bool) {
			w, old, d, v := vec(4*u), vec(4*u+1), vec(4*u+2), vec(4*u+3)
			g.load(at[0], w, lane)
			g.load(at[1], old, lane)
			g.gradient(d, w, at[2], scale, decay, lane)
			g.do("orr", v, d, d)
			g.do("fmla", v, old, mu)
			g.store(v, at[1], lane)
			if nesterov {
				g.do("fmla", d, v, mu)
				v = d
			}
			g.do("fmls", w, v, lr)
			g.store(w, at[0], lane)
		})
	}

	const beta1, rest1, beta2, rest2, eps, correction2, shrink vec = 27, 26, 25, 24, 23, 22, 21
	g.text("adam", "func(w, m, v, gr []float32, s AdamStep)", "is a step of Adam.")
	g.field("Scale", scale)
	g.field("Decay", decay)
	g.field("Beta1", beta1)
	g.rest(beta1, rest1, one)
	g.field("Beta2", beta2)
	g.rest(beta2, rest2, one)
	g.field("Correction2", correction2)
	g.field("Epsilon", eps)
	g.field("LR", lr)
	g.do("orr", shrink, one, one)
	decoupled := g.flag(g.param("s").Field("Decoupled"))
	g.op("CBZ %v, coupled", decoupled)
	g.free(decoupled)
	g.do("fmul", decay, decay, lr) // w shrinks by itself, and not through the gradient
	g.do("fsub", shrink, shrink, decay)
	g.zero(decay)
	g.label("coupled")
	g.field("Correction1", 0)
	g.do("fmul", lr, lr, 0)
	g.step(floats("w", "m", "v", "gr"), 2, func(at []mem, u int, lane bool) {
		w, m, v, d, q := vec(5*u), vec(5*u+1), vec(5*u+2), vec(5*u+3), vec(5*u+4)
		g.load(at[0], w, lane)
		g.gradient(d, w, at[3], scale, decay, lane)
		g.load(at[1], m, lane)
		g.do("fmul", m, m, beta1)
		g.do("fmla", m, d, rest1)
		g.store(m, at[1], lane)
		g.load(at[2], v, lane)
		g.do("fmul", v, v, beta2)
		g.do("fmul", q, d, d)
		g.do("fmla", v, q, rest2)
		g.store(v, at[2], lane)
		g.do("fmul", v, v, correction2)
		g.do("fsqrt", v, v)
		g.do("fadd", v, v, eps)
		g.do("fmul", m, m, lr)
		g.do("fdiv", m, m, v)
		g.do("fmul", w, w, shrink)
		g.do("fsub", w, w, m)
		g.store(w, at[0], lane)
	})

	g.text("adaGrad", "func(w, h, gr []float32, s AdaGradStep)", "sets h += d² and w -= lr*d/(√h + eps), where d = scale*gr + decay*w.")
	g.field("LR", lr)
	g.field("Epsilon", eps)
	g.field("Decay", decay)
	g.field("Scale", scale)
	g.step(floats("w", "h", "gr"), 2, func(at []mem, u int, lane bool) {
		w, h, d := vec(3*u), vec(3*u+1), vec(3*u+2)
		g.load(at[0], w, lane)
		g.gradient(d, w, at[2], scale, decay, lane)
		g.load(at[1], h, lane)
		g.do("fmla", h, d, d)
		g.store(h, at[1], lane)
		g.byRoot(w, d, h, lr, eps)
		g.store(w, at[0], lane)
	})

	const rho, rest vec = 27, 26
	g.text("rmsProp", "func(w, h, gr []float32, s RMSpropStep)", "sets h = rho*h + (1-rho)*d² and w -= lr*d/(√h + eps), where d = scale*gr + decay*w.")
	g.field("LR", lr)
	g.field("Rho", rho)
	g.rest(rho, rest, one)
	g.field("Epsilon", eps)
	g.field("Decay", decay)
	g.field("Scale", scale)
	g.step(floats("w", "h", "gr"), 2, func(at []mem, u int, lane bool) {
		w, h, d, q := vec(4*u), vec(4*u+1), vec(4*u+2), vec(4*u+3)
		g.load(at[0], w, lane)
		g.gradient(d, w, at[2], scale, decay, lane)
		g.load(at[1], h, lane)
		g.do("fmul", q, d, d)
		g.do("fmul", h, h, rho)
		g.do("fmla", h, q, rest)
		g.store(h, at[1], lane)
		g.byRoot(w, d, h, lr, eps)
		g.store(w, at[0], lane)
	})
}

// field fills a register with a field of the step.
func (g *neon) field(name string, v vec) { g.broadcast(g.param("s").Field(name), v) }

// rest sets to = 1 - x, and one = 1.
func (g *neon) rest(x, to, one vec) {
	g.constant(sigmoidBits(expOne), one)
	g.do("fsub", to, one, x)
}

// gradient sets d = scale*gradient + decay*w.
func (g *neon) gradient(d, w vec, at mem, scale, decay vec, lane bool) {
	g.load(at, d, lane)
	g.do("fmul", d, d, scale)
	g.do("fmla", d, w, decay)
}

// byRoot sets w -= lr*d/(√h + eps).
func (g *neon) byRoot(w, d, h, lr, eps vec) {
	g.do("fsqrt", h, h)
	g.do("fadd", h, h, eps)
	g.do("fmul", d, d, lr)
	g.do("fdiv", d, d, h)
	g.do("fsub", w, w, d)
}

// step is a loop with denormal numbers flushed to zero, and the end of the
// function.
func (g *neon) step(streams []stream, unroll int, body func(at []mem, u int, lane bool)) {
	saved, flushing := g.gp(), g.gp()
	g.op("MRS FPCR, %v", saved)
	g.op("ORR $%d, %v, %v", 1<<24, saved, flushing)
	g.op("MSR %v, FPCR", flushing)
	g.loop(streams, unroll, body)
	g.op("MSR %v, FPCR", saved)
	g.ret()
}
