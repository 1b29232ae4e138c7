package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"tatami/internal/kernels"
	"tatami/internal/toy"
)

// A convolution is the size of one, of n images.
type convolution struct {
	n int
	kernels.Convolution
}

// square is a plain convolution with the same padding all around.
func square(n, h, w, c, o, kernel, stride, pad int) convolution {
	return convolution{n, kernels.Convolution{
		H: h, W: w, C: c, Top: pad, Bottom: pad, Left: pad, Right: pad, Filters: o,
		KernelH: kernel, KernelW: kernel, StrideH: stride, StrideW: stride, Dilation: 1, Groups: 1,
	}}
}

func (v convolution) dilated(d int) convolution {
	v.Dilation = d
	return v
}

func (v convolution) grouped(g int) convolution {
	v.Groups = g
	return v
}

// crooked has another width of kernel and stride, and padding of its own at each
// side.
func (v convolution) crooked(kernelW, strideW, top, bottom, left, right int) convolution {
	v.KernelW, v.StrideW, v.Top, v.Bottom, v.Left, v.Right = kernelW, strideW, top, bottom, left, right
	return v
}

// weights is the number of values of all filters.
func (v convolution) weights() int { return v.KernelH * v.KernelW * v.C / v.Groups * v.Filters }

// each calls f with the place of y, of w and of x for each product of the
// convolution.
func (v convolution) each(f func(y, w, x int)) {
	oh, ow := v.Output()
	c, o := v.C/v.Groups, v.Filters/v.Groups
	for n := range v.n {
		for i := range oh {
			for j := range ow {
				for k := range v.Filters {
					for u := range v.KernelH {
						for t := range v.KernelW {
							a, b := i*v.StrideH+u*v.Dilation-v.Top, j*v.StrideW+t*v.Dilation-v.Left
							if a < 0 || a >= v.H || b < 0 || b >= v.W {
								continue
							}
							for l := range c {
								f(((n*oh+i)*ow+j)*v.Filters+k, ((k*v.KernelH+u)*v.KernelW+t)*c+l, ((n*v.H+a)*v.W+b)*v.C+k/o*c+l)
							}
						}
					}
				}
			}
		}
	}
}

// plan is what all ways to compute a convolution have.
type plan interface {
	PackedLen() int
	TurnedLen() int
	ScratchLen() int
	Pack(u, w, scratch []float32)
	Turn(u, w []float32)
	Forward(y, x, u []float32, then kernels.Then, scratch []float32)
	AddFilterGradient(m, x, dy, scratch []float32)
	AddUnpacked(dw, m, scratch []float32)
	InputGradient(dx, dy, turned, scratch []float32)
}

func (v convolution) plans() map[string]plan {
	plans := map[string]plan{"direct": kernels.NewDirect(v.Convolution)}
	if v.SuitsWinograd() {
		plans["Winograd"] = kernels.NewWinogradTiles(v.Convolution, 2)
		plans[large] = kernels.NewWinogradTiles(v.Convolution, 4)
	}
	if v.SuitsDepthwise() {
		plans["depthwise"] = kernels.NewDepthwise(v.Convolution)
	}
	return plans
}

// large is Winograd's way by tiles of 4×4.
const large = "Winograd 4×4"

// rounding is the error allowed to a way, of the sum of magnitudes.
func (v convolution) rounding(way string) float64 {
	switch {
	case way != large:
		return 4e-7
	case min(v.C, v.Filters)/v.Groups >= 24:
		return 8e-7
	}
	return 4e-6 // no layer goes this way
}

var convolutions = []convolution{
	square(1, 3, 3, 1, 1, 3, 1, 0), square(2, 4, 5, 3, 2, 3, 1, 0), square(2, 5, 4, 2, 7, 3, 1, 1), square(1, 1, 1, 2, 3, 3, 1, 1),
	square(3, 7, 7, 16, 17, 3, 1, 1), square(2, 8, 6, 33, 8, 3, 1, 1), square(1, 3, 4, 9, 15, 3, 1, 2), square(2, 14, 14, 16, 16, 3, 1, 1),
	square(1, 30, 40, 8, 24, 3, 1, 1), square(40, 7, 7, 64, 64, 3, 1, 1), square(2, 9, 8, 1, 30, 5, 1, 0), square(1, 6, 7, 3, 4, 1, 1, 0),
	square(2, 7, 5, 2, 5, 4, 2, 1), square(1, 8, 9, 5, 3, 2, 3, 0), square(1, 2, 2, 3, 2, 1, 1, 3), square(2, 6, 6, 2, 3, 3, 2, 4),

	square(2, 9, 8, 3, 4, 3, 1, 2).dilated(2), square(1, 11, 12, 16, 5, 3, 2, 1).dilated(3), square(1, 7, 7, 4, 4, 2, 3, 5).dilated(4),
	square(2, 6, 7, 6, 4, 3, 1, 1).grouped(2), square(1, 8, 8, 32, 48, 3, 1, 1).grouped(2), square(1, 5, 6, 8, 12, 2, 2, 1).grouped(4),
	square(1, 9, 9, 6, 6, 3, 1, 2).dilated(2).grouped(3), square(2, 6, 5, 34, 34, 3, 1, 1).grouped(2),
	square(2, 8, 9, 3, 5, 3, 2, 0).crooked(1, 1, 1, 0, 0, 2), square(1, 6, 9, 2, 3, 1, 1, 0).crooked(5, 3, 0, 0, 4, 1),
	square(1, 8, 8, 4, 4, 3, 1, 0).crooked(3, 1, 0, 1, 2, 1), square(1, 9, 7, 4, 6, 2, 1, 0).crooked(3, 2, 3, 0, 1, 7).dilated(2).grouped(2),
	square(1, 5, 6, 4, 8, 3, 1, 1).grouped(4),                                                                            // several filters a channel
	square(2, 11, 9, 32, 34, 3, 1, 1), square(1, 15, 13, 24, 25, 3, 1, 1), square(1, 10, 12, 64, 66, 3, 1, 2).grouped(2), // by larger tiles

	square(2, 7, 6, 5, 5, 3, 1, 1).grouped(5), square(1, 6, 9, 16, 16, 3, 1, 1).grouped(16), square(2, 9, 12, 33, 33, 3, 2, 1).grouped(33),
	square(1, 8, 20, 48, 48, 5, 1, 2).grouped(48), square(1, 9, 9, 17, 17, 3, 1, 2).dilated(2).grouped(17),
	square(2, 7, 21, 3, 3, 2, 1, 0).crooked(4, 1, 1, 0, 2, 3).grouped(3), square(1, 12, 5, 31, 31, 1, 3, 0).grouped(31),
}

