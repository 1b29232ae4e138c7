package layers

import (
	"fmt"
	"math"
	"math/rand/v2"

	"tatami/internal/kernels"
	"tatami/nn"
)

// BatchNormalization gives each channel mean Beta and deviation Gamma over the
// batch and all pixels (Ioffe and Szegedy 2015; the book's section 6.3):
//
//	y = Gamma·(x − mean)/√(variance + Epsilon) + Beta
//
// In training mean and (biased) variance are those of the whole batch, however
// many shards it is cut into; in inference, and when frozen, the running ones.
// These start at 0 and 1 and take Momentum of the new value at each step, of
// the unbiased variance. Any shape. Where a batch has one value a channel its
// variance is 0, so y is Beta and dx is 0.
//
// The book's differs: its momentum 0.9 is the share of the old value, its
// running variance starts at 0 and is biased, Epsilon is 1e-6, and an image
// has a statistic for every pixel.
//
// Parameters: gamma, beta, mean, variance, a value a channel.
//
// The way back, with sums over the m values of a channel and x̂ the normalized x:
//
//	dBeta = Σ dy,  dGamma = Σ dy·x̂
//	dx = Gamma/√(variance + Epsilon) · (dy − dBeta/m − x̂·dGamma/m)
//
// where the last two terms are there because x moves mean and variance too; with
// the running ones dx = Gamma/√(variance + Epsilon)·dy.
//
// In plain loops: reference/batch_normalization.go.
type BatchNormalization struct {
	// Epsilon is added to the variance; 0 is 1e-5.
	Epsilon float64
	// Momentum is the share of the new value in the running ones; 0 is 0.1.
	Momentum float64
	// Frozen uses the running statistics in training too and trains nothing.
	Frozen bool
}

func (BatchNormalization) String() string { return "BatchNormalization" }

// CountParams implements [nn.Counted].
func (BatchNormalization) CountParams(in nn.Shape) int { return 4 * in.C }

// Build implements [nn.Spec]. It fails if Epsilon is not positive or Momentum
// not in (0, 1].
func (s BatchNormalization) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	if s.Epsilon == 0 {
		s.Epsilon = 1e-5
	}
	if s.Momentum == 0 {
		s.Momentum = 0.1
	}
	if !(s.Epsilon > 0 && s.Epsilon < math.Inf(1)) {
		return nil, fmt.Errorf("field Epsilon is %g, wanted a positive number", s.Epsilon)
	}
	if !(s.Momentum > 0 && s.Momentum <= 1) {
		return nil, fmt.Errorf("field Momentum is %g, wanted more than 0 and at most 1", s.Momentum)
	}
	param := func(name string, value float32, fixed bool) *nn.Param {
		t := nn.NewTensor(1, nn.Features(in.C))
		for i := range t.Data {
			t.Data[i] = value
		}
		return &nn.Param{Name: name, Value: t, Fixed: fixed}
	}
	l := batchNormalization{
		pointwise: pointwise(in), epsilon: s.Epsilon, momentum: s.Momentum,
		gamma: param("gamma", 1, s.Frozen), beta: param("beta", 0, s.Frozen),
		mean: param("mean", 0, true), variance: param("variance", 1, true),
	}
	if s.Frozen {
		return &l, nil
	}
	return jointNormalization{&l}, nil
}

// batchNormalization normalizes with the running statistics.
type batchNormalization struct {
	pointwise
	epsilon, momentum           float64
	gamma, beta, mean, variance *nn.Param
}

func (l *batchNormalization) Params() []*nn.Param {
	return []*nn.Param{l.gamma, l.beta, l.mean, l.variance}
}

func (l *batchNormalization) Forward(p *nn.Pass, y, x *nn.Tensor) {
	l.normalize(p, y, x, func(c int) (mean, variance float64) {
		return float64(l.mean.Value.Data[c]), float64(l.variance.Value.Data[c])
	})
}

// normalize writes y = scale·x + shift, a pair of factors a channel.
func (l *batchNormalization) normalize(p *nn.Pass, y, x *nn.Tensor, statistics func(c int) (mean, variance float64)) {
	scale, shift := p.Scratch(l.C), p.Scratch(l.C)
	for c := range l.C {
		mean, variance := statistics(c)
		s := float64(l.gamma.Value.Data[c]) / math.Sqrt(variance+l.epsilon)
		scale[c], shift[c] = float32(s), float32(float64(l.beta.Value.Data[c])-mean*s)
	}
	kernels.ScaleShift(y.Data, x.Data, scale, shift)
}

