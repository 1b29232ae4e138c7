package kernels

// phase is those pixels of an image that meet the same values of the filter:
// with strides, a window's next place comes equally far behind them. Every value
// belongs to one phase.
type phase struct {
	pixels, windows, taps Offsets // pixels' places in the image, their windows in the gradient, and the values of one
	first                 int     // where the phase begins among the filter's values, turned phase by phase
}

// phases are those in which an image's gradient is computed from its output's,
// which the frame lays out for them, of o filters a group. Turned phase by phase,
// value i of the filter is at place[i].
func (l *layout) phases(o int) (list []phase, around frame, place []int) {
	rows := side{l.H, l.Top, l.KernelH, l.Dilation, l.StrideH}
	columns := side{l.W, l.Left, l.KernelW, l.Dilation, l.StrideW}
	around = frame{l.output, box{rows.room(), columns.room(), l.Filters}, rows.start(), columns.start(), 1, 1}
	place = make([]int, l.points())
	next := 0
	for a := range l.StrideH {
		for b := range l.StrideW {
			first := next
			var pixels, windows, taps []int32
			rows.pixels(a, func(i, row int) {
				columns.pixels(b, func(j, column int) {
					pixels = append(pixels, int32((i*l.W+j)*l.C))
					windows = append(windows, int32((row*around.room.w+column)*l.Filters))
				})
			})
			rows.taps(a, func(u, row int) {
				columns.taps(b, func(v, column int) {
					place[u*l.KernelW+v] = next
					next++
					for k := range o {
						taps = append(taps, int32((row*around.room.w+column)*l.Filters+k))
					}
				})
			})
			if len(pixels) > 0 && len(taps) > 0 {
				list = append(list, phase{newOffsets(pixels), newOffsets(windows), newOffsets(taps), first})
			}
		}
	}
	return list, around, place
}

// side is a convolution along rows or columns: pixel i, at i+pad among zeros,
// meets value k of the filter in output (i+pad−k·dilation)/stride, if that is
// whole.
type side struct{ image, pad, kernel, dilation, stride int }

// before is how many outputs before the last that a pixel meets the first may be.
func (s side) before() int { return (s.kernel - 1) * s.dilation / s.stride }

// start is where the first output lies in the room of those that pixels meet.
func (s side) start() int { return s.before() - s.pad/s.stride }

func (s side) room() int { return (s.image-1+s.pad)/s.stride - s.pad/s.stride + s.before() + 1 }

// pixels lists a phase's pixels, and where in the room their windows begin.
func (s side) pixels(phase int, f func(i, start int)) {
	for i := range s.image {
		if (i+s.pad)%s.stride == phase {
			f(i, (i+s.pad)/s.stride-s.pad/s.stride)
		}
	}
}

// taps lists a phase's values of the filter, and their places in a window.
func (s side) taps(phase int, f func(k, at int)) {
	for k := s.kernel - 1; k >= 0; k-- {
		if k*s.dilation%s.stride == phase {
			f(k, s.before()-k*s.dilation/s.stride)
		}
	}
}
