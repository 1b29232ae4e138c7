package nn

import "math/rand/v2"

// Spec describes a layer before its input is known: a plain struct, printable
// and storable as JSON. A Spec's String is its name in tables and errors.
type Spec interface {
	// Build makes the layer for samples of shape in, its initial weights drawn
	// from rng. It fails where the shape does not fit the description.
	Build(in Shape, rng *rand.Rand) (Layer, error)
}

// Layer is one differentiable stage. It keeps its parameters and nothing
// else, so one network serves many goroutines.
type Layer interface {
	// OutShape is the shape of one output sample.
	OutShape() Shape
	// Params lists the parameters, always in the same order.
	Params() []*Param
	// Forward overwrites y with the layer's output for x; y never aliases x.
	Forward(p *Pass, y, x *Tensor)
	// Backward takes the loss's gradient dy with respect to the output,
	// overwrites dx with that with respect to the input (nil: not wanted) and
	// adds that of each parameter to p.Grad. x and y are Forward's.
	Backward(p *Pass, dx, dy, x, y *Tensor)
}

// Joint is a layer whose output depends on the whole batch (batch
// normalization). Every shard is brought up to it, Sum is asked of each, the
// sums are added in shard order to p.Sums, and then Forward is called;
// likewise on the way back. In inference neither is asked.
type Joint interface {
	Layer
	// SumLen is the number of sums in either direction.
	SumLen() int
	// Sum adds the shard's part of the sums to sums.
	Sum(p *Pass, sums []float64, x *Tensor)
	// SumBackward adds the shard's part of the gradient's sums to sums.
	SumBackward(p *Pass, sums []float64, dy, x, y *Tensor)
}

// Fuser is a layer that can do the work of the layers after it as well.
type Fuser interface {
	Layer
	// Fuse returns a layer that stands for this one and the first n of next,
	// with the same parameters in the same order; n is 0 if there is none.
	Fuse(next []Layer) (fused Layer, n int)
}

// Costed is a layer that knows its work.
type Costed interface {
	// MultiplyAdds is the number of multiplications with addition that one
	// sample costs on the way forward, counted as the direct method's.
	MultiplyAdds() int
}

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

// Softmaxer marks a layer whose output is the softmax of its input.
type Softmaxer interface {
	Layer
	Softmax()
}
