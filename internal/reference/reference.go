// Package reference computes networks in float64 by plain loops over the
// definitions: slow, obvious, and with no code in common with the layers that
// it stands for. It is the oracle of tests and of numeric gradients, which
// float32 is too coarse for.
package reference

import (
	"fmt"

	"tatami/layers"
	"tatami/nn"
)

// Tensor is a batch in float64: N samples in N, H, W, C order.
type Tensor struct {
	N int
	nn.Shape
	Data []float64
}

// NewTensor returns n zero samples of the given shape.
func NewTensor(n int, shape nn.Shape) *Tensor {
	return &Tensor{n, shape, make([]float64, n*shape.Size())}
}

// From is t in float64.
func From(t *nn.Tensor) *Tensor {
	return &Tensor{t.N, t.Shape, Float64(t.Data)}
}

// Float64 converts values.
func Float64(values []float32) []float64 {
	wide := make([]float64, len(values))
	for i, v := range values {
		wide[i] = float64(v)
	}
	return wide
}

// at is the value of sample n at row i, column j, channel c: 0 outside the
// image.
func (t *Tensor) at(n, i, j, c int) float64 {
	if i < 0 || i >= t.H || j < 0 || j >= t.W {
		return 0
	}
	return t.Data[t.index(n, i, j, c)]
}

func (t *Tensor) index(n, i, j, c int) int { return ((n*t.H+i)*t.W+j)*t.C + c }

// add adds v to a value inside the image.
func (t *Tensor) add(n, i, j, c int, v float64) {
	if i >= 0 && i < t.H && j >= 0 && j < t.W {
		t.Data[t.index(n, i, j, c)] += v
	}
}

// Network is a network in float64. Its parameters may be changed between
// calls.
type Network struct {
	Input nn.Shape
	// Params are the parameters in the order of [nn.Sequential.Params].
	Params [][]float64
	// Training makes layers behave as in training, the whole batch at once,
	// with the random numbers of that seed and step.
	Training   bool
	Seed, Step uint64

	layers []layer
	counts []int // of parameters, by layer
}

// layer is the maths of one layer. ws are its parameters and dws, which
// backward adds to, their gradients.
type layer interface {
	forward(ws [][]float64, x *Tensor) *Tensor
	backward(ws, dws [][]float64, dy, x, y *Tensor) (dx *Tensor)
}

// Of copies a network of the layers of package layers. Another layer is an
// error.
func Of(net *nn.Sequential) (*Network, error) {
	n := &Network{Input: net.Input()}
	for _, p := range net.Params() {
		n.Params = append(n.Params, Float64(p.Value.Data))
	}
	for i, spec := range net.Specs() {
		l, err := n.layer(spec, i, net.Layers()[i].OutShape())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", net.LayerName(i), err)
		}
		n.layers = append(n.layers, l)
		n.counts = append(n.counts, len(net.Layers()[i].Params()))
	}
	return n, nil
}

func (n *Network) layer(spec nn.Spec, position int, out nn.Shape) (layer, error) {
	switch s := spec.(type) {
	case layers.Convolution:
		return convolution{s}, nil
	case layers.Pooling:
		return pooling{size: s.Size, stride: orElse(s.Stride, s.Size), pad: s.Pad, average: s.Average}, nil
	case layers.Affine:
		return affine{units: s.Units}, nil
	case layers.ReLU:
		return elementwise{leaky(0)}, nil
	case layers.LeakyReLU:
		return elementwise{leaky(float64(orElse(s.Slope, 0.01)))}, nil
	case layers.Sigmoid:
		return elementwise{sigmoid}, nil
	case layers.Tanh:
		return elementwise{tanh}, nil
	case layers.GELU:
		return elementwise{gelu}, nil
	case layers.Softmax:
		return softmax{}, nil
	case layers.Dropout:
		return dropout{n, position, s.Ratio, s.Unscaled}, nil
	case layers.BatchNormalization:
		return batchNormalization{n, orElse(s.Epsilon, 1e-5), s.Frozen}, nil
	}
	return nil, fmt.Errorf("%T has no reference", spec)
}

// orElse is v, or the default where v is zero.
func orElse[T int | float32 | float64](v, usual T) T {
	if v == 0 {
		return usual
	}
	return v
}

// Forward returns the output of every layer for x, as the layers are
// described.
func (n *Network) Forward(x *Tensor) []*Tensor {
	var ys []*Tensor
	at := 0
	for i, l := range n.layers {
		x = l.forward(n.Params[at:at+n.counts[i]], x)
		ys = append(ys, x)
		at += n.counts[i]
	}
	return ys
}

// Backward takes the gradient dy of the output for x back through the network
// and returns that of x and, in the order of Params, of the parameters; those
// of running statistics are 0.
func (n *Network) Backward(dy, x *Tensor) (dx *Tensor, dparams [][]float64) {
	return n.backward(dy, x, len(n.layers))
}

// backward is Backward through the first count layers.
func (n *Network) backward(dy, x *Tensor, count int) (dx *Tensor, dparams [][]float64) {
	ys := n.Forward(x)
	at := 0
	for _, w := range n.Params {
		dparams = append(dparams, make([]float64, len(w)))
	}
	for _, c := range n.counts[:count] {
		at += c
	}
	for i := count - 1; i >= 0; i-- {
		in := x
		if i > 0 {
			in = ys[i-1]
		}
		at -= n.counts[i]
		ws, dws := n.Params[at:at+n.counts[i]], dparams[at:at+n.counts[i]]
		dy = n.layers[i].backward(ws, dws, dy, in, ys[i])
	}
	return dy, dparams
}

// Loss is the mean loss of the network's answers to x. A trailing Softmax is
// part of a loss on logits.
func (n *Network) Loss(loss nn.Loss, x *Tensor, t nn.Targets) float64 {
	ys := append([]*Tensor{x}, n.Forward(x)...)
	sum, _ := lossOf(loss, ys[n.beforeLoss(loss)], t)
	return sum
}

// Gradients are those of Loss, analytically.
func (n *Network) Gradients(loss nn.Loss, x *Tensor, t nn.Targets) (dx *Tensor, dparams [][]float64) {
	ys := append([]*Tensor{x}, n.Forward(x)...)
	count := n.beforeLoss(loss)
	_, dy := lossOf(loss, ys[count], t)
	return n.backward(dy, x, count)
}

// beforeLoss is the number of layers before the loss.
func (n *Network) beforeLoss(loss nn.Loss) int {
	last := len(n.layers) - 1
	if _, ok := n.layers[last].(softmax); ok && loss.Logits() {
		return last
	}
	return last + 1
}

// Numeric is the gradient of f with respect to the values by central
// differences: (f(v+h) − f(v−h)) / 2h, one value at a time. The values are as
// before when it returns. With h of 1e-5 it is right to about ten digits.
func Numeric(f func() float64, values []float64, h float64) []float64 {
	gradient := make([]float64, len(values))
	for i, v := range values {
		values[i] = v + h
		above := f()
		values[i] = v - h
		below := f()
		values[i] = v
		gradient[i] = (above - below) / (2 * h)
	}
	return gradient
}
