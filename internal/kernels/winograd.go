package kernels

import "math"

// Winograd computes 3×3 convolutions of stride 1 by the minimal filtering of Lavin and Gray (2016): tiles of outputs,
// filters and gradients are carried to points, where a convolution is one matrix product a point. F(2×2,3×3) has tiles
// of 2×2 outputs and 16 points, so 16 multiplications where the direct way takes 36; F(4×4,3×3) tiles of 4×4 and 36
// points, so 36 for 144, and dearer transforms. Images are H×W×C, filters O×3×3×C/Groups, outputs OH×OW×O.
//
// It differs from the direct way by rounding: with 16 channels or more by about 2e-7 of the sum of an output's
// magnitudes, at most 3e-7, and by twice that with tiles of 4×4; with fewer by up to 1.5e-6, where an image's corner
// leaves a sum few products. Halves, quarters and so on come out exact with tiles of 2×2 alone, for the filters of larger
// ones are divided by 3. A NaN or Inf reaches all outputs of the tiles that read it, where it is usually NaN.
//
// A Winograd is a plan and never changes; many goroutines may share it, each with its own scratch. The scratch is sized
// to stay in a second-level cache of 1 MB unless filters are larger, however many images a call is given.
type Winograd struct {
	back      *Winograd // the plan of the input gradient; nil in such a plan
	h, w      int
	c, o      int // channels and filters of all groups
	top, left int // zeros before the image
	oh, ow    int

	side, points int // of a tile of outputs; the points that it is carried to, (side+2)²
	groups       int
	cg, og       int // channels and filters of one
	weights      int // of its filters, at one point
	th, tw       int // tiles of an image
	ph, pw       int // size of the padded image, which is what whole tiles read
	rows         int // rows of tiles that are carried through all points together

	ldv, ldm               int     // from one tile to the next at one point: inputs, outputs
	pointV, pointM, pointU int     // from one point to the next: inputs, outputs, filters
	v, m                   Offsets // tiles at one point: inputs, outputs
	channels               Offsets // 0, 1, … of the inputs
	gradient               Offsets // rows of the filters' gradient at one point
}

// SuitsWinograd reports whether NewWinograd can plan for the convolution: 3×3, of
// stride and dilation 1, with at most 2 zeros at each side.
func (c Convolution) SuitsWinograd() bool {
	small := max(c.Top, c.Bottom, c.Left, c.Right) <= 2 && min(c.Top, c.Bottom, c.Left, c.Right) >= 0
	return c.KernelH == 3 && c.KernelW == 3 && c.StrideH == 1 && c.StrideW == 1 && c.Dilation == 1 && small
}

// NewWinograd plans for a convolution that suits. It panics when no output is
// left.
func NewWinograd(c Convolution) *Winograd { return newWinograd(c, TileSide) }

// TileSide is the side of the tiles that NewWinograd chooses for outputs of h×w, 2 or 4: those that cost less by the
// shape alone. A tile costs its products. Each image counts for one tile more, since carrying the filters to the points
// and their gradient back costs about as much as 25 tiles, for perhaps 25 images. Larger tiles have to gain a fifth, for
// their transforms, and with few channels would err too much.
func TileSide(h, w, channels, filters int) int {
	cost := func(side int) int { return (side + 2) * (side + 2) * (ceil(h, side)*ceil(w, side) + 1) }
	if min(channels, filters) >= 24 && 6*cost(4) <= 5*cost(2) {
		return 4
	}
	return 2
}

// ceil is the quotient rounded up.
func ceil(n, d int) int { return (n + d - 1) / d }

// newWinograd plans for tiles of the sides that side gives for the outputs and for the gradient of the images.
func newWinograd(c Convolution, side func(h, w, channels, filters int) int) *Winograd {
	p := oneWay(c, side)
	p.back = oneWay(Convolution{
		H: p.oh, W: p.ow, C: c.Filters, Top: 2 - c.Top, Bottom: 2 - c.Bottom, Left: 2 - c.Left, Right: 2 - c.Right,
		Filters: c.C, Groups: c.Groups,
	}, side)
	return p
}