func TestConvolution(t *testing.T) {
	toy.Alone(t)
	everywhere(t, func(b *bench) {
		for _, v := range convolutions {
			if testing.Short() && v.n > 3 {
				continue
			}
			oracle := b.oracle(v)
			for name, p := range v.plans() {
				b.convolution(fmt.Sprintf("%+v %s", v, name), v, p, oracle, v.rounding(name))
			}
			b.release()
		}
	})
}

// An oracle has a convolution's factors, what their products come to, and for
// each result the sum of magnitudes that its rounding is measured by.
type oracle struct {
	x, w, dy, dw0       []float32 // dw0 is what the filter gradient is added to
	y, dx, dw           []float64
	sizeY, sizeX, sizeW []float64
}

func (b *bench) oracle(v convolution) *oracle {
	oh, ow := v.Output()
	o := &oracle{x: b.normal(v.n * v.H * v.W * v.C), w: b.normal(v.weights()), dy: b.normal(v.n * oh * ow * v.Filters), dw0: b.normal(v.weights())}
	o.y, o.sizeY = make([]float64, len(o.dy)), make([]float64, len(o.dy))
	o.dx, o.sizeX = make([]float64, len(o.x)), make([]float64, len(o.x))
	o.dw, o.sizeW = float64s(o.dw0), make([]float64, len(o.w))
	for i := range o.sizeW {
		o.sizeW[i] = math.Abs(o.dw[i])
	}
	v.each(func(i, j, k int) {
		for _, d := range []struct {
			sum, size *float64
			a, b      float32
		}{{&o.y[i], &o.sizeY[i], o.w[j], o.x[k]}, {&o.dx[k], &o.sizeX[k], o.w[j], o.dy[i]}, {&o.dw[j], &o.sizeW[j], o.x[k], o.dy[i]}} {
			*d.sum += float64(d.a) * float64(d.b)
			*d.size += math.Abs(float64(d.a) * float64(d.b))
		}
	})
	// At an image's corner a sum may have a single product, while Winograd's
	// rounding is that of its tile: a sum of magnitudes counts as no less than
	// the mean.
	for _, size := range [][]float64{o.sizeY, o.sizeX, o.sizeW} {
		mean := 0.0
		for _, v := range size {
			mean += v / float64(len(size))
		}
		for i := range size {
			size[i] = max(size[i], mean)
		}
	}
	return o
}

