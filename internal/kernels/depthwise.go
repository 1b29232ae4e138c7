package kernels

// Depthwise computes convolutions in which each channel has one filter of its
// own (Groups, C and Filters are the same number), so that lanes run over
// channels in all directions. It has the methods of [Direct] and reads the same
// padded images.
//
// A Depthwise is a plan and never changes; many goroutines may share it, each
// with its own scratch.
type Depthwise struct {
	layout
	tap, tapUp Offsets // a window's positions in the padded image and in the spread gradient
}

// SuitsDepthwise reports whether NewDepthwise can plan for the convolution.
func (c Convolution) SuitsDepthwise() bool { return c.Groups == c.C && c.Groups == c.Filters }

// NewDepthwise plans for a convolution that suits.
func NewDepthwise(c Convolution) *Depthwise {
	if !c.SuitsDepthwise() {
		panic("kernels: NewDepthwise: channels, filters and groups differ")
	}
	p := &Depthwise{layout: newLayout(c)}
	p.tap, p.tapUp = p.window(p.padded.room, 1), p.window(p.spread.room, 1)
	return p
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
	p.forward(y, x, then, scratch, func(y, padded []float32, row, n int, then Then) {
		for i := range n {
			out := y[i*p.output.w*p.C:][:p.output.w*p.C]
			depthwise(out, p.from(padded, row+i), u, p.tap, p.C, p.StrideW*p.C)
			then.Do(out)
		}
	})
}

// AddFilterGradient adds x ⋆ dy, the gradient of the filters, to m, where it is
// packed as they are.
func (p *Depthwise) AddFilterGradient(m, x, dy, scratch []float32) {
	room, _ := p.padded.clear(scratch)
	row := p.output.w * p.C
	for n := range len(x) / p.image.len() {
		padded, d := p.padded.lay(room, p.image.of(x, n)), p.output.of(dy, n)
		for i := range p.output.h {
			depthwiseGradient(m, p.from(padded, i), d[i*row:][:row], p.tap, p.C, p.StrideW*p.C)
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
	row := p.W * p.C
	for n := range len(dx) / p.image.len() {
		spread, image := p.spread.lay(room, p.output.of(dy, n)), p.image.of(dx, n)
		for i := range p.H {
			depthwise(image[i*row:][:row], spread[i*p.spread.room.w*p.C:], turned, p.tapUp, p.C, p.C)
		}
	}
}

// depthwise sets y, pixels of n channels, to the sum over taps of those of x at
// the tap's offset times its row of w. Pixels of x lie step values apart.
func depthwise(y, x, w []float32, tap Offsets, n, step int) {
	if !depthwiseFits(y, x, w, tap, n, step) {
		panic("kernels: Depthwise: wrong length")
	}
	active.depthwise(y, x, w, tap, n, step)
}

// depthwiseGradient adds to rows of dw, one a tap, the sum over pixels of dy
// times x at the tap's offset.
func depthwiseGradient(dw, x, dy []float32, tap Offsets, n, step int) {
	if !depthwiseFits(dy, x, dw, tap, n, step) {
		panic("kernels: Depthwise: wrong length")
	}
	active.depthwiseGradient(dw, x, dy, tap, n, step)
}

func depthwiseFits(y, x, w []float32, tap Offsets, n, step int) bool {
	return n > 0 && len(y) >= n && len(y)%n == 0 && len(w) == tap.Len()*n && tap.Len() > 0 &&
		tap.min >= 0 && (len(y)/n-1)*step+tap.max+n <= len(x)
}
