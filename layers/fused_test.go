package layers_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"tatami/internal/golden"
	"tatami/internal/kernels"
	"tatami/internal/toy"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
)

// TestFused: layers that run as one give what they give one by one, and what
// the reference gives: with numbers that make rounding no excuse, for windows
// that tie and filters that end within a vector.
func TestFused(t *testing.T) {
	type stack = []nn.Spec
	pool := layers.Pooling{Size: 2}
	widths := []int{1, 5, 16, 17, 30, 33}
	if testing.Short() {
		widths = []int{5, 17}
	}
	for _, in := range []nn.Shape{{H: 6, W: 6, C: 1}, {H: 7, W: 9, C: 3}, {H: 12, W: 10, C: 17}, {H: 5, W: 18, C: 2}} {
		for _, filters := range widths {
			for _, specs := range []stack{
				{layers.Convolution{Filters: filters, Kernel: 3}, layers.ReLU{}},
				{layers.Convolution{Filters: filters, Kernel: 3, Pad: 1}, layers.ReLU{}, pool},
				{layers.Convolution{Filters: filters, Kernel: 2, Pad: 1}, layers.ReLU{}, pool},
				{layers.Convolution{Filters: filters, Kernel: 3, Stride: 2, Pad: 2}, layers.ReLU{}, pool},
				{layers.Convolution{Filters: filters, Kernel: 4, Pad: 4}, layers.ReLU{}, layers.Pooling{Size: 3}},
				{layers.Convolution{Filters: filters, Kernel: 1, Frozen: true}, layers.ReLU{}, pool},
				{layers.Convolution{Filters: filters, Kernel: 3}, layers.LeakyReLU{}, pool},
				{layers.Affine{Units: filters}, layers.ReLU{}},
				{layers.Convolution{Filters: filters, Kernel: 3}, layers.ReLU{}, layers.Affine{Units: 3}, layers.ReLU{}, layers.ReLU{}},
			} {
				t.Run(fmt.Sprintf("%v %v to %d", specs, in, filters), func(t *testing.T) {
					r := rng(uint64(filters))
					net := network(t, in, specs...)
					for _, p := range net.Params() {
						eighths(r, p.Value.Data)
					}
					x, dy := nn.NewTensor(3, in), nn.NewTensor(3, net.Output())
					eighths(r, x.Data)
					eighths(r, dy.Data)
					for _, training := range []bool{true, false} {
						c := both(x.N, training)
						got := run(net, c, x, dy)
						same(t, "against the reference", net, got, runReference(t, net, c, x, dy), golden.Tolerance)
						c.Unfused = true
						same(t, "against unfused", net, got, run(net, c, x, dy), golden.Tolerance)
					}
				})
			}
		}
	}
}

// TestNetworksFused: the networks by name, in training with their dropout,
// fused and not, against the reference, which shares nothing with them.
func TestNetworksFused(t *testing.T) {
	toy.Alone(t)
	for _, n := range networks.All() {
		t.Run(n.Name, func(t *testing.T) {
			if testing.Short() && slices.Contains([]string{"deep", "best", "cifar"}, n.Name) {
				t.Skip("slow in the reference")
			}
			net := network(t, n.Input, n.Specs(10)...)
			samples := 2
			normalized := slices.Contains([]string{"resnet", "mobile", "cifar", "small"}, n.Name) // right after their convolutions
			switch {                                                                              // two normalized values are 1 and -1 whatever they were: their gradients are all rounding
			case n.Name == "best":
				samples = 6
			case normalized:
				samples = 3
			}
			if n.Name == "cifar" { // filters that copy a rectifier's zeros leave the maximum of a window of them to rounding
				for _, p := range net.Params() {
					kernels.Axpy(p.Value.Data, 1.0/64, random(rng(6), p.Value.N, p.Value.Shape).Data)
				}
			}
			x := random(rng(3), samples, n.Input)
			dy := random(rng(4), samples, net.Output())
			c := both(x.N, true)
			got := run(net, c, x, dy)
			// A rectifier near 0 may decide otherwise after rounding, so
			// gradients through many of them agree less.
			const tolerance = 1e-4
			want := runReference(t, net, c, x, dy)
			// Normalization takes a bias away, and the scale of a channel that is
			// normalized again: gradients of such a parameter are what rounding leaves,
			// which the whole network's are the measure of.
			compare := func(name string, got, want result) {
				golden.Close(t, name+": y", got.y, want.y, tolerance)
				golden.Close(t, name+": dx", got.dx, want.dx, tolerance)
				golden.Close(t, name+": gradients", slices.Concat(got.params...), slices.Concat(want.params...), tolerance)
			}
			if !normalized {
				compare = func(name string, got, want result) { same(t, name, net, got, want, tolerance) }
			}
			golden.Close(t, "y", got.y, want.y, golden.Tolerance)
			compare("reference", got, want)
			c.Unfused = true
			compare("unfused", got, run(net, c, x, dy))
		})
	}
}

