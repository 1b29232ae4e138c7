package kernels

// Direct computes convolutions of any size, each direction by one matrix
// product a group that reads the padded image through tables of offsets; no copy
// of its windows is made. Images are H×W×C, filters O×KH×KW×C/Groups, outputs
// OH×OW×O.
//
// A Direct is a plan and never changes; many goroutines may share it, each with
// its own scratch.
type Direct struct {
	layout
	c, o     int // channels and filters of a group
	taps     int // values of a window, KH×KW×c
	ldo, ldi int // row lengths of the packed and of the turned filters

	pixel, pixelOut Offsets // output pixels: their windows in the padded image, their places in y
	tap, tapRow     Offsets // a window's values: in the padded image, their rows of packed filters

	back  []phase // pixels by the values that they meet
	place []int   // of each value of a window among the turned filters
}

// NewDirect plans for a convolution.
func NewDirect(c Convolution) *Direct {
	p := &Direct{layout: newLayout(c)}
	p.c, p.o = c.group()
	p.taps, p.ldo, p.ldi = c.points()*p.c, RowLen(p.o), RowLen(p.c)
	padded := p.padded.room
	p.pixel = offsetGrid(p.output.h, p.output.w, c.StrideH*padded.w*c.C, c.StrideW*c.C)
	p.pixelOut = Stride(p.output.h*p.output.w, c.Filters)
	p.tap = p.window(padded, p.c)
	p.tapRow = Stride(p.taps, p.ldo)
	p.back, p.spread, p.place = p.phases()
	return p
}

// offsetGrid lists h×w offsets, row by row.
func offsetGrid(h, w, row, column int) Offsets {
	list := make([]int32, 0, h*w)
	for i := range h {
		for j := range w {
			list = append(list, int32(i*row+j*column))
		}
	}
	return newOffsets(list)
}

// PackedLen is the length of packed filters, and of their gradient.
func (p *Direct) PackedLen() int { return p.Groups * p.taps * p.ldo }

// packed is a group's part.
func (p *Direct) packed(u []float32, group int) []float32 {
	return u[group*p.taps*p.ldo:][:p.taps*p.ldo]
}

// filters are those of a group.
func (p *Direct) filters(w []float32, group int) Matrix {
	return Matrix{w[group*p.o*p.taps:], p.taps, p.taps}
}

// TurnedLen is the length of turned filters.
func (p *Direct) TurnedLen() int { return p.points() * p.Filters * p.ldi }

// Pack writes filters to u as rows of taps.
func (p *Direct) Pack(u, filters, _ []float32) {
	for g := range p.Groups {
		Transpose(Matrix{p.packed(u, g), p.ldo, p.o}, p.filters(filters, g))
	}
}

// Turn writes to u the filters of the way back: turned by 180°, phase by phase,
// inputs and outputs exchanged.
func (p *Direct) Turn(u, filters []float32) {
	points := p.points()
	for o := range p.Filters {
		for t := range points {
			row := (o/p.o*points+p.place[t])*p.o + o%p.o
			copy(u[row*p.ldi:], filters[(o*points+t)*p.c:][:p.c])
		}
	}
}

// Forward sets y to the convolution of images with the packed filters u, and to
// what follows it.
func (p *Direct) Forward(y, x, u []float32, then Then, scratch []float32) {
	p.forward(y, x, then, scratch, func(y, padded []float32, row, n int, then Then) {
		pixels, image := n*p.output.w, p.from(padded, row)
		for g := range p.Groups {
			Product(Rows{y[g*p.o:], p.pixelOut.First(pixels)}, Rows{image[g*p.c:], p.pixel.First(pixels)},
				p.tap, Matrix{p.packed(u, g), p.ldo, p.o})
		}
		then.Do(y)
	})
}

// AddFilterGradient adds x ⋆ dy, the gradient of the filters, to m, where it is
// packed as they are.
func (p *Direct) AddFilterGradient(m, x, dy, scratch []float32) {
	room, _ := p.padded.clear(scratch)
	for n := range len(x) / p.image.len() {
		padded, d := p.padded.lay(room, p.image.of(x, n)), p.output.of(dy, n)
		for g := range p.Groups {
			AddProduct(Rows{p.packed(m, g), p.tapRow}, Rows{padded[g*p.c:], p.tap}, p.pixel, Matrix{d[g*p.o:], p.Filters, p.o})
		}
	}
}

// AddUnpacked adds to dw the gradient that AddFilterGradient has gathered in m.
func (p *Direct) AddUnpacked(dw, m, scratch []float32) {
	sum := scratch[:len(dw)]
	for g := range p.Groups {
		Transpose(p.filters(sum, g), Matrix{p.packed(m, g), p.ldo, p.o})
	}
	Add(dw, sum)
}

// InputGradient sets dx to dy ∗ turned, the gradient of the images.
func (p *Direct) InputGradient(dx, dy, turned, scratch []float32) {
	room, _ := p.spread.clear(scratch)
	if len(p.back) < p.StrideH*p.StrideW { // some pixels meet nothing
		clear(dx)
	}
	for n := range len(dx) / p.image.len() {
		spread, image := p.spread.lay(room, p.output.of(dy, n)), p.image.of(dx, n)
		for g := range p.Groups {
			for _, f := range p.back {
				Product(Rows{image[g*p.c:], f.pixels}, Rows{spread[g*p.o:], f.windows}, f.taps,
					Matrix{turned[(g*p.points()+f.first)*p.o*p.ldi:], p.ldi, p.c})
			}
		}
	}
}
