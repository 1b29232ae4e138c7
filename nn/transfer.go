package nn

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Freezable is the Spec of a layer that can be kept from learning.
type Freezable interface {
	Spec
	// Freeze is the description of the same layer, frozen or not. A frozen layer
	// takes no gradients and moves nothing in training, running statistics
	// included.
	Freeze(frozen bool) Spec
}

// Freeze returns the network with its first n layers frozen and the others not,
// for a trainer that is to leave the first ones as they are. Both networks have
// the same values: what one learns the other knows. The frozen layers are
// described so, and hence saved so. A layer with parameters that is not
// [Freezable] is an error among the first n, and stays as it is after them.
func (s *Sequential) Freeze(n int) (*Sequential, error) {
	if n < 0 || n > len(s.layers) {
		return nil, fmt.Errorf("%d layers to freeze, wanted 0 to %d", n, len(s.layers))
	}
	frozen := &Sequential{input: s.input, specs: slices.Clone(s.specs), layers: slices.Clone(s.layers)}
	in := s.input
	for i, layer := range s.layers {
		spec, ok := s.specs[i].(Freezable)
		switch {
		case ok:
			var err error
			frozen.specs[i] = spec.Freeze(i < n)
			if frozen.layers[i], err = frozen.specs[i].Build(in, rand.New(new(Stream))); err != nil {
				return nil, fmt.Errorf("%s: %w", s.LayerName(i), err)
			}
			for k, p := range frozen.layers[i].Params() {
				p.Value = layer.Params()[k].Value
			}
		case i < n && len(layer.Params()) > 0:
			return nil, fmt.Errorf("%s cannot be frozen: its description has no method Freeze", s.LayerName(i))
		}
		in = layer.OutShape()
	}
	return frozen, nil
}

// Part is layers [from, to), counted from 0, as a network of its own: the same
// layers with the same parameters. It panics if there is none.
func (s *Sequential) Part(from, to int) *Sequential {
	if from < 0 || from >= to || to > len(s.layers) {
		panic("nn: no such part of the network")
	}
	part := &Sequential{input: s.input, specs: s.specs[from:to:to], layers: s.layers[from:to:to]}
	if from > 0 {
		part.input = s.layers[from-1].OutShape()
	}
	return part
}

// Append returns a network of the layers of s, with their parameters, and new
// ones after them, drawn from rng: how a network that has learned one thing
// begins to learn another.
func (s *Sequential) Append(rng *rand.Rand, specs ...Spec) (*Sequential, error) {
	var all []Spec
	for i, spec := range s.specs {
		all = append(all, built{spec, s.layers[i]})
	}
	longer, err := NewSequential(s.input, rng, append(all, specs...)...)
	if err != nil {
		return nil, err
	}
	copy(longer.specs, s.specs)
	return longer, nil
}

// built is the Spec of a layer that is there already.
type built struct {
	Spec
	layer Layer
}

func (b built) Build(Shape, *rand.Rand) (Layer, error) { return b.layer, nil }
func (b built) String() string                         { return fmt.Sprint(b.Spec) }

// Resizable is the Spec of a layer whose number of outputs is a field, so that
// it may answer for other classes.
type Resizable interface {
	Spec
	// Resize is the description of the same layer with other outputs: units or
	// filters.
	Resize(outputs int) Spec
}

// ForClasses returns the network of m for the given classes, to learn on from.
// It takes all layers, with their parameters; where m was trained for other
// classes the last layer with parameters, which must be [Resizable], is drawn
// anew from rng. taken is the number of layers that are as m has them: those
// before the one drawn, or all. m and the new network share what is taken.
func (m *Model) ForClasses(rng *rand.Rand, classes []string) (net *Sequential, taken int, err error) {
	same := m.Output().Size() == len(classes) && (len(m.Classes) == 0 || slices.Equal(m.Classes, classes))
	if same {
		return m.Part(0, len(m.layers)), len(m.layers), nil
	}
	last := -1
	for i, l := range m.layers {
		if len(l.Params()) > 0 {
			last = i
		}
	}
	if last < 0 {
		return nil, 0, fmt.Errorf("no layer has parameters to draw for %d classes", len(classes))
	}
	spec, ok := m.specs[last].(Resizable)
	if !ok {
		return nil, 0, fmt.Errorf("%s cannot be drawn for %d classes: its description has no method Resize", m.LayerName(last), len(classes))
	}
	specs := []Spec{spec.Resize(len(classes))}
	specs = append(specs, m.specs[last+1:]...)
	if last == 0 {
		net, err = NewSequential(m.input, rng, specs...)
	} else {
		net, err = m.Part(0, last).Append(rng, specs...)
	}
	if err == nil && net.Output() != Features(len(classes)) {
		err = fmt.Errorf("%s drawn for %d classes makes outputs of %v", m.LayerName(last), len(classes), net.Output())
	}
	if err != nil {
		return nil, 0, err
	}
	return net, last, nil
}
