package inspect

import (
	"math"

	"tatami/layers"
	"tatami/nn"
)

// Cost is what one image takes on its way forward.
type Cost struct {
	Work   int // multiply-adds, and a step for each value that is compared or made
	Values int // float32 in memory: all layers' outputs, and their padded inputs
}

// Cost tells what an image takes; each figure ends at 2^62.
func (n *Network) Cost() Cost { return n.cost }

func costOf(net *nn.Sequential) Cost {
	in := net.Input()
	var work, values float64
	for i, l := range net.Layers() {
		out := l.OutShape()
		pad := 0
		switch s := net.Specs()[i].(type) {
		case layers.Pooling:
			work += float64(out.Size()) * float64(s.Size) * float64(s.Size)
		case *layers.Pooling:
			work += float64(out.Size()) * float64(s.Size) * float64(s.Size)
		default:
			if c, ok := convolutionSpec(s); ok {
				pad = c.Pad
			}
			if c, ok := l.(nn.Costed); ok {
				work += float64(c.MultiplyAdds())
			}
		}
		work += float64(out.Size())
		values += float64(out.Size())
		if pad > 0 {
			values += float64(in.H+2*pad) * float64(in.W+2*pad) * float64(in.C)
		}
		in = out
	}
	return Cost{int(min(work, math.MaxInt64/2)), int(min(values, math.MaxInt64/2))}
}

// atOnce is the number of images, at most most, that are computed together:
// few enough for their memory, and to be asked often whether to go on.
func (n *Network) atOnce(most int) int {
	const values, work = 4 << 20, 1 << 30
	return max(1, min(most, values/max(1, n.cost.Values), work/max(1, n.cost.Work)))
}
