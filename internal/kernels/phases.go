package kernels

import "iter"

// phase is those pixels of an image that meet the same values of the filter:
// with strides, a window's next place comes equally far behind them. Every value
// belongs to one phase.
type phase struct {
	pixels, windows, taps Offsets // pixels' places in the image, their windows in the gradient, and the values of one
	first                 int     // where the phase begins among the filter's values, turned phase by phase
}

// phases are those of an image, whose gradient is computed from its output's as
// spread lays that out. Turned phase by phase, value i of the filter is at place[i].
func (l *layout) phases() (list []phase, spread frame, place []int) {
	_, filters := l.group()
	rows := side{l.H, l.Top, l.KernelH, l.Dilation, l.StrideH}
	columns := side{l.W, l.Left, l.KernelW, l.Dilation, l.StrideW}
	spread = frame{l.output, box{rows.room(), columns.room(), l.Filters}, rows.start(), columns.start(), 1, 1}
	place = make([]int, l.points())
	next := 0
	for a := range l.StrideH {
		for b := range l.StrideW {
			first := next
			var pixels, windows, taps []int32
			for i, row := range rows.pixels(a) {
				for j, column := range columns.pixels(b) {
					pixels = append(pixels, int32((i*l.W+j)*l.C))
					windows = append(windows, int32((row*spread.room.w+column)*l.Filters))
				}
			}
			for u, row := range rows.taps(a) {
				for v, column := range columns.taps(b) {
					place[u*l.KernelW+v] = next
					next++
					for k := range filters {
						taps = append(taps, int32((row*spread.room.w+column)*l.Filters+k))
					}
				}
			}
			if len(pixels) > 0 && len(taps) > 0 {
				list = append(list, phase{newOffsets(pixels), newOffsets(windows), newOffsets(taps), first})
			}
		}
	}
	return list, spread, place
}

// side is a convolution along rows or columns: pixel i, at i+pad among zeros,
// meets value k of the filter in output (i+pad−k·dilation)/stride, if that is
// whole.
type side struct{ image, pad, kernel, dilation, stride int }

// before is how many outputs before the last that a pixel meets the first may be.
func (s side) before() int { return (s.kernel - 1) * s.dilation / s.stride }

// start is where the first output lies in the room of those that pixels meet.
func (s side) start() int { return s.before() - s.pad/s.stride }

// room is how many outputs pixels meet on a side, those outside included.
func (s side) room() int { return (s.image-1+s.pad)/s.stride - s.pad/s.stride + s.before() + 1 }

// pixels are a phase's, and where in the room their windows begin.
func (s side) pixels(phase int) iter.Seq2[int, int] {
	return func(yield func(i, at int) bool) {
		for i := range s.image {
			if (i+s.pad)%s.stride == phase && !yield(i, (i+s.pad)/s.stride-s.pad/s.stride) {
				return
			}
		}
	}
}

// taps are a phase's values of the filter, and their places in a window.
func (s side) taps(phase int) iter.Seq2[int, int] {
	return func(yield func(k, at int) bool) {
		for k := s.kernel - 1; k >= 0; k-- {
			if k*s.dilation%s.stride == phase && !yield(k, s.before()-k*s.dilation/s.stride) {
				return
			}
		}
	}
}
