package nn_test

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"tatami/nn"
)

var _ rand.Source = new(nn.Stream)

// TestStreamIsUniform: the numbers fill [0, 1) evenly, by χ² over 100 bins.
func TestStreamIsUniform(t *testing.T) {
	const n, bins = 200_000, 100
	s := nn.NewStream(1, 2, 3, 4)
	var count [bins]float64
	for range n {
		v := s.Float32()
		if !(v >= 0 && v < 1) {
			t.Fatalf("%v is not in [0, 1)", v)
		}
		count[int(v*bins)]++
	}
	var chi2 float64
	for _, c := range count {
		d := c - n/bins
		chi2 += d * d / (n / bins)
	}
	// Mean bins−1, deviation √(2·(bins−1)) = 14: within five.
	if math.Abs(chi2-(bins-1)) > 70 {
		t.Errorf("χ² is %.1f, wanted about %d", chi2, bins-1)
	}
}

// TestStreamKeys: neighbouring keys, which is what passes use, give sequences
// that have nothing to do with each other: half the bits differ, in the first
// number and in later ones, and the numbers are not correlated.
func TestStreamKeys(t *testing.T) {
	const keys = 4096
	for name, key := range map[string]func(i uint64) nn.Stream{
		"seed":     func(i uint64) nn.Stream { return nn.NewStream(i, 5, 2, 3) },
		"step":     func(i uint64) nn.Stream { return nn.NewStream(1, i, 2, 3) },
		"position": func(i uint64) nn.Stream { return nn.NewStream(1, 5, i, 3) },
		"sample":   func(i uint64) nn.Stream { return nn.NewStream(1, 5, 2, i) },
	} {
		seen := map[uint64]bool{}
		different, correlation := 0, 0.0
		for i := range uint64(keys) {
			a, b := key(i), key(i+1)
			for range 4 {
				u, v := a.Uint64(), b.Uint64()
				different += bits.OnesCount64(u ^ v)
				correlation += (unit(u) - 0.5) * (unit(v) - 0.5) * 12
			}
			first := key(i)
			seen[first.Uint64()] = true
		}
		if len(seen) != keys {
			t.Errorf("%s: %d first numbers of %d keys", name, len(seen), keys)
		}
		const n = 4 * keys
		if d := math.Abs(float64(different) - 32*n); d > 5*math.Sqrt(16*n) {
			t.Errorf("%s: %.2f of 64 bits differ", name, float64(different)/n)
		}
		if c := correlation / n; math.Abs(c) > 5/math.Sqrt(n) {
			t.Errorf("%s: correlation %g", name, c)
		}
	}
}

func unit(v uint64) float64 { return float64(v>>11) / (1 << 53) }

// TestStreamKeyOrder: a key is a list, not a set.
func TestStreamKeyOrder(t *testing.T) {
	a, b, c := nn.NewStream(1, 2), nn.NewStream(2, 1), nn.NewStream(1, 2, 0)
	again := nn.NewStream(1, 2)
	if a == b || a == c {
		t.Error("another order or length is the same key")
	}
	for range 3 {
		if a.Uint64() != again.Uint64() {
			t.Fatal("the same key gives another sequence")
		}
	}
}
