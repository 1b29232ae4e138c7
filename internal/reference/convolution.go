package reference

import (
	"tatami/layers"
	"tatami/nn"
)

// convolution correlates x, zero around, with filters of O,KH,KW,I/groups and
// adds a bias (the book's section 7.2; groups and dilation as in PyTorch's
// Conv2d): for output channel o, which sees the channels c of its group,
//
//	y[i,j,o] = b[o] + Σ x[i·strideH+u·dilation−top, j·strideW+v·dilation−left, c]·w[o,u,v,c]
type convolution struct{ layers.Convolution }

// each visits every product of the sum: y at (n,i,j,o) takes x at (n,u,v,c)
// times weight w.
func (l convolution) each(y, x *Tensor, visit func(n, i, j, o, u, v, c, w int)) {
	height, width := l.Kernel, orElse(l.KernelW, l.Kernel)
	strideH := orElse(l.Stride, 1)
	strideW, dilation := orElse(l.StrideW, strideH), orElse(l.Dilation, 1)
	groups := orElse(l.Groups, 1)
	shareX, shareY := x.C/groups, y.C/groups
	for n := range x.N {
		for i := range y.H {
			for j := range y.W {
				for o := range y.C {
					for u := range height {
						for v := range width {
							for c := range shareX {
								visit(n, i, j, o,
									i*strideH+u*dilation-l.Pad-l.PadTop, j*strideW+v*dilation-l.Pad-l.PadLeft, o/shareY*shareX+c,
									((o*height+u)*width+v)*shareX+c)
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
	// Windows fit as long as their last row and column lie in the padded image.
	count := func(side, kernel, stride int) int {
		reach := orElse(l.Dilation, 1)*(kernel-1) + 1
		return (side-reach)/stride + 1
	}
	strideH := orElse(l.Stride, 1)
	y := NewTensor(x.N, nn.Shape{
		H: count(x.H+2*l.Pad+l.PadTop+l.PadBottom, l.Kernel, strideH),
		W: count(x.W+2*l.Pad+l.PadLeft+l.PadRight, orElse(l.KernelW, l.Kernel), orElse(l.StrideW, strideH)),
		C: l.Filters,
	})
	for k := range y.Data {
		y.Data[k] = b[k%l.Filters]
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
		db[k%l.Filters] += d
	}
	l.each(y, x, func(n, i, j, o, u, v, c, k int) {
		d := dy.at(n, i, j, o)
		dw[k] += d * x.at(n, u, v, c)
		dx.add(n, u, v, c, d*w[k])
	})
	return dx
}
