package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"tatami/internal/kernels"
)

// A convolution is the size of one: 3×3 filters, stride 1.
type convolution struct{ n, h, w, c, o, pad int }

func (v convolution) outputs() (oh, ow int) { return v.h + 2*v.pad - 2, v.w + 2*v.pad - 2 }

// each calls f with the place of y, of w and of x for each product of the convolution.
func (v convolution) each(f func(y, w, x int)) {
	oh, ow := v.outputs()
	for n := range v.n {
		for i := range oh {
			for j := range ow {
				for o := range v.o {
					for k := range 9 {
						a, b := i+k/3-v.pad, j+k%3-v.pad
						if a < 0 || a >= v.h || b < 0 || b >= v.w {
							continue
						}
						for c := range v.c {
							f(((n*oh+i)*ow+j)*v.o+o, (o*9+k)*v.c+c, ((n*v.h+a)*v.w+b)*v.c+c)
						}
					}
				}
			}
		}
	}
}

var convolutions = []convolution{
	{1, 3, 3, 1, 1, 0}, {2, 4, 5, 3, 2, 0}, {2, 5, 4, 2, 7, 1}, {1, 1, 1, 2, 3, 1}, {3, 7, 7, 16, 17, 1},
	{2, 8, 6, 33, 8, 1}, {1, 3, 4, 9, 15, 2}, {2, 14, 14, 16, 16, 1}, {1, 30, 40, 8, 24, 1}, {40, 7, 7, 64, 64, 1},
}

func TestWinograd(t *testing.T) {
	everywhere(t, func(b *bench) {
		worst := 0.0
		// At an image's corner a sum may have a single product, while its rounding is that of its tile: a sum of magnitudes
		// counts as no less than the mean.
		near := func(what string, got []float32, want, size []float64) {
			b.Helper()
			mean := 0.0
			for _, v := range size {
				mean += v / float64(len(size))
			}
			for i := range size {
				size[i] = max(size[i], mean)
				worst = max(worst, math.Abs(float64(got[i])-want[i])/size[i])
			}
			b.near(what, got, want, size, 4e-7)
		}
		for _, v := range convolutions {
			if testing.Short() && v.n > 3 {
				continue
			}
			oh, ow := v.outputs()
			p := kernels.NewWinograd(v.h, v.w, v.c, v.o, v.pad)
			back := p.Back()
			x, w, dy := b.normal(v.n*v.h*v.w*v.c), b.normal(9*v.c*v.o), b.normal(v.n*oh*ow*v.o)
			y, dx, dw := b.normal(len(dy)), b.normal(len(x)), b.normal(len(w))
			u, m := b.zeros(p.FilterLen()), b.zeros(p.FilterLen())
			scratch := b.normal(p.ScratchLen())
			wantY, sizeY := make([]float64, len(y)), make([]float64, len(y))
			wantX, sizeX := make([]float64, len(x)), make([]float64, len(x))
			wantW, sizeW := float64s(dw), make([]float64, len(w))
			for i := range sizeW {
				sizeW[i] = math.Abs(wantW[i])
			}
			v.each(func(i, j, k int) {
				for _, d := range []struct {
					sum, size *float64
					a, b      float32
				}{{&wantY[i], &sizeY[i], w[j], x[k]}, {&wantX[k], &sizeX[k], w[j], dy[i]}, {&wantW[j], &sizeW[j], x[k], dy[i]}} {
					*d.sum += float64(d.a) * float64(d.b)
					*d.size += math.Abs(float64(d.a) * float64(d.b))
				}
			})

			worst = 0
			p.Filter(u, w, scratch)
			p.Forward(y, x, u, scratch, v.n)
			near("forward", y, wantY, sizeY)

			bias := b.normal(v.o)
			fused := b.zeros(len(y))
			p.ForwardBiasReLU(fused, bias, x, u, scratch, v.n)
			kernels.AddBiasReLU(y, bias)
			b.same("forward, bias, ReLU", fused, y)

			n := v.n * (oh / 2) * (ow / 2) * v.o
			pooled, code, want, wantCode := b.zeros(n), b.bytes(n), b.zeros(n), b.bytes(n)
			p.ForwardBiasReLUMaxPool2(pooled, code, bias, x, u, scratch, v.n)
			row, half := ow*v.o, ow/2*v.o
			for i := range v.n * (oh / 2) {
				top := y[(i/(oh/2)*oh+i%(oh/2)*2)*row:]
				kernels.MaxPool2(want[i*half:][:half], wantCode[i*half:][:half], top[:row], top[row:2*row], v.o)
			}
			b.same("forward, bias, ReLU, pooling", pooled, want)
			for i := range want {
				if want[i] == 0 {
					wantCode[i] = 4
				}
				if code[i] != wantCode[i] {
					b.Fatalf("%+v: code %d is %d, want %d", v, i, code[i], wantCode[i])
				}
			}

			p.AddFilterGradient(m, dy, x, scratch, v.n)
			p.FilterGradient(dw, m, scratch)
			near("filter gradient", dw, wantW, sizeW)

			scratch = b.normal(back.ScratchLen())
			u = b.zeros(back.FilterLen())
			back.FilterTurned(u, w)
			back.Forward(dx, dy, u, scratch, v.n)
			near("input gradient", dx, wantX, sizeX)
			b.release()
			b.Logf("%+v: worst error %.2g of the sum of magnitudes", v, worst)
		}
	})
}

