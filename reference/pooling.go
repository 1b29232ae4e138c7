package reference

// Pooling is the book's section 7.3: the maximum, or the average, of the pixels
// of a window that are inside the image, channel by channel:
//
//	y[n,i,j,c] = max_uv x[n, i·stride+u−pad, j·stride+v−pad, c],  u, v < size
//
// y has (H+2·pad−size)/stride + 1 rows, rounded down, columns likewise.
func Pooling(x *Tensor, size, stride, pad int, average bool) (y *Tensor) {
	y = NewTensor(x.N, (x.H+2*pad-size)/stride+1, (x.W+2*pad-size)/stride+1, x.C)
	for n := range y.N {
		for i := range y.H {
			for j := range y.W {
				for c := range y.C {
					for _, p := range shares(x, n, i*stride-pad, j*stride-pad, c, size, average) {
						y.Add(n, i, j, c, p.share*x.At(n, p.row, p.column, c))
					}
				}
			}
		}
	}
	return y
}

// PoolingBackward is its way back (the book's section 7.4.4): the gradient goes
// to the pixel that was the maximum, the first of several, or in equal shares
// to all pixels of an average:
//
//	dx[n,r,s,c] = Σ_ij dy[n,i,j,c] · share of pixel (r,s) in y[n,i,j,c]
func PoolingBackward(dy, x *Tensor, size, stride, pad int, average bool) (dx *Tensor) {
	dx = x.like()
	for n := range dy.N {
		for i := range dy.H {
			for j := range dy.W {
				for c := range dy.C {
					for _, p := range shares(x, n, i*stride-pad, j*stride-pad, c, size, average) {
						dx.Add(n, p.row, p.column, c, p.share*dy.At(n, i, j, c))
					}
				}
			}
		}
	}
	return dx
}

// pixel is one that has a share in an output: 1 for a maximum.
type pixel struct {
	row, column int
	share       float64
}

// shares lists the pixels that have one in the window at that row and column.
func shares(x *Tensor, n, top, left, c, size int, average bool) (pixels []pixel) {
	for r := max(top, 0); r < min(top+size, x.H); r++ {
		for s := max(left, 0); s < min(left+size, x.W); s++ {
			pixels = append(pixels, pixel{r, s, 1})
		}
	}
	if average {
		for k := range pixels {
			pixels[k].share = 1 / float64(len(pixels))
		}
		return pixels
	}
	best := 0
	for k, p := range pixels {
		if x.At(n, p.row, p.column, c) > x.At(n, pixels[best].row, pixels[best].column, c) {
			best = k
		}
	}
	return pixels[best : best+1]
}
