package lab

import (
	"math"
	"slices"

	"tatami/datasets"
	"tatami/internal/oracle"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/reference"
)

// TrainingPass is a pass for [Backpropagate].
func TrainingPass(net *nn.Sequential, images int) *nn.Pass {
	return net.NewPass(nn.PassConfig{Capacity: images, Training: true, NeedsBackward: true, Loss: layers.SoftmaxWithLoss{}})
}

// Backpropagate gives the mean loss of a batch and its gradients, one slice a
// parameter (nil: fixed), which are the pass's until the next call.
func Backpropagate(pass *nn.Pass, x *nn.Tensor, labels []int) (loss float64, gradients [][]float32) {
	y := pass.Forward(x)
	sum := layers.SoftmaxWithLoss{}.Loss(pass.OutputGradient(), y, nn.Targets{Labels: labels}, x.N)
	pass.ClearGradients()
	pass.Backward(pass.OutputGradient())
	return sum / float64(x.N), pass.ParamGradients()
}

// Comparison is a parameter's gradient by backpropagation and by differences.
type Comparison struct {
	Back    []float32
	Numeric []float64
}

// Mean is the mean absolute difference.
func (c Comparison) Mean() (m float64) {
	for i, v := range c.Back {
		m += math.Abs(float64(v)-c.Numeric[i]) / float64(len(c.Back))
	}
	return m
}

// CheckGradients compares the gradients of a batch's loss, in the order of
// Params without those that are fixed: backpropagation in float32, as in
// training, against central differences of width h. Those are of the same
// network computed in float64 by plain loops (package reference): the digits
// of a float32 loss end about where such a difference begins. Of each parameter
// it takes that many values at most, drawn at random; 0 takes all.
func (r *Run) CheckGradients(net *nn.Sequential, x *nn.Tensor, labels []int, h float64, most int) []Comparison {
	if r.Failed() {
		return nil
	}
	wide, err := oracle.Of(net)
	if err != nil {
		r.Fail(err)
		return nil
	}
	wide.Training = true
	in := oracle.From(x)
	loss := func() float64 { return wide.Loss(layers.SoftmaxWithLoss{}, in, nn.Targets{Labels: labels}) }
	_, gradients := Backpropagate(TrainingPass(net, x.N), x, labels)
	var compared []Comparison
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
		var c Comparison
		for n, k := range positions {
			if n%100 == 0 {
				if r.Failed() {
					return nil
				}
				r.Status(valueText, i+1, len(gradients), n, len(positions))
			}
			c.Back = append(c.Back, gradients[i][k])
			c.Numeric = append(c.Numeric, reference.Numeric(loss, values[k:k+1], h)...)
		}
		compared = append(compared, c)
	}
	return compared
}

var valueText = words.Text{EN: "parameter %d of %d, value %d of %d", JA: "パラメーター %d/%d、値 %d/%d"}

// Tensor is all images of a dataset as one batch, with their labels.
func Tensor(data *datasets.Dataset) (x *nn.Tensor, labels []int) {
	for _, l := range data.Labels {
		labels = append(labels, int(l))
	}
	return datasets.Tensor(data.Shape, data.Images...), labels
}
