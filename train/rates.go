package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"tatami/internal/smooth"
	"tatami/optim"
)

// RateTest looks for a learning rate: it trains while the rate grows by the
// same factor each step, until the loss blows up.
//
// Source: L. N. Smith, "Cyclical Learning Rates for Training Neural Networks"
// (2015), the range test.
type RateTest struct {
	From, To float64 // learning rates of the first and last step
	Steps    int     // at least 2; a few hundred tell something
}

// Run tries the rates on the network, data, loss, rule, clipping, seed and
// shards of a trainer, and leaves the trainer and the network's parameters as
// they were. It fails if From and To are not positive numbers, the first one
// lower, and with ctx's error when ctx is done.
func (r RateTest) Run(ctx context.Context, t *Trainer) (*RateCurve, error) {
	if !(r.From > 0 && r.From < r.To && r.To <= math.MaxFloat32) {
		return nil, fmt.Errorf("rate test: From is %g and To is %g, wanted positive numbers, the first one lower", r.From, r.To)
	}
	if r.Steps < 2 {
		return nil, fmt.Errorf("rate test: Steps is %d, wanted at least 2", r.Steps)
	}
	trial := &Trainer{
		Net: t.Net, Loss: t.Loss, Loader: t.Loader, Rule: t.Rule, Clip: t.Clip, Seed: t.Seed, Shards: t.Shards,
		Schedule: optim.Exponential{Base: r.From, Factor: math.Pow(r.To/r.From, 1/float64(r.Steps-1))},
		Steps:    r.Steps, Epochs: r.Steps, // of one update at least
	}
	c, lowest := &RateCurve{Taps: max(11, r.Steps/15|1)}, math.Inf(1)
	trial.Observers = []Observer{ObserverFunc(func(e Event) error {
		if e.Kind != Updated {
			return nil
		}
		row := e.History.Steps[len(e.History.Steps)-1]
		c.Rates, c.Losses = append(c.Rates, row.Rate), append(c.Losses, row.Loss)
		if n := len(c.Losses); n >= 10 {
			now := 0.0
			for _, l := range c.Losses[n-10:] {
				now += l / 10
			}
			if lowest = min(lowest, now); now > 4*lowest {
				return Stop
			}
		}
		return nil
	})}
	if t.Net != nil {
		var before []float32
		for _, p := range t.Net.Params() {
			before = append(before, p.Value.Data...)
		}
		defer func() {
			at := 0
			for _, p := range t.Net.Params() {
				at += copy(p.Value.Data, before[at:])
			}
		}()
	}
	if _, err := trial.Fit(ctx); err != nil && !errors.Is(err, ErrNotFinite) {
		return nil, err
	}
	c.Smooth = smooth.Values(c.Losses, c.Taps)
	return c, nil
}

// RateCurve is the loss as the learning rate grew, a value a step.
type RateCurve struct {
	Rates  []float64
	Losses []float64 // of the batches, in nats
	Smooth []float64 // Losses, each averaged with its neighbours over Taps steps
	Taps   int
}

// Short reports whether the loss blew up so soon that the curve tells nothing:
// the rates should begin lower.
func (c *RateCurve) Short() bool { return len(c.Rates) < 20 }

// Lowest is the position of the lowest smoothed loss.
func (c *RateCurve) Lowest() int {
	best := 0
	for i, l := range c.Smooth {
		if l < c.Smooth[best] {
			best = i
		}
	}
	return best
}

// Rises reports whether the smoothed loss has clearly risen after the lowest,
// without which the lowest may be anywhere.
func (c *RateCurve) Rises() bool {
	i := c.Lowest()
	return slices.Max(c.Smooth[i:]) > 1.2*c.Smooth[i]
}

// Steepest is the position of the largest fall of the smoothed loss from one
// step to the next on the way to the lowest.
func (c *RateCurve) Steepest() int {
	best, fall := 0, 0.0
	for i := 1; i <= c.Lowest(); i++ {
		if d := c.Smooth[i-1] - c.Smooth[i]; d > fall {
			best, fall = i, d
		}
	}
	return best
}

// Suggestion is a tenth of the rate of the lowest loss: a rate that is still
// far from where training breaks.
func (c *RateCurve) Suggestion() float64 { return c.Rates[c.Lowest()] / 10 }

// WriteCSV writes a row a step: step, lr, loss, smoothed_loss.
func (c *RateCurve) WriteCSV(w io.Writer) error {
	return writeCSV(w, []string{"step", "lr", "loss", "smoothed_loss"}, len(c.Rates), func(i int) []string {
		return []string{strconv.Itoa(i + 1), number(c.Rates[i]), number(c.Losses[i]), number(c.Smooth[i])}
	})
}
