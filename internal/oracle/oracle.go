// Package oracle computes a network of package layers with package reference:
// slowly, in float64, and with no code in common. Tests compare with it, and
// numeric gradients need it, which float32 is too coarse for.
package oracle

import (
	"fmt"

	"tatami/nn"
	"tatami/reference"
)

// From is t in float64.
func From(t *nn.Tensor) *reference.Tensor {
	return &reference.Tensor{N: t.N, H: t.H, W: t.W, C: t.C, Data: Float64(t.Data)}
}

// Float64 converts values.
func Float64(values []float32) []float64 {
	wide := make([]float64, len(values))
	for i, v := range values {
		wide[i] = float64(v)
	}
	return wide
}

// Network is a network in float64. Its parameters may be changed between
// calls.
type Network struct {
	// Params are the parameters in the order of [nn.Sequential.Params].
	Params [][]float64
	// Training makes layers behave as in training, the whole batch at once,
	// with the random numbers of that seed and step.
	Training   bool
	Seed, Step uint64

	layers []layer
	counts []int // of parameters, by layer
}

// Of copies a network of the layers of package layers. Another layer is an
// error.
func Of(net *nn.Sequential) (*Network, error) {
	n := new(Network)
	for _, p := range net.Params() {
		n.Params = append(n.Params, Float64(p.Value.Data))
	}
	in := net.Input()
	for i, spec := range net.Specs() {
		l, err := n.layerOf(spec, i, in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", net.LayerName(i), err)
		}
		in = net.Layers()[i].OutShape()
		n.layers = append(n.layers, l)
		n.counts = append(n.counts, len(net.Layers()[i].Params()))
	}
	return n, nil
}

// Forward returns the output of every layer for x, as the layers are
// described.
func (n *Network) Forward(x *reference.Tensor) []*reference.Tensor {
	var ys []*reference.Tensor
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
func (n *Network) Backward(dy, x *reference.Tensor) (dx *reference.Tensor, dparams [][]float64) {
	return n.backward(dy, x, len(n.layers))
}

// backward is Backward through the first count layers.
func (n *Network) backward(dy, x *reference.Tensor, count int) (dx *reference.Tensor, dparams [][]float64) {
	ys := n.Forward(x)
	for _, w := range n.Params {
		dparams = append(dparams, make([]float64, len(w)))
	}
	at := 0
	for _, c := range n.counts[:count] {
		at += c
	}
	for i := count - 1; i >= 0; i-- {
		in := x
		if i > 0 {
			in = ys[i-1]
		}
		at -= n.counts[i]
		var dws [][]float64
		dy, dws = n.layers[i].backward(n.Params[at:at+n.counts[i]], dy, in, ys[i])
		copy(dparams[at:], dws)
	}
	return dy, dparams
}

// Loss is the mean loss of the network's answers to x. A trailing Softmax is
// part of a loss on logits.
func (n *Network) Loss(loss nn.Loss, x *reference.Tensor, t nn.Targets) float64 {
	ys := append([]*reference.Tensor{x}, n.Forward(x)...)
	sum, _ := lossOf(loss, ys[n.beforeLoss(loss)], t)
	return sum
}

// Gradients are those of Loss, analytically.
func (n *Network) Gradients(loss nn.Loss, x *reference.Tensor, t nn.Targets) (dx *reference.Tensor, dparams [][]float64) {
	ys := append([]*reference.Tensor{x}, n.Forward(x)...)
	count := n.beforeLoss(loss)
	_, dy := lossOf(loss, ys[count], t)
	return n.backward(dy, x, count)
}

// beforeLoss is the number of layers before the loss.
func (n *Network) beforeLoss(loss nn.Loss) int {
	if last := len(n.layers) - 1; n.layers[last].softmax && loss.Logits() {
		return last
	}
	return len(n.layers)
}
