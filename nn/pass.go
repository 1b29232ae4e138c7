package nn

// PassConfig says what a pass is for. The zero value, with a capacity, is
// inference.
type PassConfig struct {
	// Capacity is the largest number of samples.
	Capacity int
	// Training makes layers behave as in training: dropout drops, batch
	// normalization takes the batch's statistics.
	Training bool
	// NeedsBackward keeps what Backward needs.
	NeedsBackward bool
	// InputGradient makes Backward give the gradient of the input too.
	InputGradient bool
	// Unfused runs the layers one by one as they are described.
	Unfused bool
	// Loss, if it works on logits, leaves out a trailing Softmax.
	Loss Loss
	// Seed keys the random numbers, together with the step, the layer's
	// position and the sample.
	Seed uint64
}

// Pass carries samples, a batch or a shard of one, through a network. It holds
// all memory that this takes, laid out once, and belongs to one goroutine at a
// time. Several passes that share a batch are [Shards].
type Pass struct {
	// Step counts the updates before this batch.
	Step uint64

	config PassConfig
	input  Shape
	plan

	x     *Tensor
	first int // the batch's number of the shard's first sample

	contexts        []Context    // by stage
	outputs         []output     // by stage
	within, between [2][]float32 // gradients of activations, taking turns
	gradients       []float32    // of all parameters
	scratch         scratch      // of the running layer

	// The arguments of the running layer, and what is handed out.
	ax, ay, adx, ady Tensor
	result, grad     Tensor
	chunk            Tensor // of PredictInto
}

// output is where a stage's output lies; a passing one holds only the samples
// of the present chunk.
type output struct {
	tensor  Tensor
	passing bool
}

// Forward takes x, at most Capacity samples, through the network and returns
// its output, which is the pass's and valid until the next call.
func (p *Pass) Forward(x *Tensor) *Tensor {
	p.start(x, 0, x.N)
	for i := range p.phases {
		if i > 0 {
			p.addSums(i, forward, p)
		}
		p.forwardPhase(i)
	}
	return p.Output()
}

// Backward takes the gradient of the output, which may be
// [Pass.OutputGradient], back through the network and adds to the parameters'
// gradients. It returns the input's gradient if InputGradient asks for it.
func (p *Pass) Backward(dy *Tensor) *Tensor {
	if out := p.OutputGradient(); dy.N != out.N || dy.Shape != out.Shape {
		panic("nn: the gradient does not fit the output")
	}
	copy(p.OutputGradient().Data, dy.Data)
	for i := len(p.phases) - 1; i >= 0; i-- {
		if i < len(p.phases)-1 {
			p.addSums(i+1, backward, p)
		}
		p.backwardPhase(i)
	}
	if !p.config.InputGradient {
		return nil
	}
	return p.InputGradient()
}

// start begins with x, in the batch from sample first on.
func (p *Pass) start(x *Tensor, first, batch int) {
	if x.N > p.config.Capacity || x.Shape != p.input {
		panic("nn: samples do not fit the pass")
	}
	p.x, p.first = x, first
	for i := range p.contexts {
		p.contexts[i].Batch, p.contexts[i].Step = batch, p.Step
	}
}

// Output is what the network gave.
func (p *Pass) Output() *Tensor {
	if len(p.stages) == 0 {
		return p.x
	}
	p.result.view(&p.outputs[len(p.outputs)-1].tensor, 0, p.x.N)
	return &p.result
}

// OutputGradient is where the gradient of the output belongs before the way
// back begins.
func (p *Pass) OutputGradient() *Tensor {
	if !p.config.NeedsBackward {
		panic("nn: no way back: the pass was made without NeedsBackward")
	}
	shape := p.shapeAfter(len(p.stages) - 1)
	p.grad = Tensor{p.x.N, shape, p.between[len(p.blocks)&1][:p.x.N*shape.Size()]}
	return &p.grad
}

// InputGradient is the gradient of the input after the way back, if the config
// asks for it.
func (p *Pass) InputGradient() *Tensor {
	p.grad = Tensor{p.x.N, p.input, p.between[0][:p.x.N*p.input.Size()]}
	return &p.grad
}

// forwardPhase runs the stages between two barriers, and leaves the sums that
// the next one wants.
func (p *Pass) forwardPhase(i int) {
	phase := p.phases[i]
	for _, b := range p.blocks[phase.from:phase.to] {
		p.forwardBlock(b)
	}
	if i+1 < len(p.phases) {
		layer, c := p.barrier(i+1, forward)
		layer.Sum(c, c.sums[forward], &p.ax)
	}
}

func (p *Pass) forwardBlock(b block) {
	for st := b.from; st < b.to; st++ {
		if l, ok := p.stages[st].layer.(Packer); ok && p.x.N > 0 {
			l.BeginForward(p.enter(st, 0, 0))
		}
	}
	for at := 0; at < p.x.N; at += b.chunk {
		for st := b.from; st < b.to; st++ {
			c := p.enter(st, at, min(at+b.chunk, p.x.N))
			p.stages[st].layer.Forward(c, &p.ay, &p.ax)
		}
	}
}

