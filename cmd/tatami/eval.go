package main

import (
	"fmt"
	"math"
	"os"

	"github.com/spf13/cobra"

	"tatami/internal/budget"
	"tatami/internal/describe"
	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/train"
)

func newEval(l words.Language) *cobra.Command {
	var data, tta string
	var asJSON bool
	within := run.Budget(1)
	var memory run.Memory
	cmd := &cobra.Command{
		Use:  "eval MODEL",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			views, err := train.ParseViews(tta)
			if err != nil {
				return usageError{fmt.Errorf("--tta: %w", err)}
			}
			m, err := run.LoadModelWithin(args[0], within)
			if err != nil {
				return err
			}
			if in := m.Input(); views.Shift > min(in.H, in.W)-1 {
				return wrongUsage("--tta is %s, wanted shifts of at most %d pixels for images of %v", tta, min(in.H, in.W)-1, in)
			}
			given := cmd.Flags().Changed("data")
			if !given {
				data = m.Facts["data"] // none is MNIST
			}
			read, err := run.LoadFor(m, data, run.Reading{Memory: memory})
			if err != nil && data != "" && !given {
				return fmt.Errorf("what %s was trained on is not there, give --data: %w", args[0], err)
			}
			if err != nil {
				return err
			}
			defer read.Close()
			test := read.Test
			batch := budget.Batch(m.Sequential, 100)
			e, err := views.Evaluate(m.Sequential, layers.SoftmaxWithLoss{}, test, batch)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if math.IsNaN(e.Loss) || math.IsInf(e.Loss, 0) {
				return fmt.Errorf("%s: damaged: its loss on the test set is %g", args[0], e.Loss)
			}
			about := describe.Evaluated(m, e, views, test.Classes)
			if asJSON {
				return files.EncodeJSON(os.Stdout, about)
			}
			_, err = fmt.Print(about.Text(l))
			return err
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "")
	cmd.Flags().Var(&memory, "memory", "")
	cmd.Flags().StringVar(&tta, "tta", "none", "")
	cmd.Flags().BoolVar(&asJSON, "json", false, "")
	cmd.Flags().Var(&within, "budget", "")
	return cmd
}
