package onnx

import (
	"fmt"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// The messages of ONNX (onnx.proto of its version 1.12), as far as networks
// need them. They are written by hand: of two generated copies in one program
// the second panics when it registers its names.

type model struct {
	ir        int64
	producer  string
	version   string
	doc       string
	graph     graph
	opsets    []opset
	metadata  []entry
	functions int
}

type opset struct {
	domain  string
	version int64
}

type entry struct{ key, value string }

type graph struct {
	name            string
	nodes           []node
	tensors         []tensor // initializers
	sparse          int
	inputs, outputs []valueInfo
}

type node struct {
	name, op, domain string
	inputs, outputs  []string
	attributes       []attribute
}

type attribute struct {
	name   string
	kind   int64
	f      float32
	i      int64
	s      string
	t      *tensor
	floats []float32
	ints   []int64
	other  bool // graphs, strings and what else no operator of ours has
}

// Kinds of attributes, of onnx.proto's AttributeType.
const (
	kindFloat  = 1
	kindInt    = 2
	kindString = 3
	kindInts   = 7
)

type tensor struct {
	name     string
	dims     []int64
	dtype    int64
	raw      []byte
	floats   []byte // packed or not: 4 bytes a value
	doubles  []byte // 8 bytes a value
	int32s   []int64
	int64s   []int64
	external []entry
	location int64
	segment  bool
}

// Types of values, of onnx.proto's DataType.
const (
	typeFloat   = 1
	typeInt32   = 6
	typeInt64   = 7
	typeFloat16 = 10
	typeDouble  = 11
)

type valueInfo struct {
	name  string
	dtype int64
	known bool // whether there is a shape
	dims  []dim
}

// dim is a number, or a name for what is known later; both empty is unknown.
type dim struct {
	value int64
	name  string
}

// field is one of a message: the number or the bytes, as its wire type has it.
type field struct {
	number protowire.Number
	wire   protowire.Type
	n      uint64
	b      []byte
}

// walk calls f for every field of a message. Nothing is copied: bytes are
// slices of the message, so no length can ask for more than there is.
func walk(message []byte, f func(field) error) error {
	for len(message) > 0 {
		var v field
		var n int
		v.number, v.wire, n = protowire.ConsumeTag(message)
		if n < 0 {
			return fmt.Errorf("not an ONNX file, or a damaged one: %w", protowire.ParseError(n))
		}
		message = message[n:]
		switch v.wire {
		case protowire.VarintType:
			v.n, n = protowire.ConsumeVarint(message)
		case protowire.Fixed32Type:
			var w uint32
			w, n = protowire.ConsumeFixed32(message)
			v.n = uint64(w)
		case protowire.Fixed64Type:
			v.n, n = protowire.ConsumeFixed64(message)
		case protowire.BytesType:
			v.b, n = protowire.ConsumeBytes(message)
		default:
			return fmt.Errorf("not an ONNX file, or a damaged one: field %d has wire type %d", v.number, v.wire)
		}
		if n < 0 {
			return fmt.Errorf("not an ONNX file, or cut short: field %d: %w", v.number, protowire.ParseError(n))
		}
		message = message[n:]
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}

// want fails where a field has another wire type than its message says.
func (v field) want(wire protowire.Type) error {
	if v.wire != wire {
		return fmt.Errorf("not an ONNX file, or a damaged one: field %d has wire type %d, wanted %d", v.number, v.wire, wire)
	}
	return nil
}

func (v field) text(to *string) error { *to = string(v.b); return v.want(protowire.BytesType) }
func (v field) int(to *int64) error   { *to = int64(v.n); return v.want(protowire.VarintType) }

// list adds one number, or those of a packed field.
func (v field) list(to *[]int64) error {
	if v.wire != protowire.BytesType {
		*to = append(*to, int64(v.n))
		return v.want(protowire.VarintType)
	}
	for b := v.b; len(b) > 0; {
		n, size := protowire.ConsumeVarint(b)
		if size < 0 {
			return fmt.Errorf("not an ONNX file, or a damaged one: field %d: %w", v.number, protowire.ParseError(size))
		}
		*to = append(*to, int64(n))
		b = b[size:]
	}
	return nil
}

// fixed adds the bytes of numbers of that wire type, packed or one by one.
func (v field) fixed(to *[]byte, wire protowire.Type) error {
	switch {
	case v.wire == protowire.BytesType && *to == nil:
		*to = slices.Clip(v.b) // what is added goes elsewhere
	case v.wire == protowire.BytesType:
		*to = append(*to, v.b...)
	case wire == protowire.Fixed32Type:
		*to = protowire.AppendFixed32(*to, uint32(v.n))
		return v.want(wire)
	default:
		*to = protowire.AppendFixed64(*to, v.n)
		return v.want(wire)
	}
	return nil
}

// message reads an inner message; one that comes twice is the two merged.
func (v field) message(read func(field) error) error {
	if err := v.want(protowire.BytesType); err != nil {
		return err
	}
	return walk(v.b, read)
}

// How many messages of a kind there may be in another: a graph's nodes, and what
// belongs to one of them. An empty message takes two bytes of a file, and far
// more of memory.
const (
	mostMany  = 1 << 16
	mostParts = 64
)

// one reads an inner message into a new element of a list.
func one[T any](v field, list *[]T, most int, read func(*T, field) error) error {
	if len(*list) == most {
		return fmt.Errorf("field %d comes more than %d times", v.number, most)
	}
	var item T
	err := v.message(func(v field) error { return read(&item, v) })
	*list = append(*list, item)
	return err
}

func (m *model) read(v field) error {
	switch v.number {
	case 1:
		return v.int(&m.ir)
	case 2:
		return v.text(&m.producer)
	case 3:
		return v.text(&m.version)
	case 6:
		return v.text(&m.doc)
	case 7:
		return v.message(m.graph.read)
	case 8:
		return one(v, &m.opsets, mostParts, (*opset).read)
	case 14:
		return one(v, &m.metadata, mostMany, (*entry).read)
	case 25:
		m.functions++
	}
	return nil
}

func (o *opset) read(v field) error {
	switch v.number {
	case 1:
		return v.text(&o.domain)
	case 2:
		return v.int(&o.version)
	}
	return nil
}

func (e *entry) read(v field) error {
	switch v.number {
	case 1:
		return v.text(&e.key)
	case 2:
		return v.text(&e.value)
	}
	return nil
}

func (g *graph) read(v field) error {
	switch v.number {
	case 1:
		return one(v, &g.nodes, mostMany, (*node).read)
	case 2:
		return v.text(&g.name)
	case 5:
		return one(v, &g.tensors, mostMany, (*tensor).read)
	case 11:
		return one(v, &g.inputs, mostMany, (*valueInfo).read)
	case 12:
		return one(v, &g.outputs, mostParts, (*valueInfo).read)
	case 15:
		g.sparse++
	}
	return nil
}

func (n *node) read(v field) error {
	switch v.number {
	case 1, 2:
		if err := v.want(protowire.BytesType); err != nil {
			return err
		}
		if len(n.inputs)+len(n.outputs) == mostParts {
			return fmt.Errorf("a node has more than %d inputs and outputs", mostParts)
		}
		if v.number == 1 {
			n.inputs = append(n.inputs, string(v.b))
		} else {
			n.outputs = append(n.outputs, string(v.b))
		}
	case 3:
		return v.text(&n.name)
	case 4:
		return v.text(&n.op)
	case 5:
		return one(v, &n.attributes, mostParts, (*attribute).read)
	case 7:
		return v.text(&n.domain)
	}
	return nil
}

func (a *attribute) read(v field) error {
	switch v.number {
	case 1:
		return v.text(&a.name)
	case 2:
		a.f = math.Float32frombits(uint32(v.n))
		return v.want(protowire.Fixed32Type)
	case 3:
		return v.int(&a.i)
	case 4:
		return v.text(&a.s)
	case 5:
		if a.t == nil {
			a.t = new(tensor)
		}
		return v.message(a.t.read)
	case 7:
		var b []byte
		if err := v.fixed(&b, protowire.Fixed32Type); err != nil {
			return err
		}
		for ; len(b) >= 4; b = b[4:] {
			w, _ := protowire.ConsumeFixed32(b)
			a.floats = append(a.floats, math.Float32frombits(w))
		}
	case 8:
		return v.list(&a.ints)
	case 13: // the doc string
	case 20:
		return v.int(&a.kind)
	default:
		a.other = true
	}
	return nil
}

func (t *tensor) read(v field) error {
	switch v.number {
	case 1:
		return v.list(&t.dims)
	case 2:
		return v.int(&t.dtype)
	case 3:
		t.segment = true
	case 4:
		return v.fixed(&t.floats, protowire.Fixed32Type)
	case 5:
		return v.list(&t.int32s)
	case 7:
		return v.list(&t.int64s)
	case 8:
		return v.text(&t.name)
	case 9:
		t.raw = v.b
		return v.want(protowire.BytesType)
	case 10:
		return v.fixed(&t.doubles, protowire.Fixed64Type)
	case 13:
		return one(v, &t.external, mostParts, (*entry).read)
	case 14:
		return v.int(&t.location)
	}
	return nil
}

func (i *valueInfo) read(v field) error {
	switch v.number {
	case 1:
		return v.text(&i.name)
	case 2:
		return v.message(func(v field) error { // TypeProto
			if v.number != 1 {
				return nil
			}
			return v.message(func(v field) error { // its tensor
				switch v.number {
				case 1:
					return v.int(&i.dtype)
				case 2:
					i.known = true
					return v.message(func(v field) error { // its shape
						if v.number != 1 {
							return nil
						}
						return one(v, &i.dims, mostParts, (*dim).read)
					})
				}
				return nil
			})
		})
	}
	return nil
}

func (d *dim) read(v field) error {
	switch v.number {
	case 1:
		return v.int(&d.value)
	case 2:
		return v.text(&d.name)
	}
	return nil
}

// Writing. Fields come in the order of their numbers, as other writers have
// them.

func putText(b []byte, number protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), s)
}

