package reference

// Affine is the book's sections 3.3 and 5.6, for a row of w and a bias a unit;
// an image is taken as its values one after another:
//
//	y[n,o] = b[o] + Σ_k x[n,k] · w[o,k]
func Affine(x, w *Tensor, b []float64) (y *Tensor) {
	y = NewTensor(x.N, 1, 1, w.N)
	size := x.Size()
	for n := range x.N {
		for o := range w.N {
			sum := b[o]
			for k := range size {
				sum += x.Data[n*size+k] * w.Data[o*size+k]
			}
			y.Data[n*w.N+o] = sum
		}
	}
	return y
}

// AffineBackward is its way back (section 5.6.2, there as products of
// matrices):
//
//	db[o]   = Σ_n dy[n,o]
//	dw[o,k] = Σ_n dy[n,o] · x[n,k]
//	dx[n,k] = Σ_o dy[n,o] · w[o,k]
func AffineBackward(dy, x, w *Tensor) (dx, dw *Tensor, db []float64) {
	dx, dw, db = x.like(), w.like(), make([]float64, w.N)
	size := x.Size()
	for n := range x.N {
		for o := range w.N {
			d := dy.Data[n*w.N+o]
			db[o] += d
			for k := range size {
				dw.Data[o*size+k] += d * x.Data[n*size+k]
				dx.Data[n*size+k] += d * w.Data[o*size+k]
			}
		}
	}
	return dx, dw, db
}
