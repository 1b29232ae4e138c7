package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"tatami/layers"
	"tatami/nn"
)

// operators follow a node each. They give the value of its first output, nil
// where that is no value of the network.
var operators = map[string]func(*call) (*flow, error){
	"Relu": always(layers.ReLU{}), "Sigmoid": always(layers.Sigmoid{}), "Tanh": always(layers.Tanh{}),
	"LeakyRelu": leakyRelu, "Gelu": gelu, "Erf": erf, "Div": divide, "Mul": multiply, "Sub": subtract,
	"Softmax": softmax, "LogSoftmax": logSoftmax,
	"Conv": convolution, "MaxPool": maxPool, "AveragePool": averagePool,
	"GlobalAveragePool": globalAveragePool, "ReduceMean": reduceMean,
	"BatchNormalization": batchNormalization, "LayerNormalization": layerNormalization,
	"Gemm": gemm, "MatMul": matMul, "Add": add,
	"Flatten": flatten, "Reshape": reshape, "Squeeze": squeeze, "Transpose": transpose,
	"Identity": identity, "Dropout": dropout, "Cast": cast, "Constant": constant,
	"Pad": pad, "Shape": shape, "Gather": gather, "Unsqueeze": unsqueeze, "Concat": concat,
}

func always(s nn.Spec) func(*call) (*flow, error) {
	return func(c *call) (*flow, error) { return c.pointwise(s) }
}

// call is a node as its operator sees it.
type call struct {
	*importer
	node *node
	used map[string]bool
}

// attribute finds one by name; nil is the operator's default.
func (c *call) attribute(name string, kind int64) (*attribute, error) {
	c.used[name] = true
	for i := range c.node.attributes {
		if a := &c.node.attributes[i]; a.name == name {
			if a.other || a.kind != 0 && a.kind != kind {
				return nil, fmt.Errorf("attribute %s has kind %d, wanted %d", name, a.kind, kind)
			}
			return a, nil
		}
	}
	return nil, nil
}

func (c *call) int(name string, usual int64) (int64, error) {
	a, err := c.attribute(name, kindInt)
	if a == nil {
		return usual, err
	}
	return a.i, nil
}

// only fails unless an attribute has one value, which is its default as well.
func (c *call) only(name string, want int64) error {
	got, err := c.int(name, want)
	if err == nil && got != want {
		err = fmt.Errorf("attribute %s is %d, wanted %d", name, got, want)
	}
	return err
}

// float gives the shortest number that rounds to the attribute.
func (c *call) float(name string, usual float64) (float64, error) {
	a, err := c.attribute(name, kindFloat)
	if a == nil {
		return usual, err
	}
	return strconv.ParseFloat(strconv.FormatFloat(float64(a.f), 'g', -1, 32), 64)
}

func (c *call) text(name, usual string) (string, error) {
	a, err := c.attribute(name, kindString)
	if a == nil {
		return usual, err
	}
	return a.s, nil
}

// ints wants n numbers from least on, where they are given.
func (c *call) ints(name string, n int, least, usual int64) ([]int, error) {
	a, err := c.attribute(name, kindInts)
	if err != nil {
		return nil, err
	}
	list := slices.Repeat([]int{int(usual)}, n)
	if a == nil {
		return list, nil
	}
	if len(a.ints) != n {
		return nil, fmt.Errorf("attribute %s is %v, wanted %d numbers", name, a.ints, n)
	}
	for i, v := range a.ints {
		if v < least || v > 1<<14 {
			return nil, fmt.Errorf("attribute %s is %v, wanted numbers from %d to %d", name, a.ints, least, 1<<14)
		}
		list[i] = int(v)
	}
	return list, nil
}

func (c *call) input(i int) string {
	if i < len(c.node.inputs) {
		return c.node.inputs[i]
	}
	return ""
}

// atMost fails where a node has more inputs than its operator knows.
func (c *call) atMost(n int) error {
	if len(c.node.inputs) > n {
		return fmt.Errorf("has %d inputs, wanted at most %d", len(c.node.inputs), n)
	}
	return nil
}

// any is an input that is a value of the network.
func (c *call) any(i int) (*flow, error) {
	v := c.values[c.input(i)]
	switch {
	case v == nil && c.constants[c.input(i)] != nil:
		return nil, fmt.Errorf("input %q is a constant, wanted a value of the network", c.input(i))
	case v == nil:
		return nil, fmt.Errorf("input %q is given by no node before", c.input(i))
	case v.log:
		return nil, fmt.Errorf("input %q is a LogSoftmax, wanted as the network's end alone", c.input(i))
	}
	return v, nil
}

// x is the first input, with an order of dimensions.
func (c *call) x() (*flow, error) {
	v, err := c.any(0)
	if err != nil {
		return nil, err
	}
	if v.gelu != 0 {
		return nil, fmt.Errorf("input %q is a part of a GELU, wanted a whole one", c.input(0))
	}
	v.settle(v.raw != nil && guess(v.raw))
	return v, nil
}

