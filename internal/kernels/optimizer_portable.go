package kernels

import "math"

func sgdPortable(w, g []float32, s SGDStep) {
	g = g[:len(w)]
	for i, x := range w {
		w[i] = x - s.LR*(s.Scale*g[i]+s.Decay*x)
	}
}

func momentumPortable(w, v, g []float32, s MomentumStep) {
	v, g = v[:len(w)], g[:len(w)]
	for i, x := range w {
		d := s.Scale*g[i] + s.Decay*x
		u := flush(s.Mu*v[i] + d)
		v[i] = u
		if s.Nesterov {
			u = d + s.Mu*u
		}
		w[i] = x - s.LR*u
	}
}

func adamPortable(w, m, v, g []float32, s AdamStep) {
	m, v, g = m[:len(w)], v[:len(w)], g[:len(w)]
	decay, shrink := s.Decay, float32(1)
	if s.Decoupled {
		decay, shrink = 0, 1-s.LR*s.Decay
	}
	b1, b2 := 1-s.Beta1, 1-s.Beta2
	for i, x := range w {
		d := s.Scale*g[i] + decay*x
		m1 := flush(s.Beta1*m[i] + b1*d)
		v1 := flush(s.Beta2*v[i] + b2*(d*d))
		m[i], v[i] = m1, v1
		w[i] = x*shrink - s.LR*(m1*s.Correction1)/(sqrt(v1*s.Correction2)+s.Epsilon)
	}
}

func adaGradPortable(w, h, g []float32, s AdaGradStep) {
	h, g = h[:len(w)], g[:len(w)]
	for i, x := range w {
		d := s.Scale*g[i] + s.Decay*x
		u := flush(h[i] + d*d)
		h[i] = u
		w[i] = x - s.LR*d/(sqrt(u)+s.Epsilon)
	}
}

func rmsPropPortable(w, h, g []float32, s RMSpropStep) {
	h, g = h[:len(w)], g[:len(w)]
	for i, x := range w {
		d := s.Scale*g[i] + s.Decay*x
		u := flush(s.Rho*h[i] + (1-s.Rho)*(d*d))
		h[i] = u
		w[i] = x - s.LR*d/(sqrt(u)+s.Epsilon)
	}
}

// flush returns 0 for a denormal number.
func flush(x float32) float32 {
	const smallestNormal = 0x1p-126
	if x > -smallestNormal && x < smallestNormal {
		return 0
	}
	return x
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }
