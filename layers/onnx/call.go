package onnx

import (
	"fmt"
	"slices"
	"strconv"
)

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
