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
