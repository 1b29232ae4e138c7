package nn

import "tatami/internal/kernels"

// plan is the order in which a pass runs a network.
//
//   - A stage is a layer as it is run: one of the network's own, or a fused one
//     that stands for several. A stage's output is a value of the same number;
//     value -1 is the network's input.
//   - A block is a run of stages that samples go through a few at a time, so
//     that what one stage hands to the next stays in the processor's cache.
//   - A phase is what lies between two barriers, at which all shards of a batch
//     wait for each other: a range of blocks.
type plan struct {
	stages []stage
	blocks []block
	phases []phase
}

type stage struct {
	layer    Layer
	params   []*Param // empty for a Block, whose own stages have them
	position int      // of the first layer that it stands for, blocks counted with all their layers
	count    int      // of layers that it stands for
	top      bool     // these are the network's own, and not a Block's
	input    int      // the value that it takes
	shortcut int      // the value that a Block adds
	block    int

	backward bool // has something to learn, or stands above such a stage
	wantsDx  bool // its input has such a stage below it, or is wanted itself
}

const none = -2 // no value

type block struct {
	from, to int // stages
	chunk    int // samples at a time
}

// phase is a range of blocks. Every phase but the first begins with a BatchWide
// layer, which is a block of its own.
type phase struct{ from, to int }

// folds reports whether a loss takes the input of the last layer and stands for
// it: logits of a softmax, or of sigmoids.
func folds(l Loss, last Layer) bool {
	if l == nil {
		return false
	}
	if _, ok := l.(Multilabel); ok {
		_, ok := last.(Sigmoider)
		return ok
	}
	_, ok := last.(Softmaxer)
	return ok && l.Logits()
}

// planStages lists what is run: without a last layer that the loss stands for,
// and with layers fused unless they shall stay apart.
func (p *plan) planStages(layers []Layer, c PassConfig) {
	if folds(c.Loss, layers[len(layers)-1]) {
		layers = layers[:len(layers)-1]
	}
	position := 0
	p.addStages(layers, -1, &position, c, true)
	for i := range p.stages {
		st := &p.stages[i]
		st.wantsDx = p.needsGradient(st.input, c)
		st.backward = st.wantsDx || p.needsGradient(st.shortcut, c)
		for _, param := range st.params {
			st.backward = st.backward || !param.Fixed
		}
		st.wantsDx = st.wantsDx || st.shortcut != none // which is the gradient of both
	}
}

// addStages adds stages for layers, the first of which takes the given value,
// and returns the value that the last one gives.
func (p *plan) addStages(layers []Layer, input int, position *int, c PassConfig, top bool) int {
	for i := 0; i < len(layers); {
		st := stage{layer: layers[i], count: 1, top: top, input: input, shortcut: none}
		if b, ok := layers[i].(Block); ok {
			st.input = p.addStages(b.Body().layers, input, position, c, false)
			st.shortcut = input
			if s := b.Shortcut(); s != nil {
				st.shortcut = p.addStages(s.layers, input, position, c, false)
			}
		} else {
			st.params = layers[i].Params()
		}
		if f, ok := layers[i].(Fuser); ok && !c.Unfused {
			if fused, n := f.Fuse(layers[i+1:]); n > 0 {
				st.layer, st.count = fused, 1+n
			}
		}
		st.position = *position
		*position += st.count
		i += st.count
		input = len(p.stages)
		p.stages = append(p.stages, st)
	}
	return input
}

// needsGradient reports whether Backward has to find the gradient of a value.
func (p *plan) needsGradient(value int, c PassConfig) bool {
	switch value {
	case none:
		return false
	case -1:
		return c.InputGradient
	}
	return p.stages[value].backward
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
		for ; i < b.to; i++ {
			p.stages[i].block = len(p.blocks)
		}
		p.blocks = append(p.blocks, b)
		p.phases[len(p.phases)-1].to = len(p.blocks)
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
