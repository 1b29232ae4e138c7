package layers

import (
	"cmp"
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
	s.Epsilon, s.Momentum = cmp.Or(s.Epsilon, 1e-5), cmp.Or(s.Momentum, 0.1)
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
	l := &frozenNormalization{
		pointwise: pointwise(in), epsilon: s.Epsilon,
		gamma: param("gamma", 1, s.Frozen), beta: param("beta", 0, s.Frozen),
		mean: param("mean", 0, true), variance: param("variance", 1, true),
	}
	if s.Frozen {
		return l, nil
	}
	return &batchNormalization{l, s.Momentum}, nil
}

// frozenNormalization normalizes with the running statistics.
type frozenNormalization struct {
	pointwise
	epsilon                     float64
	gamma, beta, mean, variance *nn.Param
}

func (l *frozenNormalization) Params() []*nn.Param {
	return []*nn.Param{l.gamma, l.beta, l.mean, l.variance}
}

func (l *frozenNormalization) Forward(c *nn.Context, y, x *nn.Tensor) {
	l.normalize(c, y, x, func(k int) (mean, variance float64) {
		return float64(l.mean.Value.Data[k]), float64(l.variance.Value.Data[k])
	})
}

// normalize writes y = scale·x + shift, a pair of factors a channel k.
func (l *frozenNormalization) normalize(c *nn.Context, y, x *nn.Tensor, statistics func(k int) (mean, variance float64)) {
	scale, shift := c.Scratch(l.C), c.Scratch(l.C)
	for k := range l.C {
		mean, variance := statistics(k)
		s := float64(l.gamma.Value.Data[k]) / math.Sqrt(variance+l.epsilon)
		scale[k], shift[k] = float32(s), float32(float64(l.beta.Value.Data[k])-mean*s)
	}
	kernels.ScaleShift(y.Data, x.Data, scale, shift)
}

// Reads implements [nn.Reader].
func (*frozenNormalization) Reads() (x, y bool) { return true, false }

func (l *frozenNormalization) Backward(c *nn.Context, dx, dy, x, _ *nn.Tensor) {
	dgamma, dbeta := c.Grad(l.gamma), c.Grad(l.beta)
	mean, inverse := l.mean.Value.Data, c.Scratch(l.C)
	for k := range l.C {
		inverse[k] = float32(1 / math.Sqrt(float64(l.variance.Value.Data[k])+l.epsilon))
	}
	for i := 0; i < len(x.Data); i += l.C {
		for k := range l.C {
			d := dy.Data[i+k]
			if dgamma != nil {
				dgamma[k] += d * (x.Data[i+k] - mean[k]) * inverse[k]
			}
			if dbeta != nil {
				dbeta[k] += d
			}
			if dx != nil {
				dx.Data[i+k] = d * l.gamma.Value.Data[k] * inverse[k]
			}
		}
	}
}

// batchNormalization takes the batch's own statistics in training.
type batchNormalization struct {
	*frozenNormalization
	momentum float64
}

// SumLen implements [nn.BatchWide]: two sums a channel.
func (l *batchNormalization) SumLen() int { return 2 * l.C }

// Sum adds Σx and Σx² of each channel.
func (l *batchNormalization) Sum(_ *nn.Context, sums []float64, x *nn.Tensor) {
	kernels.Moments(sums[:l.C], sums[l.C:], x.Data)
}

// statistics are the batch's.
func (l *batchNormalization) statistics(c *nn.Context, k int) (mean, variance float64) {
	n, sums := l.values(c), c.Sums()
	mean = sums[k] / n
	return mean, max(sums[l.C+k]/n-mean*mean, 0)
}

// values is the number of a channel's values in the whole batch.
func (l *batchNormalization) values(c *nn.Context) float64 { return float64(c.Batch * l.H * l.W) }

// Summed moves the running statistics.
func (l *batchNormalization) Summed(c *nn.Context) {
	n := l.values(c)
	move := func(running *float32, now float64) {
		*running = float32((1-l.momentum)*float64(*running) + l.momentum*now)
	}
	for k := range l.C {
		mean, variance := l.statistics(c, k)
		if n > 1 {
			variance *= n / (n - 1)
		}
		move(&l.mean.Value.Data[k], mean)
		move(&l.variance.Value.Data[k], variance)
	}
}

func (l *batchNormalization) Forward(c *nn.Context, y, x *nn.Tensor) {
	if !c.Training {
		l.frozenNormalization.Forward(c, y, x)
		return
	}
	l.normalize(c, y, x, func(k int) (float64, float64) { return l.statistics(c, k) })
}

// SumBackward adds Σdy and Σdy·x̂ of each channel, x̂ = (x − mean)/deviation,
// which are also the gradients of beta and gamma.
func (l *batchNormalization) SumBackward(c *nn.Context, sums []float64, dy, x, _ *nn.Tensor) {
	mean, inverse := l.batchScale(c)
	kernels.NormalizedSums(sums[:l.C], sums[l.C:], dy.Data, x.Data, mean, inverse)
	dgamma, dbeta := c.Grad(l.gamma), c.Grad(l.beta)
	for k := range dbeta {
		dbeta[k] += float32(sums[k])
	}
	for k := range dgamma {
		dgamma[k] += float32(sums[l.C+k])
	}
}

// batchScale is the mean of each channel, and 1 over its deviation.
func (l *batchNormalization) batchScale(c *nn.Context) (mean, inverse []float32) {
	mean, inverse = c.Scratch(l.C), c.Scratch(l.C)
	for k := range l.C {
		m, v := l.statistics(c, k)
		mean[k], inverse[k] = float32(m), float32(1/math.Sqrt(v+l.epsilon))
	}
	return mean, inverse
}

func (l *batchNormalization) Backward(c *nn.Context, dx, dy, x, y *nn.Tensor) {
	if !c.Training {
		l.frozenNormalization.Backward(c, dx, dy, x, y)
		return
	}
	if dx == nil {
		return
	}
	mean, inverse := l.batchScale(c)
	n, sums := l.values(c), c.BackwardSums()
	dyMean, slope, factor := c.Scratch(l.C), c.Scratch(l.C), c.Scratch(l.C)
	for k := range l.C {
		dyMean[k], slope[k] = float32(sums[k]/n), float32(sums[l.C+k]/n)*inverse[k]
		factor[k] = l.gamma.Value.Data[k] * inverse[k]
	}
	kernels.NormalizedBackward(dx.Data, dy.Data, x.Data, factor, dyMean, mean, slope)
}
