package nntest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

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
	if joint, ok := layer.(nn.Joint); ok {
		return watchedJoint{w, joint}, nil
	}
	return w, nil
}

// watched fills a layer's results with NaN before it is called, and looks
// afterwards that it has overwritten them all and changed nothing else.
type watched struct {
	nn.Layer
	log *log
}

func (w watched) Forward(p *nn.Pass, y, x *nn.Tensor) {
	before := remember("Forward", w.Params(), p.Training, x)
	spoil(y)
	shape := y.String()
	w.Layer.Forward(p, y, x)
	w.log.add("Forward", before.same())
	w.log.add("Forward", overwritten("y", y, shape, before.moderate))
}

func (w watched) Backward(p *nn.Pass, dx, dy, x, y *nn.Tensor) {
	before := remember("Backward", w.Params(), false, dy, x, y)
	var shape string
	if dx != nil {
		spoil(dx)
		shape = dx.String()
	}
	w.Layer.Backward(p, dx, dy, x, y)
	w.log.add("Backward", before.same())
	if dx != nil {
		w.log.add("Backward", overwritten("dx", dx, shape, before.moderate))
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

// watchedJoint is watched for a Joint layer.
type watchedJoint struct {
	watched
	joint nn.Joint
}

func (w watchedJoint) SumLen() int { return w.joint.SumLen() }

func (w watchedJoint) Sum(p *nn.Pass, sums []float64, x *nn.Tensor) {
	before := remember("Sum", w.Params(), false, x)
	w.joint.Sum(p, sums, x)
	w.log.add("Sum", before.same())
}

func (w watchedJoint) SumBackward(p *nn.Pass, sums []float64, dy, x, y *nn.Tensor) {
	before := remember("SumBackward", w.Params(), false, dy, x, y)
	w.joint.SumBackward(p, sums, dy, x, y)
	w.log.add("SumBackward", before.same())
}

// memory is what arguments and parameters were.
type memory struct {
	what     []string
	now, was [][]float32
	moderate bool // all numbers are, so that results must be finite
}

// remember takes in the arguments, in the order of Backward's or Forward's,
// and the parameters: all of them, or those that may not move in training.
func remember(call string, params []*nn.Param, fixedMayMove bool, arguments ...*nn.Tensor) *memory {
	m := &memory{moderate: true}
	add := func(what string, t *nn.Tensor) {
		m.what = append(m.what, what)
		m.now = append(m.now, t.Data)
		m.was = append(m.was, clone(t.Data))
	}
	names := []string{"dy", "x", "y"}
	if len(arguments) == 1 {
		names = []string{"x"}
	}
	for i, t := range arguments {
		add(names[i], t)
		m.moderate = m.moderate && allModerate(t.Data)
	}
	for _, p := range params {
		if !p.Fixed || !fixedMayMove {
			add("parameter "+p.Name, p.Value)
		}
		m.moderate = m.moderate && allModerate(p.Value.Data)
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

func (l identity) OutShape() nn.Shape                  { return l.shape }
func (l identity) Params() []*nn.Param                 { return nil }
func (l identity) Forward(_ *nn.Pass, y, x *nn.Tensor) { copy(y.Data, x.Data) }
func (l identity) Backward(_ *nn.Pass, dx, dy, _, _ *nn.Tensor) {
	if dx != nil {
		copy(dx.Data, dy.Data)
	}
}

// soil passes samples on, leaves NaN in the scratch memory, which the next
// layer has to expect there, and gives the gradients that it gets to the sink.
type soil struct{ sink *sink }

func (s soil) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	return soiling{identity{in}, s.sink}, nil
}

type soiling struct {
	identity
	sink *sink
}

func (l soiling) Forward(p *nn.Pass, y, x *nn.Tensor) {
	leaveDirt(p)
	l.identity.Forward(p, y, x)
}

func (l soiling) Backward(p *nn.Pass, dx, dy, x, y *nn.Tensor) {
	leaveDirt(p)
	l.sink.add(p, dy.Data)
	l.identity.Backward(p, dx, dy, x, y)
}

func leaveDirt(p *nn.Pass) {
	dirt := p.Scratch(1 << 14)
	for i := range dirt {
		dirt[i] = float32(math.NaN())
	}
}

// sink collects gradients by pass, sample after sample.
type sink struct {
	mu   sync.Mutex
	data map[*nn.Pass][]float32
}

func (s *sink) add(p *nn.Pass, values []float32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data == nil {
		s.data = map[*nn.Pass][]float32{}
	}
	s.data[p] = append(s.data[p], values...)
}

func (s *sink) take(p *nn.Pass) []float32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	values := s.data[p]
	delete(s.data, p)
	return values
}

// swell repeats the channels of an image until a few samples fill a cache, so
// that what is walked with it is walked a few samples at a time. The gradient
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

func (l swollen) Forward(_ *nn.Pass, y, x *nn.Tensor) {
	c := l.in.C
	for i := 0; i < len(x.Data); i += c {
		for k := range l.copies {
			copy(y.Data[i*l.copies+k*c:], x.Data[i:i+c])
		}
	}
}

func (l swollen) Backward(_ *nn.Pass, dx, dy, _, _ *nn.Tensor) {
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
