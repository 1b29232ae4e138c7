package kernels_test

import (
	"math"
	"testing"

	"tatami/internal/kernels"
	"tatami/internal/toy"
)

// eachInput runs f with ordinary and with special numbers of many lengths.
func eachInput(b *bench, f func(x func(n int) []float32, n int)) {
	for _, n := range append(lengths, 40000) {
		for _, x := range []func(int) []float32{b.normal, b.special} {
			f(x, n)
			b.release()
		}
	}
}

func TestAddAxpyScale(t *testing.T) {
	everywhere(t, func(b *bench) {
		eachInput(b, func(x func(int) []float32, n int) {
			dst, src := x(n), x(n)
			sum, axpy, scaled := float64s(dst), float64s(dst), float64s(dst)
			size := make([]float64, n)
			for i := range n {
				sum[i] += float64(src[i])
				axpy[i] += 3 * float64(src[i])
				scaled[i] *= 3
				size[i] = math.Abs(float64(dst[i])) + 3*math.Abs(float64(src[i]))
			}
			got := b.zeros(n)
			copy(got, dst)
			kernels.Add(got, src)
			b.near("add", got, sum, size, 1e-7)
			copy(got, dst)
			kernels.Axpy(got, 3, src)
			b.near("axpy", got, axpy, size, 2e-7)
			copy(got, dst)
			kernels.Scale(got, 3)
			b.near("scale", got, scaled, nil, 1e-7)
		})
	})
}

func TestSum(t *testing.T) {
	everywhere(t, func(b *bench) {
		eachInput(b, func(x func(int) []float32, n int) {
			y, one, other := b.zeros(n), x(n), x(n)
			want, positive := make([]float32, n), make([]float32, n)
			for i := range n {
				want[i] = one[i] + other[i]
				positive[i] = want[i]
				if want[i] < 0 {
					positive[i] = 0
				}
			}
			kernels.Sum(y, one, other)
			b.same("sum", y, want)
			kernels.SumReLU(y, one, other)
			b.same("sum and ReLU", y, positive)
			kernels.Sum(one, one, other)
			b.same("sum in place", one, want)
		})
	})
}

func TestSumSquares(t *testing.T) {
	everywhere(t, func(b *bench) {
		eachInput(b, func(x func(int) []float32, n int) {
			v := x(n)
			want := 0.0
			for _, w := range v {
				want += float64(w) * float64(w)
			}
			got := kernels.SumSquares(v)
			if math.Abs(got-want) > 1e-12*want || (got != got) != (want != want) {
				b.Fatalf("%d: %g, want %g", n, got, want)
			}
		})
	})
}

func TestReLU(t *testing.T) {
	everywhere(t, func(b *bench) {
		eachInput(b, func(x func(int) []float32, n int) {
			v, dy, y := x(n), b.normal(n), b.zeros(n)
			want, grad := make([]float32, n), make([]float32, n)
			for i := range n {
				want[i] = v[i]
				if v[i] < 0 {
					want[i] = 0
				}
				grad[i] = dy[i]
				if want[i] <= 0 {
					grad[i] = 0
				}
			}
			kernels.ReLU(y, v)
			b.same("relu", y, want)
			kernels.ReLU(v, v)
			b.same("relu in place", v, want)
			dx := b.zeros(n)
			kernels.ReLUBackward(dx, dy, y)
			b.same("backward", dx, grad)
			kernels.ReLUBackward(dy, dy, y)
			b.same("backward in place", dy, grad)
		})
	})
}

