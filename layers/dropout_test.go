package layers_test

import (
	"math"
	"testing"

	"tatami/internal/golden"
	"tatami/layers"
	"tatami/nn"
)

// ones is a batch of which every value is 1, so a layer's output is its factors.
func ones(n int, shape nn.Shape) *nn.Tensor {
	x := nn.NewTensor(n, shape)
	for i := range x.Data {
		x.Data[i] = 1
	}
	return x
}

// factors are what a dropout layer multiplies by, and after the way back.
func factors(t *testing.T, c nn.PassConfig, step uint64, n int, specs ...nn.Spec) (there, back []float32) {
	t.Helper()
	x := ones(n, nn.Shape{H: 10, W: 10, C: 10})
	net := network(t, x.Shape, specs...)
	p := net.NewPass(c)
	p.Step = step
	there = append(there, p.Forward(x).Data...)
	return there, append(back, p.Backward(x).Data...)
}

func TestDropout(t *testing.T) {
	const n = 20 // samples of 1000 values
	for _, ratio := range []float64{0, 0.1, 0.5, 0.9} {
		for _, unscaled := range []bool{false, true} {
			spec := layers.Dropout{Ratio: ratio, Unscaled: unscaled}
			kept, inference := 1/(1-ratio), 1.0
			if unscaled {
				kept, inference = 1, 1-ratio
			}
			there, back := factors(t, both(n, true), 1, n, spec)
			dropped := 0
			for i, f := range there {
				switch f {
				case 0:
					dropped++
				case float32(kept):
				default:
					t.Fatalf("%#v multiplies by %v, wanted 0 or %v", spec, f, kept)
				}
				if back[i] != f {
					t.Fatalf("%#v: factor %d is %v there and %v back", spec, i, f, back[i])
				}
			}
			// Five deviations of a binomial count.
			mean, deviation := ratio*float64(len(there)), math.Sqrt(ratio*(1-ratio)*float64(len(there)))
			if math.Abs(float64(dropped)-mean) > 5*deviation {
				t.Errorf("%#v drops %d of %d", spec, dropped, len(there))
			}
			there, back = factors(t, both(n, false), 1, n, spec)
			for i := range there {
				if there[i] != float32(inference) || back[i] != float32(inference) {
					t.Fatalf("%#v multiplies by %v and %v in inference, wanted %v", spec, there[i], back[i], inference)
				}
			}
		}
	}
}

// TestDropoutKeys: other seeds, steps, samples and layers drop other values;
// the chance that half of 1000 values agree more than 600 times is 1e-10.
func TestDropoutKeys(t *testing.T) {
	const n = 2
	spec := layers.Dropout{Ratio: 0.5, Unscaled: true}
	base, _ := factors(t, both(n, true), 1, n, spec)
	c := both(n, true)
	c.Seed++
	seed, _ := factors(t, c, 1, n, spec)
	step, _ := factors(t, both(n, true), 2, n, spec)
	second, _ := factors(t, both(n, true), 1, n, layers.ReLU{}, spec)
	for name, other := range map[string][]float32{"seed": seed, "step": step, "layer": second, "sample": base[1000:]} {
		agree := 0
		for i, f := range other[:1000] {
			if f == base[i] {
				agree++
			}
		}
		if agree < 400 || agree > 600 {
			t.Errorf("another %s: %d of 1000 values agree, wanted about half", name, agree)
		}
	}
	again, _ := factors(t, both(n, true), 1, n, spec)
	golden.Close(t, "the same key", again, base, 0)
}
