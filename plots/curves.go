package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/internal/words"
)

// LossOptions says how Loss draws.
type LossOptions struct {
	Title      string  // "": "Training loss"
	Note       string  // small, below the title
	Log        bool    // a logarithmic axis however little the loss falls
	Classes    int     // of the labels; above 1: a dashed line at the loss of guessing, ln(Classes)
	Validation []Curve // a few points each, drawn with markers
	Language   string  // of fixed texts: "en" or "ja"; "": English
}

var (
	lossTitle  = words.Text{EN: "Training loss", JA: "訓練の損失"}
	runText    = words.Text{EN: "run %d", JA: "実行 %d"}
	stepText   = words.Text{EN: "step", JA: "ステップ"}
	lossText   = words.Text{EN: "loss (nats)", JA: "損失（nat）"}
	guessText  = words.Text{EN: "guessing, ln %d = %s", JA: "当てずっぽう、ln %d = %s"}
	accTitle   = words.Text{EN: "Accuracy", JA: "正解率"}
	epochText  = words.Text{EN: "epoch", JA: "エポック"}
	accText    = words.Text{EN: "accuracy (%)", JA: "正解率（%）"}
	hiddenText = words.Text{EN: "Points below the axis: %d, the lowest at %s %%.", JA: "軸より下の点：%d 個、最低は %s %%。"}
)

// steep is how many times its lowest a curve's highest loss is where its axis
// becomes logarithmic.
const steep = 20

// Loss draws the loss in nats at each training step, pale, and smoothed,
// strong, for one run or a race of several. Where the strong curves and those
// of Validation span more than a factor of 20, the axis is logarithmic. A few
// values far from the rest leave the chart, and a note says so.
func Loss(curves []Curve, o LossOptions) (Figure, error) {
	title := o.Title
	if title == "" {
		title = say(o.Language, lossTitle)
	}
	var marks []Mark
	var shown bounds
	for i, c := range curves {
		if c.Smooth == 0 {
			c.Smooth = -1
		}
		if c.Name == "" && len(curves) > 1 {
			c.Name = say(o.Language, runText, i+1)
		}
		marks = append(marks, c)
		c.reach(&shown)
	}
	for _, c := range o.Validation {
		c.Markers = true
		marks = append(marks, c)
		c.reach(&shown)
	}
	if o.Classes > 1 {
		loss := math.Log(float64(o.Classes))
		marks = append(marks, Level{Name: say(o.Language, guessText, o.Classes, fmt.Sprintf("%.2f", loss)), Y: loss})
	}
	log := o.Log || shown.any && shown.lo > 0 && shown.hi > steep*shown.lo
	return Chart(ChartOptions{
		Title: title, Note: o.Note, Language: o.Language,
		X: Axis{Label: say(o.Language, stepText)},
		Y: Axis{Label: say(o.Language, lossText), Log: log, Zero: true},
	}, marks...)
}

// reach adds the values of the strong line to b.
func (m Curve) reach(b *bounds) {
	if m.Points == nil {
		return
	}
	ys := make([]float64, m.Points.Len())
	for i := range ys {
		_, ys[i] = m.Points.XY(i)
	}
	for _, y := range Smooth(ys, m.taps(len(ys))) {
		if math.Abs(y) <= huge {
			b.add(y)
		}
	}
}

// AccuracyOptions says how Accuracy draws.
type AccuracyOptions struct {
	Title    string // "": "Accuracy"
	Note     string // small, below the title
	Language string // of fixed texts: "en" or "ja"; "": English
}

// Accuracy draws accuracies, given as shares from 0 to 1, by epoch in percent.
// The axis shows the range in which the curves can be told apart; they begin
// where they enter it, and a note counts the points below. Curves of one epoch
// are bars with their numbers.
func Accuracy(curves []Curve, o AccuracyOptions) (Figure, error) {
	title := o.Title
	if title == "" {
		title = say(o.Language, accTitle)
	}
	percents, single := make([]plotter.XYs, len(curves)), true
	var all []plotter.XY
	for i, c := range curves {
		if c.Points == nil {
			continue
		}
		drawable := 0
		for k := range c.Points.Len() {
			x, y := c.Points.XY(k)
			p := plotter.XY{X: x, Y: 100 * y}
			percents[i] = append(percents[i], p)
			if isFinite(x) && math.Abs(y) <= huge/100 {
				all = append(all, p)
				drawable++
			}
		}
		single = single && drawable <= 1
	}
	options := ChartOptions{Title: title, Note: o.Note, Language: o.Language, X: Axis{Label: say(o.Language, epochText)}, Y: Axis{Label: say(o.Language, accText)}}
	if single && len(all) > 0 {
		return accuracyBars(curves, percents, all, options)
	}
	var below int
	var lowest float64
	options.Y.Min, options.Y.Max, below, lowest = accuracyRange(all)
	if below > 0 {
		options.Note = sentences(o.Language, o.Note, say(o.Language, hiddenText, below, number(lowest, 3)))
	}
	var marks []Mark
	for i, c := range curves {
		for k, p := range percents[i] {
			if p.Y < options.Y.Min {
				percents[i][k].Y = math.NaN() // no line from outside
			}
		}
		c.Points, c.Markers = percents[i], len(percents[i]) <= 50
		marks = append(marks, c)
	}
	return Chart(options, marks...)
}

// accuracyRange is the range of an axis for percentages, and how many of them
// lie below it, down to which.
func accuracyRange(points []plotter.XY) (lo, hi float64, below int, lowest float64) {
	var all, late bounds
	var last float64
	for _, p := range points {
		all.add(p.Y)
		last = max(last, p.X)
	}
	for _, p := range points {
		if p.X >= last/3 {
			late.add(p.Y)
		}
	}
	if !all.any {
		return 0, 0, 0, 0
	}
	room := max(all.hi-late.lo, 0.5)
	lo = min(all.lo, late.lo) - 0.08*(all.hi-all.lo)
	if all.hi-all.lo > 8*room {
		lo = all.hi - 4*room
		for _, p := range points {
			if p.Y < lo {
				below++
			}
		}
	}
	hi = all.hi + 0.05*(all.hi-lo)
	if all.hi <= 100 {
		hi = min(hi, 100)
	}
	if all.lo >= 0 {
		lo = max(lo, 0)
	}
	if hi-lo < 0.5 {
		hi += 0.1
		if all.hi <= 100 {
			hi = min(hi, 100)
		}
		lo = hi - 0.5
		if all.lo >= 0 && lo < 0 {
			lo, hi = 0, 0.5
		}
	}
	return lo, hi, below, all.lo
}

// accuracyBars draws curves of one point as bars.
func accuracyBars(curves []Curve, percents []plotter.XYs, all []plotter.XY, o ChartOptions) (Figure, error) {
	bars := Bars{Groups: []string{number(all[0].X, 6)}, Numbers: true}
	lo, hi := 0.0, 100.0
	for i, c := range curves {
		for _, p := range percents[i] {
			if isFinite(p.X) && math.Abs(p.Y) <= huge {
				bars.Series = append(bars.Series, Series{Name: c.Name, Values: []float64{p.Y}})
				lo, hi = min(lo, p.Y), max(hi, p.Y)
			}
		}
	}
	o.Y.Min, o.Y.Max = 1.1*lo, 1.1*hi // room for the numbers
	o.Width, o.Height = 340, 240
	return Chart(o, bars)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(n) + " " + what + "s"
}
