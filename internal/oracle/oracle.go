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

	sequence
}

// Of copies a network of the layers of package layers. Another layer is an
// error.
func Of(net *nn.Sequential) (*Network, error) {
	n := new(Network)
	for _, p := range net.Params() {
		n.Params = append(n.Params, Float64(p.Value.Data))
	}
	position := 0
	var err error
	n.sequence, err = n.sequenceOf(net, &position)
	return n, err
}

// sequence is layers one after another, which have counts of the parameters.
type sequence struct {
	layers []layer
	counts []int
}

// sequenceOf describes a network whose first layer has the given position.
func (n *Network) sequenceOf(net *nn.Sequential, position *int) (s sequence, err error) {
	in := net.Input()
	for i, spec := range net.Specs() {
		var l layer
		if b, ok := net.Layers()[i].(nn.Block); ok {
			l, err = n.block(b, position)
		} else {
			l, err = n.layerOf(spec, *position, in)
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", net.LayerName(i), err)
		}
		*position++
		in = net.Layers()[i].OutShape()
		s.layers = append(s.layers, l)
		s.counts = append(s.counts, len(net.Layers()[i].Params()))
	}
	return s, nil
}

// first counts the parameters of the first count layers.
func (s sequence) first(count int) (n int) {
	for _, c := range s.counts[:count] {
		n += c
	}
	return n
}

func (s sequence) forward(ws [][]float64, x *reference.Tensor) (ys []*reference.Tensor) {
	for i, l := range s.layers {
		x = l.forward(ws[:s.counts[i]], x)
		ws = ws[s.counts[i]:]
		ys = append(ys, x)
	}
	return ys
}

// backward goes back through the first count layers.
func (s sequence) backward(ws [][]float64, dy, x *reference.Tensor, count int) (dx *reference.Tensor, dws [][]float64) {
	ys := s.forward(ws, x)
	dws = make([][]float64, len(ws))
	for i, w := range ws {
		dws[i] = make([]float64, len(w))
	}
	for i := count - 1; i >= 0; i-- {
		in := x
		if i > 0 {
			in = ys[i-1]
		}
		at := s.first(i)
		var own [][]float64
		dy, own = s.layers[i].backward(ws[at:at+s.counts[i]], dy, in, ys[i])
		copy(dws[at:], own)
	}
	return dy, dws
}

// Forward returns the output of every layer for x, as the layers are
// described.
func (n *Network) Forward(x *reference.Tensor) []*reference.Tensor { return n.forward(n.Params, x) }

// Backward takes the gradient dy of the output for x back through the network
// and returns that of x and, in the order of Params, of the parameters; those
// of running statistics are 0.
func (n *Network) Backward(dy, x *reference.Tensor) (dx *reference.Tensor, dparams [][]float64) {
	return n.backward(n.Params, dy, x, len(n.layers))
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
	return n.backward(n.Params, dy, x, count)
}

// beforeLoss is the number of layers before the loss.
func (n *Network) beforeLoss(loss nn.Loss) int {
	if last := len(n.layers) - 1; n.layers[last].softmax && loss.Logits() {
		return last
	}
	return len(n.layers)
}
