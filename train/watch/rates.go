package watch

import (
	"strconv"

	"gonum.org/v1/plot/plotter"

	"tatami/internal/words"
	"tatami/plots"
	"tatami/train"
)

// Rates draws what [train.RateTest] found: the loss over the learning rate, and
// the rates that stand out. The language is "en" or "ja"; [plots.Save] makes a
// file of it.
func Rates(c *train.RateCurve, title, language string) (plots.Figure, error) {
	l := words.Language(language)
	curve := make(plotter.XYs, len(c.Rates))
	for i := range curve {
		curve[i] = plotter.XY{X: c.Rates[i], Y: c.Losses[i]}
	}
	point := func(name words.Text, rate float64) plots.Mark {
		i := 0
		for i < len(c.Rates)-1 && c.Rates[i] < rate {
			i++
		}
		return plots.Points{Name: name.In(l, strconv.FormatFloat(rate, 'g', 2, 64)), Points: plotter.XYs{{X: rate, Y: c.Smooth[i]}}, Radius: 5}
	}
	return plots.Chart(plots.ChartOptions{
		Title: title, Language: language, X: plots.Axis{Label: words.Text{EN: "learning rate", JA: "学習率"}.In(l), Log: true},
		Y: plots.Axis{Label: words.Text{EN: "loss (nats)", JA: "損失（nat）"}.In(l), Min: 0, Max: 1.1 * c.Smooth[0]},
	},
		plots.Curve{Name: words.Text{EN: "loss", JA: "損失"}.In(l), Points: curve, Smooth: c.Taps},
		point(words.Text{EN: "suggestion, %s", JA: "おすすめ：%s"}, c.Suggestion()),
		point(words.Text{EN: "lowest, %s", JA: "最小：%s"}, c.Rates[c.Lowest()]),
		point(words.Text{EN: "steepest fall, %s", JA: "最も速く低下：%s"}, c.Rates[c.Steepest()]))
}
