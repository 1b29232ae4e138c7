package nn

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"

	"tatami/internal/safetensors"
	"tatami/internal/strictjson"
)

// Model is a network with what else its file holds.
type Model struct {
	*Sequential
	// Classes names the outputs; it may be empty.
	Classes []string
	// Facts are the settings and results of the training, for people to read.
	Facts map[string]string
}

// Metadata keys of a model file.
const (
	keyFormat       = "format"
	keyArchitecture = "architecture"
	keyClasses      = "classes"
	keyFact         = "fact."
	format          = "tatami"
)

// Save writes a whole model as one safetensors file, beside path first and
// then renamed. The architecture is in its metadata. Parameters are F32 named
// <position>.<layer>.<parameter>, such as 1.convolution.weight: filters are
// O,KH,KW,I; affine weights OUT,H,W,C, or OUT,C for plain features; others H,W,C
// or of one dimension. In a [Block] names go on, as in
// 3.residual.body.1.convolution.weight. The metadata have the SHA-256 of the values and their own, which
// Load compares.
func Save(path string, m *Model) error {
	f, err := encodeModel(m)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return safetensors.Write(path, f)
}

// Encode writes what [Save] writes, to w.
func Encode(w io.Writer, m *Model) error {
	f, err := encodeModel(m)
	if err != nil {
		return err
	}
	return safetensors.Encode(w, f)
}

// encodeModel is the file that [Save] writes.
func encodeModel(m *Model) (*safetensors.File, error) {
	arch, err := FormatArchitecture(m.Input(), m.Specs())
	if err != nil {
		return nil, err
	}
	f := &safetensors.File{Metadata: map[string]string{keyFormat: format, keyArchitecture: string(arch)}}
	if len(m.Classes) > 0 {
		if err := m.checkClasses(); err != nil {
			return nil, err
		}
		classes, err := json.Marshal(m.Classes)
		if err != nil {
			return nil, err
		}
		f.Metadata[keyClasses] = string(classes)
	}
	for k, v := range m.Facts {
		f.Metadata[keyFact+k] = v
	}
	f.Tensors = m.tensors()
	f.Seal()
	return f, nil
}

// NamedTensor is a parameter as files hold it: its name, its shape and its
// values, which are the network's own.
type NamedTensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// NamedTensors are the parameters in the order of [Sequential.Params], with the
// names and shapes that [Save] gives them.
func (s *Sequential) NamedTensors() []NamedTensor {
	return s.namedTensors("")
}

func (s *Sequential) namedTensors(prefix string) (ts []NamedTensor) {
	for i, l := range s.layers {
		name := fmt.Sprintf("%s%d.%s.", prefix, i+1, strings.ToLower(TypeName(s.specs[i])))
		names, list := sequences(l)
		for k, inner := range list {
			ts = append(ts, inner.namedTensors(name+names[k]+".")...)
		}
		if len(list) > 0 {
			continue
		}
		for _, p := range l.Params() {
			ts = append(ts, NamedTensor{name + p.Name, fileShape(p), p.Value.Data})
		}
	}
	return ts
}

// tensors are the same for a file.
func (s *Sequential) tensors() []safetensors.Tensor {
	var ts []safetensors.Tensor
	for _, t := range s.NamedTensors() {
		ts = append(ts, safetensors.Tensor{Name: t.Name, Shape: t.Shape, Data: t.Data})
	}
	return ts
}

func fileShape(p *Param) []int {
	t := p.Value
	switch {
	case t.N == 1 && p.Name != "weight" && t.H*t.W > 1:
		return []int{t.H, t.W, t.C}
	case p.Filters || t.H*t.W > 1:
		return []int{t.N, t.H, t.W, t.C}
	case t.N > 1 || p.Name == "weight":
		return []int{t.N, t.C}
	}
	return []int{t.C}
}

