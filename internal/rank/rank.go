// Package rank orders runs by how good they are, and tells which of their
// settings mattered.
package rank

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"tatami/internal/web/page"
	"tatami/internal/words"
	"tatami/plots"
)

// The names of scores.
var (
	Validation = words.Text{EN: "validation accuracy", JA: "検証正解率"}
	Test       = words.Text{EN: "test accuracy", JA: "テスト正解率"}
)

// Ranking is runs, the best first.
type Ranking struct {
	Runs []page.Compared
	// Scores are their best validation accuracies, if all were Validated, or
	// else their test accuracies.
	Scores    []float64
	Validated bool
	// Epoch is, of a halving, the last that all runs have; 0 otherwise. What
	// settings did is told by it, since runs that went on are better for that.
	Epoch int
	fair  []float64 // the scores for that
	// Settings are those in which the runs differ, the one that mattered most
	// first.
	Settings []Setting
}

// Setting is a flag in which runs differ.
type Setting struct {
	Flag    string
	Values  []string  // by run
	Numbers []float64 // the same; nil unless all are numbers
}

// Group is the runs of one value, or of a range of values.
type Group struct {
	Value      string
	Runs       int
	Mean, Best float64
}

// Best is the best validation accuracy of a run; false without a validation
// set.
func Best(r page.Compared) (float64, bool) { return bestUntil(r, math.MaxInt) }

func bestUntil(r page.Compared, epoch int) (float64, bool) {
	best := math.NaN()
	for _, e := range r.Epochs.Rows {
		if v := float64(e.ValidationAccuracy); e.Epoch <= epoch && (math.IsNaN(best) || v > best) {
			best = v
		}
	}
	return best, !math.IsNaN(best)
}

// Of ranks runs. Equal ones stay in their order.
func Of(runs []page.Compared) *Ranking {
	r := &Ranking{Validated: true}
	for _, c := range runs {
		_, ok := Best(c)
		r.Validated = r.Validated && ok
	}
	score := func(c page.Compared) float64 {
		if r.Validated {
			best, _ := Best(c)
			return best
		}
		return c.Result.TestAccuracy
	}
	r.Runs = slices.Clone(runs)
	slices.SortStableFunc(r.Runs, func(a, b page.Compared) int { return cmp.Compare(score(b), score(a)) })
	for _, c := range r.Runs {
		r.Scores = append(r.Scores, score(c))
	}
	r.fair = r.Scores
	if r.Validated && halved(runs) {
		r.Epoch, r.fair = math.MaxInt, nil
		for _, c := range runs {
			r.Epoch = min(r.Epoch, c.Result.EpochsDone)
		}
		for _, c := range r.Runs {
			best, _ := bestUntil(c, r.Epoch)
			r.fair = append(r.fair, best)
		}
	}
	r.differences()
	return r
}

// halved says whether runs were planned for the same epochs and did not all go
// so far.
func halved(runs []page.Compared) bool {
	planned := valueOf(runs[0], "schedule-epochs")
	unequal := false
	for _, c := range runs {
		if valueOf(c, "schedule-epochs") != planned {
			return false
		}
		unequal = unequal || c.Result.EpochsDone != runs[0].Result.EpochsDone
	}
	return unequal && planned != none
}

// none is the value of a flag that a run has not.
const none = "–"

func valueOf(c page.Compared, flag string) string {
	for _, f := range c.Facts.Settings {
		if f.Name == flag {
			return f.Value
		}
	}
	return none
}

// ScoreName is what settings are judged by.
func (r *Ranking) ScoreName(l words.Language) string {
	if r.Epoch > 0 {
		return words.Text{EN: "validation accuracy up to epoch %d", JA: "エポック %d までの検証正解率"}.In(l, r.Epoch)
	}
	if r.Validated {
		return Validation.In(l)
	}
	return Test.In(l)
}

