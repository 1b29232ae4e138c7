package kernels

// Add adds src to dst, element by element.
func Add(dst, src []float32) {
	if len(dst) != len(src) {
		panic("kernels: Add: lengths differ")
	}
	add(dst, src)
}

// Axpy adds s*src to dst.
func Axpy(dst []float32, s float32, src []float32) {
	if len(dst) != len(src) {
		panic("kernels: Axpy: lengths differ")
	}
	axpy(dst, s, src)
}

// Scale multiplies dst by s.
func Scale(dst []float32, s float32) { scale(dst, s) }

// SumSquares returns the sum of the squares of x, added up in float64.
func SumSquares(x []float32) float64 { return sumSquares(x) }

// ReLU sets y = max(x, 0). NaN stays NaN. y may be x itself.
func ReLU(y, x []float32) {
	if len(y) != len(x) {
		panic("kernels: ReLU: lengths differ")
	}
	relu(y, x)
}

// ReLUBackward sets dx = dy where ReLU let its input pass, and 0 where y <= 0. Where y is NaN dy passes, so that a
// failure is seen. dx may be dy itself.
func ReLUBackward(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic("kernels: ReLUBackward: lengths differ")
	}
	reluBackward(dx, dy, y)
}

// Sigmoid sets y = 1/(1 + e^-x), within a few units in the last place. NaN stays NaN. y may be x itself.
func Sigmoid(y, x []float32) {
	if len(y) != len(x) {
		panic("kernels: Sigmoid: lengths differ")
	}
	sigmoid(y, x)
}

// SigmoidBackward sets dx = dy*y*(1 - y), y being the sigmoid. dx may be dy itself.
func SigmoidBackward(dx, dy, y []float32) {
	if len(dx) != len(dy) || len(dx) != len(y) {
		panic("kernels: SigmoidBackward: lengths differ")
	}
	sigmoidBackward(dx, dy, y)
}

// FromBytes sets dst[i] = float32(src[i]) * scale.
func FromBytes(dst []float32, src []byte, scale float32) {
	if len(dst) != len(src) {
		panic("kernels: FromBytes: lengths differ")
	}
	fromBytes(dst, src, scale)
}
