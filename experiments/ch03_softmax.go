package experiments

import (
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// naiveSoftmax is the formula as it stands, in numbers of the kind F.
func naiveSoftmax[F float32 | float64](a ...F) (y []F) {
	var sum F
	for _, v := range a {
		y = append(y, F(math.Exp(float64(v))))
		sum += y[len(y)-1]
	}
	for i := range y {
		y[i] /= sum
	}
	return y
}

// stableSoftmax takes the largest value from all before.
func stableSoftmax(a ...float64) []float64 {
	top := a[0]
	for _, v := range a {
		top = max(top, v)
	}
	var lower []float64
	for _, v := range a {
		lower = append(lower, v-top)
	}
	return naiveSoftmax(lower...)
}

// finite is whether a number is one.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func runSoftmax(r *lab.Run) {
	small, large := []float64{0.3, 2.9, 4.0}, []float64{1010, 1000, 990}
	y, naive, stable := naiveSoftmax(small...), naiveSoftmax(large...), stableSoftmax(large...)
	for i, name := range []string{"first", "second", "third"} {
		r.Measure("(0.3, 2.9, 4.0): "+name, y[i])
		r.Measure("(1010, 1000, 990): "+name, stable[i])
	}
	r.Measure("(0.3, 2.9, 4.0): sum", y[0]+y[1]+y[2])
	x := nn.NewTensor(2, nn.Features(3))
	copy(x.Data, flat(grid{small, large}))
	layer := apply(r, layers.Softmax{}, x)
	if r.Failed() {
		return
	}
	agrees := true
	for i, want := range append(stableSoftmax(small...), stable...) {
		agrees = agrees && math.Abs(float64(layer[i])-want) < 1e-6
	}
	r.Claim("a distribution", math.Abs(y[0]+y[1]+y[2]-1) < 1e-12 && y[0] < y[1] && y[1] < y[2])
	r.Claim("overflow", math.IsNaN(naive[0]) && math.IsNaN(naive[1]) && finite(stable[0]))
	r.Claim("the layer", agrees)

	largest := 0.0 // that a power of e can have and be a number
	for v := 0.0; finite(math.Exp(v)); v += 0.01 {
		largest = v
	}
	r.Measure("largest a with a finite exp(a)", largest)
	drawScores(r, small, y)
	drawOverflow(r, small)
}

// drawScores draws the scores, their exponentials, and their shares.
func drawScores(r *lab.Run, a, y []float64) {
	var powers []float64
	for _, v := range a {
		powers = append(powers, math.Exp(v))
	}
	var panels []plots.Figure
	for _, p := range []struct {
		title  words.Text
		values []float64
	}{
		{words.Text{EN: "a, the scores", JA: "a（スコア）"}, a},
		{words.Text{EN: "exp(a)", JA: "exp(a)：指数関数"}, powers},
		{words.Text{EN: "exp(a) / sum", JA: "exp(a) / 合計"}, y},
	} {
		panels = append(panels, r.Panel(plots.ChartOptions{Title: r.In(p.title), Y: plots.Axis{Zero: true}, Width: 230, Height: 190},
			plots.Bars{Groups: []string{"a1", "a2", "a3"}, Series: []plots.Series{{Values: p.values}}, Numbers: true}))
	}
	r.Grid("scores", plots.GridOptions{Title: r.In(words.Text{EN: "From scores to probabilities", JA: "スコアから確率へ"}), Columns: 3}, panels...)
}

// drawOverflow draws the highest probability as all scores are raised by the
// same constant, which should not change it.
func drawOverflow(r *lab.Run, a []float64) {
	var naive, stable plotter.XYs
	var rows [][]any
	breaks := math.Inf(1)
	for c := 0.0; c <= 120; c += 0.5 {
		raised := []float64{a[0] + c, a[1] + c, a[2] + c}
		y := float64(naiveSoftmax(flat(grid{raised})...)[2])
		right := stableSoftmax(raised...)[2]
		if !(math.Abs(y-right) < 1e-3) { // no number is not near it either
			breaks = min(breaks, c)
		}
		naive = append(naive, plotter.XY{X: c, Y: y})
		stable = append(stable, plotter.XY{X: c, Y: right})
		rows = append(rows, []any{c, y, right})
	}
	first, last := stable[0].Y, stable[len(stable)-1].Y
	r.Measure("float32: first constant that breaks it", breaks)
	r.Claim("no change", math.Abs(first-last) < 1e-9)
	r.CSV("overflow", []string{"constant", "float32 as it stands", "largest taken away"}, rows)
	r.Chart("overflow", plots.ChartOptions{
		Title: r.In(words.Text{EN: "softmax of (0.3 + C, 2.9 + C, 4.0 + C): the third value", JA: "softmax(0.3 + C, 2.9 + C, 4.0 + C)：3 つ目の値"}),
		Note: r.In(words.Text{
			EN: "Where the line falls, the sum overflows, and a little later exp itself: infinity over infinity is no number.",
			JA: "線が落ちるところで合計がオーバーフローし、そのすぐ後に exp もオーバーフローして、∞/∞ で数ではなくなります。",
		}),
		X: plots.Axis{Label: r.In(words.Text{EN: "constant C added to all", JA: "全部に足した定数 C"})}, Y: plots.Axis{Label: "y3", Min: 0.5, Max: 1},
	},
		plots.Curve{Name: r.In(words.Text{EN: "largest taken away first", JA: "先に最大値を引く"}), Points: stable},
		plots.Curve{Name: r.In(words.Text{EN: "as it stands, float32", JA: "式のまま（float32）"}), Points: naive})
}

