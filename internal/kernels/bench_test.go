package kernels_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tatami/internal/kernels"
)

// A workload is one call of a kernel: what it is called and how many floating-point operations it does, or bytes it
// moves.
type workload struct {
	name  string
	flops int
	bytes int
	run   func()
}

func workloads() []workload {
	x := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(i%7) - 3
		}
		return v
	}
	var list []workload
	for _, v := range []struct{ rows, taps, cols int }{
		{576, 25, 30}, {25, 576, 30}, // the first layer of SimpleConvNet, forward and filter gradient
		{784, 144, 16}, {144, 784, 16}, {196, 288, 32}, {288, 196, 32}, {49, 576, 64}, {576, 49, 64}, // DeepConvNet
		{784, 9, 16}, {9, 784, 16}, // its first layer
		{50, 100, 4320}, {50, 4320, 100}, {100, 50, 4320}, // affine
		{24, 256, 16}, {6, 256, 64}, {1, 256, 64},
	} {
		pad := v.taps
		if pad%64 == 0 {
			pad += 16
		}
		c, a, b := x(v.rows*v.cols), x(v.rows*pad), x(v.taps*v.cols)
		crow, arow, tap := kernels.Stride(v.rows, v.cols), kernels.Stride(v.rows, pad), kernels.Stride(v.taps, 1)
		list = append(list, workload{fmt.Sprintf("Product %dx%dx%d", v.rows, v.taps, v.cols), 2 * v.rows * v.taps * v.cols, 0,
			func() { kernels.Product(rows(c, crow), rows(a, arow), tap, matrix(b, v.cols, v.cols)) }})
	}
	for _, v := range []struct{ m, n, k int }{{50, 100, 4320}, {50, 10, 100}, {1, 100, 4320}, {6, 4, 1024}} {
		c, a, b := x(v.m*v.n), x(v.m*v.k), x(v.n*v.k)
		list = append(list, workload{fmt.Sprintf("ProductT %dx%dx%d", v.m, v.n, v.k), 2 * v.m * v.n * v.k, 0,
			func() { kernels.ProductT(matrix(c, v.n, v.n), matrix(a, v.k, v.k), matrix(b, v.k, v.k), v.m) }})
	}
	for _, v := range []struct{ rows, cols int }{{30, 25}, {64, 576}, {100, 4320}} {
		src, dst := x(v.rows*v.cols), x(v.rows*v.cols)
		list = append(list, workload{fmt.Sprintf("Transpose %dx%d", v.rows, v.cols), 0, 8 * v.rows * v.cols,
			func() { kernels.Transpose(matrix(dst, v.rows, v.rows), matrix(src, v.cols, v.cols)) }})
	}
	const n = 24 * 24 * 30
	y, dy, z := x(n), x(n), x(n)
	bytes, code := make([]byte, n), make([]byte, n/4)
	bias, pooled := x(30), x(n/4)
	gamma, dgamma := x(n), x(n)
	mean, inverse := x(30), x(30)
	sums, products := make([]float64, 30), make([]float64, 30)
	depthwise := kernels.NewDepthwise(square(1, 24, 24, 30, 30, 3, 1, 1).grouped(30).Convolution)
	taps, gathered, room := x(depthwise.PackedLen()), x(depthwise.PackedLen()), x(depthwise.ScratchLen())
	list = append(list,
		workload{"Copy", 0, 8 * n, func() { copy(z, y) }}, // what others that move as much are measured by
		workload{"Sum", 0, 12 * n, func() { kernels.Sum(z, y, dy) }},
		workload{"SumReLU", 0, 12 * n, func() { kernels.SumReLU(z, y, dy) }},
		workload{"Totals", 0, 4 * n, func() { kernels.Totals(y) }},
		workload{"Standardize", 0, 8 * n, func() { kernels.Standardize(z, y, gamma, dy, 1, 2) }},
		workload{"StandardSums", 0, 8 * n, func() { kernels.StandardSums(dgamma, z, dy, y, gamma, 1, 2) }},
		workload{"StandardBackward", 0, 12 * n, func() { kernels.StandardBackward(z, dy, y, gamma, 1, 2, 3, 4) }},
		workload{"Moments", 0, 4 * n, func() { kernels.Moments(sums, products, y) }},
		workload{"ScaleShift", 0, 8 * n, func() { kernels.ScaleShift(z, y, mean, inverse) }},
		workload{"NormalizedSums", 0, 8 * n, func() { kernels.NormalizedSums(sums, products, dy, y, mean, inverse) }},
		workload{"NormalizedBackward", 0, 12 * n, func() { kernels.NormalizedBackward(z, dy, y, mean, inverse, mean, inverse) }},
		workload{"Depthwise forward", 0, 8 * n, func() { depthwise.Forward(z, y, taps, kernels.Then{Bias: bias}, room) }},
		workload{"Depthwise input gradient", 0, 8 * n, func() { depthwise.InputGradient(z, dy, taps, room) }},
		workload{"Depthwise filter gradient", 0, 8 * n, func() { depthwise.AddFilterGradient(gathered, y, dy, room) }},
		workload{"Add", 0, 12 * n, func() { kernels.Add(z, dy) }},
		workload{"Sigmoid", 0, 8 * n, func() { kernels.Sigmoid(z, dy) }},
		workload{"SigmoidBackward", 0, 12 * n, func() { kernels.SigmoidBackward(z, dy, y) }},
		workload{"Axpy", 0, 12 * n, func() { kernels.Axpy(z, 1e-9, dy) }},
		workload{"SumSquares", 0, 4 * n, func() { kernels.SumSquares(y) }},
		workload{"ReLU", 0, 8 * n, func() { kernels.ReLU(z, y) }},
		workload{"ReLUBackward", 0, 12 * n, func() { kernels.ReLUBackward(z, dy, y) }},
		workload{"FromBytes", 0, 5 * n, func() { kernels.FromBytes(z, bytes, 1.0/255) }},
		workload{"AddBiasReLU", 0, 8 * n, func() { kernels.AddBiasReLU(z, bias) }},
		workload{"SumRows", 0, 4 * n, func() { kernels.SumRows(bias, dy) }},
		workload{"BiasReLUMaxPool2", 0, 4*n + 5*n/4, func() {
			for r := range 12 {
				row := y[r*1440:]
				kernels.BiasReLUMaxPool2(pooled[r*360:][:360], code[r*360:][:360], row[:720], row[720:1440], bias)
			}
		}},
		workload{"Unpool2", 0, 4*n + 5*n/4, func() {
			for r := range 12 {
				row := z[r*1440:]
				kernels.Unpool2(row[:720], row[720:1440], pooled[r*360:][:360], code[r*360:][:360], 30)
			}
		}},
	)
	filter, image, weights := kernels.NewPooledFilter(28, 28, 0, 5, 30), x(28*28), x(25*30)
	scratch := x(filter.ScratchLen())
	for i := range code {
		code[i] = uint8(i % 5)
	}
	list = append(list, workload{"PooledFilter 28x28, 5x5x30", 2 * 576 * 25 * 30, 0, func() { filter.AddGradient(weights, bias, image, pooled, code, scratch) }})
	affine := kernels.NewAffine(4320, 100)
	weight, gradient, inputs, dx := x(100*4320), x(100*4320), x(25*4320), x(25*4320)
	for _, zeros := range []int{0, 55} {
		dy := x(25 * 100)
		for i := range dy {
			if i*37%100 < zeros { // of each row as many
				dy[i] = 0
			}
		}
		shard := []kernels.Samples{{X: inputs, DY: dy}}
		list = append(list,
			workload{fmt.Sprintf("Affine input gradient, %d%% zeros", zeros), 2 * 25 * 100 * 4320, 0, func() { affine.InputGradient(dx, dy, weight) }},
			workload{fmt.Sprintf("Affine weight gradient, %d%% zeros", zeros), 2 * 25 * 100 * 4320, 0, func() { affine.WeightGradientRows(gradient, 0, 100, shard) }},
		)
	}
	const params = 432_000
	w, m, v, g := x(params), x(params), make([]float32, params), x(params)
	list = append(list,
		workload{"SGD", 0, 12 * params, func() { kernels.SGD(w, g, kernels.SGDStep{LR: 1e-9, Scale: 1}) }},
		workload{"Momentum", 0, 20 * params, func() { kernels.Momentum(w, m, g, kernels.MomentumStep{LR: 1e-9, Mu: 0.9, Scale: 1}) }},
		workload{"Adam", 0, 28 * params, func() {
			kernels.Adam(w, m, v, g, kernels.AdamStep{LR: 1e-9, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Correction1: 1, Correction2: 1, Scale: 1})
		}},
		workload{"AdaGrad", 0, 20 * params, func() { kernels.AdaGrad(w, v, g, kernels.AdaGradStep{LR: 1e-9, Epsilon: 1e-7, Scale: 1}) }},
		workload{"RMSprop", 0, 20 * params, func() { kernels.RMSprop(w, v, g, kernels.RMSpropStep{LR: 1e-9, Rho: 0.99, Epsilon: 1e-7, Scale: 1}) }},
	)
	return list
}

