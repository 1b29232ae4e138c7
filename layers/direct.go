package layers

import (
	"tatami/internal/kernels"
	"tatami/nn"
)

// direct computes convolutions without a copy of the input's windows: the
// product reads a padded image through tables of offsets.
type direct struct {
	in, out             nn.Shape
	kernel, stride, pad int

	padded nn.Shape // the input with its zeros around
	spread nn.Shape // dy with zeros between and around, for the way back
	taps   int      // values of a window: Kernel×Kernel×C
	ldo    int      // row length of packed filters, taps × out.C
	ldi    int      // row length of turned filters, Kernel×Kernel×out.C × in.C
	back   int      // zeros before dy in spread; negative: dy is cut

	pixel     kernels.Offsets // output pixels in the padded input
	pixelOut  kernels.Offsets // output pixels in y
	tap       kernels.Offsets // a window in the padded input
	tapPacked kernels.Offsets // a window's values in the packed filters
	pixelIn   kernels.Offsets // input pixels in x
	pixelBack kernels.Offsets // input pixels in spread
	tapBack   kernels.Offsets // a window in spread
}

func newDirect(in, out nn.Shape, kernel, stride, pad int) *direct {
	d := &direct{
		in: in, out: out, kernel: kernel, stride: stride, pad: pad,
		padded: nn.Shape{H: in.H + 2*pad, W: in.W + 2*pad, C: in.C},
		spread: nn.Shape{H: in.H + kernel - 1, W: in.W + kernel - 1, C: out.C},
		taps:   kernel * kernel * in.C,
		ldo:    kernels.RowLen(out.C),
		ldi:    kernels.RowLen(in.C),
		back:   kernel - 1 - pad,
	}
	d.pixel = grid(out.H, out.W, stride*d.padded.W*in.C, stride*in.C)
	d.pixelOut = kernels.Stride(out.H*out.W, out.C)
	d.tap = window(kernel, d.padded.W, in.C)
	d.tapPacked = kernels.Stride(d.taps, d.ldo)
	d.pixelIn = kernels.Stride(in.H*in.W, in.C)
	d.pixelBack = grid(in.H, in.W, d.spread.W*out.C, out.C)
	d.tapBack = window(kernel, d.spread.W, out.C)
	return d
}

// grid lists h×w offsets, row by row.
func grid(h, w, row, column int) kernels.Offsets {
	list := make([]int32, 0, h*w)
	for i := range h {
		for j := range w {
			list = append(list, int32(i*row+j*column))
		}
	}
	return kernels.NewOffsets(list)
}

// window lists the values of a kernel×kernel window in an image of the given
// width and channels.
func window(kernel, width, channels int) kernels.Offsets {
	return grid(kernel, kernel*channels, width*channels, 1)
}

// filters packs w, Filters of K×K×C, as taps × Filters, once a shard.
func (d *direct) filters(p *nn.Pass, w []float32) []float32 {
	packed, ready := p.Packed(d.taps * d.ldo)
	if !ready {
		kernels.Transpose(kernels.Matrix{Data: packed, Stride: d.ldo, Cols: d.out.C}, kernels.Matrix{Data: w, Stride: d.taps, Cols: d.taps})
	}
	return packed
}

// forward computes n rows of the output, from the given row on, of one image;
// y holds those rows alone.
func (d *direct) forward(y, padded, packed []float32, row, n int) {
	pixels := n * d.out.W
	from := row * d.stride * d.padded.W * d.in.C
	kernels.Product(kernels.Rows{Data: y, At: d.pixelOut.First(pixels)}, kernels.Rows{Data: padded[from:], At: d.pixel.First(pixels)},
		d.tap, kernels.Matrix{Data: packed, Stride: d.ldo, Cols: d.out.C})
}

// filterGradient adds to dw, which is packed like the filters, that of one
// image.
func (d *direct) filterGradient(dw, padded, dy []float32) {
	kernels.AddProduct(kernels.Rows{Data: dw, At: d.tapPacked}, kernels.Rows{Data: padded, At: d.tap},
		d.pixel, kernels.Matrix{Data: dy, Stride: d.out.C, Cols: d.out.C})
}

// turned packs the filters for the way back: turned by 180 degrees, with
// filters and channels exchanged.
func (d *direct) turned(dst, w []float32) {
	c, filters := d.in.C, d.out.C
	points := d.kernel * d.kernel
	for t := range points {
		for o := range filters {
			copy(dst[((points-1-t)*filters+o)*d.ldi:], w[(o*points+t)*c:(o*points+t+1)*c])
		}
	}
}

