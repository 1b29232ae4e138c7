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
	Forward(c *Context, y, x *Tensor)
	// Backward takes the loss's gradient dy with respect to the output,
	// overwrites dx with that with respect to the input (nil: not wanted) and
	// adds that of each parameter to c.Grad. x and y are Forward's.
	Backward(c *Context, dx, dy, x, y *Tensor)
}

// Packer is a layer that rearranges its weights, or gathers their gradient in
// another order: work that is done once and not once for each few samples.
type Packer interface {
	Layer
	// PackForward writes to [Context.Pack] what Forward takes. It is called once
	// a batch, on one of its shards for all of them, before any Forward.
	PackForward(c *Context)
	// PackBackward writes to [Context.PackBack] what Backward takes, likewise.
	PackBackward(c *Context)
	// EndBackward is called after a shard's last Backward. It adds what lies in
	// [Context.Gather] to the gradient, and sets it to 0.
	EndBackward(c *Context)
}

// BatchWide is a layer whose output depends on the whole batch (batch
// normalization). In training every shard is brought up to it, Sum is asked of
// each, the sums are added in shard order to c.Sums, and then Forward is
// called; likewise on the way back. In inference none of this is asked.
type BatchWide interface {
	Layer
	// SumLen is the number of sums in either direction.
	SumLen() int
	// Sum adds the shard's part of the sums to sums.
	Sum(c *Context, sums []float64, x *Tensor)
	// Summed is called once a batch, when c.Sums is complete and before any
	// Backward: running statistics move here.
	Summed(c *Context)
	// SumBackward adds the shard's part of the gradient's sums to sums.
	SumBackward(c *Context, sums []float64, dy, x, y *Tensor)
}

// Fuser is a layer that can do the work of the layers after it as well.
type Fuser interface {
	Layer
	// Fuse returns a layer that stands for this one and the first n of next,
	// with the same parameters in the same order; n is 0 if there is none.
	Fuse(next []Layer) (fused Layer, n int)
}

// Block is a layer of layers: two sequences of the same input, whose outputs
// are added (a residual block). The stages of both are run as if they stood in
// the network, and then the block itself, whose Forward and Backward are those
// of the sum: x is the body's output, [Context.Shortcut] the other's, and dx the
// gradient of both. Its Params are the body's and then the shortcut's.
type Block interface {
	Layer
	// Body is the one sequence.
	Body() *Sequential
	// Shortcut is the other; nil passes the input on as it is.
	Shortcut() *Sequential
	// Plain reports that the block gives the sum and nothing else. Its gradient
	// then goes to both sequences as it is, and Backward is not called.
	Plain() bool
}

// Reader is a layer whose Backward, and SumBackward, leave one of Forward's
// tensors unread, or both. A tensor that nobody reads on the way back takes
// memory only on the way forward. [Context.AddProduct] reads the input.
type Reader interface {
	Layer
	// Reads reports whether the layer's input and its output are read.
	Reads() (x, y bool)
}

// Costed is a layer that knows its work.
type Costed interface {
	// MultiplyAdds is the number of multiplications with addition that one
	// sample costs on the way forward, counted as the direct method's.
	MultiplyAdds() int
}

// Sigmoider marks a layer whose output is the sigmoid of its input.
type Sigmoider interface {
	Layer
	Sigmoid()
}

// Softmaxer marks a layer whose output is the softmax of its input.
type Softmaxer interface {
	Layer
	Softmax()
}
