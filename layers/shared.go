package layers

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"tatami/nn"
)

// pointwise is the part that layers working element by element share.
type pointwise nn.Shape

func (l pointwise) OutShape() nn.Shape  { return nn.Shape(l) }
func (l pointwise) Params() []*nn.Param { return nil }

// mostPixels bounds what is given in pixels.
const mostPixels = 1 << 14

// checkPixels is an error about a field out of range.
func checkPixels(name string, value, least int) error {
	if value < least || value > mostPixels {
		return fmt.Errorf("field %s is %d, wanted %d to %d", name, value, least, mostPixels)
	}
	return nil
}

// windows is the number of windows along each side, and an error where not one
// fits. sizeField is what the layer calls their size.
func windows(in nn.Shape, sizeField string, size, stride, pad int) (out nn.Shape, err error) {
	err = cmp.Or(checkPixels(sizeField, size, 1), checkPixels("Stride", stride, 1), checkPixels("Pad", pad, 0))
	if err != nil {
		return out, err
	}
	if in.H+2*pad < size || in.W+2*pad < size {
		return out, fmt.Errorf("input %d×%d×%d is smaller than the kernel", in.H, in.W, in.C)
	}
	return nn.Shape{H: (in.H+2*pad-size)/stride + 1, W: (in.W+2*pad-size)/stride + 1, C: in.C}, nil
}

// product multiplies counts. What cannot be counted is math.MaxInt, and not a
// small number that a file's author could choose.
func product(counts ...int) int {
	p := 1
	for _, n := range counts {
		if n < 1 {
			return 0
		}
		if p > math.MaxInt/n {
			return math.MaxInt
		}
		p *= n
	}
	return p
}

// checkCount refuses more parameters than a network may have, for layers that
// are built by others and not by the network.
func checkCount(params int) error {
	const most = 1 << 28
	if params > most {
		return fmt.Errorf("%d parameters, wanted at most %d", params, most)
	}
	return nil
}

// initialize fills a weight; no initializer is He's.
func initialize(w *nn.Param, init nn.Initializer, fanIn int, rng *rand.Rand) error {
	if init == nil {
		init = nn.He{}
	}
	if n, ok := init.(nn.Normal); ok && !(n.Std >= 0 && n.Std < math.Inf(1)) {
		return fmt.Errorf("field Init.Std is %g, wanted 0 or more, and finite", n.Std)
	}
	init.Fill(w.Value.Data, fanIn, rng)
	return nil
}
