package kernels

import (
	"fmt"
	"testing"
)

func BenchmarkProduct(b *testing.B) {
	for _, s := range available() {
		for _, v := range []struct{ rows, taps, cols int }{
			{576, 25, 30}, {25, 576, 30}, {784, 144, 16}, {144, 784, 16}, {784, 144, 32}, {196, 288, 32}, {288, 196, 32}, {49, 576, 64}, {576, 49, 64}, {50, 100, 4320}, {50, 4320, 100}, {14, 256, 32}, {24, 256, 16}, {6, 256, 64}, {8, 256, 48}, {12, 256, 32}, {12, 256, 16}, {1, 256, 64}, {196, 64, 64},
		} {
			b.Run(fmt.Sprintf("%s/%dx%dx%d", isaNames[s], v.rows, v.taps, v.cols), func(b *testing.B) {
				defer func(s isa) { active = s }(active)
				active = s
				pad := v.taps
				if pad%64 == 0 {
					pad += 16
				}
				arow, tap := Stride(v.rows, pad), Stride(v.taps, 1)
				crow := Stride(v.rows, v.cols)
				c := make([]float32, v.rows*v.cols)
				x := make([]float32, v.rows*pad)
				y := make([]float32, v.taps*v.cols)
				for b.Loop() {
					Product(c, crow, x, arow, tap, y, v.cols, v.cols, false)
				}
				b.ReportMetric(2e-9*float64(v.rows*v.taps*v.cols)*float64(b.N)/b.Elapsed().Seconds(), "GFLOP/s")
			})
		}
	}
}
