package reference

import (
	"math"

	"tatami/nn"
)

// elementwise applies a function of one number, which also gives its
// derivative.
type elementwise struct {
	f func(x float64) (y, slope float64)
}

func (l elementwise) forward(_ [][]float64, x *Tensor) *Tensor {
	y := NewTensor(x.N, x.Shape)
	for i, v := range x.Data {
		y.Data[i], _ = l.f(v)
	}
	return y
}

func (l elementwise) backward(_, _ [][]float64, dy, x, _ *Tensor) *Tensor {
	dx := NewTensor(x.N, x.Shape)
	for i, v := range x.Data {
		_, slope := l.f(v)
		dx.Data[i] = dy.Data[i] * slope
	}
	return dx
}

// leaky is ReLU with a slope for negative numbers.
func leaky(slope float64) func(float64) (float64, float64) {
	return func(x float64) (float64, float64) {
		if x > 0 {
			return x, 1
		}
		return slope * x, slope
	}
}

func sigmoid(x float64) (float64, float64) {
	y := 1 / (1 + math.Exp(-x))
	return y, y * (1 - y)
}

func tanh(x float64) (float64, float64) {
	y := math.Tanh(x)
	return y, 1 - y*y
}

// gelu is x·Φ(x), whose derivative is Φ(x) + x·φ(x).
func gelu(x float64) (float64, float64) {
	below := (1 + math.Erf(x/math.Sqrt2)) / 2
	return x * below, below + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}

// softmax normalizes the channels of each pixel.
type softmax struct{}

func (softmax) forward(_ [][]float64, x *Tensor) *Tensor {
	y := NewTensor(x.N, x.Shape)
	for i := 0; i < len(x.Data); i += x.C {
		logSum := logSumExp(x.Data[i : i+x.C])
		for k := i; k < i+x.C; k++ {
			y.Data[k] = math.Exp(x.Data[k] - logSum)
		}
	}
	return y
}

// backward: ∂y_k/∂x_j = y_k·(δ_kj − y_j).
func (softmax) backward(_, _ [][]float64, dy, x, y *Tensor) *Tensor {
	dx := NewTensor(x.N, x.Shape)
	for i := 0; i < len(x.Data); i += x.C {
		for j := i; j < i+x.C; j++ {
			for k := i; k < i+x.C; k++ {
				d := -y.Data[j]
				if j == k {
					d++
				}
				dx.Data[j] += dy.Data[k] * y.Data[k] * d
			}
		}
	}
	return dx
}

// logSumExp is log Σ e^x.
func logSumExp(x []float64) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = math.Max(top, v)
	}
	var sum float64
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum)
}

// dropout takes the network's random numbers: a sequence for each sample.
type dropout struct {
	n        *Network
	position int
	ratio    float64
	unscaled bool
}

// factors are what the values are multiplied by.
func (l dropout) factors(x *Tensor) []float64 {
	training, inference := 1/(1-l.ratio), 1.0
	if l.unscaled {
		training, inference = 1, 1-l.ratio
	}
	factors := make([]float64, len(x.Data))
	for n := range x.N {
		stream := nn.NewStream(l.n.Seed, l.n.Step, uint64(l.position), uint64(n))
		for i := n * x.Size(); i < (n+1)*x.Size(); i++ {
			switch {
			case !l.n.Training:
				factors[i] = inference
			case stream.Float32() >= float32(l.ratio):
				factors[i] = training
			}
		}
	}
	return factors
}

func (l dropout) forward(_ [][]float64, x *Tensor) *Tensor {
	y := NewTensor(x.N, x.Shape)
	for i, f := range l.factors(x) {
		y.Data[i] = f * x.Data[i]
	}
	return y
}

func (l dropout) backward(_, _ [][]float64, dy, _, _ *Tensor) *Tensor { return l.forward(nil, dy) }
