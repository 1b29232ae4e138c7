package nn

// Loss measures how far the outputs of a network are from their targets.
type Loss interface {
	// Loss returns the sum of the losses of the samples of x. Where dx is not
	// nil it is overwritten with the gradient of the sum divided by batch, the
	// number of samples in the whole batch.
	Loss(dx, x *Tensor, t Targets, batch int) float64
	// Logits reports whether x is the input of a softmax: a network's trailing
	// Softmax is then left out in training.
	Logits() bool
}

// Multilabel marks a Loss that takes each output as the logit of a sigmoid: a
// sample may be of several classes, or of none. A network's trailing Sigmoid is
// left out in training.
type Multilabel interface {
	Loss
	Multilabel()
}

// Weighted is a Loss whose samples count for more or less: that of a batch is the
// weighted mean, the sum that Loss returns divided by that of the weights.
type Weighted interface {
	Loss
	// Weight is the sum of the weights of some samples.
	Weight(t Targets) float64
}

// Mean returns the mean loss of the samples of x, weighted if the loss is, and
// overwrites dx, where that is not nil, with its gradient.
func Mean(l Loss, dx, x *Tensor, t Targets) float64 {
	scale := MeanScale(l, t, x.N)
	loss := l.Loss(dx, x, t, x.N) / float64(x.N) * scale
	if dx != nil && scale != 1 {
		for i := range dx.Data {
			dx.Data[i] *= float32(scale)
		}
	}
	return loss
}

// MeanScale makes a weighted mean of a mean over n samples, and likewise of its
// gradient: n over the sum of the weights, 0 if that is 0, and 1 of a loss without.
func MeanScale(l Loss, t Targets, n int) float64 {
	w, ok := l.(Weighted)
	if !ok {
		return 1
	}
	if sum := w.Weight(t); sum != 0 {
		return float64(n) / sum
	}
	return 0
}

// Targets are what a network should answer: a class for each sample, or
// values of the output's shape.
type Targets struct {
	Labels []int
	Values *Tensor
}

// Slice returns the targets of samples [from, to).
func (t Targets) Slice(from, to int) Targets {
	if t.Values != nil {
		return Targets{Values: t.Values.Slice(from, to)}
	}
	return Targets{Labels: t.Labels[from:to]}
}