// differences finds the settings that differ and sorts them by the spread of
// their groups' means.
func (r *Ranking) differences() {
	var flags []string
	for _, c := range r.Runs {
		for _, f := range c.Facts.Settings {
			if f.Name != "architecture" && !(f.Name == "epochs" && r.Epoch > 0) && !slices.Contains(flags, f.Name) {
				flags = append(flags, f.Name)
			}
		}
	}
	spread := map[string]float64{}
	for _, flag := range flags {
		s := Setting{Flag: flag}
		for _, c := range r.Runs {
			s.Values = append(s.Values, valueOf(c, flag))
		}
		if slices.Equal(s.Values[1:], s.Values[:len(s.Values)-1]) {
			continue
		}
		s.Numbers = numbers(s.Values)
		low, high := math.Inf(1), math.Inf(-1)
		for _, g := range r.Groups(s) {
			low, high = min(low, g.Mean), max(high, g.Mean)
		}
		spread[flag] = high - low
		r.Settings = append(r.Settings, s)
	}
	slices.SortStableFunc(r.Settings, func(a, b Setting) int { return cmp.Compare(spread[b.Flag], spread[a.Flag]) })
}

// numbers are values as numbers, a setting that is not given being 0; nil if
// one is none.
func numbers(values []string) (list []float64) {
	for _, v := range values {
		n, err := strconv.ParseFloat(v, 64)
		if v == none {
			n, err = 0, nil
		}
		if err != nil {
			return nil
		}
		list = append(list, n)
	}
	return list
}

// maxGroups is as many values as are told one by one; more numbers are put
// together by thirds of the runs.
const maxGroups = 6

// Groups are the runs by the values of a setting.
func (r *Ranking) Groups(s Setting) (groups []Group) {
	order := make([]int, len(r.Runs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if s.Numbers != nil {
			return cmp.Compare(s.Numbers[a], s.Numbers[b])
		}
		return cmp.Compare(s.Values[a], s.Values[b])
	})
	values := slices.Compact(slices.Sorted(slices.Values(s.Values)))
	byRange := s.Numbers != nil && len(values) > maxGroups
	add := func(runs []int) {
		g := Group{Value: s.Values[runs[0]], Runs: len(runs), Best: math.Inf(-1)}
		if last := s.Values[runs[len(runs)-1]]; last != g.Value {
			g.Value = fmt.Sprintf("%s … %s", g.Value, last)
		}
		for _, i := range runs {
			g.Mean += r.fair[i] / float64(len(runs))
			g.Best = max(g.Best, r.fair[i])
		}
		groups = append(groups, g)
	}
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && (s.Values[order[to]] == s.Values[order[from]] || byRange && to < (len(groups)+1)*len(order)/3) {
			to++
		}
		add(order[from:to])
		from = to
	}
	return groups
}

// Draw draws a line a run through its settings, the most important one beside
// the score.
func (r *Ranking) Draw(l words.Language) (plots.Figure, error) {
	var axes []plots.Coordinate
	rows := make([][]float64, len(r.Runs))
	for _, s := range slices.Backward(r.Settings) {
		a, values := plots.Coordinate{Label: "--" + s.Flag}, s.Numbers
		if values == nil {
			a.Names = slices.Compact(slices.Sorted(slices.Values(s.Values)))
			for _, v := range s.Values {
				values = append(values, float64(slices.Index(a.Names, v)))
			}
		}
		low, high := slices.Min(values), slices.Max(values)
		a.Log = a.Names == nil && low > 0 && high >= 10*low
		axes = append(axes, a)
		for i := range rows {
			rows[i] = append(rows[i], values[i])
		}
	}
	if axes == nil {
		return nil, errors.New("nothing to draw: the runs have the same settings")
	}
	score := Test
	if r.Validated {
		score = Validation
	}
	axes = append(axes, plots.Coordinate{Label: words.Text{EN: "%v (%%)", JA: "%v（%%）"}.In(l, score)})
	for i := range rows {
		rows[i] = append(rows[i], 100*r.fair[i])
	}
	note := words.Text{
		EN: "A line is a run. The nearer a setting stands to the accuracy, the more it mattered by itself.",
		JA: "1 本の線が 1 件の実行です。右にある設定ほど、それだけで正解率に大きく影響しました。",
	}.In(l)
	if r.Epoch > 0 {
		note += words.Text{EN: " Accuracies are those up to epoch %d, which all runs have.", JA: "正解率は、どの実行にもあるエポック %d までのものです。"}.In(l, r.Epoch)
	}
	return plots.Parallel(axes, rows, plots.ParallelOptions{
		Title: words.Text{EN: "What mattered in %d runs", JA: "設定の効き方（%d 件の実行）"}.In(l, len(r.Runs)),
		Note:  note, Language: string(l),
	})
}
