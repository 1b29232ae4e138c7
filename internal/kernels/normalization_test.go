package kernels_test

import (
	"math"
	"testing"

	"tatami/internal/kernels"
	"tatami/internal/toy"
)

func TestNormalization(t *testing.T) {
	toy.Alone(t)
	everywhere(t, func(b *bench) {
		for _, n := range lengths[1:] {
			for _, rows := range []int{0, 1, 2, 7, 2049} {
				if rows*n > 100_000 {
					continue
				}
				for _, special := range []bool{false, true} {
					matrix := b.normal
					if special {
						matrix = b.special
					}
					normalization(b, n, rows, matrix)
					b.release()
				}
			}
		}
	})
}

func normalization(b *bench, n, rows int, matrix func(int) []float32) {
	x, dy := matrix(rows*n), matrix(rows*n)
	v0, v1, v2, v3 := b.normal(n), b.normal(n), b.normal(n), b.normal(n)
	y, dx := make([]float64, rows*n), make([]float64, rows*n)
	size, dsize := make([]float64, rows*n), make([]float64, rows*n)
	sum, squares, sumDy, products := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		c := i % n
		x, d := float64(x[i]), float64(dy[i])
		p, q, r, s := float64(v0[c]), float64(v1[c]), float64(v2[c]), float64(v3[c])
		y[i] = x*p + q
		size[i] = math.Abs(x*p) + math.Abs(q)
		dx[i] = p * (d - q - (x-r)*s)
		dsize[i] = math.Abs(p) * (math.Abs(d) + math.Abs(q) + (math.Abs(x)+math.Abs(r))*math.Abs(s))
		sum[c] += x
		squares[c] += x * x
		sumDy[c] += d
		products[c] += float64(dy[i] * (float32(x) - v0[c]) * v1[c])
	}
	got := b.zeros(rows * n)
	kernels.ScaleShift(got, x, v0, v1)
	b.near("scale and shift", got, y, size, 3e-7)
	kernels.NormalizedBackward(got, dy, x, v0, v1, v2, v3)
	b.near("backward", got, dx, dsize, 6e-7)
	one, two := make([]float64, n), make([]float64, n)
	for c := range n { // to be added to
		one[c], two[c] = 1, 2
		sum[c]++
		squares[c] += 2
	}
	kernels.Moments(one, two, x)
	near64(b, "sum", one, sum)
	near64(b, "squares", two, squares)
	clear(one)
	clear(two)
	kernels.NormalizedSums(one, two, dy, x, v0, v1)
	near64(b, "sum of dy", one, sumDy)
	near64(b, "products", two, products)
}

// near64 compares sums of up to thousands of numbers near 1, which differ in
// their order, and in the rounding of each product in float32.
func near64(b *bench, what string, got, want []float64) {
	b.Helper()
	for c, w := range want {
		if g := got[c]; g != w && (g == g || w == w) && !(math.Abs(g-w) <= 1e-4) {
			b.Fatalf("%s: column %d of %d is %g, want %g", what, c, len(want), g, w)
		}
	}
}
