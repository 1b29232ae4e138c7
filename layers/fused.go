package layers

import (
	"tatami/internal/kernels"
	"tatami/nn"
)

// convolutionReLU is a convolution and the ReLU after it.
type convolutionReLU struct{ *convolution }

func (l convolutionReLU) Forward(p *nn.Pass, y, x *nn.Tensor) {
	l.convolve(p, y, x)
	kernels.AddBiasReLU(y.Data, l.b.Value.Data)
}

func (l convolutionReLU) Backward(p *nn.Pass, dx, dy, x, y *nn.Tensor) {
	g := l.gradients(p, dx, x)
	cut := p.Scratch(l.out.Size())
	for n := range x.N {
		kernels.ReLUBackward(cut, dy.Sample(n), y.Sample(n))
		g.image(n, cut)
	}
	g.finish()
}

// convolutionReLUPooling is a convolution, the ReLU and the 2×2 max pooling
// after it. Of a window it keeps the maximum and a code of its place, so the
// convolution's own output, four times as large, never leaves the cache.
type convolutionReLUPooling struct {
	*convolution
	pooled nn.Shape
}

func (l *convolutionReLUPooling) OutShape() nn.Shape { return l.pooled }

func (l *convolutionReLUPooling) Forward(p *nn.Pass, y, x *nn.Tensor) {
	d := l.direct()
	w, canvas := d.filters(p, l.w.Value.Data), d.canvas(p)
	codes := p.KeepBytes(l.pooled.Size())
	row, pooledRow := l.out.W*l.out.C, l.pooled.W*l.pooled.C
	pair := p.Scratch(2 * row)
	for n := range x.N {
		padded := canvas.pad(x.Sample(n))
		for i := range l.pooled.H {
			d.forward(pair, padded, w, 2*i, 2)
			at := (n*l.pooled.H + i) * pooledRow
			kernels.BiasReLUMaxPool2(y.Data[at:at+pooledRow], codes[at:at+pooledRow], pair[:row], pair[row:], l.b.Value.Data)
		}
	}
}

func (l *convolutionReLUPooling) Backward(p *nn.Pass, dx, dy, x, _ *nn.Tensor) {
	g := l.gradients(p, dx, x)
	codes := p.KeepBytes(l.pooled.Size())
	row, pooledRow := l.out.W*l.out.C, l.pooled.W*l.pooled.C
	spread := p.Scratch(l.out.Size())
	for n := range x.N {
		for i := range l.pooled.H {
			at := (n*l.pooled.H + i) * pooledRow
			rows := spread[2*i*row : 2*(i+1)*row]
			kernels.Unpool2(rows[:row], rows[row:], dy.Data[at:at+pooledRow], codes[at:at+pooledRow], l.out.C)
		}
		g.image(n, spread)
	}
	g.finish()
}
