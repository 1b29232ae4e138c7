package onnx

import (
	"fmt"
	"slices"

	"tatami/layers"
	"tatami/nn"
)

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