func (b *bench) convolution(name string, v convolution, p plan, o *oracle, rounding float64) {
	worst := 0.0
	near := func(what string, got []float32, want, size []float64) {
		b.Helper()
		for i := range size {
			worst = max(worst, math.Abs(float64(got[i])-want[i])/size[i])
		}
		b.near(name+" "+what, got, want, size, rounding)
	}
	oh, ow := v.Output()
	x, w, dy := o.x, o.w, o.dy
	y, dx, dw := b.normal(len(dy)), b.normal(len(x)), b.zeros(len(w))
	copy(dw, o.dw0)
	u, m := b.zeros(p.PackedLen()), b.zeros(p.PackedLen())
	scratch := b.normal(p.ScratchLen())

	p.Pack(u, w, scratch)
	p.Forward(y, x, u, kernels.Then{}, scratch)
	near("forward", y, o.y, o.sizeY)

	bias := b.normal(v.Filters)
	biased, plain := b.zeros(len(y)), b.zeros(len(y))
	copy(biased, y)
	kernels.AddBias(biased, bias)
	p.Forward(plain, x, u, kernels.Then{Bias: bias}, scratch)
	b.same(name+" forward, bias", plain, biased)

	fused := b.zeros(len(y))
	p.Forward(fused, x, u, kernels.Then{Bias: bias, ReLU: true}, scratch)
	kernels.AddBiasReLU(y, bias)
	b.same(name+" forward, bias, ReLU", fused, y)

	n := v.n * (oh / 2) * (ow / 2) * v.Filters
	pooled, code, want, wantCode := b.zeros(n), b.bytes(n), b.zeros(n), b.bytes(n)
	if n > 0 {
		p.Forward(pooled, x, u, kernels.Then{Bias: bias, ReLU: true, Code: code}, scratch)
	}
	row, half := ow*v.Filters, ow/2*v.Filters
	for i := range v.n * (oh / 2) {
		top := y[(i/(oh/2)*oh+i%(oh/2)*2)*row:]
		kernels.MaxPool2(want[i*half:][:half], wantCode[i*half:][:half], top[:row], top[row:2*row], v.Filters)
	}
	b.same(name+" forward, bias, ReLU, pooling", pooled, want)
	for i := range want {
		if want[i] == 0 {
			wantCode[i] = 4
		}
		if code[i] != wantCode[i] {
			b.Fatalf("%s: code %d is %d, want %d", name, i, code[i], wantCode[i])
		}
	}

	p.AddFilterGradient(m, x, dy, scratch)
	p.AddUnpacked(dw, m, scratch)
	near("filter gradient", dw, o.dw, o.sizeW)

	turned := b.zeros(p.TurnedLen())
	p.Turn(turned, w)
	p.InputGradient(dx, dy, turned, scratch)
	near("input gradient", dx, o.dx, o.sizeX)
	b.Logf("%s: worst error %.2g of the sum of magnitudes", name, worst)
}

// TestTileSide: larger tiles where they waste little of themselves.
func TestTileSide(t *testing.T) {
	for _, c := range []struct{ h, w, channels, filters, want int }{
		{16, 16, 64, 64, 4}, {8, 8, 64, 128, 4}, {7, 7, 64, 64, 4}, {16, 16, 32, 32, 4}, {31, 31, 24, 64, 4}, {28, 28, 23, 64, 2}, {28, 28, 64, 16, 2},
		{10, 10, 64, 64, 2}, {4, 4, 256, 256, 2}, {5, 5, 64, 64, 2}, {2, 2, 64, 64, 2}, {14, 14, 64, 64, 4}, {1, 400, 64, 64, 2},
	} {
		if got := kernels.TileSide(c.h, c.w, c.channels, c.filters); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
}

func TestWinogradPanics(t *testing.T) {
	panics(t, "no output", func() { kernels.NewWinograd(square(1, 1, 3, 1, 1, 3, 1, 0).Convolution) })
	p := kernels.NewWinograd(square(1, 4, 4, 2, 3, 3, 1, 1).Convolution)
	x, y, u, s := make([]float32, 32), make([]float32, 48), make([]float32, p.PackedLen()), make([]float32, p.ScratchLen())
	p.Forward(y, x, u, kernels.Then{}, s)
	panics(t, "y", func() { p.Forward(y[1:], x, u, kernels.Then{}, s) })
	panics(t, "x", func() { p.Forward(y, x[1:], u, kernels.Then{}, s) })
	panics(t, "u", func() { p.Forward(y, x, u[1:], kernels.Then{}, s) })
	panics(t, "scratch", func() { p.Forward(y, x, u, kernels.Then{}, s[:8]) })
}

// BenchmarkConvolution sets Winograd, transforms included, against the direct
// way, at the sizes of DeepConvNet's 3×3 layers. The rate counts the direct
// way's operations.
func BenchmarkConvolution(b *testing.B) {
	for _, v := range []convolution{
		square(10, 28, 28, 16, 16, 3, 1, 1), square(10, 14, 14, 16, 32, 3, 1, 1), square(10, 14, 14, 32, 32, 3, 1, 2), square(10, 8, 8, 32, 64, 3, 1, 1), square(10, 8, 8, 64, 64, 3, 1, 1),
	} {
		oh, ow := v.Output()
		x, w, y := make([]float32, v.n*v.H*v.W*v.C), make([]float32, v.weights()), make([]float32, v.n*oh*ow*v.Filters)
		flops := 2 * v.n * oh * ow * v.Filters * v.weights() / v.Filters
		for name, p := range v.plans() {
			u, m, scratch := make([]float32, p.PackedLen()), make([]float32, p.PackedLen()), make([]float32, p.ScratchLen())
			for _, c := range []struct {
				name string
				run  func()
			}{
				{"forward", func() {
					p.Pack(u, w, scratch)
					p.Forward(y, x, u, kernels.Then{}, scratch)
				}},
				{"filter gradient", func() {
					clear(m)
					p.AddFilterGradient(m, x, y, scratch)
					p.AddUnpacked(w, m, scratch)
				}},
			} {
				for _, isa := range kernels.Available() {
					b.Run(fmt.Sprintf("%dx%dx%d→%d/%s/%s %s", v.H, v.W, v.C, v.Filters, isa, c.name, name), func(b *testing.B) {
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
}
