package oracle_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"tatami/internal/golden"
	"tatami/internal/oracle"
	"tatami/layers"
	"tatami/nn"
	"tatami/reference"
)

// networks are small stacks in which every layer occurs, with strides,
// padding and pixels that no window reaches.
var networks = map[string][]nn.Spec{
	"convolution":    {layers.Convolution{Filters: 3, Kernel: 3, Stride: 2, Pad: 1}, layers.Tanh{}, layers.Affine{Units: 3}, layers.Softmax{}},
	"max pooling":    {layers.Convolution{Filters: 2, Kernel: 2}, layers.Pooling{Size: 3, Stride: 2, Pad: 1}, layers.Affine{Units: 3}},
	"average":        {layers.Pooling{Size: 3, Stride: 2, Pad: 1, Average: true}, layers.GELU{}, layers.Affine{Units: 3}},
	"normalization":  {layers.Convolution{Filters: 2, Kernel: 2}, layers.BatchNormalization{}, layers.Sigmoid{}, layers.Affine{Units: 3}, layers.BatchNormalization{Epsilon: 0.1}},
	"frozen":         {layers.BatchNormalization{Frozen: true}, layers.Affine{Units: 3}},
	"rectifiers":     {layers.Convolution{Filters: 3, Kernel: 1}, layers.LeakyReLU{Slope: 0.3}, layers.Affine{Units: 5}, layers.ReLU{}, layers.Affine{Units: 3}},
	"softmax inside": {layers.Convolution{Filters: 3, Kernel: 2}, layers.Softmax{}, layers.Affine{Units: 3}},
	"general":        {layers.Convolution{Filters: 4, Kernel: 3, KernelW: 2, StrideW: 2, Dilation: 2, Groups: 2, PadTop: 2, PadRight: 1}, layers.Tanh{}, layers.Affine{Units: 3}},
	"depthwise":      {layers.Convolution{Filters: 2, Kernel: 3, Groups: 2, Pad: 1}, layers.GlobalAveragePooling{}, layers.Affine{Units: 3}},
	"by sample":      {layers.LayerNormalization{}, layers.Tanh{}, layers.Affine{Units: 3}, layers.LayerNormalization{Epsilon: 0.1}},
	"residual": {
		layers.Residual{
			Body:     []nn.Spec{layers.Convolution{Filters: 3, Kernel: 3, Pad: 1}, layers.BatchNormalization{}, layers.Residual{Body: []nn.Spec{layers.Sigmoid{}}}},
			Shortcut: []nn.Spec{layers.Convolution{Filters: 3, Kernel: 1}, layers.Dropout{Ratio: 0.3}},
		},
		layers.Dropout{Ratio: 0.2}, layers.Affine{Units: 3},
	},
	"dropout": {layers.Dropout{Ratio: 0.3}, layers.Affine{Units: 4}, layers.Dropout{Ratio: 0.5, Unscaled: true}, layers.Affine{Units: 3}},
}

// TestGradients compares the analytic gradients with numeric ones: of every
// layer, in training and inference, under both losses.
func TestGradients(t *testing.T) {
	for name, specs := range networks {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			in := nn.Shape{H: 5, W: 4, C: 2}
			net, err := nn.NewSequential(in, rng, specs...)
			if err != nil {
				t.Fatal(err)
			}
			n, err := oracle.Of(net)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range net.Params() {
				if !p.Fixed {
					for k := range n.Params[i] {
						n.Params[i][k] += 0.2 * rng.NormFloat64()
					}
				}
			}
			x := reference.NewTensor(4, in.H, in.W, in.C)
			for i := range x.Data {
				x.Data[i] = rng.NormFloat64()
			}
			for _, loss := range []nn.Loss{layers.SoftmaxWithLoss{}, layers.SoftmaxWithLoss{Smoothing: 0.2}, layers.MeanSquaredError{}, layers.SigmoidWithLoss{}, layers.SoftmaxWithLoss{Smoothing: 0.2, Weights: []float64{1, 0, 2.5}}} {
				for _, n.Training = range []bool{true, false} {
					targets := nn.Targets{Labels: []int{2, 0, 1, 1}}
					dx, dparams := n.Gradients(loss, x, targets)
					f := func() float64 { return n.Loss(loss, x, targets) }
					const h, tolerance = 1e-5, 1e-7
					golden.Close(t, "dx", dx.Data, reference.Numeric(f, x.Data, h), tolerance)
					// All parameters together: some gradients, as a bias's
					// before a normalization, are 0.
					var got, want []float64
					for i, p := range net.Params() {
						if p.Name == "mean" || p.Name == "variance" {
							continue // no gradient is defined
						}
						got = append(got, dparams[i]...)
						want = append(want, reference.Numeric(f, n.Params[i], h)...)
					}
					golden.Close(t, "parameters", got, want, tolerance)
				}
			}
		})
	}
}

type unknown struct{ layers.ReLU }

func TestUnknownLayer(t *testing.T) {
	net, err := nn.NewSequential(nn.Features(2), rand.New(rand.NewPCG(1, 1)), layers.Tanh{}, unknown{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := oracle.Of(net); err == nil || !strings.Contains(err.Error(), "layer 2 (ReLU)") {
		t.Errorf("error %v, wanted one that names layer 2", err)
	}
}