// image is the first input where that must be batch×C×H×W.
func (c *call) image() (*flow, error) {
	v, err := c.any(0)
	if err != nil {
		return nil, err
	}
	v.settle(false)
	if v, err = c.x(); err != nil {
		return nil, err
	}
	if v.flat || v.last {
		return nil, fmt.Errorf("input is %v, wanted an image of batch×C×H×W", v)
	}
	return v, nil
}

// channels fails where ONNX's dimension 1 is not the channels.
func (v *flow) channels() error {
	if v.flat && v.shape.H*v.shape.W > 1 || !v.flat && v.last {
		return fmt.Errorf("input is %v, wanted one whose dimension 1 is the channels", v)
	}
	return nil
}

// weights is an input of constants. Without a name it is nil.
func (c *call) weights(i int) (*tensor, []float32, error) {
	name := c.input(i)
	if name == "" {
		return nil, nil, nil
	}
	t := c.constants[name]
	if t == nil {
		return nil, nil, fmt.Errorf("input %q is computed, wanted a constant", name)
	}
	values, err := c.floats(t)
	return t, values, err
}

// vector is an input of n constants.
func (c *call) vector(i, n int) ([]float32, error) {
	t, v, err := c.weights(i)
	if err != nil {
		return nil, err
	}
	if t == nil || len(t.dims) != 1 || len(v) != n {
		return nil, fmt.Errorf("input %q, wanted a vector of %d", c.input(i), n)
	}
	return v, nil
}

// list is an input of whole numbers, or none.
func (c *call) list(i int) ([]int64, error) {
	name := c.input(i)
	if v, ok := c.shapes[name]; ok {
		return v, nil
	}
	if t := c.constants[name]; t != nil {
		return c.folder.ints(t)
	}
	return nil, fmt.Errorf("input %q is computed, wanted a constant", name)
}

func (c *call) pointwise(s nn.Spec) (*flow, error) {
	c.used["consumed_inputs"] = true // of opset 6
	x, err := c.x()
	if err != nil {
		return nil, err
	}
	return x.then(&layer{spec: s}, x.shape), c.atMost(1)
}

func leakyRelu(c *call) (*flow, error) {
	alpha, err := c.float("alpha", 0.01)
	switch {
	case err != nil:
		return nil, err
	case alpha == 0:
		return c.pointwise(layers.ReLU{})
	case alpha == 0.01:
		alpha = 0 // the default
	}
	return c.pointwise(layers.LeakyReLU{Slope: float32(alpha)})
}

func gelu(c *call) (*flow, error) {
	kind, err := c.text("approximate", "none")
	if err != nil {
		return nil, err
	}
	if kind != "none" {
		return nil, fmt.Errorf("attribute approximate is %q, wanted \"none\"", kind)
	}
	return c.pointwise(layers.GELU{})
}

// A GELU before opset 20 is x·(1 + erf(x/√2))·½ in five nodes.
type geluStage int

const (
	geluScaled geluStage = iota + 1 // x/√2
	geluErf
	geluSum    // 1 + erf
	geluTwice  // x·(1 + erf)
	geluHalved // x/2
)

// stage is a part of a GELU of x.
func (v *flow) stage(s geluStage) *flow {
	w := v.as(v.flat, v.last)
	w.gelu, w.base = s, v
	if v.gelu != 0 {
		w.base = v.base
	}
	return w
}

// scalar is an input of one constant.
func (c *call) scalar(i int) (float64, bool) {
	t := c.constants[c.input(i)]
	if t == nil {
		return 0, false
	}
	if n, err := t.count(); err != nil || n != 1 {
		return 0, false
	}
	v, err := c.floats(t)
	if err != nil {
		return 0, false
	}
	return float64(v[0]), true
}

var errScale = errors.New("wanted as a part of a GELU alone")

func near(a, b float64) bool { return math.Abs(a-b) < 1e-3 } // float16 has 11 bits

func divide(c *call) (*flow, error) {
	x, err := c.x()
	if err != nil {
		return nil, err
	}
	if by, ok := c.scalar(1); ok && near(by, math.Sqrt2) && !x.centred() {
		return x.stage(geluScaled), nil
	}
	return c.standardize(x)
}

func erf(c *call) (*flow, error) {
	x, err := c.any(0)
	if err == nil && x.gelu != geluScaled {
		err = errScale
	}
	if err != nil {
		return nil, err
	}
	return x.stage(geluErf), nil
}

func multiply(c *call) (*flow, error) {
	for i := range 2 {
		x := c.values[c.input(i)]
		if x == nil || x.log {
			continue
		}
		x.settle(x.raw != nil && guess(x.raw))
		by, ok := c.scalar(1 - i)
		other := c.values[c.input(1-i)]
		switch {
		case ok && x.gelu == geluTwice && near(by, 0.5):
			return x.base.then(&layer{spec: layers.GELU{}}, x.shape), nil
		case ok && x.gelu == 0 && near(by, 0.5):
			return x.stage(geluHalved), nil
		case ok && x.gelu == 0 && near(by, math.Sqrt2/2):
			return x.stage(geluScaled), nil
		case x.gelu == geluSum && other == x.base:
			return x.stage(geluTwice), nil
		case x.gelu == geluSum && other != nil && other.gelu == geluHalved && other.base == x.base:
			return x.base.then(&layer{spec: layers.GELU{}}, x.shape), nil
		}
	}
	return nil, errScale
}

