package nn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"tatami/internal/strictjson"
	"tatami/internal/suggest"
)

// Catalog is the layer types that a file may name, by the name of their Go
// type. A user's own layers are added with another NewCatalog's entries.
type Catalog map[string]Spec

// NewCatalog lists the types of specs; their values do not matter. Of several
// with one name the last stands, even where packages differ: so a user's type
// may stand in for another, and should have a name of its own otherwise.
func NewCatalog(specs ...Spec) Catalog {
	c := Catalog{}
	for _, s := range specs {
		c[TypeName(s)] = s
	}
	return c
}

// TypeName is the name of v's type without its package, by which files tell the
// types of layers.
func TypeName(v any) string {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

var initializers = []Initializer{Normal{}, He{}, Xavier{}, Zero{}}

// architecture is the JSON form of a network without its weights:
//
//	{"input":{"H":28,"W":28,"C":1},"layers":[{"type":"Convolution","Filters":30,"Kernel":5},…]}
//
// Fields at their zero value are left out.
type architecture struct {
	Input  Shape             `json:"input"`
	Layers []json.RawMessage `json:"layers"`
}

// FormatArchitecture describes a network as JSON.
func FormatArchitecture(in Shape, specs []Spec) ([]byte, error) {
	layers, err := formatSpecs(specs)
	if err != nil {
		return nil, err
	}
	return json.Marshal(architecture{in, layers})
}

// formatSpecs writes each layer.
func formatSpecs(specs []Spec) (list []json.RawMessage, err error) {
	for i, s := range specs {
		raw, err := formatTyped(s)
		if err != nil {
			return nil, fmt.Errorf("layer %d (%v): %w", i+1, s, err)
		}
		list = append(list, raw)
	}
	return list, nil
}

// formatTyped writes a struct as a JSON object that begins with its type.
func formatTyped(v any) (json.RawMessage, error) {
	rv := reflect.Indirect(reflect.ValueOf(v))
	if rv.Kind() != reflect.Struct {
		return nil, fmt.Errorf("type %T is not a struct", v)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"type":%q`, TypeName(v))
	for i := range rv.NumField() {
		field, value := rv.Type().Field(i), rv.Field(i)
		if !field.IsExported() || value.IsZero() {
			continue
		}
		var raw []byte
		var err error
		if init, ok := value.Interface().(Initializer); ok {
			raw, err = formatInitializer(init)
		} else if specs, ok := value.Interface().([]Spec); ok {
			var list []json.RawMessage
			if list, err = formatSpecs(specs); err == nil {
				raw, err = json.Marshal(list)
			}
		} else {
			raw, err = json.Marshal(value.Interface())
			if err == nil { // an interface, say, is written and cannot be read
				err = strictjson.Unmarshal(raw, reflect.New(field.Type).Interface())
			}
		}
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", field.Name, err)
		}
		fmt.Fprintf(&b, ",%q:%s", field.Name, raw)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// mostLayers is what a text may describe: some kilobytes of memory each.
const mostLayers = 4096

// ParseArchitecture reads what FormatArchitecture writes; the layer types are
// those of the catalog. Unknown types and fields are errors, and so are more
// than 4096 layers.
func ParseArchitecture(data []byte, catalog Catalog) (Shape, []Spec, error) {
	var a architecture
	if err := strictjson.Unmarshal(data, &a); err != nil {
		return Shape{}, nil, fmt.Errorf("architecture: %w", err)
	}
	specs, err := (&specParser{catalog: catalog}).parse(a.Layers, 0)
	if err != nil {
		return Shape{}, nil, fmt.Errorf("architecture: %w", err)
	}
	return a.Input, specs, nil
}

// mostNesting is how deep layers may stand in layers in a file.
const mostNesting = 16

// specParser reads layers, and counts them.
type specParser struct {
	catalog Catalog
	layers  int
}

func (p *specParser) parse(raws []json.RawMessage, nesting int) ([]Spec, error) {
	p.layers += len(raws)
	if p.layers > mostLayers {
		return nil, fmt.Errorf("it has more than %d layers", mostLayers)
	}
	if nesting > mostNesting {
		return nil, fmt.Errorf("layers within layers deeper than %d", mostNesting)
	}
	specs := make([]Spec, len(raws))
	find := func(name string) (any, error) {
		if s, ok := p.catalog[name]; ok {
			return s, nil
		}
		return nil, suggest.UnknownLayer(name, slices.Sorted(maps.Keys(p.catalog)))
	}
	within := func(raw json.RawMessage) (any, error) {
		var list []json.RawMessage
		if err := strictjson.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
		return p.parse(list, nesting+1)
	}
	for i, raw := range raws {
		v, err := parseTyped(raw, find, within)
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", i+1, err)
		}
		specs[i] = v.(Spec)
	}
	return specs, nil
}

// formatInitializer refuses what parseInitializer would not know.
func formatInitializer(init Initializer) (json.RawMessage, error) {
	for _, known := range initializers {
		if reflect.TypeOf(init) == reflect.TypeOf(known) {
			return formatTyped(init)
		}
	}
	return nil, fmt.Errorf("initializer %T has no name in a file, wanted Normal, He, Xavier or Zero", init)
}

func parseInitializer(raw json.RawMessage) (any, error) {
	return parseTyped(raw, func(name string) (any, error) {
		var names []string
		for _, init := range initializers {
			if TypeName(init) == name {
				return init, nil
			}
			names = append(names, TypeName(init))
		}
		return nil, suggest.Unknown("initializer", name, names)
	}, nil)
}

// parseTyped reads what formatTyped writes. find gives a value of the type of
// that name; the result has the same type. within reads a field that is a list
// of layers.
func parseTyped(raw json.RawMessage, find func(name string) (any, error), within func(json.RawMessage) (any, error)) (any, error) {
	var fields map[string]json.RawMessage
	if err := strictjson.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	var name string
	if err := json.Unmarshal(fields["type"], &name); err != nil {
		return nil, errors.New(`no "type" that is a string`)
	}
	delete(fields, "type")
	sample, err := find(name)
	if err != nil {
		return nil, err
	}
	t := reflect.TypeOf(sample)
	pointer := t.Kind() == reflect.Pointer
	if pointer {
		t = t.Elem()
	}
	value := reflect.New(t)
	read := map[reflect.Type]func(json.RawMessage) (any, error){
		reflect.TypeFor[Initializer](): parseInitializer, reflect.TypeFor[[]Spec](): within,
	}
	for key, raw := range fields {
		field, ok := t.FieldByName(key)
		if !ok || !field.IsExported() || len(field.Index) > 1 {
			return nil, unknownField(name, key, t)
		}
		target := value.Elem().Field(field.Index[0])
		if parse := read[field.Type]; parse != nil {
			v, err := parse(raw)
			if err != nil {
				return nil, fmt.Errorf("%s.%s: %w", name, key, err)
			}
			target.Set(reflect.ValueOf(v))
		} else if err := strictjson.Unmarshal(raw, target.Addr().Interface()); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", name, key, err)
		}
	}
	if pointer {
		return value.Interface(), nil
	}
	return value.Elem().Interface(), nil
}

// unknownField proposes the nearest field for one that the type does not have.
func unknownField(name, key string, t reflect.Type) error {
	var fields []string
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() {
			fields = append(fields, f.Name)
		}
	}
	return suggest.UnknownField(name, key, fields)
}