// oneWay is a plan without the one back.
func oneWay(c Convolution, side func(h, w, channels, filters int) int) *Winograd {
	p := &Winograd{h: c.H, w: c.W, c: c.C, o: c.Filters, top: c.Top, left: c.Left, groups: c.Groups}
	p.oh, p.ow = c.H+c.Top+c.Bottom-2, c.W+c.Left+c.Right-2
	if p.oh < 1 || p.ow < 1 || c.C < 1 || c.Filters < 1 || c.Groups < 1 || min(c.Top, c.Left) < 0 {
		panic("kernels: NewWinograd: no output")
	}
	p.cg, p.og = c.group()
	p.weights = p.cg * p.og
	p.side = side(p.oh, p.ow, p.cg, p.og)
	p.points = (p.side + 2) * (p.side + 2)
	p.th, p.tw = ceil(p.oh, p.side), ceil(p.ow, p.side)
	p.ph, p.pw = p.side*p.th+2, p.side*p.tw+2
	p.ldv, p.ldm = apart(p.c), apart(p.o)
	p.pointU = oddLines(p.groups * p.weights)
	p.rows = max(1, p.chunkBytes()/(p.points*4*p.tw*(p.ldv+p.ldm)))
	tiles := p.rows * p.tw
	p.pointV, p.pointM = oddLines(tiles*p.ldv), oddLines(tiles*p.ldm)
	p.v, p.m = Stride(tiles, p.ldv), Stride(tiles, p.ldm)
	p.channels, p.gradient = Stride(p.cg, 1), Stride(p.cg, p.og)
	return p
}

// chunkBytes is what the tiles that are worked on together may take, inputs and outputs at all points: half of the
// second-level cache, for the filters need their share. Filters that do not fit there come from beyond for each chunk
// anew, so there are fewer chunks for them.
func (p *Winograd) chunkBytes() int {
	return max(CacheBytes/2, min(2*p.PackedLen(), 4*CacheBytes))
}

// oddLines rounds n up to an odd number of cache lines, so that points so far apart share no set.
func oddLines(n int) int { return ((n+15)/16 | 1) * 16 }

// PackedLen is the length of packed filters, which are those at all points, and
// of their gradient.
func (p *Winograd) PackedLen() int { return p.points * p.pointU }

// TurnedLen is the length of turned filters.
func (p *Winograd) TurnedLen() int { return p.back.PackedLen() }

// ScratchLen is the length of the scratch which each call needs.
func (p *Winograd) ScratchLen() int { return max(p.ownScratch(), p.back.ownScratch()) }

func (p *Winograd) ownScratch() int {
	return max(p.ph*p.pw*p.c+p.points*(p.pointV+p.pointM)+p.side*p.side*p.tw*p.o, 9*p.weights)
}

// AtOnce is how many images a caller should give at a time who works on their
// outputs before or after: any number, for a plan takes them tile by tile.
func (p *Winograd) AtOnce() int { return math.MaxInt }

// scratch divides the scratch: the padded image, the tiles' inputs and outputs at all points, and a row of tiles of outputs.
func (p *Winograd) scratch(s []float32) (image, v, m, lines []float32) {
	if len(s) < p.ownScratch() {
		panic("kernels: Winograd: scratch is too short")
	}
	take := func(n int) []float32 {
		part := s[:n:n]
		s = s[n:]
		return part
	}
	return take(p.ph * p.pw * p.c), take(p.points * p.pointV), take(p.points * p.pointM), take(p.side * p.side * p.tw * p.o)
}

// Pack writes filters, O×3×3×C, to u as they are at the points.
func (p *Winograd) Pack(u, filters, scratch []float32) {
	if len(u) != p.PackedLen() || len(filters) != 9*p.groups*p.weights || len(scratch) < p.ownScratch() {
		panic("kernels: Winograd.Pack: wrong length")
	}
	n := p.weights
	turned := scratch[:9*n]
	for g := range p.groups {
		Transpose(Matrix{turned, p.og, p.og}, Matrix{filters[9*g*n:], 9 * p.cg, 9 * p.cg})
		p.transform(filterTransform, p.atPoints(u, g*n, p.pointU, p.og), grid{turned, 0, 3 * n, n, p.og}, p.og, p.cg)
	}
}

// Turn writes to u the filters of the way back as they are at the points: turned
// by 180°, inputs and outputs exchanged.
func (p *Winograd) Turn(u, filters []float32) {
	if len(u) != p.TurnedLen() || len(filters) != 9*p.groups*p.weights {
		panic("kernels: Winograd.Turn: wrong length")
	}
	n, back := p.cg, p.back
	for g := range p.groups {
		back.transform(filterTransform, back.atPoints(u, g*p.weights, back.pointU, n), grid{filters, 9*g*p.weights + 8*n, -3 * n, -n, 9 * n}, n, p.og)
	}
}

