package nn

// stage is a layer as it is run: one of the network's own, or a fused one
// that stands for several.
type stage struct {
	layer  Layer
	params []*Param
	first  int // position of the first layer that it stands for
	count  int // of layers
}

// walk is a run of stages that a shard goes through a few samples at a time,
// so that what they hand over stays in the processor's cache.
type walk struct {
	from, to int // stages
	step     int // samples
}

// leg is what a shard does between two meetings: a range of walks. Every leg
// but the first begins with a Joint, which is a walk of its own.
type leg struct{ from, to int }

// cacheBytes is what the outputs of a walk may take: the second-level cache
// of a core.
const cacheBytes = 1 << 20

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

// planWalks cuts stages into walks and, in training, these into legs. Stages
// that give images are walked a few samples at a time; those that give plain
// features are not, since they read more weights than activations.
func planWalks(stages []stage, c PassConfig) ([]walk, []leg) {
	kind := func(i int) int {
		if _, ok := stages[i].layer.(Joint); ok && c.Training {
			return i // like no other
		}
		if out := stages[i].layer.OutShape(); out.H*out.W > 1 {
			return -1
		}
		return -2
	}
	var walks []walk
	legs := []leg{{}}
	for i := 0; i < len(stages); {
		w := walk{from: i, to: i + 1, step: c.Capacity}
		for w.to < len(stages) && kind(w.to) == kind(i) {
			w.to++
		}
		switch kind(i) {
		case -1:
			bytes := 0
			for _, st := range stages[w.from:w.to] {
				bytes += 4 * st.layer.OutShape().Size()
			}
			w.step = min(c.Capacity, max(1, cacheBytes/bytes))
		case i:
			legs = append(legs, leg{from: len(walks)})
		}
		walks = append(walks, w)
		legs[len(legs)-1].to = len(walks)
		i = w.to
	}
	return walks, legs
}

// NewPass lays out the memory of a pass.
func (s *Sequential) NewPass(c PassConfig) *Pass {
	p := &Pass{PassConfig: c, input: s.input, stages: s.planStages(c)}
	p.walks, p.legs = planWalks(p.stages, c)
	p.outputs = make([]output, len(p.stages))
	p.state = make([]stageState, len(p.stages))
	if c.NeedsBackward {
		p.planKept()
		p.planGradients()
	} else {
		p.planTurns()
	}
	return p
}

// planKept gives each stage's output a place of its own.
func (p *Pass) planKept() {
	for i, st := range p.stages {
		p.outputs[i].tensor = *NewTensor(p.Capacity, st.layer.OutShape())
	}
}

// planTurns lets the outputs within walks take turns in two small buffers and
// those between walks in two large ones.
func (p *Pass) planTurns() {
	var within, between [2]int
	each := func(visit func(st, turn, samples int, buffers *[2]int)) {
		for k, w := range p.walks {
			for st := w.from; st < w.to-1; st++ {
				visit(st, st&1, w.step, &within)
			}
			visit(w.to-1, k&1, p.Capacity, &between)
		}
	}
	each(func(st, turn, samples int, buffers *[2]int) {
		buffers[turn] = max(buffers[turn], samples*p.stages[st].layer.OutShape().Size())
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

// planGradients lays out the gradients of parameters, one after another, and
// of activations: like planTurns' outputs.
func (p *Pass) planGradients() {
	p.stop = len(p.stages)
	total := 0
	for i, st := range p.stages {
		for _, param := range st.params {
			if !param.Fixed {
				p.stop = min(p.stop, i)
				total += len(param.Value.Data)
			}
		}
	}
	if p.InputGradient {
		p.stop = 0
	}
	p.gradients = make([]float32, total)
	p.deferrals = p.Deferrals()
	p.paramGradients = make([][][]float32, len(p.stages))
	rest := p.gradients
	for i, st := range p.stages {
		for _, param := range st.params {
			var g []float32
			if n := len(param.Value.Data); !param.Fixed {
				g, rest = rest[:n:n], rest[n:]
			}
			p.paramGradients[i] = append(p.paramGradients[i], g)
		}
	}

	var within, between [2]int
	if p.InputGradient || len(p.stages) == 0 {
		between[0] = p.input.Size() * p.Capacity
	}
	for k, w := range p.walks {
		for st := w.from; st < w.to-1; st++ {
			within[st&1] = max(within[st&1], w.step*p.shapeAfter(st).Size())
		}
		turn := (k + 1) & 1
		between[turn] = max(between[turn], p.Capacity*p.shapeAfter(w.to-1).Size())
	}
	for i := range 2 {
		p.within[i] = make([]float32, within[i])
		p.between[i] = make([]float32, between[i])
	}
}

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
