// Package typedjson writes structs that stand behind an interface as JSON
// objects that begin with the name of their type, and reads them back:
//
//	{"type":"Convolution","Filters":30,"Kernel":5}
//
// Fields at their zero value are left out. A field may be an interface, or a
// list of one, that the codec knows.
package typedjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"tatami/internal/strictjson"
	"tatami/internal/suggest"
)

// Name is the name of v's type without its package.
func Name(v any) string {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// Kind is an interface and the types that a text may name for it.
type Kind struct {
	Name  string         // in errors: layer
	Types map[string]any // a value of each type, by its name
	Open  bool           // types beside these are written: another reader knows them
	Most  int            // values in a text; 0: as many as there are
	// Unknown words a name that none of the types has.
	Unknown func(name string, known []string) error
}

// NewKind is a kind of the given types.
func NewKind[I any](name string, types map[string]I) Kind {
	k := Kind{Name: name, Types: map[string]any{}}
	for n, t := range types {
		k.Types[n] = t
	}
	k.Unknown = func(wrong string, known []string) error { return suggest.Unknown(name, wrong, known) }
	return k
}

// Codec is the kinds, by interface.
type Codec map[reflect.Type]Kind

// mostNesting is how deep values may stand in values.
const mostNesting = 16

// Format writes v, a list of an interface that the codec knows or what fields
// may hold.
func (c Codec) Format(v any) (json.RawMessage, error) { return c.format(reflect.ValueOf(v)) }

func (c Codec) format(v reflect.Value) (json.RawMessage, error) {
	t := v.Type()
	if kind, ok := c[t]; ok {
		return c.formatTyped(kind, v.Interface())
	}
	if t.Kind() == reflect.Slice {
		if kind, ok := c[t.Elem()]; ok {
			return c.formatList(kind, v)
		}
	}
	raw, err := json.Marshal(v.Interface())
	if err == nil { // an interface, say, is written and cannot be read
		err = strictjson.Unmarshal(raw, reflect.New(t).Interface())
	}
	return raw, err
}

func (c Codec) formatList(kind Kind, list reflect.Value) (json.RawMessage, error) {
	raws := make([]json.RawMessage, list.Len())
	for i := range raws {
		var err error
		if raws[i], err = c.formatTyped(kind, list.Index(i).Interface()); err != nil {
			return nil, fmt.Errorf("%s %d (%v): %w", kind.Name, i+1, list.Index(i), err)
		}
	}
	return json.Marshal(raws)
}

func (c Codec) formatTyped(kind Kind, v any) (json.RawMessage, error) {
	rv := reflect.Indirect(reflect.ValueOf(v))
	if rv.Kind() != reflect.Struct {
		return nil, fmt.Errorf("type %T is not a struct", v)
	}
	if known := kind.Types[Name(v)]; !kind.Open && reflect.TypeOf(known) != reflect.TypeOf(v) {
		return nil, fmt.Errorf("%s %T has no name in a file, wanted %s", kind.Name, v, strings.Join(kind.names(), ", "))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"type":%q`, Name(v))
	for i := range rv.NumField() {
		field, value := rv.Type().Field(i), rv.Field(i)
		if !field.IsExported() || value.IsZero() {
			continue
		}
		raw, err := c.format(value)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", field.Name, err)
		}
		fmt.Fprintf(&b, ",%q:%s", field.Name, raw)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (k Kind) names() []string { return slices.Sorted(maps.Keys(k.Types)) }

// Parse reads what Format wrote into target, a pointer. Types and fields that
// are not known are errors.
func (c Codec) Parse(raw json.RawMessage, target any) error {
	p := parser{c, map[string]int{}}
	return p.parse(raw, reflect.ValueOf(target).Elem(), 0)
}

// parser counts the values of each kind.
type parser struct {
	Codec
	count map[string]int
}

func (p *parser) parse(raw json.RawMessage, target reflect.Value, nesting int) error {
	t := target.Type()
	if kind, ok := p.Codec[t]; ok {
		return p.parseTyped(kind, raw, target, nesting)
	}
	if t.Kind() == reflect.Slice {
		if kind, ok := p.Codec[t.Elem()]; ok {
			return p.parseList(kind, raw, target, nesting)
		}
	}
	return strictjson.Unmarshal(raw, target.Addr().Interface())
}

func (p *parser) parseList(kind Kind, raw json.RawMessage, target reflect.Value, nesting int) error {
	var raws []json.RawMessage
	if err := strictjson.Unmarshal(raw, &raws); err != nil {
		return err
	}
	p.count[kind.Name] += len(raws)
	if kind.Most > 0 && p.count[kind.Name] > kind.Most {
		return fmt.Errorf("it has more than %d %ss", kind.Most, kind.Name)
	}
	list := reflect.MakeSlice(target.Type(), len(raws), len(raws))
	for i, raw := range raws {
		if err := p.parseTyped(kind, raw, list.Index(i), nesting); err != nil {
			return fmt.Errorf("%s %d: %w", kind.Name, i+1, err)
		}
	}
	target.Set(list)
	return nil
}

func (p *parser) parseTyped(kind Kind, raw json.RawMessage, target reflect.Value, nesting int) error {
	if nesting > mostNesting {
		return fmt.Errorf("%[1]ss within %[1]ss deeper than %[2]d", kind.Name, mostNesting)
	}
	var fields map[string]json.RawMessage
	if err := strictjson.Unmarshal(raw, &fields); err != nil {
		return err
	}
	var name string
	if err := json.Unmarshal(fields["type"], &name); err != nil {
		return errors.New(`no "type" that is a string`)
	}
	delete(fields, "type")
	sample, ok := kind.Types[name]
	if !ok {
		return kind.Unknown(name, kind.names())
	}
	t := reflect.TypeOf(sample)
	pointer := t.Kind() == reflect.Pointer
	if pointer {
		t = t.Elem()
	}
	value := reflect.New(t)
	for key, raw := range fields {
		field, ok := t.FieldByName(key)
		if !ok || !field.IsExported() || len(field.Index) > 1 {
			return suggest.UnknownField(name, key, exported(t))
		}
		if err := p.parse(raw, value.Elem().Field(field.Index[0]), nesting+1); err != nil {
			return fmt.Errorf("%s.%s: %w", name, key, err)
		}
	}
	if !pointer {
		value = value.Elem()
	}
	target.Set(value)
	return nil
}

// exported are the names of the fields that a text may give.
func exported(t reflect.Type) (names []string) {
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && len(f.Index) == 1 {
			names = append(names, f.Name)
		}
	}
	return names
}
