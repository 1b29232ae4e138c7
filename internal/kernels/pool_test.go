package kernels_test

import (
	"testing"

	"tatami/internal/kernels"
)

func TestPool2(t *testing.T) {
	everywhere(t, func(b *bench) {
		for _, channels := range []int{1, 3, 7, 8, 9, 15, 16, 17, 30, 32, 33, 64} {
			for _, width := range []int{0, 1, 2, 3, 8} {
				for _, x := range []func(int) []float32{b.normal, b.special} {
					row0, row1, bias := x(width*channels), x(width*channels), b.normal(channels)
					bias[0] = 0
					n := width / 2 * channels
					y, code := b.zeros(n), b.bytes(n)
					for _, fused := range []bool{false, true} {
						if fused {
							kernels.BiasReLUMaxPool2(y, code, row0, row1, bias)
						} else {
							kernels.MaxPool2(y, code, row0, row1, channels)
						}
						for i := range n {
							at := i/channels*2*channels + i%channels
							window := [4]float32{row0[at], row0[at+channels], row1[at], row1[at+channels]}
							var shift float32
							if fused {
								shift = bias[i%channels]
							}
							best, where := window[0]+shift, uint8(0)
							for k, v := range window {
								if v += shift; v > best || v != v {
									best, where = v, uint8(k)
								}
							}
							if fused && best <= 0 {
								best, where = 0, 4
							}
							if code[i] != where || (y[i] != best && best == best) || (best != best && y[i] == y[i]) {
								b.Fatalf("fused=%t, %d channels: element %d is %g from %d, want %g from %d", fused, channels, i, y[i], code[i], best, where)
							}
						}
						// The way back overwrites whatever was there.
						dx0, dx1, dy := b.special(len(row0)), b.special(len(row1)), b.normal(n)
						want0, want1 := make([]float32, len(row0)), make([]float32, len(row1))
						for i, k := range code {
							at := i/channels*2*channels + i%channels + int(k)%2*channels
							switch k / 2 {
							case 0:
								want0[at] = dy[i]
							case 1:
								want1[at] = dy[i]
							}
						}
						kernels.Unpool2(dx0, dx1, dy, code, channels)
						b.same("dx0", dx0, want0)
						b.same("dx1", dx1, want1)
					}
					b.release()
				}
			}
		}
	})
}
