package experiments_test

import (
	"math"
	"testing"

	"tatami/experiments"
)

// Every float16 stays, what lies between two goes to the nearer, and what is in
// the middle to the even one.
func TestRoundToFloat16(t *testing.T) {
	var halves []float32 // all that are not negative, upward
	for k := range 1024 {
		halves = append(halves, float32(math.Ldexp(float64(k), -24)))
	}
	for e := -14; e <= 15; e++ {
		for k := range 1024 {
			halves = append(halves, float32(math.Ldexp(1024+float64(k), e-10)))
		}
	}
	if n, last := len(halves), halves[len(halves)-1]; n != 0x7c00 || last != 65504 {
		t.Fatalf("%d float16, the largest %g", n, last)
	}
	check := func(x, want float32) {
		t.Helper()
		if got := experiments.Round(10, x); got != want {
			t.Errorf("%g became %g, wanted %g", x, got, want)
		}
		if got := experiments.Round(10, -x); got != -want {
			t.Errorf("%g became %g, wanted %g", -x, got, -want)
		}
	}
	infinite := float32(math.Inf(1))
	for i, low := range halves {
		high, end := float32(65536), infinite // above the largest there would be this one
		if i+1 < len(halves) {
			high, end = halves[i+1], halves[i+1]
		}
		middle, even := (low+high)/2, low
		if i%2 == 1 {
			even = end
		}
		check(low, low)
		check(middle, even)
		check(math.Nextafter32(middle, 0), low)
		check(math.Nextafter32(middle, infinite), end)
	}
	check(infinite, infinite)
	if got := experiments.Round(10, float32(math.NaN())); got == got {
		t.Errorf("NaN became %g", got)
	}
}
