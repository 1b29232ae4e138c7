package layers_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"tatami/layers"
	"tatami/nn"
)

// A convolution or an affine layer that begins as Dirac hands on each channel's
// middle pixels, in each group, as far as it has filters; filters beyond the
// channels are drawn as without.
func TestDirac(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	x := nn.NewTensor(2, nn.Shape{H: 5, W: 4, C: 6})
	for i := range x.Data {
		x.Data[i] = rng.Float32() - 0.5
	}
	for _, c := range []struct {
		filters, groups int
		from            []int // the channel that each output hands on, -1: none
	}{
		{6, 1, []int{0, 1, 2, 3, 4, 5}},
		{3, 1, []int{0, 1, 2}},
		{8, 1, []int{0, 1, 2, 3, 4, 5, -1, -1}},
		{8, 2, []int{0, 1, 2, -1, 3, 4, 5, -1}},
		{6, 6, []int{0, 1, 2, 3, 4, 5}},
	} {
		spec := layers.Convolution{Filters: c.filters, Kernel: 3, Pad: 1, Groups: c.groups, Init: nn.Dirac{}}
		got, drawn := forward(t, spec, x), forward(t, layers.Convolution{Filters: c.filters, Kernel: 3, Pad: 1, Groups: c.groups}, x)
		for i := range x.N * x.H * x.W {
			for k, from := range c.from {
				want := drawn.Data[i*c.filters+k]
				if from >= 0 {
					want = x.Data[i*x.C+from]
				}
				if y := got.Data[i*c.filters+k]; max(y-want, want-y) > 1e-5 {
					t.Fatalf("%v: output %d of pixel %d is %g, wanted %g", spec, k, i, y, want)
				}
			}
		}
	}
	middle := forward(t, layers.Affine{Units: 6, Init: nn.Dirac{}}, x)
	for n := range x.N {
		want := x.Sample(n)[(2*x.W+2)*x.C:][:x.C]
		if got := middle.Sample(n); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("an affine layer hands on %v, wanted %v", got, want)
		}
	}
}

// forward is what a network of one layer makes of x.
func forward(t *testing.T, spec nn.Spec, x *nn.Tensor) *nn.Tensor {
	t.Helper()
	net, err := nn.NewSequential(x.Shape, rand.New(rand.NewPCG(3, 4)), spec)
	if err != nil {
		t.Fatal(err)
	}
	return net.NewPass(nn.PassConfig{Capacity: x.N}).Forward(x)
}