// softmax is over the channels. Before opset 13 it was over all dimensions from
// axis on.
func softmax(c *call) (*flow, error) {
	x, err := c.x()
	if err != nil {
		return nil, err
	}
	rank := int64(4)
	if x.flat {
		rank = 2
	}
	usual := int64(-1)
	if c.opset < 13 {
		usual = 1
	}
	axis, err := c.int("axis", usual)
	if err != nil {
		return nil, err
	}
	want := int64(1)
	if x.last && !x.flat {
		want = 3
	}
	at := axis
	if at < 0 {
		at += rank
	}
	one := x.shape.H*x.shape.W == 1
	if !one && (x.flat || c.opset < 13 && !(x.last && at == 3)) || at != want && !(one && !x.flat && c.opset < 13 && at == 1) {
		return nil, fmt.Errorf("attribute axis is %d for %v, wanted the channels", axis, x)
	}
	return x.then(&layer{spec: layers.Softmax{}}, x.shape), c.atMost(1)
}

func logSoftmax(c *call) (*flow, error) {
	y, err := softmax(c)
	if err == nil {
		y.log = true
	}
	return y, err
}

// windows are the sizes of a convolution or of pooling, in pixels.
type windows struct {
	kernel, stride, dilation [2]int // down and to the side
	before, after            [2]int // pads
	out                      nn.Shape
}

// windows reads the attributes that tell how windows go over x.
func (c *call) windows(x *flow, kernel []int) (w windows, err error) {
	given, err := c.attribute("kernel_shape", kindInts)
	if err != nil {
		return w, err
	}
	if kernel == nil || given != nil {
		wanted := kernel
		if kernel, err = c.ints("kernel_shape", 2, 1, 1); err != nil {
			return w, err
		}
		if given == nil {
			return w, errors.New("attribute kernel_shape is missing")
		}
		if wanted != nil && !slices.Equal(wanted, kernel) {
			return w, fmt.Errorf("attribute kernel_shape is %v, wanted %v as the weights have it", kernel, wanted)
		}
	}
	stride, err := c.ints("strides", 2, 1, 1)
	if err != nil {
		return w, err
	}
	dilation, err := c.ints("dilations", 2, 1, 1)
	if err != nil {
		return w, err
	}
	pads, err := c.ints("pads", 4, 0, 0)
	if err != nil {
		return w, err
	}
	auto, err := c.text("auto_pad", "NOTSET")
	if err != nil {
		return w, err
	}
	ceil, err := c.int("ceil_mode", 0)
	if err != nil {
		return w, err
	}
	var out [2]int
	for i, in := range [2]int{x.shape.H, x.shape.W} {
		w.kernel[i], w.stride[i], w.dilation[i] = kernel[i], stride[i], dilation[i]
		size := (kernel[i]-1)*dilation[i] + 1
		switch auto {
		case "", "NOTSET":
			w.before[i], w.after[i] = pads[i], pads[i+2]
		case "VALID":
		case "SAME_UPPER", "SAME_LOWER":
			all := max(((in+stride[i]-1)/stride[i]-1)*stride[i]+size-in, 0)
			w.before[i], w.after[i] = all/2, all-all/2
			if auto == "SAME_LOWER" {
				w.before[i], w.after[i] = w.after[i], w.before[i]
			}
		default:
			return w, fmt.Errorf("attribute auto_pad is %q, wanted NOTSET, VALID, SAME_UPPER or SAME_LOWER", auto)
		}
		room := in + w.before[i] + w.after[i] - size
		if room < 0 {
			return w, fmt.Errorf("input is %v, smaller than the window of %v", x, kernel)
		}
		out[i] = room/stride[i] + 1
		if ceil != 0 && room%stride[i] != 0 {
			return w, fmt.Errorf("attribute ceil_mode is %d, wanted 0 where windows do not fit the image", ceil)
		}
	}
	w.out = nn.Shape{H: out[0], W: out[1], C: x.shape.C}
	return w, nil
}

