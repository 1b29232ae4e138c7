package layers_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tatami/nn"
)

// BenchmarkPredictInto is a server without its protocol: one network answers so
// many goroutines, one image a call. Throughput is of all, latency of one call.
func BenchmarkPredictInto(b *testing.B) {
	for _, name := range []string{"mlp", "simple", "deep"} {
		net := named(b, name)
		for _, callers := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%s/goroutines=%d", name, callers), func(b *testing.B) {
				x := random(rng(1), 1, net.Input())
				answers, times := make([]*nn.Tensor, callers), make([]time.Duration, b.N)
				for i := range answers {
					answers[i] = nn.NewTensor(1, net.Output())
					net.PredictInto(answers[i], x)
				}
				b.ReportAllocs()
				b.ResetTimer()
				var wait sync.WaitGroup
				for i, y := range answers {
					own := times[i*b.N/callers : (i+1)*b.N/callers]
					wait.Go(func() {
						for k := range own {
							start := time.Now()
							net.PredictInto(y, x)
							own[k] = time.Since(start)
						}
					})
				}
				wait.Wait()
				b.StopTimer()
				slices.Sort(times)
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "images/s")
				b.ReportMetric(times[b.N/2].Seconds()*1e6, "µs-median")
				b.ReportMetric(times[b.N*99/100].Seconds()*1e6, "µs-99%")
			})
		}
	}
}
