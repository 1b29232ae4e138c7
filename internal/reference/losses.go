package reference

import (
	"fmt"

	"tatami/layers"
	"tatami/nn"
)

// lossOf is the mean loss of a batch of outputs and its gradient.
func lossOf(loss nn.Loss, x *Tensor, t nn.Targets) (mean float64, dx *Tensor) {
	target := targets(x, t)
	switch s := loss.(type) {
	case layers.SoftmaxWithLoss:
		classes := float64(x.Size())
		for i, v := range target.Data {
			target.Data[i] = (1-s.Smoothing)*v + s.Smoothing/classes
		}
		return CrossEntropy(x, target)
	case layers.MeanSquaredError:
		return MeanSquaredError(x, target)
	}
	panic(fmt.Sprintf("reference: loss %T", loss))
}

// targets are labels as 1 at the label and 0 elsewhere.
func targets(x *Tensor, t nn.Targets) *Tensor {
	if t.Values != nil {
		return From(t.Values)
	}
	target := NewTensor(x.N, x.Shape)
	for n, label := range t.Labels {
		if label < 0 || label >= x.Size() {
			panic(fmt.Sprintf("reference: label %d of %d classes", label, x.Size()))
		}
		target.Data[n*x.Size()+label] = 1
	}
	return target
}

// CrossEntropy is −Σ target·log softmax(x), mean over the batch, in nats, and
// its gradient. The targets of a sample sum to 1.
func CrossEntropy(x, target *Tensor) (mean float64, dx *Tensor) {
	dx = softmax{}.forward(nil, &Tensor{x.N, nn.Features(x.Size()), x.Data})
	for n := range x.N {
		from, to := n*x.Size(), (n+1)*x.Size()
		logSum := logSumExp(x.Data[from:to])
		for i := from; i < to; i++ {
			mean += target.Data[i] * (logSum - x.Data[i]) / float64(x.N)
			dx.Data[i] = (dx.Data[i] - target.Data[i]) / float64(x.N)
		}
	}
	dx.Shape = x.Shape
	return mean, dx
}

// MeanSquaredError is ½·Σ(x−target)², mean over the batch, and its gradient.
func MeanSquaredError(x, target *Tensor) (mean float64, dx *Tensor) {
	dx = NewTensor(x.N, x.Shape)
	for i, v := range x.Data {
		d := v - target.Data[i]
		mean += d * d / 2 / float64(x.N)
		dx.Data[i] = d / float64(x.N)
	}
	return mean, dx
}
