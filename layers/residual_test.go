package layers_test

import (
	"fmt"
	"testing"

	"tatami/layers"
	"tatami/nn"
	"tatami/nn/nntest"
)

// blocks are residual blocks of every kind: plain, projected, with batch
// normalization, nested at the start, within and at the end, frozen in parts.
func blocks() []layers.Residual {
	plain := layers.Residual{Body: []nn.Spec{layers.Convolution{Filters: 3, Kernel: 3, Pad: 1}, layers.Tanh{}}}
	normalized := layers.Residual{
		Body: []nn.Spec{
			layers.Convolution{Filters: 4, Kernel: 3, Stride: 2, Pad: 1}, layers.BatchNormalization{}, layers.Tanh{},
			layers.Convolution{Filters: 4, Kernel: 3, Pad: 1}, layers.BatchNormalization{},
		},
		Shortcut: []nn.Spec{layers.Convolution{Filters: 4, Kernel: 1, Stride: 2}, layers.BatchNormalization{}},
	}
	return []layers.Residual{
		plain,
		normalized,
		{Body: []nn.Spec{plain, layers.Tanh{}, plain}},
		{Body: []nn.Spec{layers.Residual{Body: []nn.Spec{plain}}}},
		{Body: []nn.Spec{normalized, layers.Tanh{}}, Shortcut: []nn.Spec{normalized}},
		{Body: []nn.Spec{layers.Convolution{Filters: 3, Kernel: 1, Frozen: true}}},
		{Body: []nn.Spec{layers.Convolution{Filters: 2, Kernel: 1, Frozen: true}}, Shortcut: []nn.Spec{layers.Convolution{Filters: 2, Kernel: 1}}},
		{Body: []nn.Spec{layers.Convolution{Filters: 2, Kernel: 1}}, Shortcut: []nn.Spec{layers.Convolution{Filters: 2, Kernel: 1, Frozen: true}}},
		{Body: []nn.Spec{layers.Affine{Units: 4}}, Shortcut: []nn.Spec{layers.Affine{Units: 4}, layers.Tanh{}}},
	}
}

func TestResidualLaws(t *testing.T) {
	for i, s := range blocks() {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			// Several layers of Tanh bend along the steps of a numeric gradient.
			nntest.Suite{Tolerance: 0.05}.Check(t, s, nn.Shape{H: 6, W: 5, C: 3})
		})
	}
}
