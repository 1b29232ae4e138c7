package layers

import (
	"math"

	"tatami/internal/kernels"
	"tatami/nn"
)

// ExtraCost implements [nn.Costly]: the comparisons or additions of the
// windows.
func (s Pooling) ExtraCost(in nn.Shape) nn.Cost {
	stride := s.Stride
	if stride == 0 {
		stride = s.Size
	}
	out, err := windows(in, "Size", s.Size, stride, s.Pad)
	if err != nil { // there is no such layer
		return nn.Cost{}
	}
	pixel := in.C
	if s.Average { // a call of a kernel
		pixel += 20
	}
	window := int64(min(s.Size, in.H)) * int64(min(s.Size, in.W))
	return nn.Cost{Work: held(int64(out.H*out.W) * window * int64(pixel))}
}

// held is n, or the largest int where that has 32 bits and n more.
func held(n int64) int { return int(min(n, math.MaxInt)) }

// ExtraCost implements [nn.Costly]: the padded image, the tables of offsets and
// the packed filters.
func (s Convolution) ExtraCost(in nn.Shape) nn.Cost {
	size, err := s.size(in)
	if err != nil {
		return nn.Cost{}
	}
	height, width := size.Output()
	padded := (in.H + size.Top + size.Bottom) * (in.W + size.Left + size.Right) * in.C
	points, channels, filters := int64(size.KernelH*size.KernelW), int64(in.C/size.Groups), s.Filters/size.Groups
	tables := 2*int64(height*width) + 2*int64(in.H*in.W) + 2*points*channels + points*int64(filters)
	packed := int64(size.Groups) * points * channels * int64(kernels.RowLen(filters))
	if size.SuitsWinograd() { // perhaps: 16 points
		packed = max(packed, 16*channels*int64(s.Filters+16))
	}
	// A table is copied as it is made.
	return nn.Cost{Work: padded, Bytes: held(4 * (int64(padded) + 2*tables + packed))}
}
