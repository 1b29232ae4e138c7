package layers

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"tatami/internal/kernels"
	"tatami/nn"
)

// LayerNormalization gives the values of each sample mean 0 and deviation 1,
// and then every value a factor and a summand of its own (Ba and others 2016;
// PyTorch's LayerNorm over a whole sample):
//
//	x̂ = (x − mean)/√(variance + Epsilon),  y = Gamma·x̂ + Beta
//	g = Gamma·dy,  dx = (g − mean(g) − x̂·mean(g·x̂))/√(variance + Epsilon)
//	dGamma = Σ dy·x̂,  dBeta = Σ dy
//
// Mean and (biased) variance are over all H·W·C values of the sample, so that,
// unlike with [BatchNormalization], neither the other samples of a batch nor
// training or inference make a difference. Any shape; y has that of x.
//
// Parameters: gamma, which starts at 1, and beta, at 0; both H×W×C.
//
// In plain loops: reference/layer_normalization.go.
type LayerNormalization struct {
	// Epsilon is added to the variance; 0 is 1e-5.
	Epsilon float64
	// Frozen parameters are not trained.
	Frozen bool
}

func (LayerNormalization) String() string { return "LayerNormalization" }

// CountParams implements [nn.Counted].
func (LayerNormalization) CountParams(in nn.Shape) int { return 2 * in.Size() }

// Build implements [nn.Spec]. It fails if Epsilon is not positive.
func (s LayerNormalization) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	s.Epsilon = cmp.Or(s.Epsilon, 1e-5)
	if !(s.Epsilon > 0 && s.Epsilon < math.Inf(1)) {
		return nil, fmt.Errorf("field Epsilon is %g, wanted a positive number", s.Epsilon)
	}
	l := &layerNormalization{
		pointwise: pointwise(in), epsilon: s.Epsilon,
		gamma: &nn.Param{Name: "gamma", Value: nn.NewTensor(1, in), Fixed: s.Frozen},
		beta:  &nn.Param{Name: "beta", Value: nn.NewTensor(1, in), Fixed: s.Frozen},
	}
	for i := range l.gamma.Value.Data {
		l.gamma.Value.Data[i] = 1
	}
	return l, nil
}

type layerNormalization struct {
	pointwise
	epsilon     float64
	gamma, beta *nn.Param
}

func (l *layerNormalization) Params() []*nn.Param { return []*nn.Param{l.gamma, l.beta} }

// moments are the mean of a sample, and 1 over its deviation.
func (l *layerNormalization) moments(x []float32) (mean, inverse float32) {
	sum, squares := kernels.Totals(x)
	n := float64(len(x))
	m := sum / n
	return float32(m), float32(1 / math.Sqrt(max(squares/n-m*m, 0)+l.epsilon))
}

func (l *layerNormalization) Forward(c *nn.Context, y, x *nn.Tensor) {
	moments := c.Keep(2) // a sample
	for n := range x.N {
		xs := x.Sample(n)
		mean, inverse := l.moments(xs)
		moments[2*n], moments[2*n+1] = mean, inverse
		kernels.Standardize(y.Sample(n), xs, l.gamma.Value.Data, l.beta.Value.Data, mean, inverse)
	}
}

// Reads implements [nn.Reader].
func (*layerNormalization) Reads() (x, y bool) { return true, false }

func (l *layerNormalization) Backward(c *nn.Context, dx, dy, x, _ *nn.Tensor) {
	moments := c.Keep(2)
	gamma, dgamma, dbeta := l.gamma.Value.Data, c.Grad(l.gamma), c.Grad(l.beta)
	if dgamma == nil {
		dgamma = c.Scratch(len(gamma))
	}
	if dbeta == nil {
		dbeta = c.Scratch(len(gamma))
	}
	count := float64(len(gamma))
	for n := range x.N {
		xs, d, mean, inverse := x.Sample(n), dy.Sample(n), moments[2*n], moments[2*n+1]
		sum, products := kernels.StandardSums(dgamma, dbeta, d, xs, gamma, mean, inverse)
		if dx != nil {
			kernels.StandardBackward(dx.Sample(n), d, xs, gamma, mean, inverse, float32(sum/count), float32(products/count))
		}
	}
}
