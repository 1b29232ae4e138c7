package kernels_test

import (
	"math"
	"testing"

	"tatami/internal/kernels"
	"tatami/internal/toy"
)

func rows(data []float32, at kernels.Offsets) kernels.Rows { return kernels.Rows{Data: data, At: at} }

func matrix(data []float32, stride, cols int) kernels.Matrix {
	return kernels.Matrix{Data: data, Stride: stride, Cols: cols}
}

// productReference returns the product and the sum of magnitudes of each element.
func productReference(c []float32, crow []int32, a []float32, arow, tap []int32, b []float32, ldb, cols int, add bool) (sum, size []float64) {
	sum, size = float64s(c), make([]float64, len(c))
	for r := range crow {
		for l := range cols {
			i := int(crow[r]) + l
			if !add {
				sum[i] = 0
			}
			size[i] = math.Abs(sum[i])
			for j, t := range tap {
				v := float64(a[arow[r]+t]) * float64(b[j*ldb+l])
				sum[i] += v
				size[i] += math.Abs(v)
			}
		}
	}
	return sum, size
}

func TestProduct(t *testing.T) {
	toy.Alone(t)
	everywhere(t, func(b *bench) {
		check := func(m, taps, cols int, add bool) {
			defer b.release()
			// Rows of c in turned order with gaps; rows of a overlapping, taps in two runs, some offsets negative.
			crow, arow, tap := make([]int32, m), make([]int32, m), make([]int32, taps)
			ldc, ldb := cols+b.rng.IntN(3), cols+b.rng.IntN(3)
			for r := range m {
				crow[r] = int32((m - 1 - r) * ldc)
				arow[r] = int32(3*r - m)
			}
			for j := range taps {
				tap[j] = int32(j + m)
				if j > taps/2 {
					tap[j] += 5
				}
			}
			a := b.normal(max(0, 3*m-3+taps+5*min(1, max(0, taps-2))))
			c := b.normal(max(0, (m-1)*ldc+cols))
			y := b.normal(max(0, (taps-1)*ldb+cols))
			want, size := productReference(c, crow, a, arow, tap, y, ldb, cols, add)
			product := kernels.Product
			if add {
				product = kernels.AddProduct
			}
			product(rows(c, kernels.NewOffsets(crow)), rows(a, kernels.NewOffsets(arow)), kernels.NewOffsets(tap), matrix(y, ldb, cols))
			b.near("product", c, want, size, 1e-6)
		}
		for m := range 32 {
			for _, cols := range []int{1, 2, 3, 5, 8, 9, 15, 16, 17, 30, 33, 48, 64, 70} {
				check(m, 9, cols, m%2 == 0)
			}
		}
		for _, taps := range []int{0, 1, 2, 255, 256, 257, 600} {
			for _, cols := range []int{0, 10, 100} {
				check(13, taps, cols, false)
				check(13, taps, cols, true)
			}
		}
		check(1000, 25, 30, false)
		check(25, 1000, 30, true)

		// Taps or rows in runs of four neighbours have tiles of their own.
		runs := func(n int) []int32 {
			list := make([]int32, n)
			for i := range list {
				list[i] = int32(i/4*7 + i%4)
			}
			return list
		}
		for n := 4; n <= 60; n += 4 {
			for _, m := range []int{1, 5, 24, 25, 260} {
				for _, cols := range []int{1, 8, 16} {
					for _, few := range []bool{false, true} {
						crow, arow, tap := ints(m, cols), ints(m, 50), runs(n)
						if few {
							crow, arow, tap = ints(n, cols), runs(n), ints(m, 3)
						}
						a := b.normal(int(arow[len(arow)-1]+tap[len(tap)-1]) + 1)
						c, y := b.normal(len(crow)*cols), b.normal(len(tap)*cols)
						want, size := productReference(c, crow, a, arow, tap, y, cols, cols, true)
						kernels.AddProduct(rows(c, kernels.NewOffsets(crow)), rows(a, kernels.NewOffsets(arow)), kernels.NewOffsets(tap), matrix(y, cols, cols))
						b.near("product in runs", c, want, size, 1e-6)
						b.release()
					}
				}
			}
		}
	})
}

// TestProductOrder: an element's bits do not depend on the tile it falls into.
func TestProductOrder(t *testing.T) {
	everywhere(t, func(b *bench) {
		const m, taps, cols = 40, 300, 70
		a, y := b.normal(m*taps), b.normal(taps*cols)
		all := b.zeros(m * cols)
		tap := kernels.Stride(taps, 1)
		kernels.Product(rows(all, kernels.Stride(m, cols)), rows(a, kernels.Stride(m, taps)), tap, matrix(y, cols, cols))
		for _, n := range []int{1, 2, 3, 5, 7, 13, 29} {
			part := b.zeros(n * cols)
			for l := 0; l < cols; l += 9 {
				w := min(9, cols-l)
				kernels.Product(rows(part[l:], kernels.Stride(n, cols)), rows(a, kernels.Stride(n, taps)), tap, matrix(y[l:], cols, w))
			}
			b.same("part", part, all[:n*cols])
		}
	})
}

func TestProductSpecial(t *testing.T) {
	everywhere(t, func(b *bench) {
		for _, cols := range []int{3, 16, 20, 40} {
			a, y := b.special(17*5), b.normal(5*cols)
			y[0], y[cols] = 0, float32(math.Inf(1))
			c := b.zeros(17 * cols)
			crow, tap := kernels.Stride(17, cols), kernels.Stride(5, 1)
			want, size := productReference(c, ints(17, cols), a, ints(17, 5), ints(5, 1), y, cols, cols, false)
			kernels.Product(rows(c, crow), rows(a, kernels.Stride(17, 5)), tap, matrix(y, cols, cols))
			b.near("special", c, want, size, 1e-6)
		}
	})
}

