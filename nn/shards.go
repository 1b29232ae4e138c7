package nn

import "tatami/internal/kernels"

// Shards are a batch in parts that go through a network and back at the same
// time, each with a pass of its own. They wait for each other only at layers
// that depend on the whole batch ([BatchWide]), and what they have in common is
// added in their order: results depend on the number of shards, and on no
// number of goroutines.
//
// A step of training is [Shards.Run], then [Shards.Sum] of every part, and the
// optimizer's update of those values.
type Shards struct {
	passes   []*Pass
	xs       []Tensor // of the present batch, by shard
	parts    []part
	products []productOf

	from, to int                    // the shards of this process
	gather   func(sums [][]float64) // fills in those of others; nil: there are none
	sums     [][]float64            // by shard, at the present barrier

	// The present run, for jobs that are made once, so that it allocates nothing.
	x                                *Tensor
	step                             uint64
	loss                             func(shard, from, to int)
	phase                            int
	packJob, forwardJob, backwardJob func(shard int)
}

// part is a range of the gradient that is summed by one task: values [from,
// to), which are rows of a weight's product if that was left for later.
type part struct {
	from, to   int
	product    int // the number of the product; -1: the shards have gradients
	row, toRow int
}

// productOf is a large weight's product that is left for later: the parameter
// of a stage, and of what it is computed.
type productOf struct {
	stage, param int
	shards       []kernels.Samples
}

const partSize = 1 << 14 // values

// NewShards lays out the memory of n shards; the capacity of c is a shard's.
func (s *Sequential) NewShards(n int, c PassConfig) *Shards {
	b := &Shards{xs: make([]Tensor, n), to: n}
	for range n {
		p := s.newPass(c)
		p.packed = true
		p.keepRead()
		p.layParamGradients(true)
		p.layGradients()
		b.passes = append(b.passes, p)
		for i, c := range b.passes[0].contexts {
			p.contexts[i].packs = c.packs
		}
	}
	b.cut()
	b.packJob = func(task int) { b.pack(b.from + task) }
	b.forwardJob = func(task int) { b.forward(b.from + task) }
	b.backwardJob = func(task int) { b.backward(b.from + task) }
	return b
}

// cut divides the gradient into parts.
func (b *Shards) cut() {
	at := 0
	plain := func(to int) {
		for ; at < to; at += partSize {
			b.parts = append(b.parts, part{from: at, to: min(at+partSize, to), product: -1})
		}
		at = to
	}
	end := 0
	for st := range b.passes[0].contexts {
		c := &b.passes[0].contexts[st]
		for k, g := range c.grads {
			if c.products[k].dy == nil {
				end += len(g)
				continue
			}
			plain(end)
			value := c.stage.params[k].Value
			for row := 0; row < value.N; row += kernels.PartRows {
				to := min(row+kernels.PartRows, value.N)
				b.parts = append(b.parts, part{end + row*value.Size(), end + to*value.Size(), len(b.products), row, to})
			}
			b.products = append(b.products, productOf{st, k, make([]kernels.Samples, len(b.passes))})
			end += len(g)
			at = end
		}
	}
	plain(end)
}

// Run takes a batch forward, through loss, and back. do has a job done for each
// of n tasks, possibly at once, and returns when all are. loss is called for
// each shard when [Shards.Pass] has its output: samples [from, to) of the
// batch. It sets the pass's OutputGradient.
func (b *Shards) Run(x *Tensor, step uint64, do func(n int, job func(shard int)), loss func(shard, from, to int)) {
	b.x, b.step, b.loss = x, step, loss
	phases := len(b.passes[0].phases)
	for shard := range b.passes {
		b.start(shard)
	}
	do(b.to-b.from, b.packJob)
	for b.phase = 0; b.phase < phases; b.phase++ {
		do(b.to-b.from, b.forwardJob)
		if b.phase < phases-1 {
			b.gatherSums(b.phase+1, forward)
		}
	}
	b.gatherSums(phases-1, backward)
	for b.phase = phases - 2; b.phase >= 0; b.phase-- { // the last one went both ways
		do(b.to-b.from, b.backwardJob)
		b.gatherSums(b.phase, backward)
	}
}

// bounds are the samples of a shard.
func (b *Shards) bounds(shard int) (from, to int) { return ShardBounds(shard, len(b.passes), b.x.N) }

// ShardBounds are the samples [from, to) of one of n shards, in a batch of so
// many.
func ShardBounds(shard, n, batch int) (from, to int) {
	return shard * batch / n, (shard + 1) * batch / n
}

func (b *Shards) forward(shard int) {
	p := b.passes[shard]
	if b.phase == 0 {
		b.clear(p)
	} else {
		p.addSums(b.phase, forward, b.passes...)
		if shard == b.from {
			p.summed(b.phase)
		}
	}
	p.forwardPhase(b.phase)
	if b.phase == len(p.phases)-1 {
		from, to := b.bounds(shard)
		b.loss(shard, from, to)
		p.backwardPhase(b.phase)
	}
}

// start begins a shard's way through the network.
func (b *Shards) start(shard int) {
	p := b.passes[shard]
	from, to := b.bounds(shard)
	b.xs[shard].view(b.x, from, to)
	p.Step = b.step
	p.start(&b.xs[shard], from, b.x.N)
	for _, q := range b.products {
		c, x := &p.contexts[q.stage], Tensor{}
		p.view(&x, c.stage.input, 0, p.x.N)
		q.shards[shard] = kernels.Samples{X: x.Data, DY: c.products[q.param].dy[:x.N*c.products[q.param].plan.Units()]}
	}
}

// pack has the layers take turns on the shards of this process.
func (b *Shards) pack(shard int) {
	p, turn := b.passes[shard], 0
	mine := func() bool {
		turn++
		return b.from+turn%(b.to-b.from) == shard
	}
	for st := range p.stages {
		if l, ok := p.stages[st].layer.(Packer); ok {
			if mine() {
				l.PackForward(p.enter(st, 0, 0))
			}
			if p.stages[st].backward && mine() {
				l.PackBackward(p.enter(st, 0, 0))
			}
		}
	}
}

func (b *Shards) backward(shard int) {
	p := b.passes[shard]
	p.addSums(b.phase+1, backward, b.passes...)
	p.backwardPhase(b.phase)
}

// clear sets gradients to 0 where Backward will add to them.
func (b *Shards) clear(p *Pass) {
	for _, part := range b.parts {
		if part.product < 0 {
			clear(p.gradients[part.from:part.to])
		}
	}
}

// Pass is the pass of a shard. After all parts have been summed, the first
// shard's gradients are the batch's.
func (b *Shards) Pass(shard int) *Pass { return b.passes[shard] }

// Parts is the number of parts that the gradient is cut into.
func (b *Shards) Parts() int { return len(b.parts) }

// Part is the range of a part in [Pass.Gradients].
func (b *Shards) Part(i int) (from, to int) { return b.parts[i].from, b.parts[i].to }

// Sum sums a part of the gradient over the shards, in their order, and returns
// it: values Part(i) of the first shard's gradients. Parts may be summed at the
// same time, once each after a Run.
func (b *Shards) Sum(i int) []float32 {
	part := b.parts[i]
	sum := b.passes[0].gradients[part.from:part.to]
	if part.product < 0 {
		for _, p := range b.passes[1:] {
			kernels.Add(sum, p.gradients[part.from:part.to])
		}
		return sum
	}
	q := &b.products[part.product]
	b.passes[0].contexts[q.stage].products[q.param].plan.WeightGradientRows(sum, part.row, part.toRow, q.shards)
	return sum
}
