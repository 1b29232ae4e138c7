// Package onnx writes networks in the format that others run, ONNX, and reads
// theirs. ONNX keeps images as C,H,W; weights are turned on the way.
package onnx

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"tatami/layers"
	"tatami/nn"
)

// The versions that a file says it needs: GELU came with the later ones.
const (
	irUsual, opsetUsual = 8, 17
	irGELU, opsetGELU   = 9, 20
)

// Keys of a model's metadata.
const (
	keyClasses = "classes"
	keyFact    = "fact."
	keyInput   = "preprocessing"
)

const producer = "tatami"

// Export writes a model as ONNX: IR 8 and opset 17, or IR 9 and opset 20 if it
// has a GELU. Images are float32 of batch×C×H×W, plain features batch×n; the
// batch is symbolic. Dropout is left out. The classes' names, as a JSON list,
// and the facts are in metadata_props. Equal models give equal bytes.
//
// A layer that is none of package layers, or that ONNX has no operator for, is
// an error that names it by its position.
func Export(w io.Writer, m *nn.Model) error {
	e := &exporter{opset: opsetUsual}
	in := value{"input", m.Input(), m.Input().H*m.Input().W == 1}
	e.graph.inputs = []valueInfo{info(in)}
	out, err := e.sequence(m.Sequential, "", in)
	if err != nil {
		return err
	}
	if out.name == in.name {
		return errors.New("the network has nothing but dropout, wanted a layer that computes something")
	}
	last := &e.graph.nodes[len(e.graph.nodes)-1]
	last.outputs[0], out.name = "output", "output"
	e.graph.outputs = []valueInfo{info(out)}
	e.graph.name = producer
	file := model{
		ir: irUsual, producer: producer, graph: e.graph, opsets: []opset{{"", e.opset}},
		doc: fmt.Sprintf("A network of tatami: %v in, %v out.", m.Input(), m.Output()),
	}
	if e.opset == opsetGELU {
		file.ir = irGELU
	}
	if len(m.Classes) > 0 {
		if want := m.Output().Size(); len(m.Classes) != want {
			return fmt.Errorf("%d class names, wanted %d", len(m.Classes), want)
		}
		names, err := json.Marshal(m.Classes)
		if err != nil {
			return err
		}
		file.metadata = append(file.metadata, entry{keyClasses, string(names)})
	}
	for _, k := range slices.Sorted(maps.Keys(m.Facts)) {
		file.metadata = append(file.metadata, entry{keyFact + k, m.Facts[k]})
	}
	file.metadata = append(file.metadata, entry{keyInput, "pixels from 0 to 1; nothing is subtracted"}, entry{"doc_string", file.doc})
	_, err = w.Write(file.encode())
	return err
}

// exporter gathers a graph front to back.
type exporter struct {
	graph graph
	opset int64
}

// value is what a node gives: flat is batch×n, else it is batch×C×H×W.
type value struct {
	name  string
	shape nn.Shape
	flat  bool
}

func info(v value) valueInfo {
	dims := []dim{{name: "batch"}}
	if v.flat {
		dims = append(dims, dim{value: int64(v.shape.Size())})
	} else {
		dims = append(dims, dim{value: int64(v.shape.C)}, dim{value: int64(v.shape.H)}, dim{value: int64(v.shape.W)})
	}
	return valueInfo{name: v.name, dtype: typeFloat, known: true, dims: dims}
}

// sequence writes the layers of a network. Their names count what is written,
// without dropout, so that a file read and written again is the same.
func (e *exporter) sequence(s *nn.Sequential, prefix string, x value) (value, error) {
	n := 0
	for i, spec := range s.Specs() {
		spec = plain(spec)
		if leftOut(spec) {
			continue
		}
		n++
		name := fmt.Sprintf("%s%d.%s", prefix, n, strings.ToLower(nn.TypeName(spec)))
		y, err := e.layer(spec, s.Layers()[i], name, x)
		if err != nil {
			return x, fmt.Errorf("%s: %w", s.LayerName(i), err)
		}
		x = y
	}
	return x, nil
}

