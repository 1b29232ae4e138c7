package kernels_test

import (
	"math"
	"testing"

	"tatami/internal/kernels"
)

// Every instruction set has a peak, and a better one is no slower: the counted
// work of one call grows with its vectors.
func TestPeak(t *testing.T) {
	last := math.MaxInt
	for _, name := range kernels.Available() {
		n := kernels.Peak(name)
		if n <= 0 || n >= last {
			t.Errorf("%s makes %d operations a call, the set before it %d", name, n, last)
		}
		last = n
	}
}

func BenchmarkPeak(b *testing.B) {
	for _, name := range kernels.Available() {
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n += kernels.Peak(name)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
