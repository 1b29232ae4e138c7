package describe

import (
	"strconv"

	"tatami/internal/words"
	"tatami/train"
)

// Rates says what a test of rates up to highest has shown, and which files hold
// its curve.
func Rates(curve *train.RateCurve, highest float64, picture, table string, l words.Language) string {
	rate := func(rate float64) string { return strconv.FormatFloat(rate, 'g', 2, 64) }
	lowest := curve.Lowest()
	text := words.Text{
		EN: "the loss falls fastest at %s and is lowest, %.3g, at %s\nsuggestion: --lr %s, a tenth of the rate of the lowest loss\ncurve in %s and %s\n",
		JA: "損失が最も速く下がる学習率は %s、損失が最小（%.3g）になる学習率は %s です。\nおすすめは --lr %s（損失が最小になる学習率の 10 分の 1）です。\n図と数値は %s と %s にあります。\n",
	}.In(l,
		rate(curve.Rates[curve.Steepest()]), curve.Smooth[lowest], rate(curve.Rates[lowest]), rate(curve.Suggestion()), picture, table)
	if !curve.Rises() {
		text += words.Text{
			EN: "but the loss does not rise again: better rates may lie above --to %g\n",
			JA: "ただし、損失がまだ上がり始めていません。もっとよい学習率が --to %g より上にあるかもしれません。\n",
		}.In(l, highest)
	}
	return text
}
