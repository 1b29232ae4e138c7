package layers

import (
	"math/rand/v2"

	"tatami/internal/kernels"
	"tatami/nn"
)

// GlobalAveragePooling takes the mean of each channel over all pixels (Lin and
// others 2014):
//
//	y[c] = Σ x[i,j,c] / (H·W),  dx[i,j,c] = dy[c] / (H·W)
//
// Any H×W×C becomes 1×1×C. Before the last [Affine] of a network it takes the
// place of a large one: of what was found it keeps how much, and not where.
//
// In plain loops: reference/global_average_pooling.go.
type GlobalAveragePooling struct{}

func (GlobalAveragePooling) String() string { return "GlobalAveragePooling" }

// Build implements [nn.Spec].
func (GlobalAveragePooling) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	return globalAveragePooling(in), nil
}

type globalAveragePooling nn.Shape

func (l globalAveragePooling) OutShape() nn.Shape  { return nn.Features(l.C) }
func (l globalAveragePooling) Params() []*nn.Param { return nil }
func (l globalAveragePooling) share() float32      { return 1 / float32(l.H*l.W) }

func (l globalAveragePooling) Forward(_ *nn.Context, y, x *nn.Tensor) {
	clear(y.Data)
	for n := range x.N {
		kernels.SumRows(y.Sample(n), x.Sample(n))
	}
	kernels.Scale(y.Data, l.share())
}

// Reads implements [nn.Reader].
func (globalAveragePooling) Reads() (x, y bool) { return false, false }

func (l globalAveragePooling) Backward(_ *nn.Context, dx, dy, _, _ *nn.Tensor) {
	if dx == nil {
		return
	}
	for n := range dx.N {
		d := dx.Sample(n)
		copy(d, dy.Sample(n))
		kernels.Scale(d[:l.C], l.share())
		for done := l.C; done < len(d); done *= 2 {
			copy(d[done:], d[:done])
		}
	}
}
