package reference

import "tatami/nn"

// convolution correlates x, zero around, with filters of O,KH,KW,I and adds a
// bias.
type convolution struct{ kernel, stride, pad, filters int }

// each visits every product of the sum: y at (n,i,j,o) takes x at (n,u,v,c)
// times weight w.
func (l convolution) each(y, x *Tensor, visit func(n, i, j, o, u, v, c, w int)) {
	for n := range x.N {
		for i := range y.H {
			for j := range y.W {
				for o := range y.C {
					for ku := range l.kernel {
						for kv := range l.kernel {
							for c := range x.C {
								visit(n, i, j, o, i*l.stride+ku-l.pad, j*l.stride+kv-l.pad, c,
									((o*l.kernel+ku)*l.kernel+kv)*x.C+c)
							}
						}
					}
				}
			}
		}
	}
}

func (l convolution) forward(ws [][]float64, x *Tensor) *Tensor {
	w, b := ws[0], ws[1]
	y := NewTensor(x.N, nn.Shape{
		H: (x.H+2*l.pad-l.kernel)/l.stride + 1,
		W: (x.W+2*l.pad-l.kernel)/l.stride + 1,
		C: l.filters,
	})
	for k := range y.Data {
		y.Data[k] = b[k%l.filters]
	}
	l.each(y, x, func(n, i, j, o, u, v, c, k int) {
		y.add(n, i, j, o, x.at(n, u, v, c)*w[k])
	})
	return y
}

func (l convolution) backward(ws, dws [][]float64, dy, x, y *Tensor) *Tensor {
	w, dw, db := ws[0], dws[0], dws[1]
	dx := NewTensor(x.N, x.Shape)
	for k, d := range dy.Data {
		db[k%l.filters] += d
	}
	l.each(y, x, func(n, i, j, o, u, v, c, k int) {
		d := dy.at(n, i, j, o)
		dw[k] += d * x.at(n, u, v, c)
		dx.add(n, u, v, c, d*w[k])
	})
	return dx
}
