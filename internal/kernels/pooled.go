package kernels

// PooledFilter computes the filter gradient of a convolution of one-channel
// images, of stride 1 and followed by BiasReLUMaxPool2, straight from the pooled
// gradient and the codes: of four outputs of the convolution three have no
// gradient, and they need not be looked at. It is a plan and never changes.
type PooledFilter struct {
	padded                 frame
	h, w, kernel, channels int // of the padded image
	ph, pw                 int // the pooled size
	weights, window, two   Offsets
}

// NewPooledFilter plans for images h×w with pad zeros around, and a number of
// kernel×kernel filters. It panics when there is no whole pooling window.
func NewPooledFilter(h, w, pad, kernel, channels int) *PooledFilter {
	padded := frame{box{h, w, 1}, box{h + 2*pad, w + 2*pad, 1}, pad, pad, 1, 1}
	h, w = padded.room.h, padded.room.w
	p := &PooledFilter{padded: padded, h: h, w: w, kernel: kernel, channels: channels, ph: (h - kernel + 1) / 2, pw: (w - kernel + 1) / 2}
	if kernel < 1 || channels < 1 || p.ph < 1 || p.pw < 1 {
		panic("kernels: NewPooledFilter: no output")
	}
	p.weights = Stride(kernel*kernel, channels)
	p.window, p.two = offsetGrid(kernel, kernel, w, 1), offsetGrid(2, 2*p.pw, w, 1)
	return p
}

// PackedLen is the length of the filters' gradient in its own order.
func (p *PooledFilter) PackedLen() int { return p.kernel * p.kernel * p.channels }

// ScratchLen is the length of the scratch which each call needs.
func (p *PooledFilter) ScratchLen() int {
	pixels := (2*p.lotHeight() + p.kernel - 2) * 4 * p.w
	return p.padded.len() + max(4*p.pw*p.channels, p.PackedLen(), pixels)
}

// lotHeight is how many rows of windows have their pixels laid side by side at a
// time: those of 256 windows, which leave room in the first-level cache.
func (p *PooledFilter) lotHeight() int { return min(max(1, 256/p.pw), p.ph) }

// AddGradient adds to m, a matrix of kernel² × channels, the filter gradient of
// some images x, and to db that of the bias: dy and code are H/2×W/2×channels of
// the convolution's H×W outputs an image.
func (p *PooledFilter) AddGradient(m, db, x, dy []float32, code []uint8, scratch []float32) {
	out, images := box{p.ph, p.pw, p.channels}, len(x)/p.padded.image.len()
	if len(m) != p.PackedLen() || len(db) != p.channels || len(x) != images*p.padded.image.len() ||
		len(dy) != images*out.len() || len(code) != len(dy) || len(scratch) < p.ScratchLen() {
		panic("kernels: PooledFilter.AddGradient: wrong length")
	}
	room, rest := p.padded.clear(scratch)
	for n := range images {
		active.pooledFilter(p, m, db, out.of(dy, n), code[n*out.len():][:out.len()], p.padded.lay(room, p.padded.image.of(x, n)), rest)
	}
}

// AddUnpacked adds to dw the gradient that AddGradient has gathered in m.
func (p *PooledFilter) AddUnpacked(dw, m, scratch []float32) {
	sum, taps := scratch[:len(dw)], p.kernel*p.kernel
	Transpose(Matrix{sum, taps, taps}, Matrix{m, p.channels, p.channels})
	Add(dw, sum)
}

// addGradientByRows spreads the gradients of a row of windows over two rows of outputs and multiplies all of them.
func (p *PooledFilter) addGradientByRows(dw, db, dy []float32, code []uint8, x, scratch []float32) {
	row := p.pw * p.channels
	scratch = scratch[:4*row]
	for i := range p.ph {
		Unpool2(scratch[:2*row], scratch[2*row:], dy[i*row:][:row], code[i*row:][:row], p.channels)
		SumRows(db, scratch)
		AddProduct(Rows{dw, p.weights}, Rows{x[2*i*p.w:], p.window}, p.two, Matrix{scratch, p.channels, p.channels})
	}
}
