package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"gonum.org/v1/plot/plotter"

	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/plots"
	"tatami/train"
)

func newLRFind() *cobra.Command {
	var o run.Settings
	var test train.RateTest
	var out string
	var overwrite bool
	cmd := &cobra.Command{
		Use:   "lr-find",
		Short: "Try learning rates from low to high, draw the loss and suggest one",
		Long: `Train for a few hundred steps while the learning rate grows from --from to --to
by the same factor each step (the range test of Smith 2015), until the loss
blows up. The loss over the rate goes to --out, a picture, and to a CSV file of
the same name; one rate is suggested. Nothing else is written.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !(test.Steps >= 50 && test.Steps <= 1e5) {
				return wrongUsage("--steps is %d, wanted 50 to 100000", test.Steps)
			}
			if !(test.From > 0 && test.From < test.To && test.To <= math.MaxFloat32) {
				return wrongUsage("--from is %g and --to is %g, wanted positive numbers, the first one lower", test.From, test.To)
			}
			if err := checkPicture(out); err != nil {
				return err
			}
			csvPath := strings.TrimSuffix(out, filepath.Ext(out)) + ".csv"
			for _, path := range []string{out, csvPath} {
				if _, err := os.Lstat(path); err == nil && !overwrite {
					return fmt.Errorf("%s exists: name another --out, or give --overwrite", path)
				}
			}
			if err := follow(run.Recipe(o.Net), cmd); err != nil {
				return err
			}
			o.Epochs, o.Schedule = 1, "constant"
			if err := o.Check(false); err != nil {
				return err
			}
			trainer, err := o.NewTrainer()
			if err != nil {
				return err
			}
			ctx, stop := run.UntilSignal(cmd.Context())
			defer stop()
			curve, err := test.Run(ctx, trainer)
			if err != nil {
				return err
			}
			if n := len(curve.Rates); curve.Short() {
				return fmt.Errorf("the loss blew up after %d steps, at rate %.2g: try a lower --from than %g", n, test.From, test.From)
			}
			if err := files.Write(csvPath, curve.WriteCSV); err != nil {
				return err
			}
			picture, err := drawRates(curve, fmt.Sprintf("Learning rates for %s with %s", o.Net, o.Optimizer))
			if err != nil {
				return err
			}
			if err := plots.Save(out, picture); err != nil {
				return err
			}
			lowest := curve.Lowest()
			fmt.Printf("the loss falls fastest at %s and is lowest, %.3g, at %s\nsuggestion: --lr %s, a tenth of the rate of the lowest loss\ncurve in %s and %s\n",
				rateText(curve.Rates[curve.Steepest()]), curve.Smooth[lowest], rateText(curve.Rates[lowest]), rateText(curve.Suggestion()), out, csvPath)
			if !curve.Rises() {
				fmt.Printf("but the loss does not rise again: better rates may lie above --to %g\n", test.To)
			}
			return nil
		},
	}
	f := cmd.Flags()
	shapeFlags(f, &o)
	f.IntVar(&test.Steps, "steps", 300, "steps to try rates in")
	f.Float64Var(&test.From, "from", 1e-6, "lowest learning rate")
	f.Float64Var(&test.To, "to", 10, "highest learning rate")
	f.StringVar(&out, "out", "lr-find.png", "picture (PNG, SVG or PDF); the CSV file stands beside it")
	f.BoolVar(&overwrite, "overwrite", false, "replace the picture and the CSV file")
	return cmd
}

func rateText(rate float64) string { return strconv.FormatFloat(rate, 'g', 2, 64) }

// drawRates draws the loss over the rate, and the rates that stand out.
func drawRates(c *train.RateCurve, title string) (plots.Figure, error) {
	curve := make(plotter.XYs, len(c.Rates))
	for i := range curve {
		curve[i] = plotter.XY{X: c.Rates[i], Y: c.Losses[i]}
	}
	at := func(rate float64) plotter.XYs {
		i := 0
		for i < len(c.Rates)-1 && c.Rates[i] < rate {
			i++
		}
		return plotter.XYs{{X: rate, Y: c.Smooth[i]}}
	}
	return plots.Chart(plots.ChartOptions{
		Title: title, X: plots.Axis{Label: "learning rate", Log: true},
		Y: plots.Axis{Label: "loss (nats)", Min: 0, Max: 1.6 * c.Smooth[0]},
	},
		plots.Curve{Name: "loss", Points: curve, Smooth: c.Taps},
		plots.Points{Name: "suggestion, " + rateText(c.Suggestion()), Points: at(c.Suggestion()), Radius: 5},
		plots.Points{Name: "lowest, " + rateText(c.Rates[c.Lowest()]), Points: at(c.Rates[c.Lowest()]), Radius: 5},
		plots.Points{Name: "steepest fall, " + rateText(c.Rates[c.Steepest()]), Points: at(c.Rates[c.Steepest()]), Radius: 5})
}
