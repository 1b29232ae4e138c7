package kernels

import "math"

func addPortable(dst, src []float32) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] += src[i]
	}
}

func axpyPortable(dst []float32, s float32, src []float32) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] += s * src[i]
	}
}

func scalePortable(dst []float32, s float32) {
	for i := range dst {
		dst[i] *= s
	}
}

func sumSquaresPortable(x []float32) float64 {
	var s0, s1, s2, s3 float64
	for len(x) >= 4 {
		v := (*[4]float32)(x)
		s0 += float64(v[0]) * float64(v[0])
		s1 += float64(v[1]) * float64(v[1])
		s2 += float64(v[2]) * float64(v[2])
		s3 += float64(v[3]) * float64(v[3])
		x = x[4:]
	}
	for _, v := range x {
		s0 += float64(v) * float64(v)
	}
	return (s0 + s2) + (s1 + s3)
}

func reluPortable(y, x []float32) {
	x = x[:len(y)]
	for i, v := range x {
		if v < 0 {
			v = 0
		}
		y[i] = v
	}
}

func reluBackwardPortable(dx, dy, y []float32) {
	dy, y = dy[:len(dx)], y[:len(dx)]
	for i, v := range dy {
		if y[i] <= 0 {
			v = 0
		}
		dx[i] = v
	}
}

func sigmoidPortable(y, x []float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
}

func sigmoidBackwardPortable(dx, dy, y []float32) {
	dy, y = dy[:len(dx)], y[:len(dx)]
	for i, v := range y {
		dx[i] = dy[i] * v * (1 - v)
	}
}

func fromBytesPortable(dst []float32, src []byte, scale float32) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = float32(src[i]) * scale
	}
}

func addBiasPortable(y, bias []float32) {
	for n := len(bias); len(y) >= n; y = y[n:] {
		addPortable(y[:n], bias)
	}
}

func addBiasReLUPortable(y, bias []float32) {
	for n := len(bias); len(y) >= n; y = y[n:] {
		row := y[:n]
		for i, b := range bias {
			v := row[i] + b
			if v < 0 {
				v = 0
			}
			row[i] = v
		}
	}
}

func sumRowsPortable(db, dy []float32) {
	for n := len(db); len(dy) >= n; dy = dy[n:] {
		addPortable(db, dy[:n])
	}
}

func biasReLUMaxPool2Portable(y []float32, code []uint8, row0, row1, bias []float32) {
	n := len(bias)
	for len(y) >= n {
		for i, b := range bias {
			v, at := max4(row0[i]+b, row0[n+i]+b, row1[i]+b, row1[n+i]+b)
			if v <= 0 {
				v, at = 0, cutOff
			}
			y[i], code[i] = v, at
		}
		y, code, row0, row1 = y[n:], code[n:], row0[2*n:], row1[2*n:]
	}
}

func maxPool2Portable(y []float32, code []uint8, row0, row1 []float32, channels int) {
	n := channels
	for len(y) >= n {
		for i := range n {
			y[i], code[i] = max4(row0[i], row0[n+i], row1[i], row1[n+i])
		}
		y, code, row0, row1 = y[n:], code[n:], row0[2*n:], row1[2*n:]
	}
}

// max4 returns the greatest value and its place: the first one, or the last NaN.
func max4(v0, v1, v2, v3 float32) (v float32, at uint8) {
	v = v0
	if v1 > v || v1 != v1 {
		v, at = v1, 1
	}
	if v2 > v || v2 != v2 {
		v, at = v2, 2
	}
	if v3 > v || v3 != v3 {
		v, at = v3, 3
	}
	return v, at
}

func unpool2Portable(dx0, dx1, dy []float32, code []uint8, channels int) {
	n := channels
	for len(dy) >= n {
		for i := range n {
			var v [cutOff + 1]float32
			v[min(code[i], cutOff)] = dy[i]
			dx0[i], dx0[n+i], dx1[i], dx1[n+i] = v[0], v[1], v[2], v[3]
		}
		dx0, dx1, dy, code = dx0[2*n:], dx1[2*n:], dy[n:], code[n:]
	}
}

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

func adamPortable(w, m, v, g []float32, s *AdamStep) {
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
