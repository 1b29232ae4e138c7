package experiments

import (
	"context"
	"slices"

	"tatami/datasets"
	"tatami/internal/oracle"
	"tatami/layers"
	"tatami/nn"
	"tatami/reference"
)

// trainingPass is a pass for [backpropagate].
func trainingPass(net *nn.Sequential, images int) *nn.Pass {
	return net.NewPass(nn.PassConfig{Capacity: images, Training: true, NeedsBackward: true, Loss: layers.SoftmaxWithLoss{}})
}

// backpropagate gives the mean loss of a batch and its gradients, one slice a
// parameter (nil: fixed), which are the pass's until the next call.
func backpropagate(pass *nn.Pass, x *nn.Tensor, labels []int) (loss float64, gradients [][]float32) {
	y := pass.Forward(x)
	sum := layers.SoftmaxWithLoss{}.Loss(pass.OutputGradient(), y, nn.Targets{Labels: labels}, x.N)
	pass.ClearGradients()
	pass.Backward(pass.OutputGradient())
	return sum / float64(x.N), pass.ParamGradients()
}

// comparison is a parameter's gradient by backpropagation and by differences.
type comparison struct {
	Back    []float32
	Numeric []float64
}

// mean is the mean absolute difference.
func (c comparison) mean() (m float64) {
	for i, v := range c.Back {
		m += abs(float64(v)-c.Numeric[i]) / float64(len(c.Back))
	}
	return m
}

// checkGradients compares the gradients of a batch's loss, in the order of
// Params without those that are fixed: backpropagation in float32, as in
// training, against central differences of width h. Those are of the same
// network computed in float64 by plain loops (package reference): the digits
// of a float32 loss end about where such a difference begins. Of each parameter
// it takes that many values at most, drawn at random; 0 takes all.
func checkGradients(ctx context.Context, r *Run, net *nn.Sequential, x *nn.Tensor, labels []int, h float64, most int) ([]comparison, error) {
	wide, err := oracle.Of(net)
	if err != nil {
		return nil, err
	}
	wide.Training = true
	in := oracle.From(x)
	loss := func() float64 { return wide.Loss(layers.SoftmaxWithLoss{}, in, nn.Targets{Labels: labels}) }
	_, gradients := backpropagate(trainingPass(net, x.N), x, labels)
	var compared []comparison
	for i, p := range net.Params() {
		if p.Fixed {
			continue
		}
		values := wide.Params[i]
		positions := r.Rand(uint64(i)).Perm(len(values))
		if most > 0 && most < len(positions) {
			positions = positions[:most]
		}
		slices.Sort(positions)
		var c comparison
		for n, k := range positions {
			if n%100 == 0 {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				r.Status("parameter %d of %d, value %d of %d", i+1, len(gradients), n, len(positions))
			}
			c.Back = append(c.Back, gradients[i][k])
			c.Numeric = append(c.Numeric, reference.Numeric(loss, values[k:k+1], h)...)
		}
		compared = append(compared, c)
	}
	return compared, nil
}

// tensor is all images of a dataset as one batch, with their labels.
func tensor(data *datasets.Dataset) (x *nn.Tensor, labels []int) {
	for _, l := range data.Labels {
		labels = append(labels, int(l))
	}
	return datasets.Tensor(data.Shape, data.Images...), labels
}
