package sweep

import (
	"fmt"
	"strings"

	"tatami/internal/rank"
	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/internal/words/errortext"
)

// command is the line that gives run i.
func (s *Sweep) command(i int) string {
	line := "tatami train"
	for _, set := range s.settings(i) {
		line += " " + run.ShellWord("--"+set.Flag+"="+string(set.Value))
	}
	return line + " --out " + run.ShellWord(s.Folder(i))
}

// Text is the runs as commands, or that of one task alone (-1: all), and the
// stages of a halving.
func (s *Sweep) Text(task int, l words.Language) string {
	var b strings.Builder
	for i := range s.Runs {
		if task < 0 || i == task {
			fmt.Fprintln(&b, s.command(i))
		}
	}
	if s.Halving != nil {
		for k := range s.Rungs() {
			fmt.Fprintln(&b, s.rungText(k, l))
		}
	}
	return b.String()
}

// rungText says what stage k of a halving is.
func (s *Sweep) rungText(k int, l words.Language) string {
	r := s.Rungs()[k]
	return words.Text{EN: "rung %d: %d runs, up to epoch %d", JA: "段階 %d：実行 %d 件、エポック %d まで"}.In(l, k, r.Runs, r.Epochs)
}

// endText says how run i ended.
func (s *Sweep) endText(i int, end *End, l words.Language) string {
	name := Name(i)
	for _, set := range s.Differ[i] {
		name += " " + set.Flag + "=" + string(set.Value)
	}
	if end.Diverged != "" {
		return words.Text{EN: "%s: diverged: %s", JA: "%s：発散しました：%s"}.In(l, name, errortext.Say(end.Diverged, l))
	}
	if end.Before {
		return words.Text{EN: "%s: done before", JA: "%s：実行済み"}.In(l, name)
	}
	r, err := run.Read(s.Folder(i))
	if err != nil {
		return words.Text{EN: "%s: done", JA: "%s：完了"}.In(l, name)
	}
	line := words.Text{EN: "%s: test accuracy %.2f%%", JA: "%s：テスト正解率 %.2f%%"}.In(l, name, 100*r.Result.TestAccuracy)
	if best, ok := rank.Best(r); ok {
		line += words.Text{EN: ", validation accuracy %.2f%%", JA: "、検証正解率 %.2f%%"}.In(l, 100*best)
	}
	return line + words.Text{EN: ", %.1f s", JA: "、%.1f 秒"}.In(l, r.Result.TrainSeconds)
}