func TestSigmoid(t *testing.T) {
	everywhere(t, func(b *bench) {
		wide := func(n int) []float32 { // beyond what e^x has room for
			x := b.normal(n)
			for i := range x {
				x[i] *= 40
			}
			return x
		}
		for _, n := range append(lengths, 40000) {
			for _, x := range []func(int) []float32{b.normal, b.special, wide} {
				v, dy, y := x(n), b.normal(n), b.zeros(n)
				want, grad := make([]float64, n), make([]float64, n)
				for i, v := range v {
					want[i] = 1 / (1 + math.Exp(-float64(v)))
				}
				kernels.Sigmoid(y, v)
				b.near("sigmoid", y, want, floor(want, 1e-30), 3e-7)
				kernels.Sigmoid(v, v)
				b.same("sigmoid in place", v, y)
				for i, y := range y {
					grad[i] = float64(dy[i]) * float64(y) * (1 - float64(y))
				}
				dx := b.zeros(n)
				kernels.SigmoidBackward(dx, dy, y)
				b.near("backward", dx, grad, floor(grad, 1e-30), 3e-7)
				kernels.SigmoidBackward(dy, dy, y)
				b.same("backward in place", dy, dx)
				b.release()
			}
		}
	})
}

// floor is |x|, or least where that is more.
func floor(x []float64, least float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = max(math.Abs(v), least)
	}
	return y
}

func TestFromBytes(t *testing.T) {
	everywhere(t, func(b *bench) {
		for _, n := range append(lengths, 784, 40001) {
			src, dst := b.bytes(n), b.zeros(n)
			want := make([]float32, n)
			for i := range src {
				src[i] = byte(b.rng.Uint32())
				want[i] = float32(src[i]) * (1.0 / 255)
			}
			kernels.FromBytes(dst, src, 1.0/255)
			b.same("bytes", dst, want)
			b.release()
		}
	})
}

func TestRows(t *testing.T) {
	toy.Alone(t)
	everywhere(t, func(b *bench) {
		for _, n := range lengths[1:] {
			for _, rows := range []int{0, 1, 2, 3, 4, 5, 9, 1025} {
				for _, x := range []func(int) []float32{b.normal, b.special} {
					y, bias := x(rows*n), b.normal(n)
					sum, positive := make([]float32, len(y)), make([]float32, len(y))
					total, size := float64s(bias), make([]float64, n)
					for i := range y {
						sum[i] = y[i] + bias[i%n]
						positive[i] = sum[i]
						if sum[i] < 0 {
							positive[i] = 0
						}
						total[i%n] += float64(y[i])
						size[i%n] += math.Abs(float64(y[i]))
					}
					db, z := b.zeros(n), b.zeros(len(y))
					copy(db, bias)
					kernels.SumRows(db, y)
					for i := range size {
						size[i] += math.Abs(float64(bias[i]))
					}
					b.near("sumRows", db, total, size, 1e-6)
					copy(z, y)
					kernels.AddBias(z, bias)
					b.same("addBias", z, sum)
					copy(z, y)
					kernels.AddBiasReLU(z, bias)
					b.same("addBiasReLU", z, positive)
					b.release()
				}
			}
		}
	})
}

func TestElementwisePanics(t *testing.T) {
	x, y, u := make([]float32, 10), make([]float32, 9), make([]byte, 10)
	panics(t, "add", func() { kernels.Add(x, y) })
	panics(t, "axpy", func() { kernels.Axpy(x, 1, y) })
	panics(t, "relu", func() { kernels.ReLU(x, y) })
	panics(t, "reluBackward", func() { kernels.ReLUBackward(x, x, y) })
	panics(t, "fromBytes", func() { kernels.FromBytes(y, u, 1) })
	panics(t, "addBias", func() { kernels.AddBias(x, y) })
	panics(t, "addBiasReLU", func() { kernels.AddBiasReLU(x, y) })
	panics(t, "sumRows", func() { kernels.SumRows(y, x) })
	panics(t, "no bias", func() { kernels.AddBias(x, nil) })
	panics(t, "pool", func() { kernels.MaxPool2(x[:2], u[:2], x, x, 3) })
	panics(t, "pool codes", func() { kernels.BiasReLUMaxPool2(x[:4], u[:3], x[:8], x[:8], x[:2]) })
	panics(t, "unpool", func() { kernels.Unpool2(x[:8], x[:6], x[:4], u[:4], 2) })
	panics(t, "sgd", func() { kernels.SGD(x, y, kernels.SGDStep{}) })
	panics(t, "momentum", func() { kernels.Momentum(x, y, x, kernels.MomentumStep{}) })
	panics(t, "adam", func() { kernels.Adam(x, x, x, y, kernels.AdamStep{}) })
}
