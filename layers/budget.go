package layers

import (
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
	return nn.Cost{Work: out.H * out.W * min(s.Size, in.H) * min(s.Size, in.W) * pixel}
}

// ExtraCost implements [nn.Costly]: the padded image, the tables of offsets and
// the packed filters.
func (s Convolution) ExtraCost(in nn.Shape) nn.Cost {
	size, err := s.size(in)
	if err != nil {
		return nn.Cost{}
	}
	height, width := size.Output()
	padded := (in.H + size.Top + size.Bottom) * (in.W + size.Left + size.Right) * in.C
	points, channels, filters := size.KernelH*size.KernelW, in.C/size.Groups, s.Filters/size.Groups
	tables := 2*height*width + 2*in.H*in.W + 2*points*channels + points*filters
	packed := size.Groups * points * channels * kernels.RowLen(filters)
	if size.SuitsWinograd() { // perhaps: 16 points
		packed = max(packed, 16*channels*(s.Filters+16))
	}
	// A table is copied as it is made.
	return nn.Cost{Work: padded, Bytes: 4 * (padded + 2*tables + packed)}
}