func putBytes(b []byte, number protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), v)
}

func putInt(b []byte, number protowire.Number, n int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), uint64(n))
}

func (m *model) encode() (b []byte) {
	b = putInt(b, 1, m.ir)
	b = putText(b, 2, m.producer)
	b = putText(b, 6, m.doc)
	b = putBytes(b, 7, m.graph.encode())
	for _, o := range m.opsets {
		b = putBytes(b, 8, putInt(putText(nil, 1, o.domain), 2, o.version))
	}
	for _, e := range m.metadata {
		b = putBytes(b, 14, putText(putText(nil, 1, e.key), 2, e.value))
	}
	return b
}

func (g *graph) encode() (b []byte) {
	for _, n := range g.nodes {
		b = putBytes(b, 1, n.encode())
	}
	b = putText(b, 2, g.name)
	for _, t := range g.tensors {
		b = putBytes(b, 5, t.encode())
	}
	for _, v := range g.inputs {
		b = putBytes(b, 11, v.encode())
	}
	for _, v := range g.outputs {
		b = putBytes(b, 12, v.encode())
	}
	return b
}

func (n *node) encode() (b []byte) {
	for _, s := range n.inputs {
		b = putText(b, 1, s)
	}
	for _, s := range n.outputs {
		b = putText(b, 2, s)
	}
	b = putText(b, 3, n.name)
	b = putText(b, 4, n.op)
	for _, a := range n.attributes {
		b = putBytes(b, 5, a.encode())
	}
	return b
}

func (a *attribute) encode() (b []byte) {
	b = putText(b, 1, a.name)
	switch a.kind {
	case kindFloat:
		b = protowire.AppendFixed32(protowire.AppendTag(b, 2, protowire.Fixed32Type), math.Float32bits(a.f))
	case kindInt:
		b = putInt(b, 3, a.i)
	case kindInts:
		for _, n := range a.ints {
			b = putInt(b, 8, n)
		}
	}
	return putInt(b, 20, a.kind)
}

func (t *tensor) encode() (b []byte) {
	for _, n := range t.dims {
		b = putInt(b, 1, n)
	}
	b = putInt(b, 2, t.dtype)
	b = putText(b, 8, t.name)
	return putBytes(b, 9, t.raw)
}

func (i *valueInfo) encode() (b []byte) {
	var shape []byte
	for _, d := range i.dims {
		if d.name != "" {
			shape = putBytes(shape, 1, putText(nil, 2, d.name))
		} else {
			shape = putBytes(shape, 1, putInt(nil, 1, d.value))
		}
	}
	inner := putBytes(putInt(nil, 1, i.dtype), 2, shape)
	return putBytes(putText(b, 1, i.name), 2, putBytes(nil, 1, inner))
}