// inputGradient overwrites dx of one image; spread is the canvas with dy on it.
func (d *direct) inputGradient(dx, spread, turned []float32) {
	kernels.Product(kernels.Rows{Data: dx, At: d.pixelIn}, kernels.Rows{Data: spread, At: d.pixelBack},
		d.tapBack, kernels.Matrix{Data: turned, Stride: d.ldi, Cols: d.in.C})
}

// canvas is a zeroed image with room for another.
type canvas struct {
	shape        nn.Shape // of the canvas
	image        nn.Shape
	before, step int // place of pixel i: before + i·step, if on the canvas
	data         []float32
}

// newCanvas takes the canvas from the pass's scratch.
func newCanvas(p *nn.Pass, shape, image nn.Shape, before, step int) canvas {
	c := canvas{shape: shape, image: image, before: before, step: step}
	if before != 0 || step != 1 || shape != image {
		c.data = p.Scratch(shape.Size())
		clear(c.data)
	}
	return c
}

func (d *direct) canvas(p *nn.Pass) canvas {
	return newCanvas(p, d.padded, d.in, d.pad, 1)
}

func (d *direct) spreadCanvas(p *nn.Pass) canvas {
	return newCanvas(p, d.spread, d.out, d.back, d.stride)
}

// pad lays x on the canvas, or returns x where that would change nothing. A
// canvas takes one image after another.
func (c canvas) pad(x []float32) []float32 {
	if c.data == nil {
		return x
	}
	channels := c.image.C
	for i := range c.image.H {
		row := c.before + i*c.step
		if row < 0 || row >= c.shape.H {
			continue
		}
		source := x[i*c.image.W*channels : (i+1)*c.image.W*channels]
		if c.step == 1 && c.before >= 0 && c.before+c.image.W <= c.shape.W {
			copy(c.data[(row*c.shape.W+c.before)*channels:], source)
			continue
		}
		for j := range c.image.W {
			if column := c.before + j*c.step; column >= 0 && column < c.shape.W {
				copy(c.data[(row*c.shape.W+column)*channels:], source[j*channels:(j+1)*channels])
			}
		}
	}
	return c.data
}

// gradients computes a convolution's gradients, image by image.
type gradients struct {
	*convolution
	p            *nn.Pass
	dx, x        *nn.Tensor
	dw, db       []float32 // nil where not wanted
	packed       []float32 // the sum of the filters' gradient, packed
	turned       []float32
	padded, back canvas
}

func (l *convolution) gradients(p *nn.Pass, dx, x *nn.Tensor) gradients {
	d := l.direct()
	g := gradients{convolution: l, p: p, dx: dx, x: x, dw: p.Grad(l.w), db: p.Grad(l.b)}
	sums := d.taps * d.ldo
	kept, ready := p.Packed(sums + d.kernel*d.kernel*d.out.C*d.ldi)
	g.packed, g.turned = kept[:sums], kept[sums:]
	if !ready {
		clear(g.packed)
		if dx != nil {
			d.turned(g.turned, l.w.Value.Data)
		}
	}
	if g.dw != nil {
		g.padded = d.canvas(p)
	}
	if dx != nil {
		g.back = d.spreadCanvas(p)
	}
	return g
}

// image adds the gradients of image n; dy is that of its output.
func (g *gradients) image(n int, dy []float32) {
	if g.db != nil {
		kernels.SumRows(g.db, dy)
	}
	if g.dw != nil {
		g.direct().filterGradient(g.packed, g.padded.pad(g.x.Sample(n)), dy)
	}
	if g.dx != nil {
		g.direct().inputGradient(g.dx.Sample(n), g.back.pad(dy), g.turned)
	}
}

// finish unpacks the filters' gradient after the shard's last image.
func (g *gradients) finish() {
	if g.dw == nil || !g.p.LastSamples() {
		return
	}
	dw := g.p.Scratch(len(g.dw))
	d := g.direct()
	kernels.Transpose(kernels.Matrix{Data: dw, Stride: d.taps, Cols: d.taps}, kernels.Matrix{Data: g.packed, Stride: d.ldo, Cols: g.out.C})
	kernels.Add(g.dw, dw)
}
