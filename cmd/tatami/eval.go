package main

import (
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/layers"
	"tatami/nn"
	"tatami/train"
)

// percent shows a share; of nothing there is none.
func percent(share float64) string {
	if math.IsNaN(share) {
		return "–"
	}
	return fmt.Sprintf("%.2f%%", 100*share)
}

func newEval() *cobra.Command {
	var data string
	var asJSON bool
	budget := run.Budget(1)
	cmd := &cobra.Command{
		Use:   "eval MODEL",
		Short: "Measure a model on a test set",
		Args:  arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := run.LoadModelWithin(args[0], budget)
			if err != nil {
				return err
			}
			given := cmd.Flags().Changed("data")
			if !given {
				data = m.Facts["data"] // none is MNIST
			}
			_, test, err := run.LoadData(data)
			if err != nil && data != "" && !given {
				return fmt.Errorf("what %s was trained on is not there, give --data: %w", args[0], err)
			}
			if err != nil {
				return err
			}
			batch := min(100, max(1, nn.AnswerCost().Bytes/m.Cost().Bytes)) // as many as the usual memory of one holds
			e, err := train.Evaluate(m.Sequential, layers.SoftmaxWithLoss{}, test, batch)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if math.IsNaN(e.Loss) || math.IsInf(e.Loss, 0) {
				return fmt.Errorf("%s: damaged: its loss on the test set is %g", args[0], e.Loss)
			}
			if asJSON {
				return files.EncodeJSON(os.Stdout, run.ScoreOf(m.Sequential, e))
			}
			var text strings.Builder
			fmt.Fprintf(&text, "test accuracy %.2f%% (%d/%d), loss %.4f\n", 100*e.Accuracy(), e.Correct, e.Total, e.Loss)
			for k, name := range test.Classes {
				fmt.Fprintf(&text, "  %s: precision %s, recall %s\n", name, percent(e.Precision(k)), percent(e.Recall(k)))
			}
			_, err = fmt.Print(text.String())
			return err
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "folder in the IDX layout (default: what the model was trained on)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON with the keys of run.json")
	budgetFlag(cmd.Flags(), &budget)
	return cmd
}
