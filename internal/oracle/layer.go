package oracle

import (
	"cmp"
	"fmt"
	"slices"

	"tatami/layers"
	"tatami/nn"
	"tatami/reference"
)

// layer is one of package layers in package reference's words. ws are its
// parameters; backward returns their gradients in the same order.
type layer struct {
	forward  func(ws [][]float64, x *reference.Tensor) *reference.Tensor
	backward func(ws [][]float64, dy, x, y *reference.Tensor) (dx *reference.Tensor, dws [][]float64)
	softmax  bool
}

// layerOf describes the layer at a position for inputs of shape in.
func (n *Network) layerOf(spec nn.Spec, position int, in nn.Shape) (layer, error) {
	switch s := spec.(type) {
	case layers.Convolution:
		return convolution(s, in), nil
	case layers.Affine:
		rows := func(ws [][]float64) *reference.Tensor {
			return &reference.Tensor{N: s.Units, H: in.H, W: in.W, C: in.C, Data: ws[0]}
		}
		return layer{
			forward: func(ws [][]float64, x *reference.Tensor) *reference.Tensor {
				return reference.Affine(x, rows(ws), ws[1])
			},
			backward: func(ws [][]float64, dy, x, _ *reference.Tensor) (*reference.Tensor, [][]float64) {
				dx, dw, db := reference.AffineBackward(dy, x, rows(ws))
				return dx, [][]float64{dw.Data, db}
			},
		}, nil
	case layers.Pooling:
		stride := cmp.Or(s.Stride, s.Size)
		return layer{
			forward: func(_ [][]float64, x *reference.Tensor) *reference.Tensor {
				return reference.Pooling(x, s.Size, stride, s.Pad, s.Average)
			},
			backward: func(_ [][]float64, dy, x, _ *reference.Tensor) (*reference.Tensor, [][]float64) {
				return reference.PoolingBackward(dy, x, s.Size, stride, s.Pad, s.Average), nil
			},
		}, nil
	case layers.GlobalAveragePooling:
		return layer{
			forward: func(_ [][]float64, x *reference.Tensor) *reference.Tensor { return reference.GlobalAveragePooling(x) },
			backward: func(_ [][]float64, dy, x, _ *reference.Tensor) (*reference.Tensor, [][]float64) {
				return reference.GlobalAveragePoolingBackward(dy, x), nil
			},
		}, nil
	case layers.LayerNormalization:
		epsilon := cmp.Or(s.Epsilon, 1e-5)
		return layer{
			forward: func(ws [][]float64, x *reference.Tensor) *reference.Tensor {
				return reference.LayerNormalization(x, ws[0], ws[1], epsilon)
			},
			backward: func(ws [][]float64, dy, x, _ *reference.Tensor) (*reference.Tensor, [][]float64) {
				dx, dgamma, dbeta := reference.LayerNormalizationBackward(dy, x, ws[0], epsilon)
				return dx, [][]float64{dgamma, dbeta}
			},
		}, nil
	case layers.BatchNormalization:
		return n.batchNormalization(cmp.Or(s.Epsilon, 1e-5), s.Frozen), nil
	case layers.Dropout:
		return n.dropout(position, s), nil
	case layers.Standardize:
		mean, deviation := eachChannel(s.Mean, in.C), eachChannel(s.Deviation, in.C)
		return layer{
			forward: func(_ [][]float64, x *reference.Tensor) *reference.Tensor {
				return reference.Standardize(x, mean, deviation)
			},
			backward: func(_ [][]float64, dy, _, _ *reference.Tensor) (*reference.Tensor, [][]float64) {
				return reference.StandardizeBackward(dy, deviation), nil
			},
		}, nil
	case layers.Softmax:
		return layer{
			forward: func(_ [][]float64, x *reference.Tensor) *reference.Tensor { return reference.Softmax(x) },
			backward: func(_ [][]float64, dy, _, y *reference.Tensor) (*reference.Tensor, [][]float64) {
				return reference.SoftmaxBackward(dy, y), nil
			},
			softmax: true,
		}, nil
	case layers.ReLU:
		return activation(reference.ReLU), nil
	case layers.LeakyReLU:
		return activation(reference.LeakyReLU(float64(cmp.Or(s.Slope, 0.01)))), nil
	case layers.Sigmoid:
		return activation(reference.Sigmoid), nil
	case layers.Tanh:
		return activation(reference.Tanh), nil
	case layers.GELU:
		return activation(reference.GELU), nil
	}
	return layer{}, fmt.Errorf("%T has no reference", spec)
}

