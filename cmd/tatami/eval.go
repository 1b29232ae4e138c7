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
	var data, tta string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "eval MODEL",
		Short: "Measure a model on a test set",
		Args:  arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			views, err := train.ParseViews(tta)
			if err != nil {
				return usageError{fmt.Errorf("--tta: %w", err)}
			}
			m, err := run.LoadModel(args[0])
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
			e, err := views.Evaluate(m.Sequential, layers.SoftmaxWithLoss{}, test, 100)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if math.IsNaN(e.Loss) || math.IsInf(e.Loss, 0) {
				return fmt.Errorf("%s: damaged: its loss on the test set is %g", args[0], e.Loss)
			}
			if asJSON {
				return files.EncodeJSON(os.Stdout, evaluated{run.ScoreOf(m.Sequential, e), m.Facts["average"], viewed(views)})
			}
			var text strings.Builder
			fmt.Fprintf(&text, "test accuracy %.2f%% (%d/%d), loss %.4f%s\n", 100*e.Accuracy(), e.Correct, e.Total, e.Loss, how(m, views))
			for k, name := range test.Classes {
				fmt.Fprintf(&text, "  %s: precision %s, recall %s\n", name, percent(e.Precision(k)), percent(e.Recall(k)))
			}
			_, err = fmt.Print(text.String())
			return err
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "folder in the IDX layout (default: what the model was trained on)")
	cmd.Flags().StringVar(&tta, "tta", "none", "average the answers over views of an image: none, or a list of flip and shift (pixels), shift:2")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON with the keys of run.json")
	return cmd
}

// evaluated is what eval prints as JSON.
type evaluated struct {
	run.Score
	Average string `json:"average,omitempty"` // of the weights
	TTA     string `json:"tta,omitempty"`     // views of an image
}

// viewed is the views' text, empty if the image is shown alone.
func viewed(v train.Views) string {
	if v == (train.Views{}) {
		return ""
	}
	return v.String()
}

// how tells what a score is of, beside the network alone.
func how(m *nn.Model, v train.Views) (text string) {
	if a := m.Facts["average"]; a != "" {
		text += ", weights averaged by " + a
	}
	if viewed(v) != "" {
		text += ", answers averaged over " + v.String()
	}
	return text
}