func ints(n, step int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(i * step)
	}
	return list
}

func TestProductPanics(t *testing.T) {
	o := kernels.Stride
	x := make([]float32, 100)
	square := func(data []float32) kernels.Matrix { return matrix(data, 10, 10) }
	panics(t, "c", func() { kernels.Product(rows(x[:99], o(10, 10)), rows(x, o(10, 10)), o(10, 1), matrix(x, 10, 10)) })
	panics(t, "a", func() { kernels.Product(rows(x, o(10, 10)), rows(x[:99], o(10, 10)), o(10, 1), matrix(x, 10, 10)) })
	panics(t, "b", func() { kernels.Product(rows(x, o(10, 10)), rows(x, o(10, 10)), o(10, 1), matrix(x[:99], 10, 10)) })
	panics(t, "tables", func() { kernels.Product(rows(x, o(9, 10)), rows(x, o(10, 10)), o(10, 1), matrix(x, 10, 10)) })
	panics(t, "negative", func() { kernels.Product(rows(x, o(2, -10)), rows(x, o(2, 10)), o(10, 1), matrix(x, 10, 10)) })
	panics(t, "stride", func() { kernels.Product(rows(x, o(10, 10)), rows(x, o(10, 10)), o(10, 1), matrix(x, -1, 10)) })
	panics(t, "productT", func() { kernels.ProductT(square(x), square(x[:99]), square(x), 10) })
	panics(t, "transpose", func() { kernels.Transpose(square(x[:99]), square(x)) })
}

func TestProductT(t *testing.T) {
	everywhere(t, func(b *bench) {
		check := func(m, n, k int) {
			defer b.release()
			lda, ldb, ldc := k+b.rng.IntN(3), k+b.rng.IntN(3), n+b.rng.IntN(3)
			size := func(rows, ld, cols int) int {
				if rows == 0 || cols == 0 {
					return 0
				}
				return (rows-1)*ld + cols
			}
			x, y, c := b.normal(size(m, lda, k)), b.normal(size(n, ldb, k)), b.normal(size(m, ldc, n))
			want, scale := float64s(c), make([]float64, len(c))
			for i := range m {
				for j := range n {
					at := i*ldc + j
					want[at] = 0
					for l := range k {
						v := float64(x[i*lda+l]) * float64(y[j*ldb+l])
						want[at] += v
						scale[at] += math.Abs(v)
					}
				}
			}
			kernels.ProductT(matrix(c, ldc, n), matrix(x, lda, k), matrix(y, ldb, k), m)
			b.near("productT", c, want, scale, 1e-6)
		}
		for m := range 15 {
			for n := range 18 {
				check(m, n, 19)
			}
		}
		for _, k := range append(lengths, 1000, 1023, 1024, 1025, 2060) {
			check(1, 10, k)
			check(5, 7, k)
			check(7, 9, k)
		}
	})
}

func TestProductTOrder(t *testing.T) {
	everywhere(t, func(b *bench) {
		const m, n, k = 13, 17, 1100
		x, y := b.normal(m*k), b.normal(n*k)
		all, one := b.zeros(m*n), b.zeros(1)
		kernels.ProductT(matrix(all, n, n), matrix(x, k, k), matrix(y, k, k), m)
		for i := range m {
			for j := range n {
				kernels.ProductT(matrix(one, 1, 1), matrix(x[i*k:], k, k), matrix(y[j*k:], k, k), 1)
				b.same("one", one, all[i*n+j:i*n+j+1])
			}
		}
	})
}

func TestTranspose(t *testing.T) {
	everywhere(t, func(b *bench) {
		for _, rows := range lengths[1:] {
			for _, cols := range []int{1, 7, 8, 9, 16, 23, 30, 64} {
				lds, ldd := cols+b.rng.IntN(3), rows+b.rng.IntN(3)
				src, dst := b.normal((rows-1)*lds+cols), b.normal((cols-1)*ldd+rows)
				want := append([]float32(nil), dst...)
				for i := range rows {
					for j := range cols {
						want[j*ldd+i] = src[i*lds+j]
					}
				}
				kernels.Transpose(matrix(dst, ldd, rows), matrix(src, lds, cols))
				b.same("transpose", dst, want)
				b.release()
			}
		}
		src, dst := b.normal(9*5000), b.zeros(9*5000)
		kernels.Transpose(matrix(dst, 9, 9), matrix(src, 5000, 5000))
		if dst[4999*9+8] != src[8*5000+4999] || dst[2048*9] != src[2048] {
			b.Error("wide transpose")
		}
	})
}

func TestOffsets(t *testing.T) {
	list := []int32{3, -1, 7}
	o := kernels.NewOffsets(list)
	list[0] = 100
	if o.Len() != 3 || o.First(2).Len() != 2 || kernels.Stride(4, 2).Len() != 4 {
		t.Error("length")
	}
	x := make([]float32, 8)
	panics(t, "first", func() {
		kernels.Product(rows(x, kernels.Stride(2, 1)), rows(x, o.First(2)), kernels.Stride(1, 0), matrix(x, 1, 1))
	})
	panics(t, "wide", func() { kernels.Stride(3, 1<<31-1) })
}
