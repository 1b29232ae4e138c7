package run_test

import (
	"testing"

	"tatami/internal/run"
)

// The rates that are taken unless one is given, as they are shown and stored.
func TestDefaultRates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		optimizer, schedule string
		want                float64
	}{
		{"sgd", "constant", 0.1}, {"sgd", "one-cycle", 0.3}, {"momentum", "one-cycle", 0.03}, {"adam", "cosine", 0.001}, {"adam", "one-cycle:start=10", 0.003},
	} {
		s := run.Settings{Optimizer: c.optimizer, Schedule: c.schedule, Epochs: 1, Batch: 1, Shards: 1, Augment: "none"}
		if err := s.Check(false); err != nil {
			t.Fatal(err)
		}
		if s.Rate != c.want {
			t.Errorf("%s with %s takes %g, wanted %g", c.optimizer, c.schedule, s.Rate, c.want)
		}
	}
}
