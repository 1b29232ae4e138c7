//go:build !purego

package kernels

import "golang.org/x/sys/cpu"

// chunk is how many elements an elementwise kernel takes in one call of assembly, which cannot be preempted: well under
// 100 µs, and long enough that the calls cost nothing.
const chunk = 1 << 15

// available lists the instruction sets of this machine, best first.
func available() []isa {
	x := &cpu.X86
	var list []isa
	hasAVX2 := x.HasAVX2 && x.HasFMA && x.HasBMI2
	if hasAVX2 && x.HasAVX512F && x.HasAVX512VL && x.HasAVX512BW && x.HasAVX512DQ {
		list = append(list, avx512)
	}
	if hasAVX2 {
		list = append(list, avx2)
	}
	return append(list, portable)
}

func add(dst, src []float32) {
	if active == portable {
		addPortable(dst, src)
		return
	}
	for len(dst) > 0 {
		n := min(len(dst), chunk)
		if active == avx512 {
			addAVX512(&dst[0], &src[0], n)
		} else {
			addAVX2(&dst[0], &src[0], n)
		}
		dst, src = dst[n:], src[n:]
	}
}

func axpy(dst []float32, s float32, src []float32) {
	if active == portable {
		axpyPortable(dst, s, src)
		return
	}
	for len(dst) > 0 {
		n := min(len(dst), chunk)
		if active == avx512 {
			axpyAVX512(&dst[0], s, &src[0], n)
		} else {
			axpyAVX2(&dst[0], s, &src[0], n)
		}
		dst, src = dst[n:], src[n:]
	}
}

func scale(dst []float32, s float32) {
	if active == portable {
		scalePortable(dst, s)
		return
	}
	for len(dst) > 0 {
		n := min(len(dst), chunk)
		if active == avx512 {
			scaleAVX512(&dst[0], s, n)
		} else {
			scaleAVX2(&dst[0], s, n)
		}
		dst = dst[n:]
	}
}

func relu(y, x []float32) {
	if active == portable {
		reluPortable(y, x)
		return
	}
	for len(y) > 0 {
		n := min(len(y), chunk)
		if active == avx512 {
			reluAVX512(&y[0], &x[0], n)
		} else {
			reluAVX2(&y[0], &x[0], n)
		}
		y, x = y[n:], x[n:]
	}
}

func reluBackward(dx, dy, y []float32) {
	if active == portable {
		reluBackwardPortable(dx, dy, y)
		return
	}
	for len(dx) > 0 {
		n := min(len(dx), chunk)
		if active == avx512 {
			reluBackwardAVX512(&dx[0], &dy[0], &y[0], n)
		} else {
			reluBackwardAVX2(&dx[0], &dy[0], &y[0], n)
		}
		dx, dy, y = dx[n:], dy[n:], y[n:]
	}
}

func sigmoid(y, x []float32) {
	if active == portable {
		sigmoidPortable(y, x)
		return
	}
	for len(y) > 0 {
		n := min(len(y), chunk)
		if active == avx512 {
			sigmoidAVX512(&y[0], &x[0], n)
		} else {
			sigmoidAVX2(&y[0], &x[0], n)
		}
		y, x = y[n:], x[n:]
	}
}

func sigmoidBackward(dx, dy, y []float32) {
	if active == portable {
		sigmoidBackwardPortable(dx, dy, y)
		return
	}
	for len(dx) > 0 {
		n := min(len(dx), chunk)
		if active == avx512 {
			sigmoidBackwardAVX512(&dx[0], &dy[0], &y[0], n)
		} else {
			sigmoidBackwardAVX2(&dx[0], &dy[0], &y[0], n)
		}
		dx, dy, y = dx[n:], dy[n:], y[n:]
	}
}

func fromBytes(dst []float32, src []byte, scale float32) {
	for active != portable && len(dst) >= 8 {
		n := min(len(dst), chunk)
		if active == avx512 {
			fromBytesAVX512(&dst[0], &src[0], scale, n)
		} else {
			n &^= 7
			fromBytesAVX2(&dst[0], &src[0], scale, n)
		}
		dst, src = dst[n:], src[n:]
	}
	fromBytesPortable(dst, src, scale)
}