// TestFusedPassesNonFinite: a NaN or an Inf anywhere in an image or its
// gradient reaches what it reaches where the layers run one by one.
func TestFusedPassesNonFinite(t *testing.T) {
	broken := func(values []float64) bool {
		for _, v := range values {
			if v-v != 0 {
				return true
			}
		}
		return false
	}
	pool := layers.Pooling{Size: 2}
	for _, in := range []nn.Shape{{H: 6, W: 6, C: 1}, {H: 6, W: 6, C: 17}} {
		for _, specs := range [][]nn.Spec{
			{layers.Convolution{Filters: 17, Kernel: 3, Pad: 1}, layers.ReLU{}},
			{layers.Convolution{Filters: 17, Kernel: 3, Pad: 1}, layers.ReLU{}, pool},
			{layers.Convolution{Filters: 30, Kernel: 5, Pad: 2}, layers.ReLU{}, pool},
			{layers.Affine{Units: 17}, layers.ReLU{}},
		} {
			net := network(t, in, specs...)
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				for at := 0; at < in.Size(); at += in.Size()/18 + 1 {
					for _, inGradient := range []bool{false, true} {
						x, dy := random(rng(1), 2, in), random(rng(2), 2, net.Output())
						if inGradient {
							dy.Data[at%len(dy.Data)] = float32(bad)
						} else {
							x.Data[at] = float32(bad)
						}
						c := both(2, true)
						fused := run(net, c, x, dy)
						c.Unfused = true
						plain := run(net, c, x, dy)
						name := fmt.Sprintf("%v of %v, %v at %d (of dy: %v)", specs, in, bad, at, inGradient)
						if math.IsNaN(bad) && !inGradient && !broken(fused.y) {
							t.Errorf("%s: y is finite", name)
						}
						got := append([][]float64{fused.y, fused.dx}, fused.params...)
						for i, want := range append([][]float64{plain.y, plain.dx}, plain.params...) {
							if broken(got[i]) != broken(want) {
								t.Errorf("%s: result %d of y, dx and gradients is finite: %v fused, %v unfused", name, i, !broken(got[i]), !broken(want))
							}
						}
					}
				}
			}
		}
	}
}

// TestFuseOnlyWhatFollows: a layer is taken in only where the maths allows.
func TestFuseOnlyWhatFollows(t *testing.T) {
	in := nn.Shape{H: 7, W: 6, C: 1}
	for _, c := range []struct {
		specs []nn.Spec
		want  int
	}{
		{[]nn.Spec{layers.Convolution{Filters: 2, Kernel: 2}, layers.ReLU{}, layers.Pooling{Size: 2}}, 1},         // 6×5: a column is left over
		{[]nn.Spec{layers.Convolution{Filters: 2, Kernel: 3, Pad: 1}, layers.ReLU{}, layers.Pooling{Size: 3}}, 1}, // another window
		{[]nn.Spec{layers.Convolution{Filters: 2, Kernel: 2, Pad: 1}, layers.ReLU{}, layers.Pooling{Size: 2, Average: true}}, 1},
		{[]nn.Spec{layers.Convolution{Filters: 2, Kernel: 2, Pad: 1}, layers.ReLU{}, layers.Pooling{Size: 2, Stride: 1}}, 1},
		{[]nn.Spec{layers.Convolution{Filters: 2, Kernel: 2}, layers.Pooling{Size: 2}}, 0},
		{[]nn.Spec{layers.Convolution{Filters: 2, Kernel: 2}, layers.Tanh{}}, 0},
		{[]nn.Spec{layers.Convolution{Filters: 2, Kernel: 2}}, 0},
		{[]nn.Spec{layers.Affine{Units: 2}, layers.Sigmoid{}}, 0},
		{[]nn.Spec{layers.Affine{Units: 2}}, 0},
	} {
		l := network(t, in, c.specs...).Layers()
		fuser, ok := l[0].(nn.Fuser)
		if !ok {
			continue
		}
		fused, n := fuser.Fuse(l[1:])
		if n > c.want || n > 0 && fused.OutShape() != l[n].OutShape() {
			t.Errorf("%v: fuses %d, at most %d can be", c.specs, n, c.want)
		}
	}
}