func convolution(c *call) (*flow, error) {
	x, err := c.image()
	if err != nil {
		return nil, err
	}
	t, values, err := c.weights(1)
	if err != nil {
		return nil, err
	}
	groups, err := c.int("group", 1)
	if err != nil {
		return nil, err
	}
	in := int64(x.shape.C)
	if t == nil || len(t.dims) != 4 || len(values) == 0 || groups < 1 || groups > in || t.dims[1]*groups != in {
		return nil, fmt.Errorf("weights %q in %d groups for %v, wanted filters×channels/groups×height×width", c.input(1), groups, x)
	}
	if t.dims[2] > 1<<14 || t.dims[3] > 1<<14 {
		return nil, fmt.Errorf("weights have dimensions %v, wanted windows of at most %d", t.dims, 1<<14)
	}
	filters := int(t.dims[0])
	w, err := c.windows(x, []int{int(t.dims[2]), int(t.dims[3])})
	if err != nil {
		return nil, err
	}
	if w.dilation[0] != w.dilation[1] {
		return nil, fmt.Errorf("attribute dilations is %v, wanted two equal numbers", w.dilation)
	}
	bias := make([]float32, filters)
	if c.input(2) != "" {
		if bias, err = c.vector(2, filters); err != nil {
			return nil, err
		}
	}
	pad := min(w.before[0], w.before[1], w.after[0], w.after[1])
	s := layers.Convolution{
		Filters: filters, Kernel: w.kernel[0], Pad: pad,
		PadTop: w.before[0] - pad, PadLeft: w.before[1] - pad, PadBottom: w.after[0] - pad, PadRight: w.after[1] - pad,
	}
	// What is the default stays unsaid.
	if w.kernel[1] != w.kernel[0] {
		s.KernelW = w.kernel[1]
	}
	if w.stride[0] != 1 || w.stride[1] != 1 {
		s.Stride = w.stride[0]
	}
	if w.stride[1] != w.stride[0] {
		s.StrideW = w.stride[1]
	}
	if w.dilation[0] != 1 {
		s.Dilation = w.dilation[0]
	}
	if groups != 1 {
		s.Groups = int(groups)
	}
	w.out.C = filters
	values = turn(values, filters, nn.Shape{H: w.kernel[0], W: w.kernel[1], C: int(t.dims[1])})
	return x.then(&layer{spec: s, params: [][]float32{values, bias}}, w.out), c.atMost(3)
}

// turn makes n samples of C,H,W samples of H,W,C.
func turn(values []float32, n int, s nn.Shape) []float32 {
	turned, pixels := make([]float32, len(values)), s.H*s.W
	for i := range n {
		from, to := values[i*s.Size():], turned[i*s.Size():]
		for c := range s.C {
			for q := range pixels {
				to[q*s.C+c] = from[c*pixels+q]
			}
		}
	}
	return turned
}

func maxPool(c *call) (*flow, error) {
	if err := c.only("storage_order", 0); err != nil {
		return nil, err
	}
	return c.pool(false)
}

func averagePool(c *call) (*flow, error) { return c.pool(true) }

func (c *call) pool(average bool) (*flow, error) {
	x, err := c.image()
	if err != nil {
		return nil, err
	}
	w, err := c.windows(x, nil)
	if err != nil {
		return nil, err
	}
	if w.kernel[0] != w.kernel[1] || w.stride[0] != w.stride[1] {
		return nil, fmt.Errorf("attributes kernel_shape %v and strides %v, wanted square ones", w.kernel, w.stride)
	}
	if w.dilation != [2]int{1, 1} {
		return nil, fmt.Errorf("attribute dilations is %v, wanted 1", w.dilation)
	}
	size, stride, pad := w.kernel[0], w.stride[0], w.before[0]
	fits := func(in, out int) bool { return (in+2*pad-size)/stride+1 == out }
	// Pads behind the last window take no part.
	if w.before[1] != pad || !fits(x.shape.H, w.out.H) || !fits(x.shape.W, w.out.W) || 2*pad > size {
		return nil, fmt.Errorf("attribute pads comes to %v before and %v behind, wanted the same on all sides and at most half of a window", w.before, w.after)
	}
	if average {
		include, err := c.int("count_include_pad", 0)
		if err != nil {
			return nil, err
		}
		if include != 0 && (w.before != [2]int{} || w.after != [2]int{}) {
			return nil, fmt.Errorf("attribute count_include_pad is %d, wanted 0: averages are over the pixels inside the image", include)
		}
	}
	s := layers.Pooling{Size: size, Pad: pad, Average: average}
	if stride != size {
		s.Stride = stride
	}
	return x.then(&layer{spec: s}, w.out), c.atMost(1)
}

func globalAveragePool(c *call) (*flow, error) {
	x, err := c.image()
	if err != nil {
		return nil, err
	}
	return x.then(&layer{spec: layers.GlobalAveragePooling{}}, nn.Features(x.shape.C)), c.atMost(1)
}

// axes are an attribute, or from some opset on an input, counted from 0.
func (c *call) axes(rank int64) ([]int64, error) {
	a, err := c.attribute("axes", kindInts)
	if err != nil {
		return nil, err
	}
	var axes []int64
	switch {
	case a != nil:
		axes = a.ints
	case c.input(1) != "":
		if axes, err = c.list(1); err != nil {
			return nil, err
		}
	}
	axes = slices.Clone(axes)
	for i := range axes {
		if axes[i] < 0 {
			axes[i] += rank
		}
	}
	slices.Sort(axes)
	return axes, nil
}

// pixels fails unless axes are those of height and width.
func (c *call) pixels(x *flow) error {
	axes, err := c.axes(4)
	if err != nil {
		return err
	}
	want := []int64{2, 3}
	if x.last {
		want = []int64{1, 2}
	}
	if x.flat || !slices.Equal(axes, want) {
		return fmt.Errorf("axes are %v for %v, wanted height and width", axes, x)
	}
	return nil
}