func softmaxByNumbers() lab.Experiment {
	near := func(name words.Text, v, tolerance float64) lab.Row { return lab.Near(name, v, tolerance).As("%.9g") }
	return lab.Experiment{
		ID: "ch03-softmax", Seconds: 0.1, Title: words.Text{EN: "Softmax and its overflow", JA: "ソフトマックス関数とオーバーフロー"}, Chapter: 3, Section: words.Text{EN: "sections 3.5.1 to 3.5.3", JA: "3.5.1～3.5.3 節"}, Version: 1,
		Setup: words.Text{
			EN: "The book's scores (0.3, 2.9, 4.0) and (1010, 1000, 990), by the formula as it stands and with the largest " +
				"score taken away first, in float64; the layer, which does the latter, in float32.",
			JA: "本の例のスコア（0.3, 2.9, 4.0）と（1010, 1000, 990）を、式のままの計算と、先に最大値を引く計算で比べます（float64）。" +
				"tatami の層は後者で、float32 です。",
		},
		Lesson: words.Text{
			EN: "Softmax makes scores positive shares of 1 in the same order; adding a constant to all changes nothing, so the " +
				"largest is taken away and exp cannot overflow.",
			JA: "ソフトマックス関数は、大小の順を保ったまま、スコアを合計 1 の正の数に変えます。全部に同じ数を足しても結果は" +
				"変わらないので、最大値を引けばオーバーフローしません。",
		},
		Rows: []lab.Row{
			near(words.Text{EN: "(0.3, 2.9, 4.0): first", JA: "(0.3, 2.9, 4.0)：1 つ目"}, 0.01821127, 1e-8),
			near(words.Text{EN: "(0.3, 2.9, 4.0): second", JA: "(0.3, 2.9, 4.0)：2 つ目"}, 0.24519181, 1e-8),
			near(words.Text{EN: "(0.3, 2.9, 4.0): third", JA: "(0.3, 2.9, 4.0)：3 つ目"}, 0.73659691, 1e-8),
			near(words.Text{EN: "(0.3, 2.9, 4.0): sum", JA: "(0.3, 2.9, 4.0)：合計"}, 1, 1e-12),
			near(words.Text{EN: "(1010, 1000, 990): first", JA: "(1010, 1000, 990)：1 つ目"}, 9.99954600e-01, 1e-8),
			near(words.Text{EN: "(1010, 1000, 990): second", JA: "(1010, 1000, 990)：2 つ目"}, 4.53978686e-05, 1e-12),
			near(words.Text{EN: "(1010, 1000, 990): third", JA: "(1010, 1000, 990)：3 つ目"}, 2.06106005e-09, 1e-16),
			lab.Shown(words.Text{EN: "largest a with a finite exp(a)", JA: "exp が有限になる最大の値"}, ""),
			lab.Shown(words.Text{EN: "float32: first constant that breaks it", JA: "float32 で計算できなくなる最初の定数 C"}, ""),
		},
		Claims: map[string]words.Text{
			"a distribution": {EN: "the outputs sum to 1 and keep the order of the scores", JA: "出力の合計は 1 で、大小の順はスコアと同じ"},
			"overflow":       {EN: "the formula as it stands overflows at 1010, and does not once the largest is taken away", JA: "式のままでは 1010 でオーバーフローし、最大値を引けばしない"},
			"no change":      {EN: "a constant added to all scores changes nothing", JA: "すべてのスコアに同じ数を足しても結果は変わらない"},
			"the layer":      {EN: "the layer agrees within 1e-6", JA: "tatami の層の出力も 1e-6 以内で一致する"},
		},
		Figures: map[string]words.Text{
			"scores":   {EN: "The scores, their exponentials and their shares (figure 3-22 by numbers).", JA: "スコア、その指数関数、その割合（図 3-22 を数値で）。"},
			"overflow": {EN: "A constant added to all scores changes nothing, until exp overflows.", JA: "全部に同じ数を足しても結果は変わりません。exp がオーバーフローするまでは。"},
		},
		Run: runSoftmax,
	}
}
