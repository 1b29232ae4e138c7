// Package budget bounds what one answer of a network may take, for those who
// answer with networks of files that they have not made: a file of a few bytes
// can ask for hours.
package budget

import (
	"cmp"
	"fmt"
	"math"

	"tatami/internal/commas"
	"tatami/internal/kernels"
	"tatami/layers"
	"tatami/nn"
)

// Cost is what an answer to one sample takes.
type Cost struct {
	// Work is counted in multiply-adds, and what else takes as long as those
	// do without vectors.
	Work int
	// Bytes are those of every layer's output and of what layers need besides,
	// without the parameters.
	Bytes int
}

// Answer is what a network may take for one sample unless its user allows more:
// seconds of a slow core, where DeepConvNet takes milliseconds.
func Answer() Cost { return Cost{Work: 1_000_000_000, Bytes: 256 << 20} }

// Check fails if the network takes more than most for one sample.
func Check(net *nn.Sequential, most Cost) error {
	c := Of(net)
	if c.Work > most.Work {
		return fmt.Errorf("the network takes %s operations for one sample, wanted at most %s", thousands(c.Work), thousands(most.Work))
	}
	if c.Bytes > most.Bytes {
		return fmt.Errorf("the network takes %s bytes of memory for one sample, wanted at most %s", thousands(c.Bytes), thousands(most.Bytes))
	}
	return nil
}

// Batch is how many samples, at most so many and at least one, take the memory
// of an [Answer].
func Batch(net *nn.Sequential, most int) int {
	return max(1, min(most, Answer().Bytes/Of(net).Bytes))
}

func thousands(n int) string { return commas.Group(fmt.Sprint(n)) }

// Of is what the network takes for one sample, counted from the layers as
// described; sums that no int holds are the largest int.
func Of(net *nn.Sequential) Cost {
	in := net.Input()
	total := Cost{Bytes: bytesOf(in)}
	for i, l := range net.Layers() {
		out := l.OutShape()
		own := Cost{Bytes: bytesOf(out)}
		if b, ok := l.(nn.Block); ok {
			total = total.plus(Of(b.Body()))
			if b.Shortcut() != nil {
				total = total.plus(Of(b.Shortcut()))
			}
		} else if c, ok := l.(nn.Costed); ok {
			own.Work = c.MultiplyAdds()
		}
		total = total.plus(own).plus(Cost{Work: workOfValue * out.Size()})
		switch s := net.Specs()[i].(type) {
		case layers.Pooling:
			total = total.plus(pooling(s, in, out))
		case layers.Convolution:
			total = total.plus(convolution(s, in, out))
		}
		in = out
	}
	return total
}

// workOfValue is that of writing an output: the slowest functions, such as
// GELU, take some 20 ns.
const workOfValue = 10

func bytesOf(s nn.Shape) int { return 4 * s.Size() }

func (c Cost) plus(d Cost) Cost {
	sum := func(a, b int) int {
		if b < 0 || a > math.MaxInt-b { // negative: a product that no int holds
			return math.MaxInt
		}
		return a + b
	}
	return Cost{sum(c.Work, d.Work), sum(c.Bytes, d.Bytes)}
}

// pooling takes besides the comparisons or additions of its windows.
func pooling(s layers.Pooling, in, out nn.Shape) Cost {
	pixel := in.C
	if s.Average { // a call of a kernel
		pixel += 20
	}
	window := int64(min(s.Size, in.H)) * int64(min(s.Size, in.W))
	return Cost{Work: held(int64(out.H*out.W) * window * int64(pixel))}
}

// convolution takes besides the padded image, the tables of offsets and the
// packed filters.
func convolution(s layers.Convolution, in, out nn.Shape) Cost {
	padded := (in.H + 2*s.Pad + s.PadTop + s.PadBottom) * (in.W + 2*s.Pad + s.PadLeft + s.PadRight) * in.C
	groups := cmp.Or(s.Groups, 1)
	points, channels, filters := int64(s.Kernel*cmp.Or(s.KernelW, s.Kernel)), int64(in.C/groups), s.Filters/groups
	tables := 2*int64(out.H*out.W) + 2*int64(in.H*in.W) + 2*points*channels + points*int64(filters)
	packed := int64(groups) * points * channels * int64(kernels.RowLen(filters))
	if points == 9 { // perhaps Winograd's, with points of its own
		side := int64(kernels.TileSide(out.H, out.W, int(channels), filters)) + 2
		packed = max(packed, side*side*(channels*int64(s.Filters)+31))
	}
	// A table is copied as it is made.
	return Cost{Work: padded, Bytes: held(4 * (int64(padded) + 2*tables + packed))}
}

// held is n, or the largest int where that has 32 bits and n more.
func held(n int64) int { return int(min(n, math.MaxInt)) }
