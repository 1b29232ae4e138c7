package train_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"tatami/train"
)

// The suggestion is a tenth of the lowest loss's rate, and the steepest fall
// lies before the lowest, whatever happens after it.
func TestRateCurve(t *testing.T) {
	c := train.RateCurve{Rates: []float64{1, 10, 100, 1e3, 1e4, 1e5}, Smooth: []float64{2, 1.9, 1, 0.5, 4, 1}}
	if c.Rates[c.Lowest()] != 1e3 || c.Rates[c.Steepest()] != 100 || c.Suggestion() != 100 || !c.Rises() || !c.Short() {
		t.Errorf("lowest at %d, steepest at %d, suggestion %g", c.Lowest(), c.Steepest(), c.Suggestion())
	}
	c.Smooth = []float64{2, 1.9, 1, 0.5, 0.55, 0.55}
	if c.Rises() {
		t.Error("a loss that stays low is said to rise")
	}
}

// A test of rates leaves the trainer as it was: what is trained afterwards has
// the bits of a run without one.
func TestRateTest(t *testing.T) {
	plain, tried := newTrainer(t, 1), newTrainer(t, 1)
	before := slices.Clone(weights(tried.Net))
	r := train.RateTest{From: 1e-4, To: 1e4, Steps: 120}
	curve, err := r.Run(t.Context(), tried)
	if err != nil {
		t.Fatal(err)
	}
	sameBits(t, "weights after the test", weights(tried.Net), before)
	n := len(curve.Rates)
	if n < 20 || n >= 120 || len(curve.Losses) != n || len(curve.Smooth) != n || curve.Short() || !curve.Rises() {
		t.Fatalf("%d rates, %d losses", n, len(curve.Losses))
	}
	for i, rate := range curve.Rates {
		if want := 1e-4 * math.Pow(1e8, float64(i)/119); math.Abs(rate-want) > 1e-9*want {
			t.Fatalf("step %d at rate %g, wanted %g", i+1, rate, want)
		}
	}
	fit(t, plain)
	fit(t, tried)
	sameBits(t, "weights after training", weights(tried.Net), weights(plain.Net))
}

func TestRateTestRefuses(t *testing.T) {
	for _, r := range []train.RateTest{
		{From: 0, To: 1, Steps: 50}, {From: 1, To: 1, Steps: 50}, {From: math.NaN(), To: 1, Steps: 50},
		{From: 1, To: math.Inf(1), Steps: 50}, {From: 1, To: 2, Steps: 1},
	} {
		if _, err := r.Run(t.Context(), newTrainer(t, 1)); err == nil {
			t.Errorf("%+v is taken", r)
		}
	}
	if _, err := (train.RateTest{From: 1, To: 2, Steps: 9}).Run(t.Context(), &train.Trainer{}); err == nil {
		t.Error("an empty trainer is taken")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := (train.RateTest{From: 1e-4, To: 1, Steps: 50}).Run(ctx, newTrainer(t, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