func reduceMean(c *call) (*flow, error) {
	x, err := c.x()
	if err != nil {
		return nil, err
	}
	if err := c.pixels(x); err != nil {
		return nil, err
	}
	keep, err := c.int("keepdims", 1)
	if err != nil {
		return nil, err
	}
	if err := c.only("noop_with_empty_axes", 0); err != nil {
		return nil, err
	}
	y := x.then(&layer{spec: layers.GlobalAveragePooling{}}, nn.Features(x.shape.C))
	y.flat = keep == 0
	return y, nil
}

func squeeze(c *call) (*flow, error) {
	x, err := c.x()
	if err != nil {
		return nil, err
	}
	if err := c.pixels(x); err != nil {
		return nil, err
	}
	if x.shape.H*x.shape.W != 1 {
		return nil, fmt.Errorf("input is %v, wanted one pixel", x)
	}
	return x.as(true, false), nil
}

func batchNormalization(c *call) (*flow, error) {
	x, err := c.x()
	if err != nil {
		return nil, err
	}
	c.used["consumed_inputs"], c.used["is_test"] = true, true // of opset 6, for inference
	for name, want := range map[string]int64{"training_mode": 0, "spatial": 1} {
		if err := c.only(name, want); err != nil {
			return nil, err
		}
	}
	if err := x.channels(); err != nil {
		return nil, err
	}
	epsilon, err := c.float("epsilon", 1e-5)
	if err != nil {
		return nil, err
	}
	momentum, err := c.attribute("momentum", kindFloat)
	if err != nil {
		return nil, err
	}
	var s layers.BatchNormalization
	if epsilon != 1e-5 {
		s.Epsilon = epsilon
	}
	if !(epsilon > 0) {
		return nil, fmt.Errorf("attribute epsilon is %g, wanted a positive number", epsilon)
	}
	if momentum != nil {
		s.Momentum = share(momentum.f)
	}
	l := &layer{spec: s}
	for i := range 4 {
		v, err := c.vector(1+i, x.shape.C)
		if err != nil {
			return nil, err
		}
		l.params = append(l.params, v)
	}
	return x.then(l, x.shape), c.atMost(5)
}

// share is the momentum of ONNX, that of the old value, as ours of the new: the
// shortest number that leads back, and 0 for the default or none.
func share(old float32) float64 {
	for digits := 1; digits < 18; digits++ {
		v, _ := strconv.ParseFloat(strconv.FormatFloat(1-float64(old), 'g', digits, 64), 64)
		if float32(1-v) == old {
			if v == 0.1 || !(v > 0 && v <= 1) {
				v = 0
			}
			return v
		}
	}
	return 0
}

// layerNormalization is over all of a sample.
func layerNormalization(c *call) (*flow, error) {
	x, err := c.x()
	if err != nil {
		return nil, err
	}
	c.used["stash_type"] = true
	rank := int64(4)
	if x.flat {
		rank = 2
	}
	axis, err := c.int("axis", -1)
	if err != nil {
		return nil, err
	}
	if axis != 1 && axis != 1-rank {
		return nil, fmt.Errorf("attribute axis is %d, wanted 1: the whole of a sample", axis)
	}
	epsilon, err := c.float("epsilon", 1e-5)
	if err != nil {
		return nil, err
	}
	if !(epsilon > 0) {
		return nil, fmt.Errorf("attribute epsilon is %g, wanted a positive number", epsilon)
	}
	var s layers.LayerNormalization
	if epsilon != 1e-5 {
		s.Epsilon = epsilon
	}
	l := &layer{spec: s}
	for i := range 2 {
		values := make([]float32, x.shape.Size())
		if i == 0 || c.input(2) != "" {
			t, v, err := c.weights(1 + i)
			if err != nil {
				return nil, err
			}
			if t == nil || len(t.dims) != int(rank)-1 || len(v) != x.shape.Size() {
				return nil, fmt.Errorf("input %q, wanted one value for each of %v", c.input(1+i), x)
			}
			values = v
			if !x.last {
				values = turn(v, 1, x.shape)
			}
		}
		l.params = append(l.params, values)
	}
	return x.then(l, x.shape), c.atMost(3)
}

func gemm(c *call) (*flow, error) {
	c.used["broadcast"] = true // of opset 6, which C's dimensions tell
	if err := c.only("transA", 0); err != nil {
		return nil, err
	}
	turned, err := c.int("transB", 0)
	if err != nil {
		return nil, err
	}
	alpha, err := c.float("alpha", 1)
	if err != nil {
		return nil, err
	}
	beta, err := c.float("beta", 1)
	if err != nil {
		return nil, err
	}
	y, err := c.affine(turned != 0, float32(alpha))
	if err != nil {
		return nil, err
	}
	if c.input(2) != "" {
		if err := c.addTo(y, 2, float32(beta)); err != nil {
			return nil, err
		}
	}
	return y, c.atMost(3)
}

func matMul(c *call) (*flow, error) {
	y, err := c.affine(false, 1)
	if err != nil {
		return nil, err
	}
	return y, c.atMost(2)
}

