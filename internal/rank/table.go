package rank

import (
	"fmt"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tatami/internal/words"
)

// Table has a row a run and, if settings differ, one a setting and value.
func (r *Ranking) Table(l words.Language) string { return r.runTable(l) + r.settingTable(l) }

// runTable has a row a run.
func (r *Ranking) runTable(l words.Language) string {
	head := []string{
		words.Text{EN: "test accuracy", JA: "テスト正解率"}.In(l), words.Text{EN: "test loss", JA: "テスト損失"}.In(l),
		words.Text{EN: "parameters", JA: "パラメーター"}.In(l), words.Text{EN: "epochs", JA: "エポック"}.In(l),
		words.Text{EN: "seconds", JA: "秒"}.In(l), words.Text{EN: "images/s", JA: "枚/秒"}.In(l),
	}
	if r.Validated {
		head = append([]string{Validation.In(l)}, head...)
	}
	right := make([]int, len(head))
	for i := range head {
		right[i] = i
	}
	for _, s := range r.Settings {
		head = append(head, s.Flag)
	}
	rows := [][]string{append(head, words.Text{EN: "run", JA: "実行"}.In(l))}
	numbers := message.NewPrinter(language.English)
	for i, c := range r.Runs {
		row := []string{
			words.Percent(c.Result.TestAccuracy), fmt.Sprintf("%.4f", c.Result.TestLoss), numbers.Sprint(c.Result.Parameters),
			fmt.Sprint(c.Result.EpochsDone), fmt.Sprintf("%.1f", c.Result.TrainSeconds), numbers.Sprintf("%.0f", c.Result.ImagesPerSecond),
		}
		if r.Validated {
			row = append([]string{words.Percent(r.Scores[i])}, row...)
		}
		for _, s := range r.Settings {
			row = append(row, s.Values[i])
		}
		rows = append(rows, append(row, c.Facts.Name))
	}
	return words.Table(rows, right...)
}

// settingTable has a row a setting and value; it is empty where none differ.
func (r *Ranking) settingTable(l words.Language) string {
	if len(r.Settings) == 0 || len(r.Runs) < 3 {
		return ""
	}
	rows := [][]string{{
		words.Text{EN: "setting", JA: "設定"}.In(l), words.Text{EN: "value", JA: "値"}.In(l),
		words.Text{EN: "runs", JA: "件数"}.In(l), words.Text{EN: "mean", JA: "平均"}.In(l), words.Text{EN: "best", JA: "最高"}.In(l),
	}}
	for _, s := range r.Settings {
		for _, g := range r.Groups(s) {
			rows = append(rows, []string{s.Flag, g.Value, fmt.Sprint(g.Runs), words.Percent(g.Mean), words.Percent(g.Best)})
		}
	}
	return "\n" + r.ScoreName(l) + "\n" + words.Table(rows, 2, 3, 4) + "\n"
}