// Forward sets y to the convolution of images with the packed filters u, and to
// what follows it.
func (p *Winograd) Forward(y, x, u []float32, then Then, scratch []float32) {
	images := len(x) / (p.h * p.w * p.c)
	size := p.oh * p.ow * p.o
	if then.Code != nil {
		size = p.oh / 2 * (p.ow / 2) * p.o
	}
	if len(x) != images*p.h*p.w*p.c || len(y) != images*size || len(u) != p.PackedLen() {
		panic("kernels: Winograd.Forward: wrong length")
	}
	if then.Code != nil && len(then.Code) != len(y) || then.Bias != nil && len(then.Bias) != p.o {
		panic("kernels: Winograd.Forward: wrong length of bias or codes")
	}
	if len(y) == 0 {
		return
	}
	image, v, m, lines := p.scratch(scratch)
	clear(image)
	total := images * p.th
	for first := 0; first < total; first += p.rows {
		rows := min(p.rows, total-first)
		p.inputs(v, image, x, first, rows)
		tiles := rows * p.tw
		vrow, mrow := p.v.First(tiles), p.m.First(tiles)
		for point := range p.points {
			for g := range p.groups {
				Product(Rows{m[point*p.pointM+g*p.og:], mrow}, Rows{v[point*p.pointV+g*p.cg:], vrow}, p.channels,
					Matrix{u[point*p.pointU+g*p.weights:], p.og, p.og})
			}
		}
		for r := range rows {
			p.output(y, then, m[r*p.tw*p.ldm:], lines, (first+r)/p.th, (first+r)%p.th)
		}
	}
}

// InputGradient sets dx to dy ∗ turned, the gradient of the images.
func (p *Winograd) InputGradient(dx, dy, turned, scratch []float32) {
	p.back.Forward(dx, dy, turned, Then{}, scratch)
}

// inputs carries rows of tiles to the points, the first of which is number first among those of all images. image keeps
// the padded image from call to call.
func (p *Winograd) inputs(v, image, x []float32, first, rows int) {
	size := p.h * p.w * p.c
	padded := p.ph != p.h || p.pw != p.w
	for r := range rows {
		n, ty := (first+r)/p.th, (first+r)%p.th
		from := x[n*size:][:size]
		if padded {
			if ty == 0 {
				for i := range p.h {
					copy(image[((i+p.top)*p.pw+p.left)*p.c:][:p.w*p.c], from[i*p.w*p.c:])
				}
			}
			from = image
		}
		p.transform(inputTransform, p.atPoints(v, r*p.tw*p.ldv, p.pointV, p.ldv),
			grid{from, p.side * ty * p.pw * p.c, p.pw * p.c, p.c, p.side * p.c}, p.c, p.tw)
	}
}

// output carries row ty of the tiles of image n back from the points. lines holds
// the rows of outputs on their way to what does not take whole tiles.
func (p *Winograd) output(y []float32, then Then, m, lines []float32, n, ty int) {
	row, wide := p.ow*p.o, p.side*p.tw*p.o
	rows := min(p.side, p.oh-p.side*ty)
	first := n*p.oh + p.side*ty
	whole := then.Code == nil && rows == p.side && row == wide
	to := lines
	if whole {
		to = y[first*row:][:rows*row]
	}
	p.transform(outputTransform, grid{to, 0, wide, p.o, p.side * p.o}, p.atPoints(m, 0, p.pointM, p.ldm), p.o, p.tw)
	if then.Code != nil {
		for i := 0; i+1 < rows; i += 2 {
			then.pool(y, n*(p.oh/2)+(p.side*ty+i)/2, lines[i*wide:][:row], lines[(i+1)*wide:][:row])
		}
		return
	}
	if !whole {
		for i := range rows {
			copy(y[(first+i)*row:][:row], lines[i*wide:])
		}
	}
	then.Do(y[first*row:][:rows*row])
}

// AddFilterGradient adds x ⋆ dy, the gradient of the filters, to m, where it is
// packed as they are. AddUnpacked carries it back once all images are in.
func (p *Winograd) AddFilterGradient(m, x, dy, scratch []float32) {
	images := len(x) / (p.h * p.w * p.c)
	if len(m) != p.PackedLen() || len(dy) != images*p.oh*p.ow*p.o || len(x) != images*p.h*p.w*p.c {
		panic("kernels: Winograd.AddFilterGradient: wrong length")
	}
	image, v, d, lines := p.scratch(scratch)
	clear(image)
	clear(lines)
	total := images * p.th
	for first := 0; first < total; first += p.rows {
		rows := min(p.rows, total-first)
		p.inputs(v, image, x, first, rows)
		for r := range rows {
			p.outputGradient(d[r*p.tw*p.ldm:], dy, lines, (first+r)/p.th, (first+r)%p.th)
		}
		tap := p.v.First(rows * p.tw)
		for point := range p.points {
			for g := range p.groups {
				AddProduct(Rows{m[point*p.pointU+g*p.weights:], p.gradient}, Rows{v[point*p.pointV+g*p.cg:], p.channels}, tap,
					Matrix{d[point*p.pointM+g*p.og:], p.ldm, p.og})
			}
		}
	}
}

