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
	padded := frame{box{h, w, 1}, box{h + 2*pad, w + 2*pad, 1}, pad, 1}
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
	return p.padded.len() + max(4*p.pw*p.channels, p.PackedLen())
}

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
		p.addGradient(m, db, out.of(dy, n), code[n*out.len():][:out.len()], p.padded.lay(room, p.padded.image.of(x, n)), rest)
	}
}

// AddUnpacked adds to dw the gradient that AddGradient has gathered in m.
func (p *PooledFilter) AddUnpacked(dw, m, scratch []float32) {
	sum, taps := scratch[:len(dw)], p.kernel*p.kernel
	Transpose(Matrix{sum, taps, taps}, Matrix{m, p.channels, p.channels})
	Add(dw, sum)
}

// addGradientPortable takes one channel after another: first it lists the pixels that have a gradient, then it adds up
// the products of each row of the filter.
func (p *PooledFilter) addGradientPortable(dw, db, dy []float32, code []uint8, x, scratch []float32) {
	const most = 256 // windows
	var gradients [most]float32
	var pixels [most]int32
	sums := scratch[:p.kernel*p.kernel]
	for c := range p.channels {
		clear(sums)
		bias := float32(0)
		for first := 0; first < p.ph*p.pw; first += most {
			n := 0
			for k := first; k < min(first+most, p.ph*p.pw); k++ {
				place := int(code[k*p.channels+c])
				if place >= cutOff {
					continue
				}
				gradients[n] = dy[k*p.channels+c]
				pixels[n] = int32((k/p.pw*2+place/2)*p.w + k%p.pw*2 + place%2)
				bias += gradients[n]
				n++
			}
			for ky := range p.kernel {
				addFilterRow(sums[ky*p.kernel:][:p.kernel], x[ky*p.w:], pixels[:n], gradients[:n])
			}
		}
		for k, s := range sums {
			dw[k*p.channels+c] += s
		}
		db[c] += bias
	}
}

// addFilterRow adds to a row of sums the pixels from each place on, times the gradient there.
func addFilterRow(sums, x []float32, pixels []int32, gradients []float32) {
	pixels = pixels[:len(gradients)]
	for len(sums) >= 5 { // as many as stay in registers
		s0, s1, s2, s3, s4 := sums[0], sums[1], sums[2], sums[3], sums[4]
		for i, d := range gradients {
			row := (*[5]float32)(x[pixels[i]:])
			s0 += d * row[0]
			s1 += d * row[1]
			s2 += d * row[2]
			s3 += d * row[3]
			s4 += d * row[4]
		}
		sums[0], sums[1], sums[2], sums[3], sums[4] = s0, s1, s2, s3, s4
		sums, x = sums[5:], x[5:]
	}
	for k, s := range sums {
		for i, d := range gradients {
			s += d * x[int(pixels[i])+k]
		}
		sums[k] = s
	}
}
