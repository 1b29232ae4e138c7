package layers_test

import (
	"math/rand/v2"
	"testing"

	"tatami/internal/golden"
	"tatami/internal/oracle"
	"tatami/internal/toy"
	"tatami/nn"
)

// What tests of this folder say most.
var (
	rng     = toy.RNG
	network = toy.Network
	random  = toy.Random
)

// set gives the parameters of a network their values, in order; those that
// come after the last are left as they are.
func set(t testing.TB, net *nn.Sequential, values ...[]float64) {
	t.Helper()
	params := net.Params()
	for i, v := range values {
		if len(params[i].Value.Data) != len(v) {
			t.Fatalf("parameter %d of %v has %d values, %d given", i, net.Specs(), len(params[i].Value.Data), len(v))
		}
		copy(params[i].Value.Data, golden.Float32(v))
	}
}

// eighths fills values with multiples of 1/8 from −1 to 1. Sums of products of
// a few thousand of them are exact in float32 in any order, so a rectifier or a
// maximum decides the same wherever it is computed.
func eighths(r *rand.Rand, values []float32) {
	for i := range values {
		values[i] = float32(r.IntN(17)-8) / 8
	}
}

// both is a pass for the way there and back.
func both(n int, training bool) nn.PassConfig {
	return nn.PassConfig{Capacity: n, Training: training, NeedsBackward: true, InputGradient: true, Seed: 1}
}

// result is what a network gives for a batch.
type result struct {
	y, dx  []float64
	params [][]float64 // gradients; nil if fixed
}

// run takes x and dy through a pass of its own.
func run(net *nn.Sequential, c nn.PassConfig, x, dy *nn.Tensor) result {
	p := net.NewPass(c)
	r := result{y: oracle.Float64(p.Forward(x).Data)}
	dx := p.Backward(dy)
	if dx != nil {
		r.dx = oracle.Float64(dx.Data)
	}
	for _, g := range p.ParamGradients() {
		if g == nil {
			r.params = append(r.params, nil)
			continue
		}
		r.params = append(r.params, oracle.Float64(g))
	}
	return r
}

// runReference does the same in float64.
func runReference(t testing.TB, net *nn.Sequential, c nn.PassConfig, x, dy *nn.Tensor) result {
	t.Helper()
	n, err := oracle.Of(net)
	if err != nil {
		t.Fatal(err)
	}
	n.Training, n.Seed = c.Training, c.Seed
	ys := n.Forward(oracle.From(x))
	dx, params := n.Backward(oracle.From(dy), oracle.From(x))
	for i, p := range net.Params() {
		if p.Fixed {
			params[i] = nil
		}
	}
	return result{ys[len(ys)-1].Data, dx.Data, params}
}

// same compares two results.
func same(t testing.TB, name string, net *nn.Sequential, got, want result, tolerance float64) {
	t.Helper()
	golden.Close(t, name+": y", got.y, want.y, tolerance)
	golden.Close(t, name+": dx", got.dx, want.dx, tolerance)
	for i, p := range net.Params() {
		golden.Close(t, name+": gradient of "+p.Name, got.params[i], want.params[i], tolerance)
	}
}
