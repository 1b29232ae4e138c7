package reference

import "tatami/nn"

// affine is y = x·Wᵀ + b over the values of a sample.
type affine struct{ units int }

func (l affine) forward(ws [][]float64, x *Tensor) *Tensor {
	w, b := ws[0], ws[1]
	y := NewTensor(x.N, nn.Features(l.units))
	inputs := x.Size()
	for n := range x.N {
		for o := range l.units {
			sum := b[o]
			for i := range inputs {
				sum += x.Data[n*inputs+i] * w[o*inputs+i]
			}
			y.Data[n*l.units+o] = sum
		}
	}
	return y
}

func (l affine) backward(ws, dws [][]float64, dy, x, _ *Tensor) *Tensor {
	w, dw, db := ws[0], dws[0], dws[1]
	dx := NewTensor(x.N, x.Shape)
	inputs := x.Size()
	for n := range x.N {
		for o := range l.units {
			d := dy.Data[n*l.units+o]
			db[o] += d
			for i := range inputs {
				dw[o*inputs+i] += d * x.Data[n*inputs+i]
				dx.Data[n*inputs+i] += d * w[o*inputs+i]
			}
		}
	}
	return dx
}
