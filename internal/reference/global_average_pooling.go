package reference

import "tatami/nn"

// globalAveragePooling is the mean of each channel over all pixels (Lin and
// others 2014, section 3.2):
//
//	y[c] = Σ x[i,j,c] / (H·W)
type globalAveragePooling struct{}

func (globalAveragePooling) forward(_ [][]float64, x *Tensor) *Tensor {
	y := NewTensor(x.N, nn.Features(x.C))
	for n := range x.N {
		for i := range x.H {
			for j := range x.W {
				for c := range x.C {
					y.add(n, 0, 0, c, x.at(n, i, j, c)/float64(x.H*x.W))
				}
			}
		}
	}
	return y
}

func (globalAveragePooling) backward(_, _ [][]float64, dy, x, _ *Tensor) *Tensor {
	dx := NewTensor(x.N, x.Shape)
	for n := range x.N {
		for i := range x.H {
			for j := range x.W {
				for c := range x.C {
					dx.add(n, i, j, c, dy.at(n, 0, 0, c)/float64(x.H*x.W))
				}
			}
		}
	}
	return dx
}
