package nntest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"tatami/nn"
)

// log keeps the first thing that a probe found wrong.
type log struct{ err error }

func (l *log) add(when string, err error) {
	if err != nil && l.err == nil {
		l.err = fmt.Errorf("%s: %w", when, err)
	}
}

// probe describes a layer that is watched.
type probe struct {
	nn.Spec
	log *log
}

func (p probe) String() string { return fmt.Sprint(p.Spec) }

func (p probe) Build(in nn.Shape, rng *rand.Rand) (nn.Layer, error) {
	layer, err := p.Spec.Build(in, rng)
	if err != nil {
		return nil, err
	}
	w := watched{layer, p.log}
	if wide, ok := layer.(nn.BatchWide); ok {
		return watchedWide{w, wide}, nil
	}
	if block, ok := layer.(nn.Block); ok {
		return watchedBlock{w, block}, nil
	}
	return w, nil
}

// watched fills a layer's results with NaN before it is called, and looks
// afterwards that it has overwritten them all and changed nothing else.
type watched struct {
	nn.Layer
	log *log
}

func (w watched) Forward(c *nn.Context, y, x *nn.Tensor) {
	before := remember(w.Params(), x)
	spoil(y)
	shape := y.String()
	w.Layer.Forward(c, y, x)
	w.log.add("Forward", before.same())
	w.log.add("Forward", overwritten("y", y, shape, before.moderate))
}

func (w watched) Backward(c *nn.Context, dx, dy, x, y *nn.Tensor) {
	before := remember(w.Params(), dy, x, y)
	var shape string
	if dx != nil {
		spoil(dx)
		shape = dx.String()
	}
	x, y = w.unread(x, y)
	w.Layer.Backward(c, dx, dy, x, y)
	w.log.add("Backward", before.same())
	if dx != nil {
		w.log.add("Backward", overwritten("dx", dx, shape, before.moderate))
	}
}

// unread has NaN for the tensors of which the layer says that it does not read
// them.
func (w watched) unread(x, y *nn.Tensor) (*nn.Tensor, *nn.Tensor) {
	r, ok := w.Layer.(nn.Reader)
	if !ok {
		return x, y
	}
	readsX, readsY := r.Reads()
	if !readsX {
		x = nn.NewTensor(x.N, x.Shape)
		spoil(x)
	}
	if !readsY {
		y = nn.NewTensor(y.N, y.Shape)
		spoil(y)
	}
	return x, y
}

// PackForward, PackBackward and EndBackward are those of a Packer.
func (w watched) PackForward(c *nn.Context)  { w.pack("PackForward", nn.Packer.PackForward, c) }
func (w watched) PackBackward(c *nn.Context) { w.pack("PackBackward", nn.Packer.PackBackward, c) }
func (w watched) EndBackward(c *nn.Context)  { w.pack("EndBackward", nn.Packer.EndBackward, c) }

func (w watched) pack(name string, call func(nn.Packer, *nn.Context), c *nn.Context) {
	if packer, ok := w.Layer.(nn.Packer); ok {
		before := remember(w.Params())
		call(packer, c)
		w.log.add(name, before.same())
	}
}

func spoil(t *nn.Tensor) {
	for i := range t.Data {
		t.Data[i] = float32(math.NaN())
	}
}

func overwritten(what string, t *nn.Tensor, shape string, moderate bool) error {
	if t.String() != shape {
		return fmt.Errorf("%s is now %v, was %s", what, t, shape)
	}
	if i := firstNonFinite(t.Data); moderate && i >= 0 {
		return fmt.Errorf("value %d of %s is %v for moderate arguments, or was not overwritten (it was NaN)", i, what, t.Data[i])
	}
	return nil
}

// watchedWide is watched for a BatchWide layer.
type watchedWide struct {
	watched
	wide nn.BatchWide
}

func (w watchedWide) SumLen() int { return w.wide.SumLen() }

func (w watchedWide) Sum(c *nn.Context, sums []float64, x *nn.Tensor) {
	before := remember(w.Params(), x)
	w.wide.Sum(c, sums, x)
	w.log.add("Sum", before.same())
}

// Summed is the one call in which fixed parameters may move.
func (w watchedWide) Summed(c *nn.Context) {
	var learned []*nn.Param
	for _, p := range w.Params() {
		if !p.Fixed {
			learned = append(learned, p)
		}
	}
	before := remember(learned)
	w.wide.Summed(c)
	w.log.add("Summed", before.same())
}

func (w watchedWide) SumBackward(c *nn.Context, sums []float64, dy, x, y *nn.Tensor) {
	before := remember(w.Params(), dy, x, y)
	x, y = w.unread(x, y)
	w.wide.SumBackward(c, sums, dy, x, y)
	w.log.add("SumBackward", before.same())
}

// watchedBlock is watched for the sum of a Block.
type watchedBlock struct {
	watched
	block nn.Block
}

func (w watchedBlock) Forward(c *nn.Context, y, x *nn.Tensor) {
	if allModerate(c.Shortcut().Data) {
		w.watched.Forward(c, y, x)
	} else {
		w.Layer.Forward(c, y, x)
	}
}

