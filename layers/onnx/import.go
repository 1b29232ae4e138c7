package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"

	"tatami/internal/files"
	"tatami/layers"
	"tatami/nn"
)

// The opsets that are read. Before 11 the operators differ in attributes that
// are checked like all others.
const opsetLeast, opsetMost = 1, 20

// mostFile is the size of a file that protobuf allows.
const mostFile = 2<<30 - 1

// Import reads a network from an ONNX file, and from those beside it if its
// tensors are in other files; nothing outside of fsys is opened. What it takes
// is what Export writes, and the sequential and residual convolutional networks
// of PyTorch, of Keras by tf2onnx and of the tools of onnxruntime: opsets up to
// 20, tensors of float, double and float16. Whatever else is in the file is an
// error that names the node, its operator and the attribute.
//
// A network of 28×28×1 inputs and ten outputs whose file names no classes
// counts as one of digits. Inputs are taken to be from 0 to 1. A LogSoftmax at
// the end becomes a Softmax.
func Import(fsys fs.FS, name string) (*nn.Model, error) {
	m, err := read(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

func read(fsys fs.FS, name string) (*nn.Model, error) {
	f, info, err := open(fsys, name)
	if err != nil {
		return nil, files.Cause(err)
	}
	defer f.Close()
	if info.Size() > mostFile {
		return nil, fmt.Errorf("has %d bytes, wanted at most %d", info.Size(), mostFile)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, err
	}
	var m model
	if err := walk(data, m.read); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	im := &importer{
		folder: folder{fsys: fsys, dir: path.Dir(name), sizes: map[string]int64{"": info.Size()}}, constants: map[string]*tensor{}, values: map[string]*flow{},
		shapes: map[string][]int64{}, own: m.producer == producer, opset: m.opsets[slices.IndexFunc(m.opsets, opset.ours)].version,
	}
	out, err := im.run(&m.graph)
	if err != nil {
		return nil, err
	}
	net, err := im.network(out)
	if err != nil {
		return nil, err
	}
	return m.describe(net, name)
}

func (o opset) ours() bool { return o.domain == "" || o.domain == "ai.onnx" }

// check refuses a file as a whole.
func (m *model) check() error {
	i := slices.IndexFunc(m.opsets, opset.ours)
	switch {
	case m.ir == 0 || len(m.graph.nodes) == 0:
		return errors.New("not an ONNX file: no IR version, or no nodes")
	case i < 0:
		return errors.New("not an ONNX file: it names no opset")
	case m.opsets[i].version < opsetLeast || m.opsets[i].version > opsetMost:
		return fmt.Errorf("opset %d, wanted at most %d and at least %d", m.opsets[i].version, opsetMost, opsetLeast)
	case m.functions > 0:
		return errors.New("the file has functions of its own, wanted operators alone")
	case m.graph.sparse > 0:
		return errors.New("the file has sparse tensors, wanted dense ones")
	}
	return nil
}

// describe adds what a model has besides its network.
func (m *model) describe(net *nn.Sequential, name string) (*nn.Model, error) {
	model := &nn.Model{Sequential: net, Facts: map[string]string{}}
	for _, e := range m.metadata {
		if e.key == keyClasses && m.producer == producer {
			if err := json.Unmarshal([]byte(e.value), &model.Classes); err != nil {
				return nil, fmt.Errorf("metadata %q: %w", e.key, err)
			}
			if want := net.Output().Size(); len(model.Classes) != want {
				return nil, fmt.Errorf("metadata %q names %d classes, wanted %d", e.key, len(model.Classes), want)
			}
		}
		if k, ok := strings.CutPrefix(e.key, keyFact); ok && m.producer == producer {
			model.Facts[k] = e.value
		}
	}
	if m.producer == producer {
		return model, nil
	}
	model.Facts["imported"] = path.Base(name)
	if net.Input() == (nn.Shape{H: 28, W: 28, C: 1}) && net.Output() == nn.Features(10) {
		model.Classes = strings.Split("0123456789", "")
	}
	return model, nil
}

// importer follows the values of a graph from its input on.
type importer struct {
	folder
	opset     int64
	constants map[string]*tensor
	values    map[string]*flow
	shapes    map[string][]int64 // whole numbers made of dimensions
	root      *flow
	batch     int64 // 0: not known
	own       bool  // a file of tatami
}

// layer is a layer with its parameters, in the order of [nn.Layer.Params].
type layer struct {
	spec   nn.Spec
	params [][]float32
	nested int  // layers within layers
	taken  bool // by a block or the network: a layer has one place
}

// flow is a value of the graph: what a layer gives, and from what it came.
// The last is the network's input.
type flow struct {
	from  *flow
	layer *layer
	steps int // from the input

	shape nn.Shape
	// How ONNX has it: plain features, or an image; the order of the values of
	// either, H,W,C or C,H,W.
	flat, last bool
	// raw dimensions of an input whose order its first reader will tell.
	raw  []int64
	log  bool      // the logarithm of its layer's output
	gelu geluStage // of a GELU in several nodes
	base *flow     // what that is of
}

// then is what another layer makes of a value.
func (v *flow) then(l *layer, shape nn.Shape) *flow {
	return &flow{from: v, layer: l, steps: v.steps + 1, shape: shape, flat: v.flat, last: v.last}
}

// as is the same value seen another way.
func (v *flow) as(flat, last bool) *flow {
	return &flow{from: v, steps: v.steps + 1, shape: v.shape, flat: flat, last: last}
}

// plain tells that the order of the values makes no difference.
func (v *flow) plain() bool { return v.shape.C == 1 || v.shape.H*v.shape.W == 1 }

func (v *flow) String() string {
	text := "an image"
	if v.flat {
		text = "plain features"
	}
	return fmt.Sprintf("%s of %v", text, v.shape)
}

// run reads the nodes, which stand in the order of their work, and gives the
// output's value.
func (im *importer) run(g *graph) (*flow, error) {
	for i := range g.tensors {
		t := &g.tensors[i]
		if im.constants[t.name] != nil {
			return nil, fmt.Errorf("initializer %q is there twice", t.name)
		}
		im.constants[t.name] = t
	}
	var inputs, outputs []string
	for _, in := range g.inputs {
		if im.constants[in.name] == nil {
			inputs = append(inputs, in.name)
			if err := im.input(in); err != nil {
				return nil, fmt.Errorf("input %q: %w", in.name, err)
			}
		}
	}
	for _, out := range g.outputs {
		outputs = append(outputs, out.name)
	}
	if len(inputs) != 1 || len(outputs) != 1 {
		return nil, fmt.Errorf("inputs %q and outputs %q, wanted one of each", inputs, outputs)
	}
	for i := range g.nodes {
		if err := im.node(&g.nodes[i]); err != nil {
			return nil, fmt.Errorf("node %d %q (%s): %w", i+1, g.nodes[i].name, g.nodes[i].op, err)
		}
	}
	out := im.values[outputs[0]]
	if out == nil {
		return nil, fmt.Errorf("output %q is given by no layer", outputs[0])
	}
	return out, nil
}

// input begins the network.
func (im *importer) input(v valueInfo) error {
	if v.dtype != typeFloat && v.dtype != typeFloat16 && v.dtype != typeDouble {
		return fmt.Errorf("is %s, wanted float, double or float16", typeName(v.dtype))
	}
	if !v.known || len(v.dims) < 2 || len(v.dims) > 4 {
		return fmt.Errorf("has %d dimensions, wanted batch×C×H×W, batch×H×W or batch×features", len(v.dims))
	}
	im.batch = v.dims[0].value
	var dims []int64
	size := int64(1)
	for i, d := range v.dims[1:] {
		if d.value < 1 || d.value > mostValues || size*d.value > mostValues {
			return fmt.Errorf("dimension %d is %d%s, wanted a number: only the batch may be open", i+2, d.value, d.name)
		}
		dims, size = append(dims, d.value), size*d.value
	}
	im.root = &flow{}
	switch len(dims) {
	case 3:
		im.root.raw = dims
	case 2:
		im.root.shape, im.root.flat = nn.Shape{H: int(dims[0]), W: int(dims[1]), C: 1}, true
	default:
		im.root.shape, im.root.flat = nn.Features(int(dims[0])), true
	}
	im.values[v.name] = im.root
	return nil
}

// settle fixes the order of an input's dimensions.
func (v *flow) settle(last bool) {
	if d := v.raw; d != nil {
		v.shape, v.last, v.raw = nn.Shape{H: int(d[1]), W: int(d[2]), C: int(d[0])}, last, nil
		if last {
			v.shape = nn.Shape{H: int(d[0]), W: int(d[1]), C: int(d[2])}
		}
	}
}

// guess is the order of dimensions that nothing else tells: channels are few.
func guess(d []int64) (last bool) {
	few := func(n int64) bool { return n == 1 || n == 3 }
	return few(d[2]) && !few(d[0])
}

// node follows one node.
func (im *importer) node(n *node) error {
	if n.domain != "" && n.domain != "ai.onnx" {
		return fmt.Errorf("domain %q, wanted ONNX's own", n.domain)
	}
	if len(n.outputs) == 0 || n.outputs[0] == "" {
		return errors.New("gives nothing")
	}
	for _, name := range n.outputs {
		if im.values[name] != nil || im.constants[name] != nil || im.shapes[name] != nil {
			return fmt.Errorf("output %q is there already", name)
		}
	}
	operator, ok := operators[n.op]
	if !ok {
		return fmt.Errorf("operator is not supported, wanted one of %s", strings.Join(slices.Sorted(maps.Keys(operators)), ", "))
	}
	c := &call{importer: im, node: n, used: map[string]bool{}}
	v, err := operator(c)
	if err != nil {
		return err
	}
	for _, a := range n.attributes {
		if !c.used[a.name] {
			return fmt.Errorf("attribute %s is not supported", a.name)
		}
	}
	if v != nil {
		im.values[n.outputs[0]] = v
	}
	return nil
}

// network builds what leads from the input to a value.
func (im *importer) network(out *flow) (*nn.Sequential, error) {
	if out.gelu != 0 {
		return nil, errors.New("the output is a part of a GELU")
	}
	list, err := between(nil, out)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("the network has no layers")
	}
	im.root.settle(im.root.raw != nil && guess(im.root.raw))
	in := im.root.shape
	if _, ok := list[0].spec.(layers.Affine); ok && in == nn.Features(28*28) && out.shape == nn.Features(10) && !im.own {
		in = nn.Shape{H: 28, W: 28, C: 1} // digits, row after row
	}
	var specs []nn.Spec
	var values [][]float32
	for _, l := range list {
		specs, values = append(specs, l.spec), append(values, l.params...)
	}
	net, err := nn.NewSequential(in, rand.New(new(nn.Stream)), specs...) // its weights are overwritten
	if err != nil {
		return nil, err
	}
	params := net.Params()
	if len(params) != len(values) || net.Output() != out.shape {
		return nil, fmt.Errorf("the network gives %v of %d parameters, the file %v of %d", net.Output(), len(params), out.shape, len(values))
	}
	for i, p := range params {
		if len(p.Value.Data) != len(values[i]) {
			return nil, fmt.Errorf("parameter %d has %d values, wanted %d", i+1, len(values[i]), len(p.Value.Data))
		}
		copy(p.Value.Data, values[i])
	}
	return net, nil
}

// between lists the layers from one value to another, front to back, and takes
// them. From nil it is those from the input.
func between(from, to *flow) ([]*layer, error) {
	var list []*layer
	for v := to; v != from; v = v.from {
		if v == nil {
			return nil, errors.New("the branches do not come from one value")
		}
		if v.layer == nil {
			continue
		}
		if v.layer.taken {
			return nil, fmt.Errorf("layer %v has a place in two branches, wanted in one", v.layer.spec)
		}
		v.layer.taken = true
		list = append(list, v.layer)
	}
	slices.Reverse(list)
	return list, nil
}
