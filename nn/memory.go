package nn

import (
	"cmp"
	"math"
	"slices"

	"tatami/internal/kernels"
)

// place is where a value, or its gradient, lies; a passing one holds only the
// samples of the present chunk.
type place struct {
	tensor  Tensor
	passing bool
}

// view makes v samples [from, to) of the shard.
func (l *place) view(v *Tensor, from, to int) {
	if l.passing {
		from, to = 0, to-from
	}
	v.view(&l.tensor, from, to)
}

// lease is the need of memory for a place from one time to another, both
// included. Times are stages in the order of their work.
type lease struct {
	place    *place
	from, to int
}

const forever = math.MaxInt

// lend gives the places memory: each takes the first buffer that is free.
func lend(leases []lease) {
	type buffer struct{ size, busy int }
	var buffers []buffer
	slices.SortStableFunc(leases, func(a, b lease) int { return cmp.Compare(a.from, b.from) })
	taken := make([]int, len(leases))
	for i, l := range leases {
		k := slices.IndexFunc(buffers, func(b buffer) bool { return b.busy < l.from })
		if k < 0 {
			k = len(buffers)
			buffers = append(buffers, buffer{})
		}
		t := &l.place.tensor
		buffers[k] = buffer{max(buffers[k].size, t.N*t.Size()), l.to}
		taken[i] = k
	}
	data := make([][]float32, len(buffers))
	for i, b := range buffers {
		data[i] = make([]float32, b.size)
	}
	for i, l := range leases {
		t := &l.place.tensor
		t.Data = data[taken[i]][:t.N*t.Size()]
	}
}

// lease is the need of a place for values of a shape that are written at stage
// first and read for the last time at stage last, or are never given back. On
// the way back stages come in falling order. Values that never leave a block,
// nor the network, are passing; others are needed as long as the blocks run.
func (p *Pass) lease(l *place, shape Shape, first, last int, back bool) lease {
	k := p.stages[first].block
	inside := last != forever && p.stages[last].block == k && l != p.outputGradient
	*l = place{Tensor{N: p.config.Capacity, Shape: shape}, inside}
	time := func(st int) int { return st }
	if back {
		time = func(st int) int { return len(p.stages) - 1 - st }
	}
	if l.passing {
		l.tensor.N = p.blocks[k].chunk
		return lease{l, time(first), time(last)}
	}
	from := min(time(p.blocks[k].from), time(p.blocks[k].to-1))
	if last == forever {
		return lease{l, from, forever}
	}
	b := p.blocks[p.stages[last].block]
	return lease{l, from, max(time(b.from), time(b.to-1))}
}

// keepRead lays out outputs: those that some Backward reads are kept, others
// follow each other in the same memory.
func (p *Pass) keepRead() {
	read := make([]bool, len(p.stages))
	for i, st := range p.stages {
		x, y := true, true
		if r, ok := st.layer.(Reader); ok {
			x, y = r.Reads()
		}
		read[i] = read[i] || y
		if st.input >= 0 {
			read[st.input] = read[st.input] || x
		}
	}
	p.layOutputs(read)
}

// layOutputs lays out what stages give, to be kept for good or until the last
// stage that takes it.
func (p *Pass) layOutputs(keep []bool) {
	last := make([]int, len(p.stages))
	for i, st := range p.stages {
		for _, v := range []int{st.input, st.shortcut} {
			if v >= 0 {
				last[v] = i
			}
		}
	}
	var leases []lease
	for i := range p.stages {
		if i == len(p.stages)-1 {
			last[i] = forever
		}
		if keep[i] {
			p.outputs[i].tensor = *NewTensor(p.config.Capacity, p.shapeOf(i))
			continue
		}
		leases = append(leases, p.lease(&p.outputs[i], p.shapeOf(i), i, last[i], false))
	}
	lend(leases)
}

// layParamGradients lays out the gradients of parameters, one after another.
// The products of large weights may be left for later.
func (p *Pass) layParamGradients(later bool) {
	total := 0
	for _, st := range p.stages {
		for _, param := range st.params {
			if !param.Fixed {
				total += len(param.Value.Data)
			}
		}
	}
	p.gradients = make([]float32, total)
	rest := p.gradients
	for i, st := range p.stages {
		c := &p.contexts[i]
		c.grads, c.products = make([][]float32, len(st.params)), make([]product, len(st.params))
		for k, param := range st.params {
			if param.Fixed {
				continue
			}
			n := len(param.Value.Data)
			c.grads[k], rest = rest[:n:n], rest[n:]
			if param.Product {
				c.products[k].plan = kernels.NewAffine(param.Value.Size(), param.Value.N)
				if later && n >= productSize {
					c.products[k].dy = make([]float32, p.config.Capacity*param.Value.N)
				}
			}
		}
	}
}

// productSize is the number of values from which a weight's product waits for
// all shards.
const productSize = 1 << 14

// layGradients lays out the gradients of values. One that two stages take gets
// two: what comes first, on the way back, is added to what comes last. A plain
// block has none of its own: that of its output is that of both summands.
func (p *Pass) layGradients() {
	n := len(p.stages)
	p.steps = make([]backStep, n)
	if n == 0 { // the output is the input
		p.outputGradient = &place{tensor: *NewTensor(p.config.Capacity, p.input)}
		p.inputGradient = p.outputGradient
		return
	}
	type gradient struct {
		place       *place
		first, last int
	}
	var all []*gradient
	add := func(st int) *gradient {
		g := &gradient{new(place), st, st}
		all = append(all, g)
		return g
	}
	pending := map[int][]*gradient{n - 1: {add(n - 1)}} // of values, until all stages that take them are done
	p.outputGradient = pending[n-1][0].place
	for i := n - 1; i >= 0; i-- {
		st := p.stages[i]
		if !st.backward {
			continue
		}
		step := &p.steps[i]
		own := pending[i][0]
		own.last = i
		step.dy = own.place
		if !st.wantsDx {
			continue
		}
		dx := own
		if b, ok := st.layer.(Block); !ok || !b.Plain() {
			dx = add(i)
			step.dx = dx.place
		}
		if st.shortcut != none { // dx is the gradient of both
			pending[st.input] = []*gradient{dx}
			pending[st.shortcut] = append(pending[st.shortcut], dx)
			continue
		}
		for _, g := range pending[st.input] {
			g.last = i
			step.also = append(step.also, g.place)
		}
		pending[st.input] = []*gradient{dx}
	}
	if p.config.InputGradient {
		g := pending[-1][0]
		g.last = forever
		p.inputGradient = g.place
	}
	var leases []lease
	for _, g := range all {
		shape := p.shapeOf(p.stages[g.first].input)
		if g.place == p.outputGradient {
			shape = p.shapeOf(n - 1)
		}
		leases = append(leases, p.lease(g.place, shape, g.first, g.last, true))
	}
	lend(leases)
}

// shapeOf is the shape of a value.
func (p *Pass) shapeOf(value int) Shape {
	if value < 0 {
		return p.input
	}
	return p.stages[value].layer.OutShape()
}
