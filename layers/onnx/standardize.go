package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"

	"tatami/layers"
)

// standardize writes a layer as two nodes.
func (e *exporter) standardize(s layers.Standardize, name string, x value) value {
	e.each(name+".mean", s.Mean, x)
	e.each(name+".deviation", s.Deviation, x)
	centred := e.node("Sub", value{name + ".centred", x.shape, x.flat}, x, name+".mean")
	return e.node("Div", value{name, x.shape, x.flat}, centred, name+".deviation")
}

// each adds a constant that has a value for each channel of x.
func (e *exporter) each(name string, values []float64, x value) {
	t := tensor{name: name, dims: []int64{int64(x.shape.C), 1, 1}, dtype: typeFloat}
	n := x.shape.C
	if x.flat { // in the order C,H,W
		n = x.shape.Size()
		t.dims = []int64{int64(n)}
	}
	for i := range n {
		v := values[min(i*x.shape.C/n, len(values)-1)]
		t.raw = binary.LittleEndian.AppendUint32(t.raw, math.Float32bits(float32(v)))
	}
	e.graph.tensors = append(e.graph.tensors, t)
}

// channelwise is a constant input with a value for each channel of x, or one.
func (c *call) channelwise(i int, x *flow) ([]float64, error) {
	t, values, err := c.weights(i)
	if err != nil {
		return nil, err
	}
	wrong := fmt.Errorf("input %q, wanted a constant for each channel of %v, or one", c.input(i), x)
	if t == nil || len(t.dims) > 4 || x.flat && x.shape.H*x.shape.W > 1 && len(values) > 1 {
		return nil, wrong
	}
	if len(values) != 1 {
		from := len(t.dims) - 1 // where the channels stand
		if !x.flat && !x.last {
			from = len(t.dims) - 3
		}
		if len(values) != x.shape.C || from < 0 || t.dims[from] != int64(x.shape.C) {
			return nil, wrong
		}
	}
	var numbers []float64
	for _, v := range values { // the shortest that round to them
		number, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, number)
	}
	return numbers, nil
}

func subtract(c *call) (*flow, error) {
	x, err := c.x()
	if err != nil {
		return nil, err
	}
	mean, err := c.channelwise(1, x)
	if err != nil {
		return nil, err
	}
	return x.then(&layer{spec: layers.Standardize{Mean: mean, Deviation: []float64{1}}}, x.shape), c.atMost(2)
}

// standardize is a division, of what a subtraction gave or of any value.
func (c *call) standardize(x *flow) (*flow, error) {
	deviation, err := c.channelwise(1, x)
	if err != nil {
		return nil, err
	}
	for _, d := range deviation {
		if !(d > 0) {
			return nil, errors.New("a divisor is not above 0")
		}
	}
	s := layers.Standardize{Mean: []float64{0}, Deviation: deviation}
	if x.centred() {
		s.Mean, x = x.layer.spec.(layers.Standardize).Mean, x.from
	}
	return x.then(&layer{spec: s}, x.shape), c.atMost(2)
}

// centred tells of what a subtraction gave.
func (v *flow) centred() bool {
	if v.layer == nil {
		return false
	}
	s, ok := v.layer.spec.(layers.Standardize)
	return ok && len(s.Deviation) == 1 && s.Deviation[0] == 1
}
