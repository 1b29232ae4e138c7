package reference

// Convolution is the book's section 7.2, for filters w and a bias b a filter:
//
//	y[n,i,j,o] = b[o] + Σ_uvc x[n, i·stride+u−pad, j·stride+v−pad, c] · w[o,u,v,c]
//
// with x = 0 beside the image. y has (H+2·pad−K)/stride + 1 rows for filters of
// K rows, rounded down, columns likewise, and a channel a filter.
func Convolution(x, w *Tensor, b []float64, stride, pad int) (y *Tensor) {
	y = NewTensor(x.N, (x.H+2*pad-w.H)/stride+1, (x.W+2*pad-w.W)/stride+1, w.N)
	for n := range y.N {
		for i := range y.H {
			for j := range y.W {
				for o := range y.C {
					sum := b[o]
					for u := range w.H {
						for v := range w.W {
							for c := range w.C {
								sum += x.At(n, i*stride+u-pad, j*stride+v-pad, c) * w.At(o, u, v, c)
							}
						}
					}
					y.Add(n, i, j, o, sum)
				}
			}
		}
	}
	return y
}

// ConvolutionBackward is its way back (section 7.4 has it by im2col). Each
// product x·w above hands its dy on to both factors, times the other one:
//
//	db[o]       = Σ_nij dy[n,i,j,o]
//	dw[o,u,v,c] = Σ_nij dy[n,i,j,o] · x[n, i·stride+u−pad, j·stride+v−pad, c]
//	dx[n,r,s,c] = Σ_o   dy[n,i,j,o] · w[o,u,v,c], over all i, j, u, v
//	              with i·stride+u−pad = r and j·stride+v−pad = s
//
// dw is a convolution of x with dy, and for stride 1 dx is one of dy with the
// filters turned by 180°.
func ConvolutionBackward(dy, x, w *Tensor, stride, pad int) (dx, dw *Tensor, db []float64) {
	dx, dw, db = x.like(), w.like(), make([]float64, w.N)
	for n := range dy.N {
		for i := range dy.H {
			for j := range dy.W {
				for o := range dy.C {
					d := dy.At(n, i, j, o)
					db[o] += d
					for u := range w.H {
						for v := range w.W {
							for c := range w.C {
								r, s := i*stride+u-pad, j*stride+v-pad
								dw.Add(o, u, v, c, d*x.At(n, r, s, c))
								dx.Add(n, r, s, c, d*w.At(o, u, v, c))
							}
						}
					}
				}
			}
		}
	}
	return dx, dw, db
}
