package smooth_test

import (
	"math"
	"slices"
	"testing"

	"tatami/internal/smooth"
)

func TestSmooth(t *testing.T) {
	// I₀(2√(1-r²))/I₀(2) by numerical integration, as NumPy's kaiser(11, 2)
	want := []float64{0.43867628, 0.61139435, 0.76767500, 0.89216143, 0.97232980, 1, 0.97232980, 0.89216143, 0.76767500, 0.61139435, 0.43867628}
	window, sum := smooth.Kaiser(11, 2), 0.0
	for i, w := range window {
		if math.Abs(w-want[i]) > 1e-8 {
			t.Errorf("tap %d is %.9f, wanted %.9f", i, w, want[i])
		}
		sum += w
	}
	if math.Abs(sum-8.36447373) > 1e-7 {
		t.Errorf("the taps' sum is %.9f", sum)
	}
	for i, v := range smooth.Values(slices.Repeat([]float64{7}, 100), 11) {
		if math.Abs(v-7) > 1e-12 {
			t.Fatalf("a constant became %g at %d", v, i)
		}
	}
	impulse := make([]float64, 31)
	impulse[15] = sum
	for i, v := range smooth.Values(impulse, 11) {
		w := 0.0
		if i >= 10 && i <= 20 {
			w = window[i-10]
		}
		if math.Abs(v-w) > 1e-12 {
			t.Errorf("impulse: %g at %d, wanted %g", v, i, w)
		}
	}
	// The book's edges: mirrored without the first value, and with the last.
	ramp, w := smooth.Values([]float64{0, 1, 2, 3}, 3), smooth.Kaiser(3, 2)
	if first, last := 2*w[0]/(1+2*w[0]), (2*w[0]+3+3*w[0])/(1+2*w[0]); math.Abs(ramp[0]-first) > 1e-12 || math.Abs(ramp[3]-last) > 1e-12 {
		t.Errorf("edges of a ramp: %v, wanted %g and %g", ramp, first, last)
	}
	got := smooth.Values([]float64{1, math.NaN(), 3}, 3)
	if !math.IsNaN(got[1]) || got[0] != 1 || got[2] != 3 {
		t.Errorf("around NaN: %v", got)
	}
	if len(smooth.Values(nil, 11)) != 0 || math.Abs(smooth.Values([]float64{5}, 999)[0]-5) > 1e-12 {
		t.Error("short input")
	}
}
