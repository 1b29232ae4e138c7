package layers

import (
	"tatami/internal/kernels"
	"tatami/nn"
)

// winogradConvolution computes a 3×3 convolution of stride 1 by Winograd's
// minimal filtering, with the ReLU and the 2×2 max pooling after it if fused.
// It is for layers of many channels: of few, the direct way is as fast.
type winogradConvolution struct {
	*convolution
	plans  func() winogradPlans
	relu   bool
	pooled nn.Shape // the zero Shape without pooling
}

type winogradPlans struct{ ahead, back *kernels.Winograd }

// suitsWinograd decides by the layer's shape alone, so that results do not
// depend on the day.
func suitsWinograd(in, out nn.Shape, kernel, stride, pad int) bool {
	return kernel == 3 && stride == 1 && pad <= 2 && in.C >= 16 && out.C >= 16
}

func planWinograd(in, out nn.Shape, pad int) winogradPlans {
	ahead := kernels.NewWinograd(in.H, in.W, in.C, out.C, pad)
	return winogradPlans{ahead, ahead.Back()}
}

func (l *winogradConvolution) OutShape() nn.Shape {
	if l.pooled != (nn.Shape{}) {
		return l.pooled
	}
	return l.out
}

func (l *winogradConvolution) Fuse(next []nn.Layer) (nn.Layer, int) {
	n, pooled := fusible(next)
	if n == 0 {
		return nil, 0
	}
	return &winogradConvolution{convolution: l.convolution, plans: l.plans, relu: true, pooled: pooled}, n
}

func (l *winogradConvolution) Forward(p *nn.Pass, y, x *nn.Tensor) {
	plan := l.plans().ahead
	scratch := p.Scratch(plan.ScratchLen())
	u, ready := p.Packed(plan.FilterLen())
	if !ready {
		plan.Filter(u, l.w.Value.Data, scratch)
	}
	bias := l.b.Value.Data
	switch {
	case l.pooled != (nn.Shape{}):
		plan.ForwardBiasReLUMaxPool2(y.Data, p.KeepBytes(l.pooled.Size()), bias, x.Data, u, scratch, x.N)
	case l.relu:
		plan.ForwardBiasReLU(y.Data, bias, x.Data, u, scratch, x.N)
	default:
		plan.Forward(y.Data, x.Data, u, scratch, x.N)
		kernels.AddBias(y.Data, bias)
	}
}

func (l *winogradConvolution) Backward(p *nn.Pass, dx, dy, x, y *nn.Tensor) {
	plans := l.plans()
	d := l.beforeReLU(p, dy, y)
	dw, db := p.Grad(l.w), p.Grad(l.b)
	sums := plans.ahead.FilterLen()
	kept, ready := p.Packed(sums + plans.back.FilterLen())
	m, turned := kept[:sums], kept[sums:]
	if !ready {
		clear(m)
		if dx != nil {
			plans.back.FilterTurned(turned, l.w.Value.Data)
		}
	}
	scratch := p.Scratch(max(plans.ahead.ScratchLen(), plans.back.ScratchLen()))
	if db != nil {
		kernels.SumRows(db, d)
	}
	if dw != nil {
		plans.ahead.AddFilterGradient(m, d, x.Data, scratch, x.N)
		if p.LastSamples() {
			plans.ahead.FilterGradient(dw, m, scratch)
		}
	}
	if dx != nil {
		plans.back.Forward(dx.Data, d, turned, scratch, x.N)
	}
}

// beforeReLU is the gradient of the convolution's own output.
func (l *winogradConvolution) beforeReLU(p *nn.Pass, dy, y *nn.Tensor) []float32 {
	switch {
	case l.pooled != (nn.Shape{}):
		d := p.Scratch(dy.N * l.out.Size())
		unpool(d, dy.Data, p.KeepBytes(l.pooled.Size()), l.out)
		return d
	case l.relu:
		d := p.Scratch(len(dy.Data))
		kernels.ReLUBackward(d, dy.Data, y.Data)
		return d
	}
	return dy.Data
}
