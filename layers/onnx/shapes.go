package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"tatami/nn"
)

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
