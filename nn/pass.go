package nn

import "tatami/internal/kernels"

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
	// Loss, if it works on logits, leaves out a trailing Softmax or Sigmoid.
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

	x      *Tensor
	first  int  // the batch's number of the shard's first sample
	packed bool // weights, by Shards

	contexts  []Context // by stage
	outputs   []place   // by stage
	gradients []float32 // of all parameters
	scratch   scratch   // of the running layer

	// The way back, if there is one.
	steps                         []backStep // by stage
	outputGradient, inputGradient *place

	// The arguments of the running layer, and what is handed out.
	ax, ay, adx, ady, shortcut Tensor
	result, grad               Tensor
}

// backStep is where the gradients of a stage's Backward lie, and others of its
// input that are to be added to its own.
type backStep struct {
	dy, dx *place
	also   []*place
}

// NewPass lays out the memory of a pass.
func (s *Sequential) NewPass(c PassConfig) *Pass {
	p := s.newPass(c)
	if c.NeedsBackward {
		p.keepRead()
		p.layParamGradients(false)
		p.layGradients()
	} else {
		p.layOutputs(make([]bool, len(p.stages)))
	}
	return p
}

func (s *Sequential) newPass(c PassConfig) *Pass {
	p := &Pass{config: c, input: s.input}
	p.planStages(s.layers, c)
	p.planBlocks(c)
	p.outputs = make([]place, len(p.stages))
	p.contexts = make([]Context, len(p.stages))
	for i, st := range p.stages {
		p.contexts[i] = Context{Training: c.Training, pass: p, stage: st, packs: new([2][]float32)}
	}
	return p
}

// Stages lists how many of the network's own layers each stage of the pass
// stands for: more than one where layers are fused.
func (p *Pass) Stages() []int {
	var counts []int
	for _, st := range p.stages {
		if st.top {
			counts = append(counts, st.count)
		}
	}
	return counts
}

// Forward takes x, at most Capacity samples, through the network and returns
// its output, which is the pass's and valid until the next call.
func (p *Pass) Forward(x *Tensor) *Tensor {
	p.start(x, 0, x.N)
	for i := range p.phases {
		if i > 0 {
			p.addSums(i, forward, p)
			p.summed(i)
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
	p.outputGradient.view(&p.grad, 0, p.x.N)
	return &p.grad
}

// InputGradient is the gradient of the input after the way back, if the config
// asks for it.
func (p *Pass) InputGradient() *Tensor {
	p.inputGradient.view(&p.grad, 0, p.x.N)
	return &p.grad
}

// forwardPhase runs the stages between two barriers, and leaves the sums that
// the next phase begins with.
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
		if l, ok := p.packer(st); ok && !p.packed {
			l.PackForward(p.enter(st, 0, 0))
		}
	}
	for at := 0; at < p.x.N; at += b.chunk {
		for st := b.from; st < b.to; st++ {
			c := p.enter(st, at, min(at+b.chunk, p.x.N))
			p.stages[st].layer.Forward(c, &p.ay, &p.ax)
		}
	}
}

// backwardPhase runs the stages between two barriers back. The BatchWide layer after the barrier belongs
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
		p.backwardBlock(p.blocks[k])
	}
	if i > 0 && p.stages[p.barrierStage(i)].backward {
		layer, c := p.barrier(i, backward)
		p.steps[p.barrierStage(i)].dy.view(&p.ady, 0, p.x.N)
		layer.SumBackward(c, c.sums[backward], &p.ady, &p.ax, &p.ay)
	}
}

func (p *Pass) backwardBlock(b block) {
	for st := b.from; st < b.to; st++ {
		if l, ok := p.packer(st); ok && !p.packed && p.stages[st].backward {
			l.PackBackward(p.enter(st, 0, 0))
		}
	}
	for at := 0; at < p.x.N; at += b.chunk {
		to := min(at+b.chunk, p.x.N)
		for st := b.to - 1; st >= b.from; st-- {
			if p.stages[st].backward {
				p.backwardStage(st, at, to)
			}
		}
	}
	for st := b.from; st < b.to; st++ {
		if l, ok := p.packer(st); ok && p.stages[st].backward {
			l.EndBackward(p.enter(st, 0, 0))
		}
	}
}

func (p *Pass) backwardStage(st, from, to int) {
	c, step := p.enter(st, from, to), &p.steps[st]
	if step.dx == nil && p.stages[st].shortcut != none { // a plain block
		return
	}
	step.dy.view(&p.ady, from, to)
	var dx *Tensor
	if step.dx != nil {
		dx = &p.adx
		step.dx.view(dx, from, to)
	}
	p.stages[st].layer.Backward(c, dx, &p.ady, &p.ax, &p.ay)
	for _, other := range step.also {
		other.view(&p.ady, from, to)
		kernels.Add(dx.Data, p.ady.Data)
	}
}

// packer is the layer of a stage if that is a Packer and the shard has samples.
func (p *Pass) packer(st int) (Packer, bool) {
	l, ok := p.stages[st].layer.(Packer)
	return l, ok && p.x.N > 0
}

// enter makes samples [from, to) the present ones of a stage.
func (p *Pass) enter(st, from, to int) *Context {
	p.scratch.used = 0
	p.view(&p.ax, p.stages[st].input, from, to)
	if v := p.stages[st].shortcut; v != none {
		p.view(&p.shortcut, v, from, to)
	}
	p.view(&p.ay, st, from, to)
	c := &p.contexts[st]
	c.from, c.to = from, to
	return c
}

// view makes t samples [from, to) of a value.
func (p *Pass) view(t *Tensor, value, from, to int) {
	if value < 0 {
		t.view(p.x, from, to)
	} else {
		p.outputs[value].view(t, from, to)
	}
}

// barrierStage is the stage that phase i begins with, a BatchWide layer.
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
}

// summed tells the layer that phase i begins with that its sums are there.
func (p *Pass) summed(i int) {
	st := p.barrierStage(i)
	p.stages[st].layer.(BatchWide).Summed(&p.contexts[st])
}

// Gradients are the sums that Backward added to, of each parameter in the
// order of [Sequential.Params] that is not fixed, one after another.
func (p *Pass) Gradients() []float32 { return p.gradients }

// ParamGradients are the gradients one by one, in the order of
// [Sequential.Params]; nil for fixed parameters.
func (p *Pass) ParamGradients() [][]float32 {
	var all [][]float32
	for i := range p.contexts {
		all = append(all, p.contexts[i].grads...)
	}
	return all
}

// ClearGradients sets the parameters' gradients to 0.
func (p *Pass) ClearGradients() { clear(p.gradients) }
