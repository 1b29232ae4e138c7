package train

import (
	"math"

	"tatami/datasets"
	"tatami/nn"
)

// scoring is what makes an answer right.
type scoring int

const (
	values     scoring = iota // nothing: they are near or far
	classes                   // the largest output is at the label, or at the largest target
	multilabel                // each output is on the side of a half that its target is on
)

func scoringOf(loss nn.Loss, target datasets.Target) scoring {
	if _, ok := loss.(nn.Multilabel); ok {
		return multilabel
	}
	if target.Labels() || loss.Logits() {
		return classes
	}
	return values
}

// correct counts the right answers among outputs of the training pass.
func (s scoring) correct(y *nn.Tensor, t nn.Targets) (n int) {
	for i := range y.N {
		if s.right(y.Sample(i), t, i) {
			n++
		}
	}
	return n
}

func (s scoring) right(y []float32, t nn.Targets, i int) bool {
	switch s {
	case classes:
		return nn.Argmax(y) == label(t, i)
	case multilabel:
		for k, logit := range y {
			if (logit > 0) != yes(t, i, k) {
				return false
			}
		}
		return true
	}
	return false
}

// label is the class of a sample, the likeliest if there are probabilities.
func label(t nn.Targets, i int) int {
	if t.Values != nil {
		return nn.Argmax(t.Values.Sample(i))
	}
	return t.Labels[i]
}

// yes reports whether a sample is of a class.
func yes(t nn.Targets, i, class int) bool {
	if t.Values != nil {
		return t.Values.Sample(i)[class] >= 0.5
	}
	return t.Labels[i] == class
}

// answer makes of an output of a pass with the loss what the network's last layer
// would: probabilities of logits.
func answer(loss nn.Loss, y, output []float32) {
	if _, ok := loss.(nn.Multilabel); ok {
		for k, v := range output {
			y[k] = float32(1 / (1 + math.Exp(-float64(v))))
		}
		return
	}
	if loss.Logits() {
		nn.Softmax(y, output)
		return
	}
	copy(y, output)
}
