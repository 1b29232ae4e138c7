package kernels

// Add adds src to dst, element by element.
func Add(dst, src []float32) {
	if len(dst) != len(src) {
		panic("kernels: Add: lengths differ")
	}
	for i, j := range chunks(len(dst), 1, chunk) {
		active.add(dst[i:j], src[i:j])
	}
}

// Sum sets y = a + b. y may be a or b itself.
func Sum(y, a, b []float32) {
	if len(y) != len(a) || len(y) != len(b) {
		panic("kernels: Sum: lengths differ")
	}
	for i, j := range chunks(len(y), 1, chunk) {
		active.sum(y[i:j], a[i:j], b[i:j])
	}
}

// SumReLU is Sum followed by ReLU.
func SumReLU(y, a, b []float32) {
	if len(y) != len(a) || len(y) != len(b) {
		panic("kernels: SumReLU: lengths differ")
	}
	for i, j := range chunks(len(y), 1, chunk) {
		active.sumReLU(y[i:j], a[i:j], b[i:j])
	}
}

// Axpy adds s*src to dst.
func Axpy(dst []float32, s float32, src []float32) {
	if len(dst) != len(src) {
		panic("kernels: Axpy: lengths differ")
	}
	for i, j := range chunks(len(dst), 1, chunk) {
		active.axpy(dst[i:j], s, src[i:j])
	}
}

// Scale multiplies dst by s.
func Scale(dst []float32, s float32) {
	for i, j := range chunks(len(dst), 1, chunk) {
		active.scale(dst[i:j], s)
	}
}

// SumSquares returns the sum of the squares of x, added up in float64.
func SumSquares(x []float32) float64 { return active.sumSquares(x) }

// ReLU sets y = max(x, 0). NaN stays NaN. y may be x itself.
func ReLU(y, x []float32) {
	if len(y) != len(x) {
		panic("kernels: ReLU: lengths differ")
	}
	for i, j := range chunks(len(y), 1, chunk) {
		active.relu(y[i:j], x[i:j])
	}
}

// ReLUBackward sets dx = dy where ReLU let its input pass, and 0 where y <= 0. Where y is NaN dy passes, so that a
// failure is seen. dx may be dy itself.
func ReLUBackward(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic("kernels: ReLUBackward: lengths differ")
	}
	for i, j := range chunks(len(dx), 1, chunk) {
		active.reluBackward(dx[i:j], dy[i:j], y[i:j])
	}
}

// Sigmoid sets y = 1/(1 + e^-x), within a few units in the last place. NaN stays NaN. y may be x itself.
func Sigmoid(y, x []float32) {
	if len(y) != len(x) {
		panic("kernels: Sigmoid: lengths differ")
	}
	for i, j := range chunks(len(y), 1, chunk) {
		active.sigmoid(y[i:j], x[i:j])
	}
}

// SigmoidBackward sets dx = dy*y*(1 - y), y being the sigmoid. dx may be dy itself.
func SigmoidBackward(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic("kernels: SigmoidBackward: lengths differ")
	}
	for i, j := range chunks(len(dx), 1, chunk) {
		active.sigmoidBackward(dx[i:j], dy[i:j], y[i:j])
	}
}

// FromBytes sets dst[i] = float32(src[i]) * scale.
func FromBytes(dst []float32, src []byte, scale float32) {
	if len(dst) != len(src) {
		panic("kernels: FromBytes: lengths differ")
	}
	for i, j := range chunks(len(dst), 1, chunk) {
		active.fromBytes(dst[i:j], src[i:j], scale)
	}
}