func (w watchedBlock) Body() *nn.Sequential     { return w.block.Body() }
func (w watchedBlock) Shortcut() *nn.Sequential { return w.block.Shortcut() }
func (w watchedBlock) Plain() bool              { return w.block.Plain() }

// memory is what arguments and parameters were.
type memory struct {
	what     []string
	now, was [][]float32
	moderate bool // all numbers are, so that results must be finite
}

// remember takes in the arguments, in the order of Backward's or Forward's,
// and the parameters.
func remember(params []*nn.Param, arguments ...*nn.Tensor) *memory {
	m := &memory{moderate: true}
	add := func(what string, t *nn.Tensor) {
		m.what = append(m.what, what)
		m.now = append(m.now, t.Data)
		m.was = append(m.was, clone(t.Data))
		m.moderate = m.moderate && allModerate(t.Data)
	}
	names := []string{"dy", "x", "y"}
	if len(arguments) == 1 {
		names = []string{"x"}
	}
	for i, t := range arguments {
		add(names[i], t)
	}
	for _, p := range params {
		add("parameter "+p.Name, p.Value)
	}
	return m
}

func (m *memory) same() error {
	for i, what := range m.what {
		if err := sameBits(what, m.now[i], m.was[i]); err != nil {
			return err
		}
	}
	return nil
}

// identity is a layer that passes on what it is given.
type identity struct{ shape nn.Shape }

func (l identity) OutShape() nn.Shape                     { return l.shape }
func (l identity) Params() []*nn.Param                    { return nil }
func (l identity) Forward(_ *nn.Context, y, x *nn.Tensor) { copy(y.Data, x.Data) }
func (l identity) Backward(_ *nn.Context, dx, dy, _, _ *nn.Tensor) {
	if dx != nil {
		copy(dx.Data, dy.Data)
	}
}

// soil passes samples on and leaves NaN in the scratch memory, which the next
// layer has to expect there.
type soil struct{}

func (soil) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) { return soiling{identity{in}}, nil }

type soiling struct{ identity }

func (l soiling) Forward(c *nn.Context, y, x *nn.Tensor) {
	leaveDirt(c)
	l.identity.Forward(c, y, x)
}

func (l soiling) Backward(c *nn.Context, dx, dy, x, y *nn.Tensor) {
	leaveDirt(c)
	l.identity.Backward(c, dx, dy, x, y)
}

func leaveDirt(c *nn.Context) {
	dirt := c.Scratch(1 << 14)
	for i := range dirt {
		dirt[i] = float32(math.NaN())
	}
}

// still describes a layer whose running statistics do not move, nor those of
// the layers nested in it.
type still struct{ nn.Spec }

func (s still) Build(in nn.Shape, rng *rand.Rand) (nn.Layer, error) {
	if nested, ok := s.Spec.(nn.Nested); ok {
		return nn.BuildNested(in, rng, stillNested{nested})
	}
	layer, err := s.Spec.Build(in, rng)
	if wide, ok := layer.(nn.BatchWide); ok {
		return unmoved{wide}, err
	}
	return layer, err
}

type stillNested struct{ nn.Nested }

func (s stillNested) Sequences() (body, shortcut []nn.Spec) {
	body, shortcut = s.Nested.Sequences()
	return allStill(body), allStill(shortcut)
}

func allStill(specs []nn.Spec) []nn.Spec {
	var all []nn.Spec
	for _, s := range specs {
		all = append(all, still{s})
	}
	return all
}

type unmoved struct{ nn.BatchWide }

func (unmoved) Summed(*nn.Context) {}

// swell repeats the channels of an image until a few samples fill a cache, so
// that it is in a block of which a few samples are run at a time. The gradient
// is that of the first copy.
type swell struct{ copies int }

func (s swell) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	return swollen{in, s.copies}, nil
}

type swollen struct {
	in     nn.Shape
	copies int
}

func (l swollen) OutShape() nn.Shape  { return nn.Shape{H: l.in.H, W: l.in.W, C: l.in.C * l.copies} }
func (l swollen) Params() []*nn.Param { return nil }

func (l swollen) Forward(_ *nn.Context, y, x *nn.Tensor) {
	c := l.in.C
	for i := 0; i < len(x.Data); i += c {
		for k := range l.copies {
			copy(y.Data[i*l.copies+k*c:], x.Data[i:i+c])
		}
	}
}

func (l swollen) Backward(_ *nn.Context, dx, dy, _, _ *nn.Tensor) {
	if dx != nil {
		copy(dx.Data, l.first(dy.Data))
	}
}

// first is the first copy of what Forward gave.
func (l swollen) first(values []float32) []float32 {
	var first []float32
	for i := 0; i < len(values); i += l.in.C * l.copies {
		first = append(first, values[i:i+l.in.C]...)
	}
	return first
}

// spread is values with zeros for the other copies.
func (l swollen) spread(values []float32) []float32 {
	all := make([]float32, len(values)*l.copies)
	for i := 0; i < len(values); i += l.in.C {
		copy(all[i*l.copies:], values[i:i+l.in.C])
	}
	return all
}