// plain is a description that a pointer may lead to.
func plain(spec nn.Spec) nn.Spec {
	if v := reflect.ValueOf(spec); v.Kind() == reflect.Pointer && !v.IsNil() {
		if s, ok := v.Elem().Interface().(nn.Spec); ok {
			return s
		}
	}
	return spec
}

// leftOut tells of dropout, which does nothing in inference.
func leftOut(spec nn.Spec) bool {
	d, ok := plain(spec).(layers.Dropout)
	return ok && (!d.Unscaled || d.Ratio == 0)
}

// layer writes the nodes of one layer.
func (e *exporter) layer(spec nn.Spec, l nn.Layer, name string, x value) (value, error) {
	p := l.Params()
	same := value{name, x.shape, x.flat}
	switch s := spec.(type) {
	case layers.ReLU:
		return e.node("Relu", same, x), nil
	case layers.Sigmoid:
		return e.node("Sigmoid", same, x), nil
	case layers.Tanh:
		return e.node("Tanh", same, x), nil
	case layers.LeakyReLU:
		return e.node("LeakyRelu", same, x, float("alpha", cmp.Or(s.Slope, 0.01))), nil
	case layers.GELU:
		e.opset = opsetGELU
		return e.node("Gelu", same, x), nil
	case layers.Softmax:
		return e.node("Softmax", same, x, integer("axis", 1)), nil
	case layers.GlobalAveragePooling:
		x = e.image(x, name)
		return e.node("GlobalAveragePool", value{name, l.OutShape(), false}, x), nil
	case layers.Affine:
		flat := e.flatten(x, name)
		w := e.tensor(name+".weight", p[0].Value, int64(p[0].Value.N), int64(p[0].Value.Size()))
		b := e.tensor(name+".bias", p[1].Value, int64(p[1].Value.C))
		return e.node("Gemm", value{name, l.OutShape(), true}, flat, w, b, integer("transB", 1)), nil
	case layers.Convolution:
		x = e.image(x, name)
		v := p[0].Value
		w := e.tensor(name+".weight", v, int64(v.N), int64(v.C), int64(v.H), int64(v.W))
		b := e.tensor(name+".bias", p[1].Value, int64(p[1].Value.C))
		stride, dilation := cmp.Or(s.Stride, 1), cmp.Or(s.Dilation, 1)
		return e.node("Conv", value{name, l.OutShape(), false}, x, w, b,
			integers("dilations", dilation, dilation), integer("group", cmp.Or(s.Groups, 1)), integers("kernel_shape", v.H, v.W),
			integers("pads", s.Pad+s.PadTop, s.Pad+s.PadLeft, s.Pad+s.PadBottom, s.Pad+s.PadRight),
			integers("strides", stride, cmp.Or(s.StrideW, stride))), nil
	case layers.Pooling:
		x = e.image(x, name)
		stride := cmp.Or(s.Stride, s.Size)
		with := []any{integers("kernel_shape", s.Size, s.Size), integers("pads", s.Pad, s.Pad, s.Pad, s.Pad), integers("strides", stride, stride)}
		op := "MaxPool"
		if s.Average {
			op, with = "AveragePool", append([]any{integer("count_include_pad", 0)}, with...)
		}
		return e.node(op, value{name, l.OutShape(), false}, x, with...), nil
	case layers.BatchNormalization:
		var with []any
		for _, p := range p {
			with = append(with, e.tensor(name+"."+p.Name, p.Value, int64(p.Value.C)))
		}
		with = append(with, float("epsilon", float32(cmp.Or(s.Epsilon, 1e-5))), float("momentum", float32(1-cmp.Or(s.Momentum, 0.1))))
		return e.node("BatchNormalization", same, x, with...), nil
	case layers.Standardize:
		return e.standardize(s, name, x), nil
	case layers.LayerNormalization:
		var with []any
		for _, p := range p {
			dims := []int64{int64(x.shape.C), int64(x.shape.H), int64(x.shape.W)}
			if x.flat {
				dims = []int64{int64(x.shape.Size())}
			}
			with = append(with, e.tensor(name+"."+p.Name, p.Value, dims...))
		}
		with = append(with, integer("axis", 1), float("epsilon", float32(cmp.Or(s.Epsilon, 1e-5))))
		return e.node("LayerNormalization", same, x, with...), nil
	case layers.Dropout:
		return x, errors.New("field Unscaled scales at inference, wanted dropout that leaves it alone")
	case layers.Residual:
		return e.residual(l.(nn.Block), name, x)
	}
	return x, fmt.Errorf("a %T is not exported, wanted a layer of package layers", spec)
}

