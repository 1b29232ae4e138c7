package main

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tatami/internal/budget"
	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/words"
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
			if asJSON {
				return files.EncodeJSON(os.Stdout, evaluated{run.ScoreOf(m.Sequential, e), m.Facts["average"], viewed(views)})
			}
			_, err = fmt.Print(evaluation(e, test.Classes, how(m, views, l), l))
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
func how(m *nn.Model, v train.Views, l words.Language) (text string) {
	if a := m.Facts["average"]; a != "" {
		text += words.Text{EN: ", weights averaged by %s", JA: "、重みは移動平均（%s）"}.In(l, a)
	}
	if viewed(v) != "" {
		text += words.Text{EN: ", answers averaged over %s", JA: "、答えは %s にわたる平均"}.In(l, v)
	}
	return text
}

// evaluation is what eval says of a test set.
func evaluation(e *train.Evaluation, classes []string, how string, l words.Language) string {
	var b strings.Builder
	fmt.Fprintln(&b, run.ScoreText(e, l)+how)
	rows := [][]string{{
		"", words.Text{EN: "precision", JA: "適合率"}.In(l), words.Text{EN: "recall", JA: "再現率"}.In(l), "F1",
	}}
	var sums, counts [3]float64
	row := func(name string, values [3]float64) []string {
		return []string{"  " + name, percent(values[0]), percent(values[1]), percent(values[2])}
	}
	for k, name := range classes {
		values := [3]float64{e.Precision(k), e.Recall(k), f1(e, k)}
		for i, v := range values {
			if !math.IsNaN(v) { // of a class that is in the set, or that was predicted
				sums[i], counts[i] = sums[i]+v, counts[i]+1
			}
		}
		rows = append(rows, row(name, values))
	}
	for i := range sums {
		sums[i] /= counts[i]
	}
	rows = append(rows, row(words.Text{EN: "mean of the classes (macro)", JA: "クラスの平均（マクロ平均）"}.In(l), sums))
	b.WriteString(words.Table(rows, 1, 2, 3))
	pairs := confused(e.Confusion)
	if len(pairs) > 0 {
		fmt.Fprintln(&b, words.Text{EN: "most frequent confusions", JA: "取り違えの多い組"}.In(l))
	}
	for _, p := range pairs[:min(5, len(pairs))] {
		fmt.Fprintln(&b, words.Text{EN: "  %s taken for %s: %d", JA: "  正解 %s → 予測 %s：%d 枚"}.In(l, classes[p.actual], classes[p.given], p.times))
	}
	return b.String()
}

// f1 is the harmonic mean of precision and recall, NaN where a class is neither
// in the set nor predicted.
func f1(e *train.Evaluation, class int) float64 {
	right, concerned := e.Confusion[class][class], 0
	for i, row := range e.Confusion {
		concerned += row[class] + e.Confusion[class][i]
	}
	return 2 * float64(right) / float64(concerned)
}

type confusion struct{ actual, given, times int }

// confused are the pairs of classes that were confused, the most frequent first.
func confused(matrix [][]int) (pairs []confusion) {
	for actual, row := range matrix {
		for given, times := range row {
			if actual != given && times > 0 {
				pairs = append(pairs, confusion{actual, given, times})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b confusion) int { return b.times - a.times })
	return pairs
}
