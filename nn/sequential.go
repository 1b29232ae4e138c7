package nn

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"tatami/internal/commas"
	"tatami/internal/safetensors"
)

// Sequential is a network of layers, each the input of the next.
type Sequential struct {
	input  Shape
	specs  []Spec
	layers []Layer
	passes sync.Pool // of inference passes, so that Predict need not allocate
}

// NewSequential builds the layers front to back for samples of shape in,
// their weights drawn from rng. An error names the layer by its position,
// counted from 1.
func NewSequential(in Shape, rng *rand.Rand, specs ...Spec) (*Sequential, error) {
	return build(in, rng, maxSize, specs)
}

// Counted is a Spec that knows how many parameter values it will have, so
// that a network too large is refused before it is allocated.
type Counted interface {
	Spec
	CountParams(in Shape) int
}

// tooLarge tells of a layer for which no memory is taken.
type tooLarge struct{ text string }

func (e tooLarge) Error() string { return e.text }

func build(in Shape, rng *rand.Rand, budget int, specs []Spec) (*Sequential, error) {
	if err := in.check(); err != nil {
		return nil, fmt.Errorf("network input: %w", err)
	}
	if len(specs) == 0 {
		return nil, errors.New("a network needs at least one layer")
	}
	s := &Sequential{input: in, specs: slices.Clone(specs)}
	for i, spec := range specs {
		if spec == nil {
			return nil, fmt.Errorf("layer %d is nil, wanted a Spec", i+1)
		}
		name := fmt.Sprintf("layer %d (%v)", i+1, spec)
		shape := s.Output()
		if c, ok := spec.(Counted); ok {
			n := c.CountParams(shape)
			if n > budget {
				return nil, tooLarge{fmt.Sprintf("%s: %d parameters for input %v, wanted at most %d", name, n, shape, budget)}
			}
			budget -= max(n, 0)
		}
		var layer Layer
		var err error
		if n, ok := spec.(Nested); ok {
			layer, err = buildNested(shape, rng, budget, n)
			if err == nil {
				budget -= CountParams(layer.Params())
			}
		} else {
			layer, err = spec.Build(shape, rng)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := layer.OutShape().check(); err != nil {
			return nil, fmt.Errorf("%s: output %w", name, err)
		}
		s.layers = append(s.layers, layer)
	}
	return s, nil
}

// Nested is the Spec of a [Block].
type Nested interface {
	Spec
	// Sequences are the descriptions of the body and of the shortcut, which may
	// have no layers.
	Sequences() (body, shortcut []Spec)
	// Join makes the block of both; a shortcut without layers is nil.
	Join(body, shortcut *Sequential) (Layer, error)
}

// BuildNested is the Build of a Nested spec.
func BuildNested(in Shape, rng *rand.Rand, spec Nested) (Layer, error) {
	return buildNested(in, rng, maxSize, spec)
}

func buildNested(in Shape, rng *rand.Rand, budget int, spec Nested) (Layer, error) {
	bodySpecs, shortcutSpecs := spec.Sequences()
	body, err := build(in, rng, budget, bodySpecs)
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if len(shortcutSpecs) == 0 {
		return spec.Join(body, nil)
	}
	shortcut, err := build(in, rng, budget-CountParams(body.Params()), shortcutSpecs)
	if err != nil {
		return nil, fmt.Errorf("shortcut: %w", err)
	}
	return spec.Join(body, shortcut)
}

// sequences are those of a layer that is a Block, by name, in the order of its
// parameters.
func sequences(l Layer) (names []string, list []*Sequential) {
	b, ok := l.(Block)
	if !ok {
		return nil, nil
	}
	names, list = []string{"body"}, []*Sequential{b.Body()}
	if b.Shortcut() != nil {
		names, list = append(names, "shortcut"), append(list, b.Shortcut())
	}
	return names, list
}

// Input is the shape of one sample that the network takes.
func (s *Sequential) Input() Shape { return s.input }

// Output is the shape of one sample that the network gives.
func (s *Sequential) Output() Shape {
	if len(s.layers) == 0 {
		return s.input
	}
	return s.layers[len(s.layers)-1].OutShape()
}

// Specs are the layers' descriptions, front to back.
func (s *Sequential) Specs() []Spec { return s.specs }

// Layers are the layers as described, front to back.
func (s *Sequential) Layers() []Layer { return s.layers }

// Params lists the parameters of all layers, front to back.
func (s *Sequential) Params() []*Param {
	var params []*Param
	for _, l := range s.layers {
		params = append(params, l.Params()...)
	}
	return params
}

// SHA256 is that of the parameters' values, float32 in little-endian order, in
// hexadecimal: equal networks are equal in it, to the last bit.
func (s *Sequential) SHA256() string { return safetensors.Sum(s.tensors()) }

// LayerName is the position, counted from 1, and description of layer i.
func (s *Sequential) LayerName(i int) string {
	return fmt.Sprintf("layer %d (%v)", i+1, s.specs[i])
}

// MultiplyAdds is the work of one sample on the way forward.
func (s *Sequential) MultiplyAdds() int {
	n := 0
	for _, l := range s.layers {
		n += multiplyAdds(l)
	}
	return n
}

func multiplyAdds(l Layer) int {
	if c, ok := l.(Costed); ok {
		return c.MultiplyAdds()
	}
	return 0
}

// String is a table of the layers: output shape, parameters, multiply-adds a
// sample, and totals. The layers of a [Block], whose row has theirs together,
// stand indented below it.
func (s *Sequential) String() string {
	rows := append([][]string{{"layer", "output", "parameters", "multiply-adds"}, {"input", s.input.String(), "", ""}}, s.rows("")...)
	rows = append(rows, []string{"total", "", thousands(CountParams(s.Params())), thousands(s.MultiplyAdds())})
	var widths [4]int
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := fmt.Sprintf("%-*s  %*s  %*s  %*s", widths[0], row[0], widths[1], row[1], widths[2], row[2], widths[3], row[3])
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// rows are those of the layers, their names after a prefix.
func (s *Sequential) rows(prefix string) (rows [][]string) {
	for i, l := range s.layers {
		name := fmt.Sprintf("%s%d %v", prefix, i+1, s.specs[i])
		rows = append(rows, []string{name, l.OutShape().String(), thousands(CountParams(l.Params())), thousands(multiplyAdds(l))})
		indent := strings.Repeat(" ", len(prefix)-len(strings.TrimLeft(prefix, " "))+2)
		names, list := sequences(l)
		for k, inner := range list {
			rows = append(rows, inner.rows(indent+names[k]+" ")...)
		}
	}
	return rows
}

func thousands(n int) string { return commas.Group(fmt.Sprint(n)) }

// Activations returns the output of every layer for x, in inference, as the
// layers are described: nothing is fused.
func (s *Sequential) Activations(x *Tensor) []*Tensor {
	p := s.newPass(PassConfig{Capacity: x.N, Unfused: true})
	p.layOutputs(slices.Repeat([]bool{true}, len(p.stages)))
	p.Forward(x)
	var ys []*Tensor
	for i, st := range p.stages {
		if st.top {
			ys = append(ys, &p.outputs[i].tensor)
		}
	}
	return ys
}