// eachChannel repeats one value for all channels.
func eachChannel(values []float64, channels int) []float64 {
	if len(values) == 1 {
		return slices.Repeat(values, channels)
	}
	return values
}

// convolution is the book's, as far as that goes.
func convolution(s layers.Convolution, in nn.Shape) layer {
	stride, groups := cmp.Or(s.Stride, 1), cmp.Or(s.Groups, 1)
	at := reference.Placement{
		StrideH: stride, StrideW: cmp.Or(s.StrideW, stride), Dilation: cmp.Or(s.Dilation, 1), Groups: groups,
		Top: s.Pad + s.PadTop, Bottom: s.Pad + s.PadBottom, Left: s.Pad + s.PadLeft, Right: s.Pad + s.PadRight,
	}
	plain := at == reference.Placement{
		StrideH: stride, StrideW: stride, Dilation: 1, Groups: 1, Top: s.Pad, Bottom: s.Pad, Left: s.Pad, Right: s.Pad,
	}
	filters := func(ws [][]float64) *reference.Tensor {
		return &reference.Tensor{N: s.Filters, H: s.Kernel, W: cmp.Or(s.KernelW, s.Kernel), C: in.C / groups, Data: ws[0]}
	}
	return layer{
		forward: func(ws [][]float64, x *reference.Tensor) *reference.Tensor {
			if plain {
				return reference.Convolution(x, filters(ws), ws[1], stride, s.Pad)
			}
			return reference.GeneralConvolution(x, filters(ws), ws[1], at)
		},
		backward: func(ws [][]float64, dy, x, _ *reference.Tensor) (*reference.Tensor, [][]float64) {
			var dx, dw *reference.Tensor
			var db []float64
			if plain {
				dx, dw, db = reference.ConvolutionBackward(dy, x, filters(ws), stride, s.Pad)
			} else {
				dx, dw, db = reference.GeneralConvolutionBackward(dy, x, filters(ws), at)
			}
			return dx, [][]float64{dw.Data, db}
		},
	}
}

// block adds the outputs of two sequences. Both begin where position says.
func (n *Network) block(b nn.Block, position *int) (layer, error) {
	body, err := n.sequenceOf(b.Body(), position)
	if err != nil {
		return layer{}, err
	}
	var shortcut sequence
	if b.Shortcut() != nil {
		if shortcut, err = n.sequenceOf(b.Shortcut(), position); err != nil {
			return layer{}, err
		}
	}
	last := func(x *reference.Tensor, ys []*reference.Tensor) *reference.Tensor {
		if len(ys) == 0 {
			return x
		}
		return ys[len(ys)-1]
	}
	own := body.first(len(body.layers)) // the body's parameters come first
	return layer{
		forward: func(ws [][]float64, x *reference.Tensor) *reference.Tensor {
			return reference.Residual(last(x, body.forward(ws[:own], x)), last(x, shortcut.forward(ws[own:], x)))
		},
		backward: func(ws [][]float64, dy, x, _ *reference.Tensor) (*reference.Tensor, [][]float64) {
			dbody, dws := body.backward(ws[:own], dy, x, len(body.layers))
			dshortcut, more := shortcut.backward(ws[own:], dy, x, len(shortcut.layers))
			return reference.Residual(dbody, dshortcut), append(dws, more...)
		},
	}, nil
}

