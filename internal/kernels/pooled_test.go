package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"tatami/internal/kernels"
)

func TestPooledFilter(t *testing.T) {
	everywhere(t, func(b *bench) {
		for _, v := range []struct{ h, w, kernel, channels, images int }{
			{2, 2, 1, 1, 1}, {4, 5, 3, 3, 2}, {6, 6, 5, 16, 1}, {7, 9, 4, 5, 2}, {8, 8, 7, 17, 2}, {9, 10, 5, 15, 3},
			{28, 28, 5, 30, 2}, {12, 13, 3, 33, 1}, {20, 15, 7, 40, 2}, {300, 66, 5, 2, 1}, {70, 70, 5, 9, 1}, {5, 5, 3, 8, 1},
		} {
			p := kernels.NewPooledFilter(v.h, v.w, 0, v.kernel, v.channels)
			ph, pw := (v.h-v.kernel+1)/2, (v.w-v.kernel+1)/2
			dw, x := b.normal(v.kernel*v.kernel*v.channels), b.normal(v.images*v.h*v.w)
			dy, code := b.normal(v.images*ph*pw*v.channels), b.bytes(v.images*ph*pw*v.channels)
			want, size := float64s(dw), make([]float64, len(dw))
			db := b.normal(v.channels)
			wantB, sizeB := float64s(db), make([]float64, len(db))
			for i := range code {
				code[i] = uint8(b.rng.IntN(5))
				if code[i] == 4 {
					continue
				}
				pixel, c := i/v.channels, i%v.channels
				n, py, px := pixel/(ph*pw), pixel/pw%ph, pixel%pw
				wantB[c] += float64(dy[i])
				sizeB[c] += math.Abs(float64(dy[i]))
				for k := range v.kernel * v.kernel {
					value := x[n*v.h*v.w+(2*py+int(code[i])/2+k/v.kernel)*v.w+2*px+int(code[i])%2+k%v.kernel]
					want[k*v.channels+c] += float64(value) * float64(dy[i])
					size[k*v.channels+c] += math.Abs(float64(value) * float64(dy[i]))
				}
			}
			for i := range size {
				size[i] += math.Abs(float64(dw[i]))
			}
			for i := range sizeB {
				sizeB[i] += math.Abs(float64(db[i]))
			}
			p.AddGradient(dw, db, x, dy, code, b.zeros(p.ScratchLen()))
			b.near(fmt.Sprint(v, " filters"), dw, want, size, 1e-6)
			b.near(fmt.Sprint(v, " bias"), db, wantB, sizeB, 1e-6)
			b.release()
		}
	})
	panics(t, "no output", func() { kernels.NewPooledFilter(4, 5, 0, 4, 1) })
	p := kernels.NewPooledFilter(4, 4, 0, 3, 2)
	x, s := make([]float32, 18), make([]float32, p.ScratchLen())
	p.AddGradient(x, x[:2], x[:16], x[:2], make([]uint8, 2), s)
	panics(t, "x", func() { p.AddGradient(x, x[:2], x[:15], x[:2], make([]uint8, 2), s) })
	panics(t, "code", func() { p.AddGradient(x, x[:2], x[:16], x[:2], make([]uint8, 1), s) })
}
