package kernels_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"tatami/internal/kernels"
)

// lengths straddle the edges of vectors and of unrolled loops.
var lengths = []int{0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 30, 31, 32, 33, 63, 64, 65, 100, 127, 129, 200}

// A bench is where one test of a kernel runs: it lends memory right before or right behind a forbidden page, and random
// numbers.
type bench struct {
	*testing.T
	rng      *rand.Rand
	end      bool
	released []func()
}

// everywhere runs f for each instruction set and both places of memory.
func everywhere(t *testing.T, f func(b *bench)) {
	for _, name := range kernels.Available() {
		for _, end := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/end=%t", name, end), func(t *testing.T) {
				defer kernels.Use(name)()
				b := &bench{T: t, rng: rand.New(rand.NewPCG(1, 2)), end: end}
				defer b.release()
				f(b)
			})
		}
	}
}

// release gives the memory lent so far back.
func (b *bench) release() {
	for _, f := range b.released {
		f()
	}
	b.released = b.released[:0]
}

func (b *bench) bytes(n int) []byte {
	data, release := region(b.T, n, b.end)
	b.released = append(b.released, release)
	return data
}

func (b *bench) zeros(n int) []float32 {
	data := b.bytes(4 * n)
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(data))), n)
}

// normal lends n normally distributed numbers.
func (b *bench) normal(n int) []float32 {
	x := b.zeros(n)
	for i := range x {
		x[i] = float32(b.rng.NormFloat64())
	}
	return x
}

// special lends numbers among which are zeros of both signs, infinities and NaN, and many that are equal.
func (b *bench) special(n int) []float32 {
	x := b.zeros(n)
	values := []float64{0, math.Copysign(0, -1), 1, -1, 2, math.Inf(1), math.Inf(-1), math.NaN()}
	for i := range x {
		x[i] = float32(values[b.rng.IntN(len(values))])
	}
	return x
}

// float64s copies x.
func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// near demands got = want within tolerance times scale; the same NaN, and infinities exactly.
func (b *bench) near(what string, got []float32, want, scale []float64, tolerance float64) {
	b.Helper()
	if len(got) != len(want) {
		b.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		v := float64(got[i])
		if v == w || (v != v && w != w) {
			continue
		}
		size := math.Abs(w)
		if scale != nil {
			size = scale[i]
		}
		if !(math.Abs(v-w) <= tolerance*size+1e-37) {
			b.Fatalf("%s: element %d is %g, want %g (off by %.3g of %.3g)", what, i, v, w, math.Abs(v-w)/size, size)
		}
	}
}

// same demands equal bits, except that any NaN equals any other.
func (b *bench) same(what string, got, want []float32) {
	b.Helper()
	for i, w := range want {
		if math.Float32bits(got[i]) != math.Float32bits(w) && (got[i] == got[i] || w == w) {
			b.Fatalf("%s: element %d of %d is %g, want %g", what, i, len(want), got[i], w)
		}
	}
}

// panics demands that f panics with a constant string.
func panics(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if s, ok := recover().(string); !ok || s == "" {
			t.Errorf("%s: no panic with a string", what)
		}
	}()
	f()
}

func TestChoose(t *testing.T) {
	best, err := kernels.Choose("")
	if err != nil || best != kernels.Available()[0] {
		t.Errorf("empty: %s, %v", best, err)
	}
	for _, name := range kernels.Available() {
		if got, err := kernels.Choose(name); got != name || err != nil {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	if got, err := kernels.Choose("sse9"); got != best || err == nil {
		t.Errorf("sse9: %s, %v", got, err)
	} else {
		t.Log(err)
	}
	if kernels.ISA() == "" {
		t.Error("no name")
	}
}
