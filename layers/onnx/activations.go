package onnx

import (
	"errors"
	"fmt"
	"math"

	"tatami/layers"
	"tatami/nn"
)

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