// outputGradient carries row ty of the tiles of the gradient of image n to the points.
func (p *Winograd) outputGradient(d, dy, lines []float32, n, ty int) {
	row, wide := p.ow*p.o, p.side*p.tw*p.o
	rows := min(p.side, p.oh-p.side*ty)
	from := dy[(n*p.oh+p.side*ty)*row:][:rows*row]
	if rows < p.side || row < wide {
		for i := range rows {
			copy(lines[i*wide:], from[i*row:][:row])
		}
		clear(lines[rows*wide:])
		from = lines
	}
	p.transform(outputGradientTransform, p.atPoints(d, 0, p.pointM, p.ldm), grid{from, 0, wide, p.o, p.side * p.o}, p.o, p.tw)
}

// AddUnpacked adds to dw, O×3×3×C, the gradient that AddFilterGradient has
// gathered in m.
func (p *Winograd) AddUnpacked(dw, m, scratch []float32) {
	if len(m) != p.PackedLen() || len(dw) != 9*p.groups*p.weights || len(scratch) < p.ownScratch() {
		panic("kernels: Winograd.AddUnpacked: wrong length")
	}
	n := p.weights
	sum := scratch[:9*n]
	for g := range p.groups {
		filters := Matrix{dw[9*g*n:], 9 * p.cg, 9 * p.cg}
		Transpose(Matrix{sum, p.og, p.og}, filters)
		p.transform(filterGradientTransform, grid{sum, 0, 3 * n, n, p.og}, p.atPoints(m, g*n, p.pointU, p.og), p.og, p.cg)
		Transpose(filters, Matrix{sum, p.og, p.og})
	}
}

// A transform carries small squares, of pixels or weights, to points or back: a matrix applied from both sides.
type transform uint8

const (
	inputTransform transform = iota
	outputTransform
	outputGradientTransform
	filterTransform
	filterGradientTransform // adds

	// Those for tiles of 4×4 outputs, in the same order.
	inputTransform4
	outputTransform4
	outputGradientTransform4
	filterTransform4
	filterGradientTransform4
)

// A grid is a run of squares in a slice: the entry in row i and column j of square t begins at at + i*row + j*col + t*tile
// and is a vector of channels.
type grid struct {
	data               []float32
	at, row, col, tile int
}

// transformSizes are the sides of the squares that go in and come out.
var transformSizes = [...]struct{ in, out int }{
	inputTransform: {4, 4}, outputTransform: {4, 2}, outputGradientTransform: {2, 4}, filterTransform: {3, 4},
	filterGradientTransform: {4, 3},

	inputTransform4: {6, 6}, outputTransform4: {6, 4}, outputGradientTransform4: {4, 6}, filterTransform4: {3, 6},
	filterGradientTransform4: {6, 3},
}

// holds reports whether tiles squares of the given side, of vectors n long, lie in the slice.
func (g grid) holds(side, n, tiles int) bool {
	low, high := g.at, g.at+n-1
	for _, reach := range [...]int{(side - 1) * g.row, (side - 1) * g.col, (tiles - 1) * g.tile} {
		low += min(reach, 0)
		high += max(reach, 0)
	}
	return low >= 0 && high < len(g.data)
}

// atPoints is a run of squares at all points.
func (p *Winograd) atPoints(data []float32, at, point, tile int) grid {
	return grid{data, at, (p.side + 2) * point, point, tile}
}

// transform applies a transform, given as that for tiles of 2×2, to tiles squares of vectors n long.
func (p *Winograd) transform(t transform, dst, src grid, n, tiles int) {
	if p.side == 4 {
		t += inputTransform4 - inputTransform
	}
	if !src.holds(transformSizes[t].in, n, tiles) || !dst.holds(transformSizes[t].out, n, tiles) {
		panic("kernels: Winograd: a square lies outside its slice")
	}
	active.transform(t, dst, src, n, tiles)
}
