package lab

import (
	"math/rand/v2"

	"tatami/layers"
	"tatami/nn"
)

// MultiLayerNet is the book's MultiLayerNet and MultiLayerNetExtend: affine
// layers with ReLU between, and what extra adds around each.
type MultiLayerNet struct {
	Hidden []int
	Init   nn.Initializer // nil: He
	// Activation is between; nil: ReLU.
	Activation nn.Spec
	// BatchNorm stands before each activation.
	BatchNorm bool
	// Dropout of that ratio stands after each activation, as the book's: values
	// are scaled at inference. 0: none.
	Dropout float64
}

// Build builds it for MNIST.
func (m MultiLayerNet) Build(r *Run, rng *rand.Rand) *nn.Sequential {
	activation := m.Activation
	if activation == nil {
		activation = layers.ReLU{}
	}
	var specs []nn.Spec
	for _, units := range m.Hidden {
		specs = append(specs, layers.Affine{Units: units, Init: m.Init})
		if m.BatchNorm {
			specs = append(specs, layers.BatchNormalization{Epsilon: 1e-6})
		}
		specs = append(specs, activation)
		if m.Dropout > 0 {
			specs = append(specs, layers.Dropout{Ratio: m.Dropout, Unscaled: true})
		}
	}
	specs = append(specs, layers.Affine{Units: 10, Init: m.Init}, layers.Softmax{})
	net := r.Network(nn.Shape{H: 28, W: 28, C: 1}, rng, specs...)
	if r.Failed() {
		return nil
	}
	for _, p := range net.Params() {
		if p.Name == "variance" { // the book's running variance starts at 0, not at 1
			clear(p.Value.Data)
		}
	}
	return net
}

// Hidden is n layers of 100 units.
func Hidden(n int) (sizes []int) {
	for range n {
		sizes = append(sizes, 100)
	}
	return sizes
}