// residual writes a block and its sum: first the body, then the shortcut. A
// body of nothing but dropout changes places with it, as on the way back.
func (e *exporter) residual(b nn.Block, name string, x value) (value, error) {
	first, second, names := b.Body(), b.Shortcut(), [2]string{"body", "shortcut"}
	if second != nil && !slices.ContainsFunc(first.Specs(), func(s nn.Spec) bool { return !leftOut(s) }) {
		first, second, names = second, nil, [2]string{"shortcut"}
	}
	body, err := e.sequence(first, name+".body.", x)
	if err != nil {
		return x, fmt.Errorf("%s: %w", names[0], err)
	}
	other := x
	if second != nil {
		if other, err = e.sequence(second, name+".shortcut.", x); err != nil {
			return x, fmt.Errorf("%s: %w", names[1], err)
		}
	}
	if body.name == x.name {
		return x, errors.New("the block has nothing but dropout, wanted a layer that computes something")
	}
	if body.flat != other.flat { // of 1×1 pixels
		body, other = e.flatten(body, name+".body"), e.flatten(other, name+".shortcut")
	}
	return e.node("Add", value{name, body.shape, body.flat}, body, other), nil
}

// flatten gives plain features, in the order C,H,W.
func (e *exporter) flatten(x value, name string) value {
	if x.flat {
		return x
	}
	return e.node("Flatten", value{name + ".flatten", x.shape, true}, x, integer("axis", 1))
}

// image gives plain features as an image of one pixel.
func (e *exporter) image(x value, name string) value {
	if !x.flat {
		return x
	}
	shape := tensor{name: name + ".shape", dims: []int64{4}, dtype: typeInt64}
	for _, n := range []int{-1, x.shape.C, 1, 1} {
		shape.raw = binary.LittleEndian.AppendUint64(shape.raw, uint64(n))
	}
	e.graph.tensors = append(e.graph.tensors, shape)
	return e.node("Reshape", value{name + ".image", x.shape, false}, x, shape.name)
}

// node adds one: with are further inputs, by name, and attributes.
func (e *exporter) node(op string, y, x value, with ...any) value {
	n := node{name: y.name, op: op, inputs: []string{x.name}, outputs: []string{y.name}}
	for _, w := range with {
		switch w := w.(type) {
		case value:
			n.inputs = append(n.inputs, w.name)
		case string:
			n.inputs = append(n.inputs, w)
		case attribute:
			n.attributes = append(n.attributes, w)
		}
	}
	e.graph.nodes = append(e.graph.nodes, n)
	return y
}

// tensor adds a parameter, its channels before its pixels, and gives its name.
func (e *exporter) tensor(name string, v *nn.Tensor, dims ...int64) string {
	t := tensor{name: name, dims: dims, dtype: typeFloat, raw: make([]byte, 0, 4*len(v.Data))}
	pixels := v.H * v.W
	for n := range v.N {
		sample := v.Sample(n)
		for c := range v.C {
			for q := range pixels {
				t.raw = binary.LittleEndian.AppendUint32(t.raw, math.Float32bits(sample[q*v.C+c]))
			}
		}
	}
	e.graph.tensors = append(e.graph.tensors, t)
	return name
}

func float(name string, v float32) attribute { return attribute{name: name, kind: kindFloat, f: v} }

func integer(name string, v int) attribute {
	return attribute{name: name, kind: kindInt, i: int64(v)}
}

func integers(name string, vs ...int) attribute {
	a := attribute{name: name, kind: kindInts}
	for _, v := range vs {
		a.ints = append(a.ints, int64(v))
	}
	return a
}
