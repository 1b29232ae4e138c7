package kernels_test

import (
	"fmt"
	"slices"
	"testing"

	"tatami/internal/kernels"
	"tatami/internal/toy"
)

// sparse lends normally distributed numbers, the given share of which is not 0.
func (b *bench) sparse(n int, share float64) []float32 {
	x := b.normal(n)
	for i := range x {
		if b.rng.Float64() >= share {
			x[i] = 0
		}
	}
	return x
}

// TestAffineGradients: whether zeros are passed over or not, gradients have the
// bits of the plain product.
func TestAffineGradients(t *testing.T) {
	toy.Alone(t)
	everywhere(t, func(b *bench) {
		for _, inputs := range []int{3, 512, 513, 545, 647, 1025, 1300} {
			for _, units := range []int{1, 7, 40, 51, 130} {
				for i, samples := range []int{1, 9, 32, 70} {
					share := []float64{0, 0.05, 0.5, 0.9}[(i+units+inputs)%4]
					name := fmt.Sprintf("%d inputs, %d units, %d samples, %g not 0", inputs, units, samples, share)
					affine, wide, narrow := kernels.NewAffine(inputs, units), kernels.Stride(samples, inputs), kernels.Stride(samples, units)

					dy, w, dx, want := b.sparse(samples*units, share), b.normal(units*inputs), b.normal(samples*inputs), b.zeros(samples*inputs)
					kernels.Product(rows(want, wide), rows(dy, narrow), kernels.Stride(units, 1), matrix(w, inputs, inputs))
					affine.InputGradient(dx, dy, w)
					b.same("input, "+name, dx, want)

					x, top, bottom := b.normal(samples*inputs), units/3, min(units, units/3+kernels.PartRows)
					n := (bottom - top) * inputs
					dw, want := b.normal(n), b.zeros(n)
					kernels.Product(rows(want, kernels.Stride(bottom-top, inputs)), rows(dy[top:], kernels.Stride(bottom-top, 1)), narrow, matrix(x, inputs, inputs))
					shards, from := []kernels.Samples{{}}, 0
					for _, to := range []int{samples / 3, samples / 3, samples} {
						shards = append(shards, kernels.Samples{X: x[from*inputs : to*inputs], DY: dy[from*units : to*units]})
						from = to
					}
					affine.WeightGradientRows(dw, top, bottom, shards)
					b.same("weight, "+name, dw, want)
					b.release()
				}
			}
		}
	})
}

// A batch in very many shards has more lists than there is room for.
func TestAffineManyShards(t *testing.T) {
	everywhere(t, func(b *bench) {
		const inputs, units, samples = 600, 30, 300
		affine := kernels.NewAffine(inputs, units)
		x, dy := b.normal(samples*inputs), b.sparse(samples*units, 0.3)
		var shards []kernels.Samples
		for i := range samples {
			shards = append(shards, kernels.Samples{X: x[i*inputs:][:inputs], DY: dy[i*units:][:units]})
		}
		dw := b.normal(units * inputs)
		want := slices.Repeat([]float32{0}, len(dw))
		affine.AddWeightGradient(want, dy, x)
		affine.WeightGradientRows(dw, 0, units, shards)
		b.same("weight", dw, want)
	})
}

func TestAffinePanics(t *testing.T) {
	affine, x := kernels.NewAffine(600, 10), make([]float32, 6000)
	panics(t, "dx", func() { affine.InputGradient(x[:1199], x[:20], x) })
	panics(t, "dy", func() { affine.InputGradient(x[:1200], x[:19], x) })
	panics(t, "w", func() { affine.InputGradient(x[:1200], x[:20], x[:5999]) })
	panics(t, "rows", func() { affine.WeightGradientRows(x[:1199], 3, 5, []kernels.Samples{{X: x[:1200], DY: x[:20]}}) })
	panics(t, "units", func() { affine.WeightGradientRows(x, 3, 11, []kernels.Samples{{X: x[:1200], DY: x[:20]}}) })
	panics(t, "samples", func() { affine.WeightGradientRows(x, 3, 5, []kernels.Samples{{X: x[:1200], DY: x[:19]}}) })
}
