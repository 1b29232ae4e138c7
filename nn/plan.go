package nn

import "tatami/internal/kernels"

// plan is the order in which a pass runs a network.
//
//   - A stage is a layer as it is run: one of the network's own, or a fused one
//     that stands for several.
//   - A block is a run of stages that samples go through a few at a time, so
//     that what one stage hands to the next stays in the processor's cache.
//   - A phase is what lies between two barriers, at which all shards of a batch
//     wait for each other: a range of blocks.
type plan struct {
	stages []stage
	blocks []block
	phases []phase
	stop   int // the first stage whose Backward is run
}

type stage struct {
	layer  Layer
	params []*Param
	first  int // position of the first layer that it stands for
	count  int // of layers
}

type block struct {
	from, to int // stages
	chunk    int // samples at a time
}

// phase is a range of blocks. Every phase but the first begins with a BatchWide
// layer, which is a block of its own.
type phase struct{ from, to int }

// planStages lists what is run: without a trailing Softmax if the loss wants
// logits, and with layers fused unless they shall stay apart.
func (s *Sequential) planStages(c PassConfig) []stage {
	layers := s.layers
	if _, ok := layers[len(layers)-1].(Softmaxer); ok && c.Loss != nil && c.Loss.Logits() {
		layers = layers[:len(layers)-1]
	}
	var stages []stage
	for i := 0; i < len(layers); {
		st := stage{layer: layers[i], first: i, count: 1}
		if f, ok := layers[i].(Fuser); ok && !c.Unfused {
			if fused, n := f.Fuse(layers[i+1:]); n > 0 {
				st.layer, st.count = fused, 1+n
			}
		}
		st.params = st.layer.Params()
		stages = append(stages, st)
		i += st.count
	}
	return stages
}

// planBlocks cuts stages into blocks and, in training, these into phases. Stages
// that give images take a few samples at a time; those that give plain features
// take them all, since they read more weights than activations.
func (p *plan) planBlocks(c PassConfig) {
	p.phases = []phase{{}}
	for i := 0; i < len(p.stages); {
		b := block{from: i, to: i + 1, chunk: c.Capacity}
		if c.Training && p.stages[i].batchWide() {
			p.phases = append(p.phases, phase{from: len(p.blocks)})
		} else {
			images, bytes := p.stages[i].givesImages(), 4*p.stages[i].outSize()
			for b.to < len(p.stages) && p.stages[b.to].givesImages() == images && !(c.Training && p.stages[b.to].batchWide()) {
				bytes += 4 * p.stages[b.to].outSize()
				b.to++
			}
			if images {
				b.chunk = min(c.Capacity, max(1, kernels.CacheBytes/bytes))
			}
		}
		p.blocks = append(p.blocks, b)
		p.phases[len(p.phases)-1].to = len(p.blocks)
		i = b.to
	}
}

func (s *stage) batchWide() bool {
	_, ok := s.layer.(BatchWide)
	return ok
}

func (s *stage) givesImages() bool {
	out := s.layer.OutShape()
	return out.H*out.W > 1
}

func (s *stage) outSize() int { return s.layer.OutShape().Size() }

// NewPass lays out the memory of a pass.
func (s *Sequential) NewPass(c PassConfig) *Pass {
	p := s.newPass(c)
	if c.NeedsBackward {
		p.keepOutputs()
		p.layGradients(false)
	} else {
		p.shareOutputs()
	}
	return p
}

func (s *Sequential) newPass(c PassConfig) *Pass {
	p := &Pass{config: c, input: s.input}
	p.stages = s.planStages(c)
	p.planBlocks(c)
	p.outputs = make([]output, len(p.stages))
	p.contexts = make([]Context, len(p.stages))
	for i, st := range p.stages {
		p.contexts[i] = Context{Training: c.Training, pass: p, stage: st}
	}
	return p
}

// keepOutputs gives each stage's output a place of its own.
func (p *Pass) keepOutputs() {
	for i, st := range p.stages {
		p.outputs[i].tensor = *NewTensor(p.config.Capacity, st.layer.OutShape())
	}
}

// shareOutputs lets the outputs within blocks take turns in two small buffers
// and those between blocks in two large ones.
func (p *Pass) shareOutputs() {
	var within, between [2]int
	each := func(visit func(st, turn, samples int, buffers *[2]int)) {
		for k, b := range p.blocks {
			for st := b.from; st < b.to-1; st++ {
				visit(st, st&1, b.chunk, &within)
			}
			visit(b.to-1, k&1, p.config.Capacity, &between)
		}
	}
	each(func(st, turn, samples int, buffers *[2]int) {
		buffers[turn] = max(buffers[turn], samples*p.stages[st].outSize())
	})
	data := map[*[2]int][2][]float32{}
	for _, b := range []*[2]int{&within, &between} {
		data[b] = [2][]float32{make([]float32, b[0]), make([]float32, b[1])}
	}
	each(func(st, turn, samples int, buffers *[2]int) {
		shape := p.stages[st].layer.OutShape()
		p.outputs[st].tensor = Tensor{samples, shape, data[buffers][turn][:samples*shape.Size()]}
		p.outputs[st].passing = buffers == &within
	})
}

// layGradients lays out the gradients of parameters, one after another, and of
// activations, which take turns like shared outputs. The products of large
// weights may be left for later.
func (p *Pass) layGradients(later bool) {
	total := 0
	p.stop = len(p.stages)
	for i, st := range p.stages {
		for _, param := range st.params {
			if !param.Fixed {
				p.stop = min(p.stop, i)
				total += len(param.Value.Data)
			}
		}
	}
	if p.config.InputGradient {
		p.stop = 0
	}
	p.gradients = make([]float32, total)
	rest := p.gradients
	for i, st := range p.stages {
		c := &p.contexts[i]
		c.wantsDx = i > p.stop || p.config.InputGradient
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

	var within, between [2]int
	if p.config.InputGradient || len(p.stages) == 0 {
		between[0] = p.input.Size() * p.config.Capacity
	}
	for k, b := range p.blocks {
		for st := b.from; st < b.to-1; st++ {
			within[st&1] = max(within[st&1], b.chunk*p.stages[st].outSize())
		}
		turn := (k + 1) & 1
		between[turn] = max(between[turn], p.config.Capacity*p.stages[b.to-1].outSize())
	}
	for i := range 2 {
		p.within[i] = make([]float32, within[i])
		p.between[i] = make([]float32, between[i])
	}
}

// productSize is the number of values from which a weight's product waits for
// all shards.
const productSize = 1 << 14

// shapeAfter is the shape that stage st gives; that of stage -1 is the input's.
func (p *Pass) shapeAfter(st int) Shape {
	if st < 0 {
		return p.input
	}
	return p.stages[st].layer.OutShape()
}

// Stages lists how many layers each stage of the pass stands for: more than
// one where layers are fused.
func (p *Pass) Stages() []int {
	var counts []int
	for _, st := range p.stages {
		counts = append(counts, st.count)
	}
	return counts
}