func (l *batchNormalization) Backward(p *nn.Pass, dx, dy, x, _ *nn.Tensor) {
	dgamma, dbeta := p.Grad(l.gamma), p.Grad(l.beta)
	mean, inverse := p.Scratch(l.C), p.Scratch(l.C)
	for c := range l.C {
		mean[c] = l.mean.Value.Data[c]
		inverse[c] = float32(1 / math.Sqrt(float64(l.variance.Value.Data[c])+l.epsilon))
	}
	for i := 0; i < len(x.Data); i += l.C {
		for c := range l.C {
			d := dy.Data[i+c]
			if dgamma != nil {
				dgamma[c] += d * (x.Data[i+c] - mean[c]) * inverse[c]
			}
			if dbeta != nil {
				dbeta[c] += d
			}
			if dx != nil {
				dx.Data[i+c] = d * l.gamma.Value.Data[c] * inverse[c]
			}
		}
	}
}

// jointNormalization takes the batch's own statistics in training.
type jointNormalization struct{ *batchNormalization }

// SumLen implements [nn.Joint]: two sums a channel.
func (l jointNormalization) SumLen() int { return 2 * l.C }

// Sum adds Σx and Σx² of each channel.
func (l jointNormalization) Sum(_ *nn.Pass, sums []float64, x *nn.Tensor) {
	kernels.Moments(sums[:l.C], sums[l.C:], x.Data)
}

// statistics are the batch's, from the sums of the way forward.
func (l jointNormalization) statistics(p *nn.Pass, c int) (mean, variance float64) {
	n, sums := l.values(p), p.ForwardSums()
	mean = sums[c] / n
	return mean, max(sums[l.C+c]/n-mean*mean, 0)
}

// values is the number of a channel's values in the whole batch.
func (l jointNormalization) values(p *nn.Pass) float64 { return float64(p.Batch * l.H * l.W) }

func (l jointNormalization) Forward(p *nn.Pass, y, x *nn.Tensor) {
	if !p.Training {
		l.batchNormalization.Forward(p, y, x)
		return
	}
	l.normalize(p, y, x, func(c int) (float64, float64) { return l.statistics(p, c) })
	if p.FirstSample() {
		l.moveRunning(p)
	}
}

func (l jointNormalization) moveRunning(p *nn.Pass) {
	n := l.values(p)
	for c := range l.C {
		mean, variance := l.statistics(p, c)
		if n > 1 {
			variance *= n / (n - 1)
		}
		move := func(running *float32, now float64) {
			*running = float32((1-l.momentum)*float64(*running) + l.momentum*now)
		}
		move(&l.mean.Value.Data[c], mean)
		move(&l.variance.Value.Data[c], variance)
	}
}

// SumBackward adds Σdy and Σdy·x̂ of each channel, x̂ = (x − mean)/deviation,
// which are also the gradients of beta and gamma.
func (l jointNormalization) SumBackward(p *nn.Pass, sums []float64, dy, x, _ *nn.Tensor) {
	mean, inverse := p.Scratch(l.C), p.Scratch(l.C)
	l.batchScale(p, mean, inverse)
	kernels.NormalizedSums(sums[:l.C], sums[l.C:], dy.Data, x.Data, mean, inverse)
	dgamma, dbeta := p.Grad(l.gamma), p.Grad(l.beta)
	for c := range dbeta {
		dbeta[c] += float32(sums[c])
	}
	for c := range dgamma {
		dgamma[c] += float32(sums[l.C+c])
	}
}

func (l jointNormalization) batchScale(p *nn.Pass, mean, inverse []float32) {
	for c := range l.C {
		m, v := l.statistics(p, c)
		mean[c], inverse[c] = float32(m), float32(1/math.Sqrt(v+l.epsilon))
	}
}

func (l jointNormalization) Backward(p *nn.Pass, dx, dy, x, y *nn.Tensor) {
	if !p.Training {
		l.batchNormalization.Backward(p, dx, dy, x, y)
		return
	}
	if dx == nil {
		return
	}
	mean, inverse := p.Scratch(l.C), p.Scratch(l.C)
	l.batchScale(p, mean, inverse)
	n, sums := l.values(p), p.Sums()
	dyMean, slope, factor := p.Scratch(l.C), p.Scratch(l.C), p.Scratch(l.C)
	for c := range l.C {
		dyMean[c], slope[c] = float32(sums[c]/n), float32(sums[l.C+c]/n)*inverse[c]
		factor[c] = l.gamma.Value.Data[c] * inverse[c]
	}
	kernels.NormalizedBackward(dx.Data, dy.Data, x.Data, factor, dyMean, mean, slope)
}
