package kernels

// Depthwise computes convolutions in which each channel has one filter of its
// own (Groups, C and Filters are the same number), so that lanes run over
// channels in all directions. It has the methods of [Direct]. Its time is that
// of memory, so it pads no image: at the border it leaves out those values of a
// window that are not there.
//
// A Depthwise is a plan and never changes; many goroutines may share it, each
// with its own scratch.
type Depthwise struct {
	layout
	runs, runsUp []run // of outputs; of inputs, over the spread gradient
	rowRuns      []int // of each row of outputs, the first run; and the end
}

// run is neighbouring pixels of a row whose windows have the same values inside
// the image.
type run struct {
	y, pixels int // the first one's place, and their number
	x         int // the place of the first one's first value
	taps      []tap
}

// tap is a value of a window: its distance from the first one in x, and the
// place of its row in w.
type tap struct{ x, w int32 }

// SuitsDepthwise reports whether NewDepthwise can plan for the convolution.
func (c Convolution) SuitsDepthwise() bool { return c.Groups == c.C && c.Groups == c.Filters }

// NewDepthwise plans for a convolution that suits.
func NewDepthwise(c Convolution) *Depthwise {
	if !c.SuitsDepthwise() {
		panic("kernels: NewDepthwise: channels, filters and groups differ")
	}
	p := &Depthwise{layout: newLayout(c)}
	p.padded = frame{p.image, p.image, 0, 0, 1, 1}
	p.runs, p.rowRuns = newRuns(c, p.output)
	up := Convolution{KernelH: c.KernelH, KernelW: c.KernelW, StrideH: 1, StrideW: 1, Dilation: c.Dilation}
	if c.StrideH == 1 && c.StrideW == 1 { // the gradient is spread already
		up.Top, up.Left = p.spread.top, p.spread.left
		p.spread = frame{p.output, p.output, 0, 0, 1, 1}
	}
	up.H, up.W, up.C = p.spread.room.h, p.spread.room.w, c.C
	p.runsUp, _ = newRuns(up, p.image)
	return p
}

// newRuns lists the runs of all pixels of y, and where each of its rows begins
// among them.
func newRuns(c Convolution, y box) (runs []run, rows []int) {
	type window struct{ top, bottom, left, right int } // of the kernel, as far as it is inside
	known := map[window][]tap{}
	taps := func(w window) []tap {
		list, ok := known[w]
		if !ok {
			for i := w.top; i < w.bottom; i++ {
				for j := w.left; j < w.right; j++ {
					x := ((i-w.top)*c.W + j - w.left) * c.Dilation * c.C
					list = append(list, tap{int32(x), int32((i*c.KernelW + j) * c.C)})
				}
			}
			known[w] = list
		}
		return list
	}
	// inside is which values of a filter's side lie within the image where the
	// first one is at a place.
	inside := func(at, kernel, side int) (from, to int) {
		for from < kernel && at+from*c.Dilation < 0 {
			from++
		}
		for to = from; to < kernel && at+to*c.Dilation < side; {
			to++
		}
		return from, to
	}
	for i := range y.h {
		rows = append(rows, len(runs))
		row := i*c.StrideH - c.Top
		w := window{}
		w.top, w.bottom = inside(row, c.KernelH, c.H)
		for j := range y.w {
			column := j*c.StrideW - c.Left
			before := w
			w.left, w.right = inside(column, c.KernelW, c.W)
			if j > 0 && w == before {
				runs[len(runs)-1].pixels++
				continue
			}
			x := ((row+w.top*c.Dilation)*c.W + column + w.left*c.Dilation) * c.C
			runs = append(runs, run{(i*y.w + j) * y.c, 1, x, taps(w)})
		}
	}
	return runs, append(rows, len(runs))
}

// PackedLen is the length of packed filters, and of their gradient.
func (p *Depthwise) PackedLen() int { return p.points() * p.C }

// TurnedLen is the length of turned filters.
func (p *Depthwise) TurnedLen() int { return p.PackedLen() }

// Pack writes filters to u as rows of channels.
func (p *Depthwise) Pack(u, filters, _ []float32) {
	Transpose(Matrix{u, p.C, p.C}, Matrix{filters, p.points(), p.points()})
}

// Turn writes to u the packed filters turned by 180°.
func (p *Depthwise) Turn(u, filters []float32) {
	p.Pack(u, filters, nil)
	for i, j := 0, p.points()-1; i < j; i, j = i+1, j-1 {
		one, other := u[i*p.C:][:p.C], u[j*p.C:][:p.C]
		for k := range one {
			one[k], other[k] = other[k], one[k]
		}
	}
}

// Forward sets y to the convolution of images with the packed filters u, and to
// what follows it.
func (p *Depthwise) Forward(y, x, u []float32, then Then, scratch []float32) {
	length := p.output.w * p.C
	p.forward(y, x, then, scratch, func(y, image []float32, row, n int, then Then) {
		for i := range n {
			for _, r := range p.runs[p.rowRuns[row+i]:p.rowRuns[row+i+1]] {
				r.y -= row * length
				r.sums(y, image, u, p.C, p.StrideW*p.C)
			}
			then.Do(y[i*length:][:length])
		}
	})
}

// AddFilterGradient adds x ⋆ dy, the gradient of the filters, to m, where it is
// packed as they are.
func (p *Depthwise) AddFilterGradient(m, x, dy, _ []float32) {
	for n := range len(x) / p.image.len() {
		image, d := p.image.of(x, n), p.output.of(dy, n)
		for _, r := range p.runs {
			r.gradient(m, image, d, p.C, p.StrideW*p.C)
		}
	}
}

// AddUnpacked adds to dw the gradient that AddFilterGradient has gathered in m.
func (p *Depthwise) AddUnpacked(dw, m, scratch []float32) {
	sum := scratch[:len(dw)]
	Transpose(Matrix{sum, p.points(), p.points()}, Matrix{m, p.C, p.C})
	Add(dw, sum)
}

// InputGradient sets dx to dy ∗ turned, the gradient of the images.
func (p *Depthwise) InputGradient(dx, dy, turned, scratch []float32) {
	room, _ := p.spread.clear(scratch)
	for n := range len(dx) / p.image.len() {
		spread, image := p.spread.lay(room, p.output.of(dy, n)), p.image.of(dx, n)
		for _, r := range p.runsUp {
			r.sums(image, spread, turned, p.C, p.C)
		}
	}
}

// sums sets the run's pixels of y, of n channels, to the sums over taps of x
// times their rows of w. Pixels of x lie step values apart.
func (r run) sums(y, x, w []float32, n, step int) {
	pixels := y[r.y:][:r.pixels*n]
	if len(r.taps) == 0 {
		clear(pixels)
		return
	}
	active.depthwise(pixels, r.of(x, w, n, step), w, r.taps, n, step)
}

// gradient adds to rows of dw, one a tap, the sums over the run's pixels of dy
// times x.
func (r run) gradient(dw, x, dy []float32, n, step int) {
	if len(r.taps) > 0 {
		active.depthwiseGradient(dw, r.of(x, dw, n, step), dy[r.y:][:r.pixels*n], r.taps, n, step)
	}
}

// of is what the run reads of x. It panics if that is not all there; the last tap
// is the farthest in x and in w.
func (r run) of(x, w []float32, n, step int) []float32 {
	last := r.taps[len(r.taps)-1]
	if int(last.w)+n > len(w) {
		panic("kernels: Depthwise: filters are too short")
	}
	return x[r.x:][:(r.pixels-1)*step+int(last.x)+n]
}
