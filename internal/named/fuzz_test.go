package named_test

import (
	"math"
	"testing"

	"tatami/internal/named"
)

// FuzzParse: a text is an error, or an optimizer that knows its usual rate, or
// a schedule that gives no negative rate and no NaN.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"sgd", "momentum:momentum=0.9", "adam:beta1=0.9,beta2=0.999,epsilon=1e-8", "rmsprop:rho=0.99", "adagrad:epsilon=0",
		"constant", "step:every=600,factor=0.5", "exponential:factor=1e300", "cosine:floor=1", "one-cycle:warmup=1,start=1,final=1", "adam:beta1=NaN",
	} {
		f.Add(text, 0.01, 100)
	}
	f.Fuzz(func(t *testing.T, text string, rate float64, steps int) {
		if rule, err := named.Rule(text, 0); err == nil && !(rule.DefaultRate() > 0) {
			t.Errorf("%q has the default rate %g", text, rule.DefaultRate())
		}
		if !(rate > 0 && rate < 1e6) {
			return
		}
		schedule, err := named.Schedule(text, rate, steps)
		if err != nil {
			return
		}
		for _, step := range []int{0, 1, steps / 2, steps - 1, steps, math.MaxInt32} {
			if step < 0 {
				continue
			}
			if r := schedule.Rate(step); !(r >= 0) {
				t.Errorf("%q of %g: rate %g at step %d of %d", text, rate, r, step, steps)
			}
		}
	})
}
