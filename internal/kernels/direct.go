package kernels

// Direct computes convolutions of any kernel and stride, each direction by one
// matrix product that reads the padded image through tables of offsets; no copy
// of its windows is made. Images are H×W×C, filters O×K×K×C, outputs OH×OW×O.
//
// A Direct is a plan and never changes; many goroutines may share it, each with
// its own scratch.
type Direct struct {
	image, output  box
	kernel, stride int
	taps           int // values of a window, K×K×C

	padded, spread frame // the image among zeros; its output's gradient likewise
	ldo, ldi       int   // row lengths of the packed and of the turned filters

	pixel, pixelOut  Offsets // output pixels: their windows in the padded image, their places in y
	tap, tapRow      Offsets // a window's values: in the padded image, their rows of packed filters
	pixelUp, pixelIn Offsets // input pixels: their windows in the spread gradient, their places in x
	tapUp            Offsets // a window's values in the spread gradient
}

// MostRoom is the number of values of the largest image that a Direct can lay
// out: offsets are 32 bits.
const MostRoom = 1 << 28

// DirectRoom is the size of the largest image that NewDirect would lay out.
func DirectRoom(h, w, c, o, k, pad int) (height, width, channels int) {
	room := box{h + 2*pad, w + 2*pad, c}
	for _, b := range []box{{h + k - 1, w + k - 1, o}, {h + 2*pad - k + 1, w + 2*pad - k + 1, o}} {
		if b.len() > room.len() {
			room = b
		}
	}
	return room.h, room.w, room.c
}

// NewDirect plans for images h×w×c with pad zeros around, and o filters of k×k.
func NewDirect(h, w, c, o, k, stride, pad int) *Direct {
	p := &Direct{image: box{h, w, c}, kernel: k, stride: stride, taps: k * k * c, ldo: RowLen(o), ldi: RowLen(c)}
	p.output = box{(h+2*pad-k)/stride + 1, (w+2*pad-k)/stride + 1, o}
	p.padded = frame{p.image, box{h + 2*pad, w + 2*pad, c}, pad, 1}
	p.spread = frame{p.output, box{h + k - 1, w + k - 1, o}, k - 1 - pad, stride}
	p.pixel = offsetGrid(p.output.h, p.output.w, stride*p.padded.room.w*c, stride*c)
	p.pixelOut = Stride(p.output.h*p.output.w, o)
	p.tap = offsetGrid(k, k*c, p.padded.room.w*c, 1)
	p.tapRow = Stride(p.taps, p.ldo)
	p.pixelUp = offsetGrid(h, w, p.spread.room.w*o, o)
	p.pixelIn = Stride(h*w, c)
	p.tapUp = offsetGrid(k, k*o, p.spread.room.w*o, 1)
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
func (p *Direct) PackedLen() int { return p.taps * p.ldo }

// TurnedLen is the length of turned filters.
func (p *Direct) TurnedLen() int { return p.kernel * p.kernel * p.output.c * p.ldi }

// ScratchLen is the length of the scratch which each call needs.
func (p *Direct) ScratchLen() int {
	return max(p.padded.len()+2*p.output.w*p.output.c*p.rowPairs(), p.spread.len(), p.taps*p.output.c)
}

// AtOnce is how many images a caller should give at a time who works on their
// outputs before or after: one, which stays in the cache.
func (p *Direct) AtOnce() int { return 1 }

// Pack writes filters to u as rows of taps.
func (p *Direct) Pack(u, filters, _ []float32) {
	Transpose(Matrix{u, p.ldo, p.output.c}, Matrix{filters, p.taps, p.taps})
}

// Turn writes to u the filters of the way back: turned by 180°, inputs and
// outputs exchanged.
func (p *Direct) Turn(u, filters []float32) {
	c, points := p.image.c, p.kernel*p.kernel
	for t := range points {
		for o := range p.output.c {
			copy(u[((points-1-t)*p.output.c+o)*p.ldi:], filters[(o*points+t)*c:][:c])
		}
	}
}

// Forward sets y to the convolution of images with the packed filters u, and to
// what follows it.
func (p *Direct) Forward(y, x, u []float32, then Then, scratch []float32) {
	room, rows := p.padded.clear(scratch)
	row := p.output.w * p.output.c
	for n := range len(x) / p.image.len() {
		padded := p.padded.lay(room, p.image.of(x, n))
		if then.Code == nil {
			out := p.output.of(y, n)
			p.rows(out, padded, u, 0, p.output.h)
			then.Do(out)
			continue
		}
		high := p.output.h / 2
		for i := 0; i < high; i += p.rowPairs() {
			pairs := min(p.rowPairs(), high-i)
			p.rows(rows, padded, u, 2*i, 2*pairs)
			for k := range pairs {
				pair := rows[2*k*row:]
				then.pool(y, n*high+i+k, pair[:row], pair[row:][:row])
			}
		}
	}
}

// rowPairs is how many pairs of output rows stay in the first-level cache.
func (p *Direct) rowPairs() int {
	high := p.output.h / 2
	turns := (2*p.output.w*p.output.c*high + CacheLen - 1) / CacheLen
	return max(high/max(turns, 1), 1)
}

// rows computes n rows of an image's output from the given one on.
func (p *Direct) rows(y, padded, u []float32, row, n int) {
	pixels := n * p.output.w
	Product(Rows{y, p.pixelOut.First(pixels)}, Rows{padded[row*p.stride*p.padded.room.w*p.image.c:], p.pixel.First(pixels)},
		p.tap, Matrix{u, p.ldo, p.output.c})
}

// AddFilterGradient adds x ⋆ dy, the gradient of the filters, to m, where it is
// packed as they are.
func (p *Direct) AddFilterGradient(m, x, dy, scratch []float32) {
	room, _ := p.padded.clear(scratch)
	for n := range len(x) / p.image.len() {
		AddProduct(Rows{m, p.tapRow}, Rows{p.padded.lay(room, p.image.of(x, n)), p.tap},
			p.pixel, Matrix{p.output.of(dy, n), p.output.c, p.output.c})
	}
}

// AddUnpacked adds to dw the gradient that AddFilterGradient has gathered in m.
func (p *Direct) AddUnpacked(dw, m, scratch []float32) {
	sum := scratch[:len(dw)]
	Transpose(Matrix{sum, p.taps, p.taps}, Matrix{m, p.ldo, p.output.c})
	Add(dw, sum)
}

// InputGradient sets dx to dy ∗ turned, the gradient of the images.
func (p *Direct) InputGradient(dx, dy, turned, scratch []float32) {
	room, _ := p.spread.clear(scratch)
	for n := range len(dx) / p.image.len() {
		Product(Rows{p.image.of(dx, n), p.pixelIn}, Rows{p.spread.lay(room, p.output.of(dy, n)), p.pixelUp},
			p.tapUp, Matrix{turned, p.ldi, p.image.c})
	}
}