// affine multiplies plain features by the second input, whose rows or columns
// are the units.
func (c *call) affine(rows bool, factor float32) (*flow, error) {
	x, err := c.x()
	if err != nil {
		return nil, err
	}
	if !x.flat {
		return nil, fmt.Errorf("input is %v, wanted plain features", x)
	}
	t, v, err := c.weights(1)
	if err != nil {
		return nil, err
	}
	in := x.shape.Size()
	if t == nil || len(t.dims) != 2 || len(v) == 0 || len(v)%in != 0 || int(t.dims[1]) != in && rows || int(t.dims[0]) != in && !rows {
		return nil, fmt.Errorf("weights %q, wanted a matrix for %v", c.input(1), x)
	}
	units := len(v) / in
	w := slices.Clone(v)
	if !rows {
		for i := range in {
			for j := range units {
				w[j*in+i] = v[i*units+j]
			}
		}
	}
	if factor != 1 {
		for i := range w {
			w[i] *= factor
		}
	}
	if !x.last {
		w = turn(w, units, x.shape)
	}
	y := x.then(&layer{spec: layers.Affine{Units: units}, params: [][]float32{w, make([]float32, units)}}, nn.Features(units))
	y.last = false
	return y, nil
}

// addTo adds an input's constants, one or as many as channels, to the bias of
// the layer that gives y.
func (c *call) addTo(y *flow, i int, factor float32) error {
	t, v, err := c.weights(i)
	if err != nil {
		return err
	}
	if y.layer == nil || len(y.layer.params) != 2 {
		return fmt.Errorf("constant %q is added to a layer without a bias, wanted a convolution or an affine layer", c.input(i))
	}
	// Where the channels are among y's dimensions, counted from the last.
	at := 0
	if !y.flat && !y.last {
		at = 2
	}
	channels := y.shape.C
	for k, d := range t.dims {
		fromLast := len(t.dims) - 1 - k
		if d != 1 && (fromLast != at || int(d) != channels) {
			return fmt.Errorf("constant %q has dimensions %v, wanted one value, or %d for the channels of %v", c.input(i), t.dims, channels, y)
		}
	}
	bias := slices.Clone(y.layer.params[1])
	for k := range bias {
		bias[k] += factor * v[k%len(v)]
	}
	l := *y.layer
	l.taken = false
	l.params = [][]float32{y.layer.params[0], bias}
	y.layer = &l
	return nil
}

// add adds a bias, or closes a residual block.
func add(c *call) (*flow, error) {
	c.used["consumed_inputs"] = true
	if len(c.node.inputs) != 2 {
		return nil, fmt.Errorf("has %d inputs, wanted 2", len(c.node.inputs))
	}
	for i := range 2 {
		if c.constants[c.input(i)] == nil {
			continue
		}
		x, err := c.any(1 - i)
		if err != nil {
			return nil, err
		}
		if one, ok := c.scalar(i); ok && x.gelu == geluErf && near(one, 1) {
			return x.stage(geluSum), nil
		}
		if x.gelu != 0 {
			return nil, errScale
		}
		if x.layer != nil && x.layer.taken {
			return nil, fmt.Errorf("layer %v has a place in two branches, wanted in one", x.layer.spec)
		}
		y := *x
		if err := c.addTo(&y, i, 1); err != nil {
			return nil, err
		}
		x.layer.taken = true // what it was without the bias
		return &y, nil
	}
	var branches [2]*flow
	for i := range branches {
		v, err := c.any(i)
		if err != nil {
			return nil, err
		}
		if v.gelu != 0 {
			return nil, errScale
		}
		v.settle(v.raw != nil && guess(v.raw))
		branches[i] = v
	}
	return block(branches[0], branches[1])
}

// mostNested is how deep blocks may stand in blocks, as in tatami's own files.
const mostNested = 16

// block is the sum of two branches from one value: the first is the body unless
// nothing is in it.
func block(body, shortcut *flow) (*flow, error) {
	if body.shape != shortcut.shape || body.flat != shortcut.flat || body.last != shortcut.last && !(body.flat && body.plain()) {
		return nil, fmt.Errorf("adds %v and %v, wanted the same", body, shortcut)
	}
	a, b := body, shortcut
	for a != b {
		if a == nil || b == nil {
			return nil, errors.New("the branches do not come from one value")
		}
		if a.steps >= b.steps {
			a = a.from
		} else {
			b = b.from
		}
	}
	var lists [2][]*layer
	for i, v := range []*flow{body, shortcut} {
		list, err := between(a, v)
		if err != nil {
			return nil, err
		}
		lists[i] = list
	}
	if len(lists[0]) == 0 {
		lists[0], lists[1] = lists[1], nil
	}
	if len(lists[0]) == 0 {
		return nil, errors.New("adds a value to itself, wanted a layer in one of the branches")
	}
	l := &layer{}
	var specs [2][]nn.Spec
	for i, list := range lists {
		for _, inner := range list {
			specs[i], l.params = append(specs[i], inner.spec), append(l.params, inner.params...)
			l.nested = max(l.nested, inner.nested+1)
		}
	}
	if l.nested > mostNested {
		return nil, fmt.Errorf("blocks within blocks deeper than %d", mostNested)
	}
	l.spec = layers.Residual{Body: specs[0], Shortcut: specs[1]}
	return &flow{from: a, layer: l, steps: a.steps + 1, shape: body.shape, flat: body.flat, last: body.last}, nil
}

