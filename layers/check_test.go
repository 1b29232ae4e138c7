package layers_test

import (
	"fmt"
	"testing"

	"tatami/layers"
	"tatami/nn"
	"tatami/nn/nntest"
)

// TestLaws runs the law-suite on every layer, in its settings and at sizes
// around those of vectors and tiles.
func TestLaws(t *testing.T) {
	image := nn.Shape{H: 6, W: 5, C: 3}
	for _, c := range []struct {
		spec   nn.Spec
		linear bool
		shapes []nn.Shape
	}{
		{layers.Convolution{Filters: 4, Kernel: 3}, true, []nn.Shape{image, {H: 3, W: 3, C: 1}, {H: 8, W: 9, C: 16}}},
		{layers.Convolution{Filters: 17, Kernel: 3, Pad: 1}, true, []nn.Shape{image}},
		{layers.Convolution{Filters: 2, Kernel: 3, Stride: 2, Pad: 2, Init: nn.Normal{Std: 0.1}}, true, []nn.Shape{image}},
		{layers.Convolution{Filters: 3, Kernel: 2, Stride: 3, Init: nn.Dirac{}}, true, []nn.Shape{image}},
		{layers.Convolution{Filters: 5, Kernel: 1}, true, []nn.Shape{image}},
		{layers.Convolution{Filters: 1, Kernel: 1, Pad: 2}, true, []nn.Shape{image}},
		{layers.Convolution{Filters: 3, Kernel: 3, Pad: 1, Frozen: true}, true, []nn.Shape{image}},
		{layers.Convolution{Filters: 2, Kernel: 3, KernelW: 1, Stride: 1, StrideW: 2, PadTop: 1, PadRight: 2}, true, []nn.Shape{image}},
		{layers.Convolution{Filters: 4, Kernel: 3, Dilation: 2, Pad: 1}, true, []nn.Shape{image}},
		{layers.Convolution{Filters: 6, Kernel: 3, Groups: 3, Pad: 1, PadBottom: 1}, true, []nn.Shape{image}},
		{layers.Convolution{Filters: 32, Kernel: 3, Groups: 2, Pad: 1}, true, []nn.Shape{{H: 4, W: 5, C: 32}}},
		{layers.Convolution{Filters: 3, Kernel: 3, Groups: 3, Stride: 2, Pad: 1}, true, []nn.Shape{image}},
		{layers.Convolution{Filters: 17, Kernel: 3, Groups: 17, Dilation: 2, Pad: 2, Frozen: true}, true, []nn.Shape{{H: 4, W: 4, C: 17}}},
		{layers.Pooling{Size: 2}, false, []nn.Shape{image, {H: 4, W: 4, C: 17}, {H: 2, W: 2, C: 1}}},
		{layers.Pooling{Size: 3, Stride: 2, Pad: 1}, false, []nn.Shape{image}},
		{layers.Pooling{Size: 2, Stride: 3}, false, []nn.Shape{image}},
		{layers.Pooling{Size: 2, Average: true}, true, []nn.Shape{image, {H: 4, W: 4, C: 17}}},
		{layers.Pooling{Size: 3, Stride: 2, Pad: 1, Average: true}, true, []nn.Shape{image}},
		{layers.GlobalAveragePooling{}, true, []nn.Shape{image, {H: 1, W: 7, C: 17}, nn.Features(5)}},
		{layers.LayerNormalization{}, false, []nn.Shape{image, nn.Features(7), {H: 3, W: 2, C: 17}}},
		{layers.LayerNormalization{Epsilon: 0.1, Frozen: true}, false, []nn.Shape{image}},
		{layers.Affine{Units: 7}, true, []nn.Shape{image, nn.Features(1), nn.Features(33)}},
		{layers.Affine{Units: 1, Init: nn.Xavier{}}, true, []nn.Shape{image}},
		{layers.Affine{Units: 33, Init: nn.Zero{}, Frozen: true}, true, []nn.Shape{nn.Features(18)}},
		{layers.ReLU{}, false, []nn.Shape{image, nn.Features(1), nn.Features(37)}},
		{layers.LeakyReLU{}, false, []nn.Shape{image}},
		{layers.LeakyReLU{Slope: 0.5}, false, []nn.Shape{image}},
		{layers.Sigmoid{}, false, []nn.Shape{image, nn.Features(37)}},
		{layers.Tanh{}, false, []nn.Shape{image}},
		{layers.GELU{}, false, []nn.Shape{image}},
		{layers.Softmax{}, false, []nn.Shape{nn.Features(10), image, nn.Features(1)}},
		{layers.Dropout{Ratio: 0.5}, true, []nn.Shape{image, nn.Features(37)}},
		{layers.Dropout{Ratio: 0.3, Unscaled: true}, true, []nn.Shape{image}},
		{layers.Dropout{}, true, []nn.Shape{image}},
		{layers.Standardize{Mean: []float64{0.5, 0.4, -3}, Deviation: []float64{0.25, 2, 0.1}}, true, []nn.Shape{image}},
		{layers.Standardize{Mean: []float64{0.5}, Deviation: []float64{0.25}}, true, []nn.Shape{image, nn.Features(37)}},
		{layers.BatchNormalization{}, true, []nn.Shape{image, nn.Features(6), nn.Features(17)}},
		{layers.BatchNormalization{Epsilon: 0.1, Momentum: 0.5}, true, []nn.Shape{image}},
		{layers.BatchNormalization{Frozen: true}, true, []nn.Shape{image}},
	} {
		for _, shape := range c.shapes {
			t.Run(fmt.Sprintf("%#v of %v", c.spec, shape), func(t *testing.T) {
				nntest.Suite{Catalog: layers.Catalog(), Linear: c.linear}.Check(t, c.spec, shape)
			})
		}
	}
}
