package kernels

// Convolution is the size of one. Images are H×W×C with zeros around, filters
// KernelH×KernelW×C/Groups: each group of filters sees a share of the channels
// of its own, both in order.
type Convolution struct {
	H, W, C                  int // an image
	Top, Bottom, Left, Right int // zeros around it
	Filters                  int
	KernelH, KernelW         int
	StrideH, StrideW         int
	Dilation                 int // from one value of a filter to the next, in pixels
	Groups                   int
}

// Output is the size of an output.
func (c Convolution) Output() (h, w int) {
	up, left := c.reach()
	return (c.H+c.Top+c.Bottom-up-1)/c.StrideH + 1, (c.W+c.Left+c.Right-left-1)/c.StrideW + 1
}

// Plain reports whether the convolution is of a square kernel, stride 1 and the
// same padding all around, without dilation and groups.
func (c Convolution) Plain() bool {
	return c.KernelH == c.KernelW && c.StrideH == 1 && c.StrideW == 1 && c.Dilation == 1 && c.Groups == 1 &&
		c.Top == c.Bottom && c.Top == c.Left && c.Top == c.Right
}

// reach is the distance from a window's first row and column to its last.
func (c Convolution) reach() (rows, columns int) {
	return (c.KernelH - 1) * c.Dilation, (c.KernelW - 1) * c.Dilation
}

// Room is the size of the largest image that a plan would lay out.
func (c Convolution) Room() (h, w, channels int) {
	l := newLayout(c)
	room := l.padded.room
	for _, b := range []box{l.spread.room, l.output} {
		if b.len() > room.len() {
			room = b
		}
	}
	return room.h, room.w, room.c
}

// MostRoom is the number of values of the largest image that can be laid out:
// offsets are 32 bits.
const MostRoom = 1 << 28

// points is the number of positions in a window.
func (c Convolution) points() int { return c.KernelH * c.KernelW }

// group is the number of channels and filters of one.
func (c Convolution) group() (channels, filters int) { return c.C / c.Groups, c.Filters / c.Groups }

// layout is what the plans have in common that read an image among zeros
// through tables of offsets.
type layout struct {
	Convolution
	image, output  box
	padded, spread frame // the image among zeros; its output's gradient likewise, if a plan does not go by phases
}

func newLayout(c Convolution) layout {
	l := layout{Convolution: c, image: box{c.H, c.W, c.C}}
	l.output.h, l.output.w = c.Output()
	l.output.c = c.Filters
	rows, columns := c.reach()
	l.padded = frame{l.image, box{c.H + c.Top + c.Bottom, c.W + c.Left + c.Right, c.C}, c.Top, c.Left, 1, 1}
	l.spread = frame{l.output, box{c.H + rows, c.W + columns, c.Filters}, rows - c.Top, columns - c.Left, c.StrideH, c.StrideW}
	return l
}

// window lists where a window's values are in images of a room, the first of
// them channels of each pixel.
func (l *layout) window(room box, channels int) Offsets {
	var list []int32
	for i := range l.KernelH {
		for j := range l.KernelW {
			for k := range channels {
				list = append(list, int32((i*room.w+j)*l.Dilation*room.c+k))
			}
		}
	}
	return newOffsets(list)
}

// ScratchLen is the length of the scratch which each call needs.
func (l *layout) ScratchLen() int {
	channels, _ := l.group()
	return max(l.padded.len()+2*l.output.w*l.output.c*l.rowPairs(), l.spread.len(), l.points()*channels*l.Filters)
}

// AtOnce is how many images a caller should give at a time who works on their
// outputs before or after: one, which stays in the cache.
func (l *layout) AtOnce() int { return 1 }

// forward has rows compute the outputs of all images, from a padded image n rows
// of output from the given one on, with what follows them. Pooling follows here.
func (l *layout) forward(y, x []float32, then Then, scratch []float32, rows func(y, padded []float32, row, n int, then Then)) {
	room, two := l.padded.clear(scratch)
	row := l.output.w * l.output.c
	for n := range len(x) / l.image.len() {
		padded := l.padded.lay(room, l.image.of(x, n))
		if then.Code == nil {
			rows(l.output.of(y, n), padded, 0, l.output.h, then)
			continue
		}
		high := l.output.h / 2
		for i := 0; i < high; i += l.rowPairs() {
			pairs := min(l.rowPairs(), high-i)
			rows(two, padded, 2*i, 2*pairs, Then{})
			for k := range pairs {
				pair := two[2*k*row:]
				then.pool(y, n*high+i+k, pair[:row], pair[row:][:row])
			}
		}
	}
}

// from is what rows of output from the given one on read of a padded image.
func (l *layout) from(padded []float32, row int) []float32 {
	return padded[row*l.StrideH*l.padded.room.w*l.C:]
}

// rowPairs is how many pairs of output rows stay in the first-level cache.
func (l *layout) rowPairs() int {
	high := l.output.h / 2
	turns := (2*l.output.w*l.output.c*high + CacheLen - 1) / CacheLen
	return max(high/max(turns, 1), 1)
}
