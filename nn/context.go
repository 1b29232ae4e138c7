package nn

import "tatami/internal/kernels"

// Context is what a layer sees of the pass that runs it: where the gradients of
// its parameters go, memory of its own, random numbers, and sums over the whole
// batch. Each stage of a pass has one; during a call it stands for the samples
// of that call, the present ones.
type Context struct {
	// Training is the pass's: dropout drops, batch normalization takes the
	// batch's statistics.
	Training bool
	// Batch is the number of samples of the whole batch, of which the shard is
	// a part.
	Batch int
	// Step counts the updates before this batch.
	Step uint64

	pass     *Pass
	stage    stage
	grads    [][]float32 // by parameter, nil of fixed ones
	products []product   // by parameter, for AddProduct
	from, to int         // the present samples, counted in the shard

	floats      []float32
	bytes       []uint8
	gathered    []float32
	packs       *[2][]float32 // of a Packer, by direction: one for all shards
	sums, total [2][]float64  // of a BatchWide layer, by direction: the shard's, the batch's
}

const (
	forward = iota
	backward
)

// Grad is where Backward adds the gradient of one of the layer's parameters;
// nil if that is fixed.
func (c *Context) Grad(param *Param) []float32 { return c.grads[c.index(param)] }

func (c *Context) index(param *Param) int {
	for i, q := range c.stage.params {
		if q == param {
			return i
		}
	}
	panic("nn: parameter of another layer")
}

// AddProduct adds dyᵀ·x, over the present samples, to the gradient of a weight
// that says [Param.Product] of itself; x is the layer's input. Where a batch is
// in shards a large weight's product may wait until all of them are back.
func (c *Context) AddProduct(weight *Param, dy, x *Tensor) {
	p := &c.products[c.index(weight)]
	switch {
	case p.plan == nil: // a fixed one
	case p.dy != nil:
		copy(p.dy[c.from*dy.Size():], dy.Data)
	default:
		p.plan.AddWeightGradient(c.Grad(weight), dy.Data, x.Data)
	}
}

// product is how a weight's gradient comes by AddProduct.
type product struct {
	plan *kernels.Affine
	dy   []float32 // kept for later; nil where it is added at once
}

// WantsInputGradient reports whether Backward is asked for dx.
func (c *Context) WantsInputGradient() bool { return c.stage.wantsDx }

// Sums are a BatchWide layer's sums of the way forward, over the whole batch.
func (c *Context) Sums() []float64 { return c.total[forward] }

// BackwardSums are a BatchWide layer's sums of the way back, over the whole
// batch.
func (c *Context) BackwardSums() []float64 { return c.total[backward] }

// Shortcut is the present samples' other summand, for a [Block].
func (c *Context) Shortcut() *Tensor { return &c.pass.shortcut }

// Scratch returns n values, of no particular content, until the layer returns.
func (c *Context) Scratch(n int) []float32 { return c.pass.scratch.take(n) }

// Keep returns perSample values for each of the present samples, always the
// same ones. Backward is given what Forward left in them.
func (c *Context) Keep(perSample int) []float32 {
	return lasting(&c.floats, c.pass.config.Capacity*perSample)[c.from*perSample : c.to*perSample]
}

// KeepBytes is Keep for bytes.
func (c *Context) KeepBytes(perSample int) []uint8 {
	return lasting(&c.bytes, c.pass.config.Capacity*perSample)[c.from*perSample : c.to*perSample]
}

// Pack returns the n values that all shards' Forward of a [Packer] reads.
func (c *Context) Pack(n int) []float32 { return lasting(&c.packs[forward], n) }

// PackBack returns those that Backward reads.
func (c *Context) PackBack(n int) []float32 { return lasting(&c.packs[backward], n) }

// Gather returns n values of a shard's own, 0 at first, which are left alone.
func (c *Context) Gather(n int) []float32 { return lasting(&c.gathered, n) }

// lasting makes the memory when it is first asked for.
func lasting[T float32 | uint8](memory *[]T, n int) []T {
	if *memory == nil {
		*memory = make([]T, n)
	}
	return (*memory)[:n]
}

// Stream returns the random numbers of present sample i in this layer and step.
func (c *Context) Stream(i int) Stream {
	p := c.pass
	return NewStream(p.config.Seed, c.Step, uint64(c.stage.position), uint64(p.first+c.from+i))
}

// scratch is memory that is taken in parts and given back as a whole.
type scratch struct {
	data []float32
	used int
}

func (s *scratch) take(n int) []float32 {
	const line = 16 // values of a cache line
	if s.used+n > len(s.data) {
		s.data = make([]float32, max(2*len(s.data), n+line))
		s.used = 0
	}
	part := s.data[s.used : s.used+n : s.used+n]
	s.used += (n + line - 1) / line * line
	return part
}
