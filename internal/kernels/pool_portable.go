package kernels

func biasReLUMaxPool2Portable(y []float32, code []uint8, row0, row1, bias []float32, _ int) {
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

func maxPool2Portable(y []float32, code []uint8, row0, row1 []float32, _, channels int) {
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

func unpool2Portable(dx0, dx1, dy []float32, code []uint8, _, channels int) {
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