func flatten(c *call) (*flow, error) {
	x, err := c.x()
	if err != nil {
		return nil, err
	}
	axis, err := c.int("axis", 1)
	if err != nil {
		return nil, err
	}
	if axis != 1 && !(axis == -3 && !x.flat || axis == -1 && x.flat) {
		return nil, fmt.Errorf("attribute axis is %d, wanted 1", axis)
	}
	return x.as(true, x.last), c.atMost(1)
}

// openBatch is the batch among the numbers that Shape gives.
const openBatch = math.MinInt64

// dims are those of a value, without the batch.
func (v *flow) dims() []int64 {
	h, w, c := int64(v.shape.H), int64(v.shape.W), int64(v.shape.C)
	switch {
	case v.flat:
		return []int64{h * w * c}
	case v.last:
		return []int64{h, w, c}
	}
	return []int64{c, h, w}
}

func reshape(c *call) (*flow, error) {
	x, err := c.x()
	if err != nil {
		return nil, err
	}
	if err := c.only("allowzero", 0); err != nil {
		return nil, err
	}
	target, err := c.list(1)
	if err != nil {
		return nil, err
	}
	fail := fmt.Errorf("shape %v for %v, wanted plain features or an image of the same batch", target, x)
	old, size := x.dims(), int64(x.shape.Size())
	dims := slices.Clone(target)
	if len(dims) != 2 && len(dims) != 4 {
		return nil, fail
	}
	open, product := -1, int64(1)
	for i, d := range dims {
		switch {
		case d == 0 && i > 0 && i <= len(old):
			dims[i] = old[i-1]
		case i > 0 && d == -1 && open < 0:
			open = i
			continue
		case i > 0 && (d < 1 || d > size):
			return nil, fail
		}
		if i > 0 {
			if product *= dims[i]; product > size {
				return nil, fail
			}
		}
	}
	if open > 0 {
		dims[open] = size / product
		product *= dims[open]
	}
	batch := dims[0] == 0 || dims[0] == openBatch || dims[0] == -1 && open < 0 || dims[0] > 0 && dims[0] == c.batch
	if !batch || product != size {
		return nil, fail
	}
	if dims = dims[1:]; len(dims) == 1 {
		return x.as(true, x.last), nil
	}
	// An image: that which was flattened, or the input's as its first reader
	// wants it.
	shape := nn.Shape{H: int(dims[1]), W: int(dims[2]), C: int(dims[0])}
	last := guess(dims)
	if last {
		shape = nn.Shape{H: int(dims[0]), W: int(dims[1]), C: int(dims[2])}
	}
	if x == c.root && x.shape == nn.Features(x.shape.Size()) {
		x.shape, x.last = shape, last
		return x.as(false, last), nil
	}
	for _, last := range []bool{x.last, !x.last} {
		if (last == x.last || x.plain()) && slices.Equal((&flow{shape: x.shape, last: last}).dims(), dims) {
			return x.as(false, last), nil
		}
	}
	return nil, fail
}

// transpose exchanges the two orders of an image.
func transpose(c *call) (*flow, error) {
	if t := c.constants[c.input(0)]; t != nil {
		return nil, c.turned(t)
	}
	x, err := c.any(0)
	if err != nil {
		return nil, err
	}
	a, err := c.attribute("perm", kindInts)
	if err != nil {
		return nil, err
	}
	var perm []int64
	if a != nil {
		perm = a.ints
	}
	toFirst, toLast := slices.Equal(perm, []int64{0, 3, 1, 2}), slices.Equal(perm, []int64{0, 2, 3, 1})
	x.settle(toFirst)
	if x.gelu != 0 || x.flat || !(toFirst && x.last || toLast && !x.last) {
		return nil, fmt.Errorf("attribute perm is %v for %v, wanted 0,3,1,2 from batch×H×W×C or 0,2,3,1 to it", perm, x)
	}
	return x.as(false, toLast), nil
}

// turned is a constant matrix with rows and columns exchanged, as PyTorch has
// the weights of an affine layer without biases.
func (c *call) turned(t *tensor) error {
	a, err := c.attribute("perm", kindInts)
	if err != nil {
		return err
	}
	if len(t.dims) != 2 || a != nil && !slices.Equal(a.ints, []int64{1, 0}) {
		return fmt.Errorf("constant %q has dimensions %v, wanted a matrix whose rows and columns are exchanged", c.input(0), t.dims)
	}
	v, err := c.floats(t)
	if err != nil {
		return err
	}
	rows, columns := int(t.dims[0]), int(t.dims[1])
	v = turn(v, 1, nn.Shape{H: 1, W: columns, C: rows})
	c.constants[c.node.outputs[0]] = &tensor{name: t.name, dtype: typeFloat, dims: []int64{t.dims[1], t.dims[0]}, raw: float32Bytes(v...)}
	return nil
}

