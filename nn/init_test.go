package nn_test

import (
	"fmt"
	"math"
	"testing"

	"tatami/nn"
)

// TestInitializers: mean 0, the deviation that the formula gives, and the tails
// of a normal distribution.
func TestInitializers(t *testing.T) {
	const n = 100_000
	for _, c := range []struct {
		init  nn.Initializer
		fanIn int
		std   float64
	}{
		{nn.Normal{Std: 0.01}, 50, 0.01},
		{nn.He{}, 50, 0.2},
		{nn.He{}, 2, 1},
		{nn.Xavier{}, 100, 0.1},
		{nn.Xavier{}, 1, 1},
	} {
		w := make([]float32, n)
		c.init.Fill(w, c.fanIn, rng(1))
		var sum, squares float64
		beyond := 0
		for _, v := range w {
			sum += float64(v)
			squares += float64(v) * float64(v)
			if math.Abs(float64(v)) > 2*c.std {
				beyond++
			}
		}
		// Five deviations of the mean, of the deviation and of the tail's count.
		if mean := sum / n; math.Abs(mean) > 5*c.std/math.Sqrt(n) {
			t.Errorf("%v of fan-in %d has mean %g", c.init, c.fanIn, mean)
		}
		if std := math.Sqrt(squares / n); math.Abs(std/c.std-1) > 5/math.Sqrt(2*n) {
			t.Errorf("%v of fan-in %d has deviation %g, wanted %g", c.init, c.fanIn, std, c.std)
		}
		const tail = 0.0455 // of a normal distribution, beyond two deviations
		if math.Abs(float64(beyond)-tail*n) > 5*math.Sqrt(tail*n) {
			t.Errorf("%v: %d of %d values beyond two deviations", c.init, beyond, n)
		}
	}
	w := []float32{1, 2}
	nn.Zero{}.Fill(w, 1, nil)
	if w[0] != 0 || w[1] != 0 {
		t.Errorf("zero gives %v", w)
	}
	if got := fmt.Sprint(nn.Normal{Std: 0.01}, nn.He{}, nn.Xavier{}, nn.Zero{}); got != "normal 0.01 He Xavier zero" {
		t.Errorf("initializers are called %q", got)
	}
}
