package layers

import (
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

// initialize fills a weight, in so many groups; no initializer is He's.
func initialize(w *nn.Tensor, init nn.Initializer, groups int, rng *rand.Rand) error {
	if init == nil {
		init = nn.He{}
	}
	if n, ok := init.(nn.Normal); ok && !(n.Std >= 0 && n.Std < math.Inf(1)) {
		return fmt.Errorf("field Init.Std is %g, wanted 0 or more, and finite", n.Std)
	}
	init.Fill(w.Data, w.Size(), rng)
	if _, ok := init.(nn.Dirac); ok {
		for k := range w.N {
			if c := k % (w.N / groups); c < w.C {
				clear(w.Sample(k))
				w.Sample(k)[(w.H/2*w.W+w.W/2)*w.C+c] = 1
			}
		}
	}
	return nil
}
