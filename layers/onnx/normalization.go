package onnx

import (
	"fmt"
	"strconv"

	"tatami/layers"
)

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