func activation(f reference.Activation) layer {
	return layer{
		forward: func(_ [][]float64, x *reference.Tensor) *reference.Tensor { return f.Forward(x) },
		backward: func(_ [][]float64, dy, x, _ *reference.Tensor) (*reference.Tensor, [][]float64) {
			return f.Backward(dy, x), nil
		},
	}
}

// batchNormalization has parameters gamma, beta, mean and variance; the last
// two take no gradient.
func (n *Network) batchNormalization(epsilon float64, frozen bool) layer {
	statistics := func(ws [][]float64, x *reference.Tensor) (mean, variance []float64, running bool) {
		if n.Training && !frozen {
			mean, variance = reference.Statistics(x)
			return mean, variance, false
		}
		return ws[2], ws[3], true
	}
	return layer{
		forward: func(ws [][]float64, x *reference.Tensor) *reference.Tensor {
			mean, variance, _ := statistics(ws, x)
			return reference.BatchNormalization(x, ws[0], ws[1], mean, variance, epsilon)
		},
		backward: func(ws [][]float64, dy, x, _ *reference.Tensor) (*reference.Tensor, [][]float64) {
			mean, variance, running := statistics(ws, x)
			dx, dgamma, dbeta := reference.BatchNormalizationBackward(dy, x, ws[0], mean, variance, epsilon, running)
			return dx, [][]float64{dgamma, dbeta, make([]float64, x.C), make([]float64, x.C)}
		},
	}
}

// dropout draws with the network's random numbers: a sequence for each sample.
func (n *Network) dropout(position int, s layers.Dropout) layer {
	drop := func(x *reference.Tensor) *reference.Tensor {
		kept := make([]bool, len(x.Data))
		for i := range x.N {
			stream := nn.NewStream(n.Seed, n.Step, uint64(position), uint64(i))
			for k := i * x.Size(); k < (i+1)*x.Size(); k++ {
				kept[k] = !n.Training || stream.Float32() >= float32(s.Ratio)
			}
		}
		scale := 1.0
		switch {
		case n.Training && !s.Unscaled:
			scale = 1 / (1 - s.Ratio)
		case !n.Training && s.Unscaled:
			scale = 1 - s.Ratio
		}
		return reference.Dropout(x, kept, scale)
	}
	return layer{
		forward: func(_ [][]float64, x *reference.Tensor) *reference.Tensor { return drop(x) },
		backward: func(_ [][]float64, dy, _, _ *reference.Tensor) (*reference.Tensor, [][]float64) {
			return drop(dy), nil
		},
	}
}

// lossOf is the mean loss of a batch of outputs and its gradient.
func lossOf(loss nn.Loss, x *reference.Tensor, t nn.Targets) (mean float64, dx *reference.Tensor) {
	target := targets(x, t)
	switch s := loss.(type) {
	case layers.SoftmaxWithLoss:
		for k, v := range target.Data {
			target.Data[k] = (1-s.Smoothing)*v + s.Smoothing/float64(x.Size())
		}
		if s.Weights != nil {
			return reference.WeightedSoftmaxWithLoss(x, target, s.Weights)
		}
		return reference.SoftmaxWithLoss(x, target)
	case layers.SigmoidWithLoss:
		return reference.SigmoidWithLoss(x, target)
	case layers.MeanSquaredError:
		return reference.MeanSquaredError(x, target)
	}
	panic(fmt.Sprintf("oracle: loss %T", loss))
}

// targets are labels as 1 at the label and 0 elsewhere.
func targets(x *reference.Tensor, t nn.Targets) *reference.Tensor {
	if t.Values != nil {
		return From(t.Values)
	}
	target := reference.NewTensor(x.N, x.H, x.W, x.C)
	for n, label := range t.Labels {
		if label < 0 || label >= x.Size() {
			panic(fmt.Sprintf("oracle: label %d of %d classes", label, x.Size()))
		}
		target.Data[n*x.Size()+label] = 1
	}
	return target
}
