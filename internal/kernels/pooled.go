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
		p.addGradient(dw, db, dy[n*size:][:size], code[n*size:][:size], x[n*p.h*p.w:][:p.h*p.w], scratch[:p.ScratchLen()])
	}
}

// addGradientPortable takes one channel's windows after another, and only the pixel of each that has a gradient.
func (p *PooledFilter) addGradientPortable(dw, db, dy []float32, code []uint8, x, scratch []float32) {
	sums := scratch[:p.kernel*p.kernel]
	for c := range p.channels {
		clear(sums)
		bias := float32(0)
		for i := range p.ph {
			for j := range p.pw {
				at := (i*p.pw+j)*p.channels + c
				place := int(code[at])
				if place >= cutOff {
					continue
				}
				d := dy[at]
				bias += d
				window := x[(2*i+place/2)*p.w+2*j+place%2:]
				for ky := range p.kernel {
					row, part := window[ky*p.w:][:p.kernel], sums[ky*p.kernel:][:p.kernel]
					for kx, v := range row {
						part[kx] += d * v
					}
				}
			}
		}
		for k, s := range sums {
			dw[k*p.channels+c] += s
		}
		db[c] += bias
	}
}
