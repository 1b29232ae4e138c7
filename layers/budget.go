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
	out, err := windows(in, "Kernel", s.Kernel, max(s.Stride, 1), s.Pad)
	if err != nil {
		return nn.Cost{}
	}
	padded := (in.H + 2*s.Pad) * (in.W + 2*s.Pad) * in.C
	taps := s.Kernel * s.Kernel * in.C
	tables := 2*out.H*out.W + 2*in.H*in.W + 2*taps + s.Kernel*s.Kernel*s.Filters
	packed := taps * kernels.RowLen(s.Filters)
	if s.Kernel == 3 { // perhaps Winograd's: 16 points
		packed = max(packed, 16*in.C*(s.Filters+16))
	}
	// A table is copied as it is made.
	return nn.Cost{Work: padded, Bytes: 4 * (padded + 2*tables + packed)}
}
