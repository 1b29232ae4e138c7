package describe

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/train"
)

// Evaluation is what there is to say of one; its JSON has the keys of run.json.
type Evaluation struct {
	run.Score
	Average string `json:"average,omitempty"` // of the weights
	TTA     string `json:"tta,omitempty"`     // views of an image

	of      *train.Evaluation
	classes []string
}

// Evaluated describes the evaluation of a model over views of images of these
// classes.
func Evaluated(m *nn.Model, e *train.Evaluation, v train.Views, classes []string) Evaluation {
	d := Evaluation{Score: run.ScoreOf(m.Sequential, e), Average: m.Facts["average"], of: e, classes: classes}
	if v != (train.Views{}) { // an image shown alone has none
		d.TTA = v.String()
	}
	return d
}

// how tells what a score is of, beside the network alone.
func (d Evaluation) how(l words.Language) (text string) {
	if d.Average != "" {
		text += words.Text{EN: ", weights averaged by %s", JA: "、重みは移動平均（%s）"}.In(l, words.Shown(d.Average))
	}
	if d.TTA != "" {
		text += words.Text{EN: ", answers averaged over %s", JA: "、%s で変えた画像も含む答えの平均"}.In(l, d.TTA)
	}
	return text
}

// Text is that for people.
func (d Evaluation) Text(l words.Language) string {
	var b strings.Builder
	e := d.of
	fmt.Fprintln(&b, run.ScoreText(e, l)+d.how(l))
	rows := [][]string{{
		"", words.Text{EN: "precision", JA: "適合率"}.In(l), words.Text{EN: "recall", JA: "再現率"}.In(l), "F1",
	}}
	var sums, counts [3]float64
	row := func(name string, values [3]float64) []string {
		return []string{"  " + name, words.Percent(values[0]), words.Percent(values[1]), words.Percent(values[2])}
	}
	for k, name := range d.classes {
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
		fmt.Fprintln(&b, words.Text{EN: "  %s taken for %s: %d", JA: "  正解 %s → 予測 %s：%d 枚"}.In(l, d.classes[p.actual], d.classes[p.given], p.times))
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
