package reference

// Placement is where the filters of a [GeneralConvolution] lie.
type Placement struct {
	StrideH, StrideW         int // from one window to the next
	Dilation                 int // from one value of a filter to the next
	Top, Bottom, Left, Right int // zeros around the image
	Groups                   int // of channels and filters, which have nothing to do with each other
}

// GeneralConvolution is [Convolution] with all that has been added to it: filters
// that look at every second pixel or so (dilated: Yu and Koltun 2016), filters
// in groups (Krizhevsky and others 2012) that each see w.C of the channels,
// depthwise where that is one (Howard and others 2017), and sides that differ:
//
//	y[n,i,j,o] = b[o] + Σ_uvc x[n, i·strideH+u·dilation−top, j·strideW+v·dilation−left, first+c] · w[o,u,v,c]
//
// where first is the group's first channel.
func GeneralConvolution(x, w *Tensor, b []float64, p Placement) (y *Tensor) {
	height := (x.H+p.Top+p.Bottom-p.Dilation*(w.H-1)-1)/p.StrideH + 1
	width := (x.W+p.Left+p.Right-p.Dilation*(w.W-1)-1)/p.StrideW + 1
	y = NewTensor(x.N, height, width, w.N)
	for k := range y.Data {
		y.Data[k] = b[k%w.N]
	}
	p.products(y, w, func(n, i, j, o, u, v, c, r, s, channel int) {
		y.Add(n, i, j, o, x.At(n, r, s, channel)*w.At(o, u, v, c))
	})
	return y
}

// GeneralConvolutionBackward is its way back: as in [ConvolutionBackward], each
// product x·w hands its dy on to both factors, times the other one.
func GeneralConvolutionBackward(dy, x, w *Tensor, p Placement) (dx, dw *Tensor, db []float64) {
	dx, dw, db = x.like(), w.like(), make([]float64, w.N)
	for k, d := range dy.Data {
		db[k%w.N] += d
	}
	p.products(dy, w, func(n, i, j, o, u, v, c, r, s, channel int) {
		d := dy.At(n, i, j, o)
		dw.Add(o, u, v, c, d*x.At(n, r, s, channel))
		dx.Add(n, r, s, channel, d*w.At(o, u, v, c))
	})
	return dx, dw, db
}

// products visits every product x[n,r,s,channel] · w[o,u,v,c] of the sums
// y[n,i,j,o].
func (p Placement) products(y, w *Tensor, visit func(n, i, j, o, u, v, c, r, s, channel int)) {
	for n := range y.N {
		for i := range y.H {
			for j := range y.W {
				for o := range y.C {
					first := o / (w.N / p.Groups) * w.C
					for u := range w.H {
						for v := range w.W {
							for c := range w.C {
								visit(n, i, j, o, u, v, c, i*p.StrideH+u*p.Dilation-p.Top, j*p.StrideW+v*p.Dilation-p.Left, first+c)
							}
						}
					}
				}
			}
		}
	}
}
