package layers

import "tatami/nn"

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
}

// Logits implements [nn.Loss].
func (SoftmaxWithLoss) Logits() bool { return true }

// Loss implements [nn.Loss]. It panics if a label is not a class, or if x are
// no plain features.
func (s SoftmaxWithLoss) Loss(dx, x *nn.Tensor, t nn.Targets, batch int) float64 {
	if x.H*x.W != 1 {
		panic("layers: SoftmaxWithLoss takes plain features, one a class")
	}
	classes := x.C
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
		for k, v := range xs {
			target := even
			if t.Values != nil {
				target += (1 - s.Smoothing) * float64(t.Values.Sample(n)[k])
			} else if k == t.Labels[n] {
				target += 1 - s.Smoothing
			}
			if target != 0 {
				sum += target * (logSum - float64(v))
			}
			y[k] = (y[k] - float32(target)) / float32(batch)
		}
	}
	return sum
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