// Load reads a model that Save wrote; its layer types are those of the
// catalog. A file that does not hold exactly the parameters of its
// architecture is an error.
func Load(path string, catalog Catalog) (*Model, error) {
	f, err := anyTypes.Read(path)
	if err != nil {
		return nil, err
	}
	m, err := decodeModel(f, catalog)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Decode is [Load] from the first size bytes of r, such as a file that is
// embedded in the program.
func Decode(r io.ReaderAt, size int64, catalog Catalog) (*Model, error) {
	f, err := anyTypes.Decode(r, size)
	if err != nil {
		return nil, err
	}
	return decodeModel(f, catalog)
}

// anyTypes lets a checkpoint be read, so that it can be told what it is.
var anyTypes = safetensors.Accept{Types: []string{safetensors.F64}}

// decodeModel is the model in a file.
func decodeModel(f *safetensors.File, catalog Catalog) (*Model, error) {
	if got := f.Metadata[keyFormat]; got != format {
		return nil, fmt.Errorf("not a tatami model: metadata %q is %q, wanted %q", keyFormat, got, format)
	}
	in, specs, err := ParseArchitecture([]byte(f.Metadata[keyArchitecture]), catalog)
	if err != nil {
		return nil, err
	}
	total := 0
	for _, t := range f.Tensors {
		total += len(t.Data)
	}
	net, err := build(in, rand.New(new(Stream)), total, specs) // its weights are overwritten
	if _, ok := errors.AsType[tooLarge](err); ok {
		return nil, fmt.Errorf("tensors are missing or too small: %w", err)
	}
	if err != nil {
		return nil, err
	}
	if err := net.setTensors(f.Tensors); err != nil {
		return nil, err
	}
	m := &Model{Sequential: net, Facts: map[string]string{}}
	if classes, ok := f.Metadata[keyClasses]; ok {
		if err := cmp.Or(strictjson.Unmarshal([]byte(classes), &m.Classes), m.checkClasses()); err != nil {
			return nil, fmt.Errorf("metadata %q: %w", keyClasses, err)
		}
	}
	if err := f.CheckSeal(); err != nil {
		return nil, err
	}
	for k, v := range f.Metadata {
		if k, ok := strings.CutPrefix(k, keyFact); ok {
			m.Facts[k] = v
		}
	}
	return m, nil
}

// checkClasses refuses names that are not one an output, or would not stay in
// their place where they are shown: control characters move a terminal's cursor.
func (m *Model) checkClasses() error {
	if want := m.Output().Size(); len(m.Classes) != want {
		return fmt.Errorf("%d class names, wanted %d", len(m.Classes), want)
	}
	moves := func(name string) bool { return strings.ContainsFunc(name, unicode.IsControl) }
	if i := slices.IndexFunc(m.Classes, moves); i >= 0 {
		return fmt.Errorf("class %d is named %.99q, wanted a name without control characters", i, m.Classes[i])
	}
	return nil
}

// SetNamedTensors copies values into the parameters of these names, all of
// them. If one is missing, has another shape or belongs to no layer, it fails
// and the parameters are as before.
func (s *Sequential) SetNamedTensors(tensors []NamedTensor) error {
	byName := map[string]NamedTensor{}
	for _, t := range tensors {
		byName[t.Name] = t
	}
	var values [][]float32
	for _, want := range s.NamedTensors() {
		got, ok := byName[want.Name]
		if !ok {
			return fmt.Errorf("tensor %q is missing", want.Name)
		}
		if !slices.Equal(got.Shape, want.Shape) || len(got.Data) != len(want.Data) {
			return fmt.Errorf("tensor %q has shape %v, wanted %v", want.Name, got.Shape, want.Shape)
		}
		values = append(values, got.Data)
		delete(byName, want.Name)
	}
	for _, t := range tensors {
		if _, extra := byName[t.Name]; extra {
			return fmt.Errorf("tensor %q belongs to no layer", t.Name)
		}
	}
	for i, p := range s.Params() {
		copy(p.Value.Data, values[i])
	}
	return nil
}

// setTensors is SetNamedTensors from a file.
func (s *Sequential) setTensors(file []safetensors.Tensor) error {
	var ts []NamedTensor
	for _, t := range file {
		ts = append(ts, NamedTensor{t.Name, t.Shape, t.Data})
	}
	return s.SetNamedTensors(ts)
}