func identity(c *call) (*flow, error) {
	if t := c.constants[c.input(0)]; t != nil {
		c.constants[c.node.outputs[0]] = t
		return nil, nil
	}
	if v := c.values[c.input(0)]; v != nil {
		return v, nil
	}
	return c.any(0)
}

// pad adds nothing: PyTorch writes one before every average that counts padding.
func pad(c *call) (*flow, error) {
	a, err := c.attribute("pads", kindInts)
	if err != nil {
		return nil, err
	}
	c.used["mode"], c.used["value"] = true, true
	var pads []int64
	if a != nil {
		pads = a.ints
	} else if pads, err = c.list(1); err != nil {
		return nil, err
	}
	for _, n := range pads {
		if n != 0 {
			return nil, fmt.Errorf("pads are %v, wanted 0: layers have their own", pads)
		}
	}
	return c.any(0)
}

// dropout does nothing in inference. Its mask is no value of a network.
func dropout(c *call) (*flow, error) {
	for _, name := range []string{"ratio", "seed", "is_test", "consumed_inputs"} {
		c.used[name] = true
	}
	if name := c.input(2); name != "" {
		t := c.constants[name]
		if t == nil || len(t.raw)+len(t.int32s) != 1 || len(t.raw) == 1 && t.raw[0] != 0 || len(t.int32s) == 1 && t.int32s[0] != 0 {
			return nil, fmt.Errorf("input training_mode is %q, wanted the constant false", name)
		}
	}
	return c.any(0)
}

// cast changes the type of numbers, which are all float32 here.
func cast(c *call) (*flow, error) {
	to, err := c.int("to", 0)
	if err != nil {
		return nil, err
	}
	if v, ok := c.shapes[c.input(0)]; ok && (to == typeInt64 || to == typeInt32) {
		c.shapes[c.node.outputs[0]] = v
		return nil, nil
	}
	if to != typeFloat && to != typeFloat16 && to != typeDouble {
		return nil, fmt.Errorf("attribute to is %s, wanted float, double or float16", typeName(to))
	}
	return identity(c)
}

func constant(c *call) (*flow, error) {
	if len(c.node.attributes) != 1 {
		return nil, fmt.Errorf("has %d attributes, wanted one", len(c.node.attributes))
	}
	a := c.node.attributes[0]
	c.used[a.name] = true
	t := &tensor{name: c.node.outputs[0], dtype: typeFloat}
	switch {
	case a.name == "value" && a.t != nil:
		t = a.t
	case a.name == "value_float":
		t.raw = float32Bytes(a.f)
	case a.name == "value_floats":
		t.dims, t.raw = []int64{int64(len(a.floats))}, float32Bytes(a.floats...)
	case a.name == "value_int":
		t.dtype, t.int64s = typeInt64, []int64{a.i}
	case a.name == "value_ints":
		t.dtype, t.dims, t.int64s = typeInt64, []int64{int64(len(a.ints))}, a.ints
	default:
		return nil, fmt.Errorf("attribute %s is not supported, wanted a tensor or numbers", a.name)
	}
	c.constants[c.node.outputs[0]] = t
	return nil, nil
}

// The numbers that PyTorch makes of a shape, to reshape by them: view(x.size(0),
// -1).

func shape(c *call) (*flow, error) {
	x, err := c.x()
	if err != nil {
		return nil, err
	}
	c.shapes[c.node.outputs[0]] = append([]int64{openBatch}, x.dims()...)
	return nil, nil
}

func gather(c *call) (*flow, error) {
	if err := c.only("axis", 0); err != nil {
		return nil, err
	}
	list, err := c.list(0)
	if err != nil {
		return nil, err
	}
	at, err := c.list(1)
	if err != nil {
		return nil, err
	}
	var out []int64
	for _, i := range at {
		if i < 0 {
			i += int64(len(list))
		}
		if i < 0 || i >= int64(len(list)) {
			return nil, fmt.Errorf("index %d of %d numbers", i, len(list))
		}
		out = append(out, list[i])
	}
	c.shapes[c.node.outputs[0]] = out
	return nil, nil
}

func unsqueeze(c *call) (*flow, error) {
	list, err := c.list(0)
	if err != nil {
		return nil, err
	}
	axes, err := c.axes(1)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 || !slices.Equal(axes, []int64{0}) {
		return nil, fmt.Errorf("axes are %v for %d numbers, wanted 0 for one", axes, len(list))
	}
	c.shapes[c.node.outputs[0]] = list
	return nil, nil
}

func concat(c *call) (*flow, error) {
	if err := c.only("axis", 0); err != nil {
		return nil, err
	}
	var out []int64
	for i := range c.node.inputs {
		list, err := c.list(i)
		if err != nil {
			return nil, err
		}
		if out = append(out, list...); len(out) > 16 {
			return nil, errors.New("gives more than 16 numbers")
		}
	}
	c.shapes[c.node.outputs[0]] = out
	return nil, nil
}
