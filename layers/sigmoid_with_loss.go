package layers

import (
	"math"

	"tatami/nn"
)

// SigmoidWithLoss is the cross-entropy of the sigmoids of a network's outputs,
// for samples that may be of several classes or of none, in nats, summed over
// the outputs and mean over the batch:
//
//	loss = −Σ_k (t_k·log y_k + (1 − t_k)·log(1 − y_k)), y = sigmoid(x), dx = (y − t)/batch
//
// It works on logits, as log(1+e^x) − t·x, and so is finite for any finite x.
// Targets are 0 or 1 an output, or probabilities; a label is taken as 1 at its
// class. PyTorch's BCEWithLogitsLoss is its mean over the outputs.
//
// In plain loops: reference/losses.go.
type SigmoidWithLoss struct{}

// Logits implements [nn.Loss]: they are no softmax's, see [nn.Multilabel].
func (SigmoidWithLoss) Logits() bool { return false }

// Multilabel implements [nn.Multilabel].
func (SigmoidWithLoss) Multilabel() {}

// Loss implements [nn.Loss]. It panics if a label is not a class.
func (SigmoidWithLoss) Loss(dx, x *nn.Tensor, t nn.Targets, batch int) float64 {
	checkLabels(t, x)
	var sum float64
	for n := range x.N {
		for k, v := range x.Sample(n) {
			logit, target := float64(v), targetOf(t, n, k)
			e := math.Exp(-math.Abs(logit)) // at most 1
			sum += max(logit, 0) - logit*target + math.Log1p(e)
			if dx == nil {
				continue
			}
			y := 1 / (1 + e)
			if logit < 0 {
				y = e / (1 + e)
			}
			y += 0 * logit // of an infinite one there is no gradient
			dx.Sample(n)[k] = float32((y - target) / float64(batch))
		}
	}
	return sum
}

// targetOf is the target of an output of a sample.
func targetOf(t nn.Targets, n, k int) float64 {
	switch {
	case t.Values != nil:
		return float64(t.Values.Sample(n)[k])
	case t.Labels[n] == k:
		return 1
	}
	return 0
}
