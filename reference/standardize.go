package reference

// Standardize is, for each channel c,
//
//	y = (x − mean[c])/deviation[c]
func Standardize(x *Tensor, mean, deviation []float64) (y *Tensor) {
	y = x.like()
	for k, v := range x.Data {
		c := k % x.C
		y.Data[k] = (v - mean[c]) / deviation[c]
	}
	return y
}

// StandardizeBackward is dx = dy/deviation[c].
func StandardizeBackward(dy *Tensor, deviation []float64) (dx *Tensor) {
	dx = dy.like()
	for k, d := range dy.Data {
		dx.Data[k] = d / deviation[k%dy.C]
	}
	return dx
}
