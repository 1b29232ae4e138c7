package onnx

import (
	"errors"
	"fmt"
	"slices"

	"tatami/layers"
	"tatami/nn"
)

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