// backwardPhase runs them back. The BatchWide layer after the barrier belongs
// to the way back of the phase before, when its sums are there.
func (p *Pass) backwardPhase(i int) {
	from, to := p.phases[i].from, p.phases[i].to
	if i+1 < len(p.phases) {
		to++
	}
	if i > 0 {
		from++
	}
	for k := to - 1; k >= from; k-- {
		p.backwardBlock(k)
	}
	if i > 0 && p.barrierStage(i) >= p.stop {
		layer, c := p.barrier(i, backward)
		p.gradientsOf(p.barrierStage(i), p.phases[i].from, 0, p.x.N)
		layer.SumBackward(c, c.sums[backward], &p.ady, &p.ax, &p.ay)
	}
}

func (p *Pass) backwardBlock(k int) {
	b := p.blocks[k]
	last := max(b.from, p.stop)
	for st := last; st < b.to; st++ {
		if l, ok := p.stages[st].layer.(Packer); ok && p.x.N > 0 {
			l.BeginBackward(p.enter(st, 0, 0))
		}
	}
	for at := 0; at < p.x.N; at += b.chunk {
		to := min(at+b.chunk, p.x.N)
		for st := b.to - 1; st >= last; st-- {
			c := p.enter(st, at, to)
			dx := p.gradientsOf(st, k, at, to)
			p.stages[st].layer.Backward(c, dx, &p.ady, &p.ax, &p.ay)
		}
	}
	for st := last; st < b.to; st++ {
		if l, ok := p.stages[st].layer.(Packer); ok && p.x.N > 0 {
			l.EndBackward(p.enter(st, 0, 0))
		}
	}
}

// enter makes samples [from, to) the present ones of a stage.
func (p *Pass) enter(st, from, to int) *Context {
	p.scratch.used = 0
	if st == 0 {
		p.ax.view(p.x, from, to)
	} else {
		p.outputs[st-1].view(&p.ax, from, to)
	}
	p.outputs[st].view(&p.ay, from, to)
	c := &p.contexts[st]
	c.from, c.to = from, to
	return c
}

// inputOf is what stage st takes, of all samples.
func (p *Pass) inputOf(st int) []float32 {
	if st == 0 {
		return p.x.Data
	}
	return p.outputs[st-1].tensor.Data[:p.x.N*p.shapeAfter(st-1).Size()]
}

func (o *output) view(v *Tensor, from, to int) {
	if o.passing {
		from, to = 0, to-from
	}
	v.view(&o.tensor, from, to)
}

// gradientsOf sets the gradient arguments of a stage in block k for samples
// [from, to), and returns that of the input, nil if it is not wanted.
func (p *Pass) gradientsOf(st, k, from, to int) (dx *Tensor) {
	b, n := p.blocks[k], to-from
	set := func(v *Tensor, st int, edge bool, turn int) {
		shape := p.shapeAfter(st)
		data, at := p.within[st&1], 0
		if edge {
			data, at = p.between[turn&1], from*shape.Size()
		}
		*v = Tensor{n, shape, data[at : at+n*shape.Size()]}
	}
	set(&p.ady, st, st == b.to-1, k+1)
	if !p.contexts[st].wantsDx {
		return nil
	}
	set(&p.adx, st-1, st == b.from, k)
	return &p.adx
}

// barrierStage is the stage that phase i begins with.
func (p *Pass) barrierStage(i int) int { return p.blocks[p.phases[i].from].from }

// barrier enters the BatchWide layer that phase i begins with, its sums cleared.
func (p *Pass) barrier(i, direction int) (BatchWide, *Context) {
	st := p.barrierStage(i)
	c := p.enter(st, 0, p.x.N)
	layer := p.stages[st].layer.(BatchWide)
	if c.sums[direction] == nil {
		c.sums[direction] = make([]float64, layer.SumLen())
		c.total[direction] = make([]float64, layer.SumLen())
	}
	clear(c.sums[direction])
	return layer, c
}

// addSums adds, in the order of shards, the sums that all of them have left at
// the barrier before phase i.
func (p *Pass) addSums(i, direction int, shards ...*Pass) {
	st := p.barrierStage(i)
	c := &p.contexts[st]
	total := c.total[direction]
	clear(total)
	for _, shard := range shards {
		for k, v := range shard.contexts[st].sums[direction] {
			total[k] += v
		}
	}
	if direction == forward && p == shards[0] {
		p.stages[st].layer.(BatchWide).Summed(c)
	}
}

// Gradients are the sums that Backward added to, of each parameter in the
// order of [Sequential.Params] that is not fixed, one after another.
func (p *Pass) Gradients() []float32 { return p.gradients }

// ParamGradients are the same, apart, in the order of [Sequential.Params]; nil
// for fixed ones.
func (p *Pass) ParamGradients() [][]float32 {
	var all [][]float32
	for i := range p.contexts {
		all = append(all, p.contexts[i].grads...)
	}
	return all
}

// ClearGradients sets the parameters' gradients to 0.
func (p *Pass) ClearGradients() { clear(p.gradients) }
