package datasets

import (
	"math"

	"tatami/nn"
)

// grid draws the displacement fields of elastic distortion: noise on nodes some
// pixels apart, smoothed along columns and rows by a Gaussian, and interpolated
// linearly in between. Displacements are pairs: column, row.
type grid struct {
	rows, cols   int       // nodes over the image
	kernel       []float32 // a Gaussian of odd length, α included
	down, across []between
}

// gridScratch is the memory of one field.
type gridScratch struct{ noise, smooth, nodes, line, field []float32 }

// between is where a pixel lies: behind node i by the fraction f to the next.
type between struct {
	i int
	f float32
}

func newGrid(alpha, sigma float64, height, width int) *grid {
	if sigma == 0 {
		sigma = defaultSigma
	}
	step := max(1, sigma/2) // pixels between nodes
	g := &grid{down: places(height, step), across: places(width, step)}
	g.rows, g.cols = g.down[height-1].i+2, g.across[width-1].i+2

	radius := int(math.Ceil(3 * sigma / step))
	sum, squares := 0.0, 0.0
	weights := make([]float64, 2*radius+1)
	for i := range weights {
		d := float64(i-radius) * step / sigma
		weights[i] = math.Exp(-d * d / 2)
		sum += weights[i]
		squares += weights[i] * weights[i]
	}
	// On pixels, smoothing along one axis multiplies the variance by the sum of
	// squares 1/(2σ√π); here by that of the weights. Each axis takes half of α.
	factor := math.Sqrt(alpha)
	if step > 1 {
		factor *= sum / math.Sqrt(2*sigma*math.Sqrt(math.Pi)*squares)
	}
	for _, w := range weights {
		g.kernel = append(g.kernel, float32(factor*w/sum))
	}
	return g
}

// places is where n pixels lie between nodes.
func places(n int, step float64) []between {
	list := make([]between, n)
	for x := range list {
		i, f := math.Modf(float64(x) / step)
		list[x] = between{int(i), float32(f)}
	}
	return list
}

func (g *grid) scratch() gridScratch {
	margin := len(g.kernel) - 1
	rows, cols := g.rows+margin, 2*(g.cols+margin)
	return gridScratch{
		noise:  make([]float32, (rows*cols+7)/8*8),
		smooth: make([]float32, g.rows*cols),
		nodes:  make([]float32, g.rows*2*g.cols),
		line:   make([]float32, 2*g.cols),
		field:  make([]float32, 2*len(g.across)),
	}
}

// draw draws the displacements of all nodes.
func (g *grid) draw(s *gridScratch, rng *nn.Stream) {
	for i := 0; i+8 <= len(s.noise); i += 8 {
		bits := rng.Uint64()
		eight := s.noise[i : i+8]
		for j := range eight {
			eight[j] = (float32(int8(bits)) + 0.5) * (1.0 / 128)
			bits >>= 8
		}
	}
	cols := 2 * (g.cols + len(g.kernel) - 1)
	for y := range g.rows {
		g.smooth(s.smooth[y*cols:(y+1)*cols], s.noise[y*cols:], cols)
	}
	n := 2 * g.cols
	for y := range g.rows {
		g.smooth(s.nodes[y*n:(y+1)*n], s.smooth[y*cols:(y+1)*cols], 2)
	}
}

// smooth sets dst[i] to the sum of kernel[k]·src[i+k·stride], two taps of equal
// weight at a time.
func (g *grid) smooth(dst, src []float32, stride int) {
	last := len(g.kernel) - 1
	middle := src[last/2*stride:][:len(dst)]
	for i := range dst {
		dst[i] = g.kernel[last/2] * middle[i]
	}
	for k := range last / 2 {
		w := g.kernel[k]
		a, b := src[k*stride:][:len(dst)], src[(last-k)*stride:][:len(dst)]
		for i := range dst {
			dst[i] += w * (a[i] + b[i])
		}
	}
}

// row is the displacements of the pixels of row y, until the next call.
func (g *grid) row(s *gridScratch, y int) []float32 {
	n := 2 * g.cols
	at := g.down[y]
	above, below := s.nodes[at.i*n:][:n], s.nodes[(at.i+1)*n:][:n]
	line := s.line[:n]
	for i := range line {
		line[i] = above[i] + at.f*(below[i]-above[i])
	}
	field := s.field
	for x, at := range g.across {
		four := line[2*at.i : 2*at.i+4]
		field[2*x] = four[0] + at.f*(four[2]-four[0])
		field[2*x+1] = four[1] + at.f*(four[3]-four[1])
	}
	return field
}
