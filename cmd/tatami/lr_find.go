package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"gonum.org/v1/plot/plotter"

	"tatami/internal/files"
	"tatami/optim"
	"tatami/plots"
	"tatami/train"
)

func newLRFind() *cobra.Command {
	o := trainOptions{}
	var steps int
	var from, to float64
	cmd := &cobra.Command{
		Use:   "lr-find",
		Short: "Try learning rates from low to high, draw the loss and suggest one",
		Long: `Train for a few hundred steps while the learning rate grows from --from to --to
by the same factor each step (the range test of Smith 2015), until the loss
blows up. The loss over the rate goes to --out, a picture, and to a CSV file of
the same name; one rate is suggested. Nothing else is written.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !(steps >= 50 && steps <= 1e5) {
				return wrongUsage("--steps is %d, wanted 50 to 100000", steps)
			}
			if !(from > 0 && from < to && to <= math.MaxFloat32) {
				return wrongUsage("--from is %g and --to is %g, wanted positive numbers, the first one lower", from, to)
			}
			if err := checkPicture(o.out); err != nil {
				return err
			}
			csvPath := strings.TrimSuffix(o.out, filepath.Ext(o.out)) + ".csv"
			for _, path := range []string{o.out, csvPath} {
				if _, err := os.Lstat(path); err == nil && !o.overwrite {
					return fmt.Errorf("%s exists: name another --out, or give --overwrite", path)
				}
			}
			if err := follow(recipe(o.Net), cmd); err != nil {
				return err
			}
			o.Epochs, o.Schedule = 1, "constant"
			if err := o.check(false); err != nil {
				return err
			}
			r, err := newRun(&o)
			if err != nil {
				return err
			}
			found, err := r.tryRates(cmd, from, to, steps)
			if err != nil {
				return err
			}
			if err := files.Write(csvPath, found.writeCSV); err != nil {
				return err
			}
			picture, err := found.draw(fmt.Sprintf("Learning rates for %s with %s", o.Net, o.Optimizer))
			if err != nil {
				return err
			}
			if err := plots.Save(o.out, picture); err != nil {
				return err
			}
			fmt.Printf("the loss falls fastest at %s and is lowest, %.3g, at %s\nsuggestion: --lr %s, a tenth of the rate of the lowest loss\ncurve in %s and %s\n",
				rateText(found.steepest()), found.smooth[found.lowest()], rateText(found.rates[found.lowest()]), rateText(found.suggestion()), o.out, csvPath)
			if !found.rises() {
				fmt.Printf("but the loss does not rise again: better rates may lie above --to %g\n", to)
			}
			return nil
		},
	}
	f := cmd.Flags()
	o.shapeFlags(f)
	f.IntVar(&steps, "steps", 300, "steps to try rates in")
	f.Float64Var(&from, "from", 1e-6, "lowest learning rate")
	f.Float64Var(&to, "to", 10, "highest learning rate")
	f.StringVar(&o.out, "out", "lr-find.png", "picture (PNG, SVG or PDF); the CSV file stands beside it")
	f.BoolVar(&o.overwrite, "overwrite", false, "replace the picture and the CSV file")
	return cmd
}

// rateCurve is the loss as the learning rate grew.
type rateCurve struct {
	rates, losses, smooth []float64
	taps                  int // of the smoothing window
}

func (r *runState) tryRates(cmd *cobra.Command, from, to float64, steps int) (*rateCurve, error) {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
	defer stop()
	t := r.trainer
	t.Schedule = optim.Exponential{Base: from, Factor: math.Pow(to/from, 1/float64(steps-1))}
	t.Steps, t.Epochs = steps, (steps-1)/t.Loader.Batches()+1
	t.Test, t.Validation, t.KeepBest, t.Checkpoint = nil, nil, false, ""
	c, lowest := &rateCurve{taps: max(11, steps/15|1)}, math.Inf(1)
	t.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
		if e.Kind != train.Updated {
			return nil
		}
		row := e.History.Steps[len(e.History.Steps)-1]
		c.rates, c.losses = append(c.rates, row.Rate), append(c.losses, row.Loss)
		if n := len(c.losses); n >= 10 {
			now := 0.0
			for _, l := range c.losses[n-10:] {
				now += l / 10
			}
			if lowest = min(lowest, now); now > 4*lowest {
				return train.Stop
			}
		}
		return nil
	})}
	if _, err := t.Fit(ctx); err != nil && !errors.Is(err, train.ErrNotFinite) {
		return nil, err
	}
	if len(c.losses) < 20 {
		return nil, fmt.Errorf("the loss blew up after %d steps, at rate %.2g: try a lower --from than %g", len(c.losses), from, from)
	}
	c.smooth = plots.Smooth(c.losses, c.taps)
	return c, nil
}

// lowest is the position of the lowest smoothed loss.
func (c *rateCurve) lowest() int {
	best := 0
	for i, l := range c.smooth {
		if l < c.smooth[best] {
			best = i
		}
	}
	return best
}

// rises reports whether the smoothed loss has clearly risen after the lowest,
// without which that may be anywhere.
func (c *rateCurve) rises() bool {
	i := c.lowest()
	return slices.Max(c.smooth[i:]) > 1.2*c.smooth[i]
}

// steepest is the rate where the smoothed loss falls most from step to step,
// on its way to the lowest.
func (c *rateCurve) steepest() float64 {
	best, fall := 0, 0.0
	for i := 1; i <= c.lowest(); i++ {
		if d := c.smooth[i-1] - c.smooth[i]; d > fall {
			best, fall = i, d
		}
	}
	return c.rates[best]
}

// suggestion is a tenth of the rate of the lowest loss: a rate that is still
// far from where training breaks.
func (c *rateCurve) suggestion() float64 { return c.rates[c.lowest()] / 10 }

func rateText(rate float64) string { return strconv.FormatFloat(rate, 'g', 2, 64) }

func (c *rateCurve) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.Write([]string{"step", "lr", "loss", "smoothed_loss"})
	full := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for i := range c.rates {
		out.Write([]string{strconv.Itoa(i + 1), full(c.rates[i]), full(c.losses[i]), full(c.smooth[i])})
	}
	out.Flush()
	return out.Error()
}

func (c *rateCurve) draw(title string) (plots.Figure, error) {
	curve := make(plotter.XYs, len(c.rates))
	for i := range curve {
		curve[i] = plotter.XY{X: c.rates[i], Y: c.losses[i]}
	}
	at := func(rate float64) plotter.XYs {
		i := 0
		for i < len(c.rates)-1 && c.rates[i] < rate {
			i++
		}
		return plotter.XYs{{X: rate, Y: c.smooth[i]}}
	}
	return plots.Chart(plots.ChartOptions{
		Title: title, X: plots.Axis{Label: "learning rate", Log: true},
		Y: plots.Axis{Label: "loss (nats)", Min: 0, Max: 1.6 * c.smooth[0]},
	},
		plots.Curve{Name: "loss", Points: curve, Smooth: c.taps},
		plots.Points{Name: "suggestion, " + rateText(c.suggestion()), Points: at(c.suggestion()), Radius: 5},
		plots.Points{Name: "lowest, " + rateText(c.rates[c.lowest()]), Points: at(c.rates[c.lowest()]), Radius: 5},
		plots.Points{Name: "steepest fall, " + rateText(c.steepest()), Points: at(c.steepest()), Radius: 5})
}
