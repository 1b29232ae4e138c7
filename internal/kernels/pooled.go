package kernels

// PooledFilter computes the filter gradient of a convolution of one-channel images followed by BiasReLUMaxPool2,
// straight from the pooled gradient and the codes: of four outputs of the convolution three have no gradient, and they
// need not be looked at. It is a plan and never changes.
type PooledFilter struct {
	h, w, kernel, channels int
	ph, pw                 int // the pooled size
	weights, window, two   Offsets
}

// NewPooledFilter plans for images h×w with padding included, and a number of kernel×kernel filters. It panics when
// there is no whole pooling window.
func NewPooledFilter(h, w, kernel, channels int) *PooledFilter {
	p := &PooledFilter{h: h, w: w, kernel: kernel, channels: channels, ph: (h - kernel + 1) / 2, pw: (w - kernel + 1) / 2}
	if kernel < 1 || channels < 1 || p.ph < 1 || p.pw < 1 {
		panic("kernels: NewPooledFilter: no output")
	}
	window := make([]int32, kernel*kernel)
	for k := range window {
		window[k] = int32(k/kernel*w + k%kernel)
	}
	two := make([]int32, 4*p.pw)
	for k := range two {
		two[k] = int32(k/(2*p.pw)*w + k%(2*p.pw))
	}
	p.weights, p.window, p.two = Stride(len(window), channels), newOffsets(window), newOffsets(two)
	return p
}

// ScratchLen is the length of the scratch which AddGradient needs.
func (p *PooledFilter) ScratchLen() int { return max(4*p.pw*p.channels, p.kernel*p.kernel) }

// AddGradient adds to dw, a matrix of kernel² × channels, the filter gradient of some images, and to db that of the bias:
// dy and code are H/2×W/2×channels of the convolution's H×W outputs an image, x the images.
func (p *PooledFilter) AddGradient(dw, db, dy []float32, code []uint8, x, scratch []float32, images int) {
	if len(dw) != p.kernel*p.kernel*p.channels || len(db) != p.channels || len(dy) != images*p.ph*p.pw*p.channels || len(code) != len(dy) ||
		len(x) != images*p.h*p.w || len(scratch) < p.ScratchLen() {
		panic("kernels: PooledFilter.AddGradient: wrong length")
	}
	for n := range images {
		size := p.ph * p.pw * p.channels
		active.pooledFilter(p, dw, db, dy[n*size:][:size], code[n*size:][:size], x[n*p.h*p.w:][:p.h*p.w], scratch[:p.ScratchLen()])
	}
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
