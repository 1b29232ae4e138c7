package layers

import (
	"sync"

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
	// first computes the filters' gradient of a network's first layer, straight
	// from the codes; nil for several channels.
	first func() *kernels.PooledFilter
}

func newConvolutionReLUPooling(l *convolution, pooled nn.Shape) *convolutionReLUPooling {
	f := &convolutionReLUPooling{convolution: l, pooled: pooled}
	if l.in.C == 1 {
		f.first = sync.OnceValue(func() *kernels.PooledFilter {
			d := l.direct()
			if d.stride != 1 {
				return nil
			}
			return kernels.NewPooledFilter(d.padded.H, d.padded.W, l.kernel, l.out.C)
		})
	}
	return f
}

func (l *convolutionReLUPooling) OutShape() nn.Shape { return l.pooled }

func (l *convolutionReLUPooling) Forward(p *nn.Pass, y, x *nn.Tensor) {
	d := l.direct()
	w, canvas := d.filters(p, l.w.Value.Data), d.canvas(p)
	codes := p.KeepBytes(l.pooled.Size())
	row, pooledRow := l.out.W*l.out.C, l.pooled.W*l.pooled.C
	turns := (2*row*l.pooled.H + kernels.CacheLen - 1) / kernels.CacheLen
	most := max(l.pooled.H/turns, 1)
	rows := p.Scratch(2 * row * most)
	for n := range x.N {
		padded := canvas.pad(x.Sample(n))
		for i := 0; i < l.pooled.H; i += most {
			pairs := min(most, l.pooled.H-i)
			d.forward(rows, padded, w, 2*i, 2*pairs)
			at := (n*l.pooled.H + i) * pooledRow
			for k := range pairs {
				pair := rows[2*k*row:][:2*row]
				kernels.BiasReLUMaxPool2(y.Data[at:at+pooledRow], codes[at:at+pooledRow], pair[:row], pair[row:], l.b.Value.Data)
				at += pooledRow
			}
		}
	}
}

func (l *convolutionReLUPooling) Backward(p *nn.Pass, dx, dy, x, _ *nn.Tensor) {
	codes := p.KeepBytes(l.pooled.Size())
	if l.first != nil && dx == nil && l.first() != nil {
		if dw, db := p.Grad(l.w), p.Grad(l.b); dw != nil && db != nil {
			l.backwardFirst(p, dw, db, dy, x, codes)
			return
		}
	}
	g := l.gradients(p, dx, x)
	spread := p.Scratch(l.out.Size())
	size := l.pooled.Size()
	for n := range x.N {
		unpool(spread, dy.Sample(n), codes[n*size:(n+1)*size], l.out)
		g.image(n, spread)
	}
	g.finish()
}

func (l *convolutionReLUPooling) backwardFirst(p *nn.Pass, dw, db []float32, dy, x *nn.Tensor, codes []uint8) {
	plan, canvas := l.first(), l.direct().canvas(p)
	scratch := p.Scratch(plan.ScratchLen())
	taps := l.kernel * l.kernel
	sums, ready := p.Packed(taps * l.out.C)
	if !ready {
		clear(sums)
	}
	size := l.pooled.Size()
	for n := range x.N {
		plan.AddGradient(sums, db, dy.Sample(n), codes[n*size:(n+1)*size], canvas.pad(x.Sample(n)), scratch, 1)
	}
	if p.LastSamples() {
		turned := p.Scratch(len(dw))
		kernels.Transpose(kernels.Matrix{Data: turned, Stride: taps, Cols: taps}, kernels.Matrix{Data: sums, Stride: l.out.C, Cols: l.out.C})
		kernels.Add(dw, turned)
	}
}

// unpool takes the gradient of images back through 2×2 max pooling: d, of the
// given shape an image, is dy at the pixels that codes name, else 0.
func unpool(d, dy []float32, codes []uint8, shape nn.Shape) {
	row := shape.W * shape.C
	half := row / 2
	for i := 0; i*half < len(dy); i++ {
		kernels.Unpool2(d[2*i*row:(2*i+1)*row], d[(2*i+1)*row:(2*i+2)*row], dy[i*half:(i+1)*half], codes[i*half:(i+1)*half], shape.C)
	}
}
