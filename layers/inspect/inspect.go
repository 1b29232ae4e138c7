// Package inspect looks into a trained network: what each layer makes of an
// image, where the network looked, which training images it takes for
// similar, and the numbers of one convolution.
package inspect

import (
	"errors"
	"fmt"
	"slices"

	"tatami/internal/budget"
	"tatami/layers"
	"tatami/nn"
)

// Network is a network ready to be looked into, by many goroutines at once.
type Network struct {
	*nn.Sequential
	head     *nn.Sequential // up to the features of the last layer; nil: the input is the feature
	features int            // layers in head
	tail     *nn.Sequential // after the last convolution, or block of them, with its normalization and activation; nil without Grad-CAM
	maps     int            // layers before tail
	scores   *nn.Sequential // up to the softmax; nil: probabilities of another layer
	cost     budget.Cost
}

// New prepares net. It shares net's parameters.
func New(net *nn.Sequential) *Network {
	n := &Network{Sequential: net, cost: budget.Of(net)}
	last, weighted := -1, 0
	for i, spec := range net.Specs() {
		if givesMaps(spec) {
			last = i
		}
		if slices.ContainsFunc(net.Layers()[i].Params(), func(p *nn.Param) bool { return p.Name == "weight" }) {
			weighted = i
		}
	}
	if n.features = weighted; weighted > 0 {
		n.head = net.Part(0, weighted)
	}
	if end := len(net.Layers()) - 1; !n.scoresAreProbabilities() {
		n.scores = net
		if _, softmax := net.Layers()[end].(nn.Softmaxer); softmax && end > 0 {
			n.scores = net.Part(0, end)
		}
	}
	if last >= 0 {
		n.maps = last + 1
		for next := net.Specs(); n.maps < len(next) && (isActivation(next[n.maps]) || isNormalization(next[n.maps])); {
			n.maps++
		}
		if n.maps < len(net.Specs()) {
			n.tail = net.Part(n.maps, len(net.Specs()))
		}
	}
	return n
}

// givesMaps reports whether a layer is a convolution, or a residual block that
// has one.
func givesMaps(spec nn.Spec) bool {
	if block, ok := spec.(layers.Residual); ok {
		return slices.ContainsFunc(block.Body, givesMaps)
	}
	return IsConvolution(spec)
}

// IsConvolution reports whether a layer is one of [layers.Convolution].
func IsConvolution(spec nn.Spec) bool {
	_, ok := convolutionSpec(spec)
	return ok
}

func convolutionSpec(spec nn.Spec) (layers.Convolution, bool) {
	switch s := spec.(type) {
	case layers.Convolution:
		return s, true
	case *layers.Convolution:
		return *s, true
	}
	return layers.Convolution{}, false
}

func isNormalization(spec nn.Spec) bool {
	_, ok := spec.(layers.BatchNormalization)
	return ok
}

func isActivation(spec nn.Spec) bool {
	switch spec.(type) {
	case layers.ReLU, layers.LeakyReLU, layers.Sigmoid, layers.Tanh, layers.GELU:
		return true
	}
	return false
}

// FeatureLayer is the number of layers before the last one with weights: what
// the last of them gives are the features of an image.
func (n *Network) FeatureLayer() int { return n.features }

// FeatureSize is the number of features of an image.
func (n *Network) FeatureSize() int {
	if n.head == nil {
		return n.Input().Size()
	}
	return n.head.Output().Size()
}

// Features gives the features of each image of x, as the last layer with
// weights sees them.
func (n *Network) Features(x *nn.Tensor) *nn.Tensor {
	if n.head == nil {
		return x
	}
	return n.head.NewPass(nn.PassConfig{Capacity: x.N}).Forward(x)
}

// ErrNoConvolution says that a layer is not a convolution.
var ErrNoConvolution = errors.New("the layer is not a convolution")

// Convolution is one convolution at work on an image, in real numbers.
type Convolution struct {
	Kernel, Stride, Pad int
	Input, Output       *nn.Tensor // of one sample
	Activation          *nn.Tensor // of the layer after it; nil if that is no activation
	ActivationName      string
	Weight, Bias        *nn.Tensor // Filters of K×K×C, and a number each
}

// Convolution shows layer i, counted from 0, at work on x.
func (n *Network) Convolution(x *nn.Tensor, i int) (*Convolution, error) {
	specs := n.Specs()
	if i < 0 || i >= len(specs) {
		return nil, fmt.Errorf("layer %d of %d: %w", i+1, len(specs), ErrNoConvolution)
	}
	spec, ok := convolutionSpec(specs[i])
	if !ok {
		return nil, fmt.Errorf("%s: %w", n.LayerName(i), ErrNoConvolution)
	}
	ys := n.Activations(x)
	c := &Convolution{
		Kernel: spec.Kernel, Stride: max(1, spec.Stride), Pad: spec.Pad,
		Input: x, Output: ys[i],
		Weight: n.Layers()[i].Params()[0].Value, Bias: n.Layers()[i].Params()[1].Value,
	}
	if i > 0 {
		c.Input = ys[i-1]
	}
	if i+1 < len(specs) && isActivation(specs[i+1]) {
		c.Activation, c.ActivationName = ys[i+1], fmt.Sprint(specs[i+1])
	}
	return c, nil
}