func sumSquares(x []float32) float64 {
	var sum float64
	for active != portable && len(x) >= 32 {
		n := min(len(x), chunk) &^ 31
		if active == avx512 {
			sum += sumSquaresAVX512(&x[0], n)
		} else {
			sum += sumSquaresAVX2(&x[0], n)
		}
		x = x[n:]
	}
	return sum + sumSquaresPortable(x)
}

// biasChunk is how many elements get their bias in one call. They are walked once for each vector of columns, so they
// must stay in the first-level cache.
const biasChunk = 1 << 13

func addBias(y, bias []float32) {
	if active == portable {
		addBiasPortable(y, bias)
		return
	}
	n := len(bias)
	for len(y) > 0 {
		rows := min(len(y)/n, max(1, biasChunk/n))
		if active == avx512 {
			addBiasAVX512(&y[0], &bias[0], 4*n, rows, n)
		} else {
			addBiasAVX2(&y[0], &bias[0], 4*n, rows, n)
		}
		y = y[rows*n:]
	}
}

func addBiasReLU(y, bias []float32) {
	if active == portable {
		addBiasReLUPortable(y, bias)
		return
	}
	n := len(bias)
	for len(y) > 0 {
		rows := min(len(y)/n, max(1, biasChunk/n))
		if active == avx512 {
			addBiasReLUAVX512(&y[0], &bias[0], 4*n, rows, n)
		} else {
			addBiasReLUAVX2(&y[0], &bias[0], 4*n, rows, n)
		}
		y = y[rows*n:]
	}
}

func sumRows(db, dy []float32) {
	if active == portable {
		sumRowsPortable(db, dy)
		return
	}
	// The pieces are of fixed size, for the order of the additions must not depend on the width.
	const rows, cols = 1024, chunk / 1024
	n := len(db)
	for len(dy) > 0 {
		r := min(len(dy)/n, rows)
		for c := 0; c < n; c += cols {
			w := min(n-c, cols)
			if active == avx512 {
				sumRowsAVX512(&db[c], &dy[c], 4*n, r, w)
			} else {
				sumRowsAVX2(&db[c], &dy[c], 4*n, r, w)
			}
		}
		dy = dy[r*n:]
	}
}

func biasReLUMaxPool2(y []float32, code []uint8, row0, row1, bias []float32) {
	if active == portable {
		biasReLUMaxPool2Portable(y, code, row0, row1, bias)
		return
	}
	channels := len(bias)
	for len(y) > 0 {
		pixels := min(len(y)/channels, max(1, chunk/channels))
		n := pixels * channels
		if active == avx512 {
			biasReLUMaxPool2AVX512(&y[0], &code[0], &row0[0], &row1[0], &bias[0], pixels, channels)
		} else {
			biasReLUMaxPool2AVX2(&y[0], &code[0], &row0[0], &row1[0], &bias[0], pixels, channels)
		}
		y, code, row0, row1 = y[n:], code[n:], row0[2*n:], row1[2*n:]
	}
}

func maxPool2(y []float32, code []uint8, row0, row1 []float32, channels int) {
	if active == portable {
		maxPool2Portable(y, code, row0, row1, channels)
		return
	}
	for len(y) > 0 {
		pixels := min(len(y)/channels, max(1, chunk/channels))
		n := pixels * channels
		if active == avx512 {
			maxPool2AVX512(&y[0], &code[0], &row0[0], &row1[0], pixels, channels)
		} else {
			maxPool2AVX2(&y[0], &code[0], &row0[0], &row1[0], pixels, channels)
		}
		y, code, row0, row1 = y[n:], code[n:], row0[2*n:], row1[2*n:]
	}
}

