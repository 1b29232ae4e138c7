package reference

import "math"

// Softmax is the book's section 3.5, over the channels of each pixel:
//
//	y_k = e^x_k / Σ_j e^x_j
func Softmax(x *Tensor) (y *Tensor) {
	y = x.like()
	for from := 0; from < len(x.Data); from += x.C {
		sum := LogSumExp(x.Data[from : from+x.C])
		for k := from; k < from+x.C; k++ {
			y.Data[k] = math.Exp(x.Data[k] - sum)
		}
	}
	return y
}

// SoftmaxBackward is its way back. Every output depends on every input, with
// ∂y_k/∂x_j = y_k·(1 − y_j) for k = j and −y_k·y_j else:
//
//	dx_j = Σ_k dy_k · ∂y_k/∂x_j
func SoftmaxBackward(dy, y *Tensor) (dx *Tensor) {
	dx = y.like()
	for from := 0; from < len(y.Data); from += y.C {
		for j := from; j < from+y.C; j++ {
			for k := from; k < from+y.C; k++ {
				slope := -y.Data[k] * y.Data[j]
				if j == k {
					slope += y.Data[k]
				}
				dx.Data[j] += dy.Data[k] * slope
			}
		}
	}
	return dx
}

// LogSumExp is log Σ e^x, with the largest x taken out so that nothing
// overflows (the book's section 3.5.2):
//
//	log Σ e^x = top + log Σ e^(x − top)
func LogSumExp(x []float64) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = math.Max(top, v)
	}
	var sum float64
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum)
}
