package kernels_test

import (
	"math"
	"testing"

	"tatami/internal/kernels"
)

func TestStandardize(t *testing.T) {
	everywhere(t, func(b *bench) {
		eachInput(b, func(values func(int) []float32, n int) {
			x, dy, gamma, beta := values(n), values(n), b.normal(n), b.normal(n)
			const mean, inverse, shift, slope = 0.5, 1.25, -0.75, 0.375
			y, dx, size, dsize := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
			dgamma, dbeta := b.normal(n), b.normal(n)
			wantGamma, wantBeta := float64s(dgamma), float64s(dbeta)
			gammas, betas := make([]float64, n), make([]float64, n)
			var sum, squares, total, products float64
			for i := range n {
				v, d, f := float64(x[i]), float64(dy[i]), float64(gamma[i])
				hat := (v - mean) * inverse
				y[i] = f*hat + float64(beta[i])
				dx[i] = inverse * (f*d - shift - hat*slope)
				wantGamma[i] += d * hat
				wantBeta[i] += d
				sum += v
				squares += v * v
				total += f * d
				products += f * d * hat
				magnitude := (math.Abs(v) + mean) * inverse
				size[i] = math.Abs(f)*magnitude + math.Abs(float64(beta[i]))
				dsize[i] = 2 * (math.Abs(f*d) + 1 + magnitude)
				gammas[i] = math.Abs(d)*magnitude + math.Abs(float64(dgamma[i]))
				betas[i] = math.Abs(d) + math.Abs(float64(dbeta[i]))
			}
			got := b.zeros(n)
			kernels.Standardize(got, x, gamma, beta, mean, inverse)
			b.near("standardize", got, y, size, 3e-7)
			kernels.StandardBackward(got, dy, x, gamma, mean, inverse, shift, slope)
			b.near("backward", got, dx, dsize, 3e-7)
			one, two := kernels.StandardSums(dgamma, dbeta, dy, x, gamma, mean, inverse)
			b.near("dgamma", dgamma, wantGamma, gammas, 3e-7)
			b.near("dbeta", dbeta, wantBeta, betas, 1e-7)
			near64(b, "sums of gamma*dy", []float64{one, two}, []float64{total, products})
			one, two = kernels.Totals(x)
			near64(b, "totals", []float64{one, two}, []float64{sum, squares})

			// Of equal values nothing is left.
			same := b.zeros(n)
			for i := range same {
				same[i] = 0.1
			}
			kernels.Standardize(got, same, gamma, beta, 0.1, 316)
			b.same("equal values", got, beta)
		})
	})
}
