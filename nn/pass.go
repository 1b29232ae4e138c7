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
	// Defer leaves large gradients until all shards are back, for [AddDeferred].
	Defer bool
	// Unfused runs the layers one by one as they are described.
	Unfused bool
	// Loss, if it works on logits, leaves out a trailing Softmax.
	Loss Loss
	// Seed keys the random numbers, together with the step, the layer's
	// position and the sample.
	Seed uint64
}

// Pass carries one shard of a batch through a network. It holds all memory
// that this takes, laid out once, and belongs to one goroutine at a time.
//
// A batch of one shard takes [Pass.Forward] and [Pass.Backward]. Several
// shards, each with a pass of its own, take Start, then ForwardLeg for each
// leg with a Join between, then BackwardLeg from the last leg to the first,
// again with a Join between; before a Join, every shard has done its leg.
type Pass struct {
	PassConfig
	// Step counts the updates before this batch.
	Step uint64
	// Batch is the number of samples of the whole batch, Shard the number of
	// this shard in it and first the batch's number of the shard's first sample.
	Batch, Shard, first int

	input  Shape
	stages []stage
	walks  []walk
	legs   []leg
	stop   int // the first stage whose gradient is wanted

	x               *Tensor
	outputs         []output
	within, between [2][]float32  // gradients of activations, taking turns
	gradients       []float32     // of all parameters
	paramGradients  [][][]float32 // the same by stage and parameter
	deferrals       []Deferral
	state           []stageState

	// The running stage, the samples of the shard that it is given, and its
	// arguments.
	stage        int
	from, to     int
	direction    int
	ax, ay       Tensor
	adx, ady     Tensor
	scratch      []float32
	scratchUsed  int
	result, grad Tensor
}

// output is where a stage's output lies; a passing one holds only the samples
// that are on their walk now.
type output struct {
	tensor  Tensor
	passing bool
}

// stageState is what a stage keeps in a pass.
type stageState struct {
	floats         []float32
	bytes          []uint8
	packed         [2]packed    // by direction
	partial, total [2][]float64 // a Joint's sums, by direction
}

type packed struct {
	data  []float32
	ready bool
}

const (
	forward = iota
	backward
)

