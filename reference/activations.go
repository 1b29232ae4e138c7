package reference

import "math"

// An Activation is a function of one number, applied to each value, with its
// derivative:
//
//	y = f(x),  dx = dy · f′(x)
type Activation func(x float64) (y, slope float64)

// Forward applies the function.
func (f Activation) Forward(x *Tensor) (y *Tensor) {
	y = x.like()
	for k, v := range x.Data {
		y.Data[k], _ = f(v)
	}
	return y
}

// Backward multiplies by the derivative.
func (f Activation) Backward(dy, x *Tensor) (dx *Tensor) {
	dx = x.like()
	for k, v := range x.Data {
		_, slope := f(v)
		dx.Data[k] = dy.Data[k] * slope
	}
	return dx
}

// ReLU is max(0, x), with slope 1 above 0 and else 0 (the book's sections 3.2.7
// and 5.5.1).
func ReLU(x float64) (y, slope float64) { return LeakyReLU(0)(x) }

// LeakyReLU is x above 0 and else below·x (Maas, Hannun and Ng 2013).
func LeakyReLU(below float64) Activation {
	return func(x float64) (y, slope float64) {
		if x > 0 {
			return x, 1
		}
		return below * x, below
	}
}

// Sigmoid is y = 1/(1 + e^−x), with slope y·(1 − y) (the book's sections 3.2.4
// and 5.5.2).
func Sigmoid(x float64) (y, slope float64) {
	y = 1 / (1 + math.Exp(-x))
	return y, y * (1 - y)
}

// Tanh is the hyperbolic tangent, with slope 1 − y².
func Tanh(x float64) (y, slope float64) {
	y = math.Tanh(x)
	return y, 1 - y*y
}

// GELU is x·Φ(x), with slope Φ(x) + x·φ(x), for the normal distribution Φ and
// its density φ (Hendrycks and Gimpel 2016).
func GELU(x float64) (y, slope float64) {
	below := (1 + math.Erf(x/math.Sqrt2)) / 2
	return x * below, below + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}
