package nn

import "math"

// Softmax writes exp(x_i) / Σ exp(x_j) to y, which may be x. The largest x is
// subtracted first, so no finite x overflows (the book's section 3.5.2). It
// returns log Σ exp(x_j).
func Softmax(y, x []float32) (logSum float64) {
	top := float32(math.Inf(-1))
	for _, v := range x {
		top = max(top, v) // max of NaN is NaN
	}
	var sum float64
	for i, v := range x {
		e := math.Exp(float64(v - top))
		sum += e
		y[i] = float32(e)
	}
	scale := float32(1 / sum)
	for i := range x {
		y[i] *= scale
	}
	return float64(top) + math.Log(sum)
}
