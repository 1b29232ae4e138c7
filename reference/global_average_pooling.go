package reference

// GlobalAveragePooling is the mean of each channel over all pixels (Lin, Chen
// and Yan 2014, section 3.2):
//
//	y[n,c] = Σ_ij x[n,i,j,c] / (H·W)
func GlobalAveragePooling(x *Tensor) (y *Tensor) {
	y = NewTensor(x.N, 1, 1, x.C)
	for n := range x.N {
		for i := range x.H {
			for j := range x.W {
				for c := range x.C {
					y.Add(n, 0, 0, c, x.At(n, i, j, c)/float64(x.H*x.W))
				}
			}
		}
	}
	return y
}

// GlobalAveragePoolingBackward gives every pixel its share:
//
//	dx[n,i,j,c] = dy[n,c] / (H·W)
func GlobalAveragePoolingBackward(dy, x *Tensor) (dx *Tensor) {
	dx = x.like()
	for n := range x.N {
		for i := range x.H {
			for j := range x.W {
				for c := range x.C {
					dx.Add(n, i, j, c, dy.At(n, 0, 0, c)/float64(x.H*x.W))
				}
			}
		}
	}
	return dx
}