func unpool2(dx0, dx1, dy []float32, code []uint8, channels int) {
	if active == portable {
		unpool2Portable(dx0, dx1, dy, code, channels)
		return
	}
	for len(dy) > 0 {
		pixels := min(len(dy)/channels, max(1, chunk/channels))
		n := pixels * channels
		if active == avx512 {
			unpool2AVX512(&dx0[0], &dx1[0], &dy[0], &code[0], pixels, channels)
		} else {
			unpool2AVX2(&dx0[0], &dx1[0], &dy[0], &code[0], pixels, channels)
		}
		dx0, dx1, dy, code = dx0[2*n:], dx1[2*n:], dy[n:], code[n:]
	}
}

func sgd(w, g []float32, s SGDStep) {
	if active == portable {
		sgdPortable(w, g, s)
		return
	}
	for len(w) > 0 {
		n := min(len(w), chunk)
		if active == avx512 {
			sgdAVX512(&w[0], &g[0], s.LR, s.Decay, s.Scale, n)
		} else {
			sgdAVX2(&w[0], &g[0], s.LR, s.Decay, s.Scale, n)
		}
		w, g = w[n:], g[n:]
	}
}

func momentum(w, v, g []float32, s MomentumStep) {
	if active == portable {
		momentumPortable(w, v, g, s)
		return
	}
	for len(w) > 0 {
		n := min(len(w), chunk)
		switch {
		case active == avx512 && s.Nesterov:
			nesterovAVX512(&w[0], &v[0], &g[0], s.LR, s.Mu, s.Decay, s.Scale, n)
		case active == avx512:
			momentumAVX512(&w[0], &v[0], &g[0], s.LR, s.Mu, s.Decay, s.Scale, n)
		case s.Nesterov:
			nesterovAVX2(&w[0], &v[0], &g[0], s.LR, s.Mu, s.Decay, s.Scale, n)
		default:
			momentumAVX2(&w[0], &v[0], &g[0], s.LR, s.Mu, s.Decay, s.Scale, n)
		}
		w, v, g = w[n:], v[n:], g[n:]
	}
}

func adam(w, m, v, g []float32, s *AdamStep) {
	if active == portable {
		adamPortable(w, m, v, g, s)
		return
	}
	c := adamConstants(s)
	for len(w) > 0 {
		n := min(len(w), chunk)
		if active == avx512 {
			adamAVX512(&w[0], &m[0], &v[0], &g[0], &c[0], n)
		} else {
			adamAVX2(&w[0], &m[0], &v[0], &g[0], &c[0], n)
		}
		w, m, v, g = w[n:], m[n:], v[n:], g[n:]
	}
}

// adamConstants are the numbers the assembly reads, in its order.
func adamConstants(s *AdamStep) [10]float32 {
	decay, shrink := s.Decay, float32(1)
	if s.Decoupled {
		decay, shrink = 0, 1-s.LR*s.Decay
	}
	return [10]float32{
		s.Scale, decay, s.Beta1, 1 - s.Beta1, s.Beta2, 1 - s.Beta2, s.Correction2, s.Epsilon, s.LR * s.Correction1, shrink,
	}
}

func adaGrad(w, h, g []float32, s AdaGradStep) {
	if active == portable {
		adaGradPortable(w, h, g, s)
		return
	}
	for len(w) > 0 {
		n := min(len(w), chunk)
		if active == avx512 {
			adaGradAVX512(&w[0], &h[0], &g[0], s.LR, s.Epsilon, s.Decay, s.Scale, n)
		} else {
			adaGradAVX2(&w[0], &h[0], &g[0], s.LR, s.Epsilon, s.Decay, s.Scale, n)
		}
		w, h, g = w[n:], h[n:], g[n:]
	}
}

func rmsProp(w, h, g []float32, s RMSpropStep) {
	if active == portable {
		rmsPropPortable(w, h, g, s)
		return
	}
	for len(w) > 0 {
		n := min(len(w), chunk)
		if active == avx512 {
			rmsPropAVX512(&w[0], &h[0], &g[0], s.LR, s.Rho, 1-s.Rho, s.Epsilon, s.Decay, s.Scale, n)
		} else {
			rmsPropAVX2(&w[0], &h[0], &g[0], s.LR, s.Rho, 1-s.Rho, s.Epsilon, s.Decay, s.Scale, n)
		}
		w, h, g = w[n:], h[n:], g[n:]
	}
}
