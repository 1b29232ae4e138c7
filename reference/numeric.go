package reference

// Numeric is the gradient of f with respect to the values by central
// differences, one value at a time (the book's sections 4.3 and 4.4):
//
//	∂f/∂v ≈ (f(v+h) − f(v−h)) / 2h
//
// The values are as before when it returns. With h of 1e-5 it is right to about
// ten digits.
func Numeric(f func() float64, values []float64, h float64) []float64 {
	gradient := make([]float64, len(values))
	for k, v := range values {
		values[k] = v + h
		above := f()
		values[k] = v - h
		below := f()
		values[k] = v
		gradient[k] = (above - below) / (2 * h)
	}
	return gradient
}