func TestWinogradPanics(t *testing.T) {
	panics(t, "no output", func() { kernels.NewWinograd(1, 3, 1, 1, 0) })
	p := kernels.NewWinograd(4, 4, 2, 3, 1)
	x, y, u, s := make([]float32, 32), make([]float32, 48), make([]float32, p.FilterLen()), make([]float32, p.ScratchLen())
	p.Forward(y, x, u, s, 1)
	panics(t, "y", func() { p.Forward(y[1:], x, u, s, 1) })
	panics(t, "x", func() { p.Forward(y, x[1:], u, s, 1) })
	panics(t, "u", func() { p.Forward(y, x, u[1:], s, 1) })
	panics(t, "scratch", func() { p.Forward(y, x, u, s[1:], 1) })
}

// BenchmarkConvolution sets Winograd, transforms included, against the direct way, at the sizes of DeepConvNet's 3×3
// layers. The rate counts the direct way's operations.
func BenchmarkConvolution(b *testing.B) {
	for _, v := range []convolution{
		{10, 28, 28, 16, 16, 1}, {10, 14, 14, 16, 32, 1}, {10, 14, 14, 32, 32, 2}, {10, 8, 8, 32, 64, 1}, {10, 8, 8, 64, 64, 1},
	} {
		oh, ow := v.outputs()
		p := kernels.NewWinograd(v.h, v.w, v.c, v.o, v.pad)
		ph, pw := v.h+2*v.pad, v.w+2*v.pad
		x, w, y := make([]float32, v.n*v.h*v.w*v.c), make([]float32, 9*v.c*v.o), make([]float32, v.n*oh*ow*v.o)
		padded := make([]float32, v.n*ph*pw*v.c)
		u, m, scratch := make([]float32, p.FilterLen()), make([]float32, p.FilterLen()), make([]float32, p.ScratchLen())
		var pixels, window []int32
		for i := range oh * ow {
			pixels = append(pixels, int32((i/ow*pw+i%ow)*v.c))
		}
		for k := range 9 * v.c {
			window = append(window, int32((k/v.c/3*pw+k/v.c%3)*v.c+k%v.c))
		}
		arow, tap := kernels.NewOffsets(pixels), kernels.NewOffsets(window)
		crow, wrow := kernels.Stride(oh*ow, v.o), kernels.Stride(9*v.c, v.o)
		flops := 2 * v.n * oh * ow * v.o * 9 * v.c
		for _, isa := range kernels.Available() {
			for _, c := range []struct {
				name string
				run  func()
			}{
				{"forward direct", func() {
					for n := range v.n {
						kernels.Product(rows(y[n*oh*ow*v.o:], crow), rows(padded[n*ph*pw*v.c:], arow), tap, matrix(w, v.o, v.o))
					}
				}},
				{"forward Winograd", func() {
					p.Filter(u, w, scratch)
					p.Forward(y, x, u, scratch, v.n)
				}},
				{"filter gradient direct", func() {
					for n := range v.n {
						kernels.AddProduct(rows(w, wrow), rows(padded[n*ph*pw*v.c:], tap), arow, matrix(y[n*oh*ow*v.o:], v.o, v.o))
					}
				}},
				{"filter gradient Winograd", func() {
					clear(m)
					p.AddFilterGradient(m, y, x, scratch, v.n)
					p.FilterGradient(w, m, scratch)
				}},
			} {
				b.Run(fmt.Sprintf("%dx%dx%d→%d/%s/%s", v.h, v.w, v.c, v.o, isa, c.name), func(b *testing.B) {
					defer kernels.Use(isa)()
					for b.Loop() {
						c.run()
					}
					b.ReportMetric(float64(flops)*1e-9*float64(b.N)/b.Elapsed().Seconds(), "GFLOP/s")
				})
			}
		}
	}
}
