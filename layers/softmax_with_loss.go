package layers

import (
	"fmt"
	"math"

	"tatami/nn"
)

// SoftmaxWithLoss is the cross-entropy of the softmax of a network's outputs,
// in nats (the book's section 5.6.3): for label t
//
//	loss = −log y_t, y = softmax(x), dx = (y − target)/batch
//
// It works on logits, from the logarithm of the sum, so it is finite for any
// finite x. Targets may also be probabilities, which sum to 1. Outputs are plain features, one
// a class: there is no loss of images.
//
// In plain loops: reference/losses.go.
type SoftmaxWithLoss struct {
	// Smoothing e makes the target (1−e) on the label plus e/classes on every
	// class (Szegedy et al. 2016); in [0, 1).
	Smoothing float64
	// Weights are of the classes, none or one each, from 0 up, and multiply the
	// terms of the cross-entropy: the loss of a sample counts as much as its class.
	// That of a batch is the weighted mean, Σ loss / Σ w_t, as in PyTorch.
	Weights []float64
}

// Weight implements [nn.Weighted]: of probabilities it is the weights' mean.
func (s SoftmaxWithLoss) Weight(t nn.Targets) (sum float64) {
	switch {
	case s.Weights == nil && t.Values == nil:
		return float64(len(t.Labels))
	case s.Weights == nil:
		return float64(t.Values.N)
	case t.Values == nil:
		for _, label := range t.Labels {
			sum += s.Weights[label]
		}
		return sum
	}
	for i, v := range t.Values.Data {
		sum += float64(v) * s.Weights[i%len(s.Weights)]
	}
	return sum
}

// Check fails where Loss would panic on outputs of that shape, or where the
// settings make no sense; a trainer asks before it begins.
func (s SoftmaxWithLoss) Check(out nn.Shape) error {
	switch {
	case out.H*out.W != 1:
		return fmt.Errorf("SoftmaxWithLoss takes one probability a class, the outputs are %v", out)
	case s.Weights != nil && len(s.Weights) != out.C:
		return fmt.Errorf("SoftmaxWithLoss has %d weights, wanted %d, one a class", len(s.Weights), out.C)
	case !(s.Smoothing >= 0 && s.Smoothing < 1):
		return fmt.Errorf("SoftmaxWithLoss: Smoothing is %g, wanted 0 or more and less than 1", s.Smoothing)
	}
	for k, w := range s.Weights {
		if !(w >= 0) || math.IsInf(w, 0) {
			return fmt.Errorf("SoftmaxWithLoss: the weight of class %d is %g, wanted 0 or more, and finite", k, w)
		}
	}
	return nil
}

// Logits implements [nn.Loss].
func (SoftmaxWithLoss) Logits() bool { return true }

// Loss implements [nn.Loss]. It panics if a label is not a class, if x are no
// plain features, or if there are weights of other classes.
func (s SoftmaxWithLoss) Loss(dx, x *nn.Tensor, t nn.Targets, batch int) float64 {
	if x.H*x.W != 1 {
		panic("layers: SoftmaxWithLoss takes plain features, one a class")
	}
	classes := x.C
	if s.Weights != nil && len(s.Weights) != classes {
		panic("layers: SoftmaxWithLoss has another number of weights than of classes")
	}
	even := s.Smoothing / float64(classes)
	var sum float64
	var spare [256]float32
	checkLabels(t, x)
	for n := range x.N {
		xs, y := x.Sample(n), spare[:]
		if dx != nil {
			y = dx.Sample(n)
		} else if classes > len(spare) {
			y = make([]float32, classes)
		}
		y = y[:classes]
		logSum := nn.Softmax(y, xs)
		if s.Weights != nil {
			sum += s.weighted(y, xs, logSum, t, n, batch)
			continue
		}
		for k, v := range xs {
			target := even + (1-s.Smoothing)*targetOf(t, n, k)
			if target != 0 {
				sum += target * (logSum - float64(v))
			}
			y[k] = (y[k] - float32(target)) / float32(batch)
		}
	}
	return sum
}

// weighted makes the gradient of y, the softmax of sample n's logits xs, and
// returns the loss.
func (s SoftmaxWithLoss) weighted(y, xs []float32, logSum float64, t nn.Targets, n, batch int) (loss float64) {
	even, all := s.Smoothing/float64(len(xs)), 0.0
	for k, w := range s.Weights {
		target := w * (even + (1-s.Smoothing)*targetOf(t, n, k))
		all += target
		if target != 0 {
			loss += target * (logSum - float64(xs[k]))
		}
	}
	for k, w := range s.Weights {
		target := w * (even + (1-s.Smoothing)*targetOf(t, n, k))
		y[k] = float32((all*float64(y[k]) - target) / float64(batch))
	}
	return loss
}

// checkLabels panics unless each sample of x has a label, and that is one of
// its classes: a wrong one would count as no answer being right.
func checkLabels(t nn.Targets, x *nn.Tensor) {
	if t.Values != nil {
		if t.Values.N != x.N || t.Values.Shape != x.Shape {
			panic("layers: target values do not fit the outputs")
		}
		return
	}
	if len(t.Labels) != x.N {
		panic("layers: another number of labels than of samples")
	}
	for _, label := range t.Labels {
		if label < 0 || label >= x.Size() {
			panic("layers: a label is not a class")
		}
	}
}
