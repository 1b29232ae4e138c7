package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tatami/internal/describe"
	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/plots"
	"tatami/train"
	"tatami/train/watch"
)

func newLRFind(l words.Language) *cobra.Command {
	var o run.Settings
	var memory run.Memory
	var test train.RateTest
	var out string
	var overwrite bool
	cmd := &cobra.Command{
		Use:  "lr-find",
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
			usualNet(cmd, &o)
			if err := follow(run.Recipe(o.Net), cmd); err != nil {
				return err
			}
			o.Epochs, o.Schedule = 1, "constant"
			if err := o.Check(false); err != nil {
				return err
			}
			data, err := o.Load(run.Reading{Memory: memory})
			if err != nil {
				return err
			}
			defer data.Close()
			trainer, err := o.NewTrainer(data)
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
			picture, err := watch.Rates(curve, words.Text{
				EN: "Learning rates for %s with %s", JA: "%s と %s の学習率",
			}.In(l, o.Net, o.Optimizer), string(l))
			if err != nil {
				return err
			}
			if err := plots.Save(out, picture); err != nil {
				return err
			}
			_, err = fmt.Print(describe.Rates(curve, test.To, out, csvPath, l))
			return err
		},
	}
	f := cmd.Flags()
	shapeFlags(f, &o)
	f.Var(&memory, "memory", "")
	f.IntVar(&test.Steps, "steps", 300, "")
	f.Float64Var(&test.From, "from", 1e-6, "")
	f.Float64Var(&test.To, "to", 10, "")
	f.StringVar(&out, "out", "lr-find.png", "")
	f.BoolVar(&overwrite, "overwrite", false, "")
	return cmd
}