func BenchmarkKernels(b *testing.B) {
	for _, load := range workloads() {
		for _, isa := range kernels.Available() {
			b.Run(load.name+"/"+isa, func(b *testing.B) {
				defer kernels.Use(isa)()
				for b.Loop() {
					load.run()
				}
				seconds := b.Elapsed().Seconds() / float64(b.N)
				if load.flops > 0 {
					b.ReportMetric(float64(load.flops)/seconds*1e-9, "GFLOP/s")
				} else {
					b.ReportMetric(float64(load.bytes)/seconds*1e-9, "GB/s")
				}
			})
		}
	}
}

// BenchmarkEmptied sets the products of an affine layer whose weight exceeds the
// second-level cache, after all caches were emptied, against the same at once
// again: the shortest times, measured in turn.
func BenchmarkEmptied(b *testing.B) {
	const inputs, units, samples = 4320, 100, 25
	affine := kernels.NewAffine(inputs, units)
	ones := func(n int) []float32 { return slices.Repeat([]float32{1}, n) } // memory that was never written is one page of zeros
	w, x, dx, dy := ones(units*inputs), ones(samples*inputs), ones(samples*inputs), ones(samples*units)
	y, dw := ones(samples*units), ones(units*inputs)
	lines := make([][8]uint64, 1<<20) // 64 MB
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"forward", func() { affine.Forward(y, x, w) }},
		{"back to the input", func() { affine.InputGradient(dx, dy, w) }},
		{"to the weight", func() { affine.AddWeightGradient(dw, dy, x) }},
	} {
		for _, isa := range kernels.Available() {
			b.Run(c.name+"/"+isa, func(b *testing.B) {
				defer kernels.Use(isa)()
				emptied, again := time.Hour, time.Hour
				for b.Loop() {
					for i := range lines {
						lines[i][0]++
					}
					start := time.Now()
					c.run()
					middle := time.Now()
					c.run()
					emptied, again = min(emptied, middle.Sub(start)), min(again, time.Since(middle))
				}
				b.ReportMetric(float64(again.Microseconds()), "µs")
				b.ReportMetric(float64(emptied)/float64(again), "times")
			})
		}
	}
}

// TestAllocations: no kernel allocates.
func TestAllocations(t *testing.T) {
	for _, isa := range kernels.Available() {
		defer kernels.Use(isa)()
		for _, load := range workloads() {
			// The runtime may allocate meanwhile; a kernel that does would do so every time.
			n := testing.AllocsPerRun(1, load.run)
			for try := 0; n != 0 && try < 3; try++ {
				n = testing.AllocsPerRun(1, load.run)
			}
			if n != 0 {
				t.Errorf("%s/%s: %v allocations", load.name, isa, n)
			}
		}
	}
}
