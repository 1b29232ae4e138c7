package onnx

import (
	"errors"
	"fmt"

	"tatami/layers"
	"tatami/nn"
)

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