// Forward takes x, at most Capacity samples, through the network and returns
// its output, which is the pass's and valid until the next call.
func (p *Pass) Forward(x *Tensor) *Tensor {
	p.Start(x, 0, 0, x.N)
	for i := range p.legs {
		if i > 0 {
			p.Join(p)
		}
		p.ForwardLeg(i)
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
	for i := len(p.legs) - 1; i >= 0; i-- {
		if i < len(p.legs)-1 {
			p.Join(p)
		}
		p.BackwardLeg(i)
	}
	if !p.InputGradient {
		return nil
	}
	p.grad = Tensor{p.x.N, p.input, p.between[0][:p.x.N*p.input.Size()]}
	return &p.grad
}

// Start begins with x, the given shard of a batch and in it from sample first.
func (p *Pass) Start(x *Tensor, shard, first, batch int) {
	if x.N > p.Capacity || x.Shape != p.input {
		panic("nn: samples do not fit the pass")
	}
	p.x, p.Shard, p.first, p.Batch = x, shard, first, batch
	p.turn(forward)
}

// turn begins a direction: nothing is packed for it yet.
func (p *Pass) turn(direction int) {
	p.direction = direction
	for i := range p.state {
		p.state[i].packed[direction].ready = false
	}
}

// Output is what the network gave for the shard.
func (p *Pass) Output() *Tensor {
	if len(p.stages) == 0 {
		return p.x
	}
	p.result.view(&p.outputs[len(p.outputs)-1].tensor, 0, p.x.N)
	return &p.result
}

// OutputGradient is where the gradient of the output belongs before the last
// BackwardLeg.
func (p *Pass) OutputGradient() *Tensor {
	if !p.NeedsBackward {
		panic("nn: no way back: the pass was made without NeedsBackward")
	}
	shape := p.shapeAfter(len(p.stages) - 1)
	p.grad = Tensor{p.x.N, shape, p.between[len(p.walks)&1][:p.x.N*shape.Size()]}
	return &p.grad
}

// Legs is the number of parts that meetings at Joint layers cut the way into.
func (p *Pass) Legs() int { return len(p.legs) }

// ForwardLeg runs leg i.
func (p *Pass) ForwardLeg(i int) {
	for _, w := range p.walks[p.legs[i].from:p.legs[i].to] {
		for at := 0; at < p.x.N; at += w.step {
			for st := w.from; st < w.to; st++ {
				p.enter(st, at, min(at+w.step, p.x.N))
				p.stages[st].layer.Forward(p, &p.ay, &p.ax)
			}
		}
	}
	if i+1 < len(p.legs) {
		joint := p.enterJoint(i + 1)
		joint.Sum(p, p.state[p.stage].partial[forward], &p.ax)
	}
}

// BackwardLeg runs leg i back.
func (p *Pass) BackwardLeg(i int) {
	if i == len(p.legs)-1 {
		p.turn(backward)
	}
	from, to := p.legs[i].from, p.legs[i].to
	if i+1 < len(p.legs) {
		to++ // the Joint whose sums are there now
	}
	if i > 0 {
		from++ // the Joint whose sums are wanted first
	}
	for k := to - 1; k >= from; k-- {
		p.backwardWalk(k)
	}
	if i > 0 {
		joint := p.enterJoint(i)
		if p.stage < p.stop {
			return // nothing below wants a gradient
		}
		p.gradientsOf(p.legs[i].from)
		joint.SumBackward(p, p.state[p.stage].partial[backward], &p.ady, &p.ax, &p.ay)
	}
}

func (p *Pass) backwardWalk(k int) {
	w := p.walks[k]
	for at := 0; at < p.x.N; at += w.step {
		for st := w.to - 1; st >= max(w.from, p.stop); st-- {
			p.enter(st, at, min(at+w.step, p.x.N))
			dx := p.gradientsOf(k)
			p.stages[st].layer.Backward(p, dx, &p.ady, &p.ax, &p.ay)
		}
	}
}

// enterJoint makes the Joint at the start of a leg the running stage.
func (p *Pass) enterJoint(leg int) Joint {
	st := p.walks[p.legs[leg].from].from
	p.enter(st, 0, p.x.N)
	joint := p.stages[st].layer.(Joint)
	s := &p.state[st]
	if s.total[p.direction] == nil {
		s.partial[p.direction] = make([]float64, joint.SumLen())
		s.total[p.direction] = make([]float64, joint.SumLen())
	}
	clear(s.partial[p.direction])
	return joint
}

// Join adds, in the order of shards, the sums that the last leg of every
// shard's pass left for the Joint at which they meet.
func (p *Pass) Join(shards ...*Pass) {
	total := p.state[p.stage].total[p.direction]
	clear(total)
	for _, shard := range shards {
		for i, v := range shard.state[p.stage].partial[p.direction] {
			total[i] += v
		}
	}
}

// enter makes samples [from, to) of the shard at stage st the running ones.
func (p *Pass) enter(st, from, to int) {
	p.stage, p.from, p.to, p.scratchUsed = st, from, to, 0
	if st == 0 {
		p.ax.view(p.x, from, to)
	} else {
		p.outputs[st-1].view(&p.ax, from, to)
	}
	p.outputs[st].view(&p.ay, from, to)
}

func (o *output) view(v *Tensor, from, to int) {
	if o.passing {
		from, to = 0, to-from
	}
	v.view(&o.tensor, from, to)
}

// gradientsOf sets the gradient arguments of the running stage, which is on
// walk k, and returns that of the input, nil if it is not wanted.
func (p *Pass) gradientsOf(k int) (dx *Tensor) {
	w, n := p.walks[k], p.to-p.from
	set := func(v *Tensor, st int, edge bool, turn int) {
		shape := p.shapeAfter(st)
		data, at := p.within[st&1], 0
		if edge {
			data, at = p.between[turn&1], p.from*shape.Size()
		}
		*v = Tensor{n, shape, data[at : at+n*shape.Size()]}
	}
	set(&p.ady, p.stage, p.stage == w.to-1, k+1)
	if p.stage == p.stop && !p.InputGradient {
		return nil
	}
	set(&p.adx, p.stage-1, p.stage == w.from, k)
	return &p.adx
}

// Gradients are the sums that Backward added to, of each parameter in the
// order of [Sequential.Params] that is not fixed, one after another.
func (p *Pass) Gradients() []float32 { return p.gradients }

// ParamGradients are the same, apart, in the order of [Sequential.Params]; nil
// for fixed ones.
func (p *Pass) ParamGradients() [][]float32 {
	var all [][]float32
	for _, g := range p.paramGradients {
		all = append(all, g...)
	}
	return all
}

// ClearGradients sets the parameters' gradients to 0, but for those that are
// deferred.
func (p *Pass) ClearGradients() {
	at := 0
	for _, d := range p.deferrals {
		clear(p.gradients[at:d.From])
		at = d.From + d.Rows*d.Columns
	}
	clear(p.gradients[at:])
}

// The methods below are for layers, within Forward, Backward and the sums.

// Grad is where Backward adds the gradient of one of the layer's parameters;
// nil if that is fixed.
func (p *Pass) Grad(param *Param) []float32 {
	for i, q := range p.stages[p.stage].params {
		if q == param {
			return p.paramGradients[p.stage][i]
		}
	}
	panic("nn: parameter of another layer")
}

// Sums are a Joint's totals over the whole batch in the present direction.
func (p *Pass) Sums() []float64 { return p.state[p.stage].total[p.direction] }

// ForwardSums are a Joint's totals of the way forward, in either direction.
func (p *Pass) ForwardSums() []float64 { return p.state[p.stage].total[forward] }

// Scratch returns n values, of no particular content, until the layer returns.
func (p *Pass) Scratch(n int) []float32 {
	const line = 16 // values of a cache line
	if p.scratchUsed+n > len(p.scratch) {
		p.scratch = make([]float32, max(2*len(p.scratch), n+line))
		p.scratchUsed = 0
	}
	s := p.scratch[p.scratchUsed : p.scratchUsed+n : p.scratchUsed+n]
	p.scratchUsed += (n + line - 1) / line * line
	return s
}

// Keep returns perSample values for each of the present samples, always the
// same ones. Backward is given what Forward left in them.
func (p *Pass) Keep(perSample int) []float32 {
	s := &p.state[p.stage]
	if s.floats == nil {
		s.floats = make([]float32, p.Capacity*perSample)
	}
	return s.floats[p.from*perSample : p.to*perSample]
}

// KeepBytes is Keep for bytes.
func (p *Pass) KeepBytes(perSample int) []uint8 {
	s := &p.state[p.stage]
	if s.bytes == nil {
		s.bytes = make([]uint8, p.Capacity*perSample)
	}
	return s.bytes[p.from*perSample : p.to*perSample]
}

// Packed returns n values that the layer keeps through one direction of a
// shard's way, such as its weights in another order. They are ready from the
// second call on.
func (p *Pass) Packed(n int) (data []float32, ready bool) {
	s := &p.state[p.stage].packed[p.direction]
	if len(s.data) < n {
		s.data = make([]float32, n)
	}
	ready, s.ready = s.ready, true
	return s.data[:n], ready
}

// LastSamples reports whether the shard's last samples are the present ones.
func (p *Pass) LastSamples() bool { return p.to == p.x.N }

// FirstSample reports whether the first sample of the whole batch is among the
// present ones: what is to be done once a batch is done there.
func (p *Pass) FirstSample() bool { return p.first+p.from == 0 && p.to > p.from }

// Stream returns the random numbers of present sample i in this layer and step.
func (p *Pass) Stream(i int) Stream {
	position := p.stages[p.stage].first
	return NewStream(p.Seed, p.Step, uint64(position), uint64(p.first+p.from+i))
}
