package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"tatami/internal/kernels"
	"tatami/internal/toy"
)

// state is one parameter with its two moments, stepped in float64.
type state struct{ w, m, v float64 }

// An optimizer is a kernel and the formula it must follow.
type optimizer struct {
	name   string
	kernel func(w, m, v, g []float32, t int)
	step   func(s state, g float64, t int) state
}

func optimizers() []optimizer {
	const lr, scale = float32(0.125), float32(0.5)
	const mu, beta2, eps = float32(0.875), float32(0.96875), float32(1e-7)
	var list []optimizer
	for _, decay := range []float32{0, 0.25} {
		gradient := func(s state, g float64) float64 { return float64(scale)*g + float64(decay)*s.w }
		list = append(list, optimizer{"sgd",
			func(w, m, v, g []float32, t int) {
				kernels.SGD(w, g, kernels.SGDStep{LR: lr, Decay: decay, Scale: scale})
			},
			func(s state, g float64, t int) state {
				s.w -= float64(lr) * gradient(s, g)
				return s
			}})
		for _, nesterov := range []bool{false, true} {
			list = append(list, optimizer{fmt.Sprintf("momentum nesterov=%t", nesterov),
				func(w, m, v, g []float32, t int) {
					kernels.Momentum(w, m, g, kernels.MomentumStep{LR: lr, Mu: mu, Decay: decay, Scale: scale, Nesterov: nesterov})
				},
				func(s state, g float64, t int) state {
					d := gradient(s, g)
					s.m = float64(mu)*s.m + d
					if nesterov {
						s.w -= float64(lr) * (d + float64(mu)*s.m)
					} else {
						s.w -= float64(lr) * s.m
					}
					return s
				}})
		}
		for _, decoupled := range []bool{false, true} {
			corrections := func(t int) (float64, float64) {
				return 1 / (1 - math.Pow(float64(mu), float64(t))), 1 / (1 - math.Pow(float64(beta2), float64(t)))
			}
			list = append(list, optimizer{fmt.Sprintf("adam decoupled=%t", decoupled),
				func(w, m, v, g []float32, t int) {
					c1, c2 := corrections(t)
					kernels.Adam(w, m, v, g, kernels.AdamStep{LR: lr, Beta1: mu, Beta2: beta2, Epsilon: eps,
						Correction1: float32(c1), Correction2: float32(c2), Decay: decay, Scale: scale, Decoupled: decoupled})
				},
				func(s state, g float64, t int) state {
					c1, c2 := corrections(t)
					d := gradient(s, g)
					if decoupled {
						d = float64(scale) * g
						s.w -= float64(lr) * float64(decay) * s.w
					}
					s.m = float64(mu)*s.m + float64(1-mu)*d
					s.v = float64(beta2)*s.v + float64(1-beta2)*d*d
					s.w -= float64(lr) * s.m * c1 / (math.Sqrt(s.v*c2) + float64(eps))
					return s
				}})
		}
		list = append(list, optimizer{"adaGrad",
			func(w, m, v, g []float32, t int) {
				kernels.AdaGrad(w, v, g, kernels.AdaGradStep{LR: lr, Epsilon: eps, Decay: decay, Scale: scale})
			},
			func(s state, g float64, t int) state {
				d := gradient(s, g)
				s.v += d * d
				s.w -= float64(lr) * d / (math.Sqrt(s.v) + float64(eps))
				return s
			}}, optimizer{"rmsProp",
			func(w, m, v, g []float32, t int) {
				kernels.RMSprop(w, v, g, kernels.RMSpropStep{LR: lr, Rho: beta2, Epsilon: eps, Decay: decay, Scale: scale})
			},
			func(s state, g float64, t int) state {
				d := gradient(s, g)
				s.v = float64(beta2)*s.v + float64(1-beta2)*d*d
				s.w -= float64(lr) * d / (math.Sqrt(s.v) + float64(eps))
				return s
			}})
	}
	return list
}

func TestOptimizers(t *testing.T) {
	toy.Alone(t)
	everywhere(t, func(b *bench) {
		for _, o := range optimizers() {
			for _, n := range append(lengths, 40000) {
				w, m, v := b.normal(n), b.zeros(n), b.zeros(n)
				states := make([]state, n)
				for i := range states {
					states[i].w = float64(w[i])
				}
				for step := 1; step <= 3; step++ {
					g := b.normal(n)
					o.kernel(w, m, v, g, step)
					for i := range states {
						states[i] = o.step(states[i], float64(g[i]), step)
					}
				}
				for i, s := range states {
					if math.Abs(float64(w[i])-s.w) > 4e-6*(1+math.Abs(s.w)) || math.Abs(float64(m[i])-s.m) > 4e-6 || math.Abs(float64(v[i])-s.v) > 4e-6*(1+s.v) {
						b.Fatalf("%s, %d: element %d is %g %g %g, want %+v", o.name, n, i, w[i], m[i], v[i], s)
					}
				}
				b.release()
			}
		}
	})
}

// TestOptimizersFlush: moments that became denormal are 0 after a step, and arithmetic elsewhere is as it was.
func TestOptimizersFlush(t *testing.T) {
	everywhere(t, func(b *bench) {
		for _, o := range optimizers() {
			const n = 37
			w, m, v, g := b.zeros(n), b.zeros(n), b.zeros(n), b.zeros(n)
			for i := range n {
				m[i], v[i] = 1e-40, 1e-40
			}
			m[3], v[3] = float32(math.NaN()), float32(math.Inf(1))
			o.kernel(w, m, v, g, 1)
			for i := range n {
				if i != 3 && ((m[i] != 0 && m[i] != 1e-40) || (v[i] != 0 && v[i] != 1e-40)) || m[i] == 1e-40 && v[i] == 1e-40 && o.name != "sgd" {
					b.Fatalf("%s: element %d keeps %g, %g", o.name, i, m[i], v[i])
				}
			}
			if tiny := m[3:4]; tiny[0] == tiny[0] {
				b.Fatalf("%s: NaN was lost", o.name)
			}
			small := float32(math.SmallestNonzeroFloat32)
			if x := w[0] + small; x*2 == 0 {
				b.Fatalf("%s: denormal numbers are flushed after the call", o.name)
			}
		}
	})
}
