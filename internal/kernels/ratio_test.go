package kernels_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tatami/internal/kernels"
)

// BenchmarkShare sets convolutions in groups of 16 channels or more, and dilated
// ones, against plain ones of the same kernel and as many multiply-adds, and
// depthwise ones against a copy of their tensors: the ratio of the shortest
// times, measured in turn.
func BenchmarkShare(b *testing.B) {
	forward := func(v convolution, p plan) func() {
		oh, ow := v.Output()
		x, y := make([]float32, v.n*v.H*v.W*v.C), make([]float32, v.n*oh*ow*v.Filters)
		w, u, scratch := make([]float32, v.weights()), make([]float32, p.PackedLen()), make([]float32, p.ScratchLen())
		m, turned := make([]float32, p.PackedLen()), make([]float32, p.TurnedLen())
		p.Pack(u, w, scratch)
		p.Turn(turned, w)
		return func() {
			p.Forward(y, x, u, kernels.Then{}, scratch)
			p.AddFilterGradient(m, x, y, scratch)
			p.InputGradient(x, y, turned, scratch)
		}
	}
	direct := func(v convolution) func() { return forward(v, kernels.NewDirect(v.Convolution)) }
	winograd := func(v convolution) func() { return forward(v, kernels.NewWinogradTiles(v.Convolution, 2)) }
	depthwise := func(v convolution) func() { return forward(v, kernels.NewDepthwise(v.Convolution)) }
	// copies read and write as many values as a convolution's three directions
	// do at least, two tensors each.
	copies := func(values int) func() {
		x, y := make([]float32, values), make([]float32, values)
		return func() {
			for range 3 {
				copy(y, x)
			}
		}
	}
	for _, c := range []struct {
		name       string
		run, other func()
		times      float64 // the other's work
	}{
		{"64 in 4 groups", direct(square(8, 28, 28, 64, 64, 3, 1, 1).grouped(4)), direct(square(8, 28, 28, 64, 64, 3, 1, 1)), 4},
		{"64 in 4 groups, Winograd", winograd(square(8, 28, 28, 64, 64, 3, 1, 1).grouped(4)), winograd(square(8, 28, 28, 64, 64, 3, 1, 1)), 4},
		{"64 in 2 groups, 1×1", direct(square(8, 28, 28, 64, 64, 1, 1, 0).grouped(2)), direct(square(8, 28, 28, 64, 64, 1, 1, 0)), 2},
		{"128 in 8 groups", direct(square(8, 14, 14, 128, 128, 3, 1, 1).grouped(8)), direct(square(8, 14, 14, 128, 128, 3, 1, 1)), 8},
		{"64 in 4 groups, to 16", direct(square(8, 28, 28, 64, 64, 3, 1, 1).grouped(4)), direct(square(32, 28, 28, 16, 16, 3, 1, 1)), 1},
		{"64 in 4 groups, to 16, Winograd", winograd(square(8, 28, 28, 64, 64, 3, 1, 1).grouped(4)), winograd(square(32, 28, 28, 16, 16, 3, 1, 1)), 1},
		{"dilated by 2", direct(square(8, 28, 28, 32, 32, 3, 1, 2).dilated(2)), direct(square(8, 28, 28, 32, 32, 3, 1, 1)), 1},
		{"dilated by 4", direct(square(8, 28, 28, 64, 64, 3, 1, 4).dilated(4)), direct(square(8, 28, 28, 64, 64, 3, 1, 1)), 1},
		{"depthwise 32", depthwise(square(50, 28, 28, 32, 32, 3, 1, 1).grouped(32)), copies(50 * 28 * 28 * 32), 1},
		{"depthwise 64", depthwise(square(50, 28, 28, 64, 64, 3, 1, 1).grouped(64)), copies(50 * 28 * 28 * 64), 1},
		{"depthwise 128", depthwise(square(50, 14, 14, 128, 128, 3, 1, 1).grouped(128)), copies(50 * 14 * 14 * 128), 1},
	} {
		inTurn(b, c.name, []func(){c.run}, []func(){c.other}, c.times)
	}
}

// inTurn reports for each instruction set how many times as long as the others, done so many times, the runs take: sums
// of the shortest times of each.
func inTurn(b *testing.B, name string, runs, others []func(), times float64) {
	for _, isa := range kernels.Available() {
		b.Run(name+"/"+isa, func(b *testing.B) {
			defer kernels.Use(isa)()
			shortest := func() []time.Duration { return slices.Repeat([]time.Duration{time.Hour}, len(runs)) }
			own, other := shortest(), shortest()
			for b.Loop() {
				for i := range runs {
					start := time.Now()
					runs[i]()
					middle := time.Now()
					others[i]()
					own[i], other[i] = min(own[i], middle.Sub(start)), min(other[i], time.Since(middle))
				}
			}
			var ownSum, otherSum time.Duration
			for i := range runs {
				ownSum, otherSum = ownSum+own[i], otherSum+other[i]
			}
			b.ReportMetric(times*float64(ownSum)/float64(otherSum), "times")
		})
	}
}

// BenchmarkTiles sets Winograd's way by tiles of 2×2 outputs against that by tiles of 4×4, for all that a shard of 25
// images does with a layer in training.
func BenchmarkTiles(b *testing.B) {
	for _, v := range []convolution{
		square(25, 28, 28, 16, 16, 3, 1, 1), square(25, 14, 14, 32, 32, 3, 1, 2), square(25, 8, 8, 32, 64, 3, 1, 1),
		square(25, 16, 16, 64, 64, 3, 1, 1), square(25, 8, 8, 64, 64, 3, 1, 1), square(25, 7, 7, 64, 64, 3, 1, 1), square(25, 12, 12, 64, 64, 3, 1, 0),
		square(25, 8, 8, 128, 128, 3, 1, 1), square(25, 8, 8, 256, 256, 3, 1, 1), square(25, 4, 4, 256, 256, 3, 1, 1),
	} {
		oh, ow := v.Output()
		by := func(side int) []func() {
			p := kernels.NewWinogradTiles(v.Convolution, side)
			x, y, w := make([]float32, v.n*v.H*v.W*v.C), make([]float32, v.n*oh*ow*v.Filters), make([]float32, v.weights())
			u, m, scratch := make([]float32, p.PackedLen()), make([]float32, p.PackedLen()), make([]float32, p.ScratchLen())
			turned := make([]float32, p.TurnedLen())
			return []func(){
				func() { p.Pack(u, w, scratch) },
				func() { p.Forward(y, x, u, kernels.Then{}, scratch) },
				func() { p.Turn(turned, w) },
				func() { p.AddFilterGradient(m, x, y, scratch) },
				func() { p.InputGradient(x, y, turned, scratch) },
				func() { p.AddUnpacked(w, m, scratch) },
			}
		}
		inTurn(b, fmt.Sprintf("%dx%dx%d→%dx%dx%d", v.H, v.W, v.C, oh, ow, v.Filters), by(2), by(4), 1)
	}
}
