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

// seen is which input pixels reach the middle output of a stack of as many
// convolutions, found by the gradient of that output.
func seen(r *lab.Run, kernel, deep, side int) (reached grid, parameters int) {
	var specs []nn.Spec
	for range deep {
		specs = append(specs, layers.Convolution{Filters: 1, Kernel: kernel, Pad: kernel / 2})
	}
	return seenBy(r, side, specs...)
}

// seenBy is seen for any convolutions that keep the size.
func seenBy(r *lab.Run, side int, specs ...nn.Spec) (reached grid, parameters int) {
	net := r.Network(nn.Shape{H: side, W: side, C: 1}, r.Rand(1), specs...)
	if r.Failed() {
		return nil, 0
	}
	dy := make([]float32, side*side)
	dy[side*side/2] = 1
	_, dx, _ := wayThrough(net, nn.NewTensor(1, net.Input()), dy)
	return shaped(dx, side, side), weights(net)
}

// width is how many columns of a matrix are not zero all over.
func width(g grid) (n int) {
	for j := range g[0] {
		for i := range g {
			if g[i][j] != 0 {
				n++
				break
			}
		}
	}
	return n
}

func runSmallFilters(r *lab.Run) {
	const side = 9
	five, one := seen(r, 5, 1, side)
	twice, two := seen(r, 3, 2, side)
	seven, single := seen(r, 7, 1, side)
	thrice, three := seen(r, 3, 3, side)
	if r.Failed() {
		return
	}
	r.Measure("one 5×5: weights", float64(one))
	r.Measure("two 3×3: weights", float64(two))
	r.Measure("one 7×7: weights", float64(single))
	r.Measure("three 3×3: weights", float64(three))
	r.Measure("two 3×3: side of what they see", float64(width(twice)))
	r.Measure("three 3×3: side of what they see", float64(width(thrice)))
	r.Claim("the same view", width(five) == 5 && width(twice) == 5 && width(seven) == 7 && width(thrice) == 7)
	r.Claim("fewer weights", two < one && three < single)
	panels := []plots.Figure{}
	for _, p := range []struct {
		title   words.Text
		reached grid
		weights int
	}{
		{words.Text{EN: "one 5×5: %d weights", JA: "5×5 を 1 回：重み %d 個"}, five, one},
		{words.Text{EN: "two 3×3: %d weights", JA: "3×3 を 2 回：重み %d 個"}, twice, two},
		{words.Text{EN: "three 3×3: %d weights", JA: "3×3 を 3 回：重み %d 個"}, thrice, three},
	} {
		panels = append(panels, seenPanel(r, r.In(p.title, p.weights), p.reached))
	}
	r.Grid("seen", plots.GridOptions{
		Title: r.In(words.Text{EN: "What one output sees of the image", JA: "1 つの出力が見ている画像の範囲"}),
		Note:  r.In(words.Text{EN: "Where its gradient is not 0; its own place is marked.", JA: "勾配が 0 でないピクセルです。色の違うマスが出力の位置です。"}), Columns: 3,
	}, panels...)
	drawWeights(r)
}

// seenPanel draws what an output sees, and where it stands.
func seenPanel(r *lab.Run, title string, reached grid) plots.Figure {
	side := len(reached)
	shown, marks := newGrid(side, side), marked(side, side, 0, 0, 0, 0)
	for i := range shown {
		for j := range shown[i] {
			shown[i][j] = math.NaN()
			if reached[i][j] != 0 {
				marks[i][j] = 1
			}
		}
	}
	marks[side/2][side/2] = 2
	return r.Drawn(plots.Equation(plots.EquationOptions{Title: title, Cell: 16}, plots.Matrix{Values: shown, Marks: marks}))
}

// drawWeights draws how many weights a view of a side takes.
func drawWeights(r *lab.Run) {
	var large, stack plotter.XYs
	var rows [][]any
	for n := 1; n <= 7; n++ {
		side := 2*n + 1
		large = append(large, plotter.XY{X: float64(side), Y: float64(side * side)})
		stack = append(stack, plotter.XY{X: float64(side), Y: float64(9 * n)})
		rows = append(rows, []any{side, side * side, 9 * n})
	}
	r.CSV("weights", []string{"side", "one filter", "stack of 3x3"}, rows)
	r.Chart("weights", plots.ChartOptions{
		Title: r.In(words.Text{EN: "Weights for a view of n×n pixels, a pair of channels", JA: "n×n の範囲を見るのに要る重みの数（入出力 1 チャンネルずつ）"}),
		X:     plots.Axis{Label: r.In(words.Text{EN: "side n of what is seen", JA: "見える範囲の一辺 n"})}, Y: plots.Axis{Label: r.In(words.Text{EN: "weights", JA: "重みの数"}), Zero: true},
	},
		plots.Curve{Name: r.In(words.Text{EN: "one filter n×n: n²", JA: "n×n のフィルター 1 つ：n²"}), Points: large, Markers: true},
		plots.Curve{Name: r.In(words.Text{EN: "filters 3×3, one after another: 9(n − 1)/2", JA: "3×3 のフィルターを重ねる：9(n − 1)/2"}), Points: stack, Markers: true})
}

func smallFilters() lab.Experiment {
	return lab.Experiment{
		ID: "ch08-small-filters", Seconds: 0.1, Title: words.Text{EN: "One 5×5 or two 3×3", JA: "5×5 を 1 回か、3×3 を 2 回か"}, Chapter: 8, Section: words.Text{EN: "section 8.1.3", JA: "8.1.3 節"}, Version: 1,
		Setup: words.Text{
			EN: "Stacks of convolutions of one channel with random weights over 9×9 pixels; what the middle output sees is " +
				"where its gradient with respect to the image is not 0. Biases are not counted, as in the book.",
			JA: "9×9 の画像に、乱数の重みを持つ 1 チャンネルの畳み込みを重ねます。中央の出力が見ている範囲は、画像についての" +
				"勾配が 0 でないピクセルです。本と同じく、バイアスは数えません。",
		},
		Lesson: words.Text{
			EN: "Small filters one after another see as far as a large one with fewer weights, and leave room for a " +
				"nonlinearity between them.",
			JA: "小さなフィルターを重ねると、大きなフィルター 1 つと同じ範囲を、より少ない重みで見られます。間に非線形の関数を" +
				"はさむこともできます。",
		},
		Rows: []lab.Row{
			lab.Near(words.Text{EN: "one 5×5: weights", JA: "5×5 を 1 回：重みの数"}, 25, 0), lab.Near(words.Text{EN: "two 3×3: weights", JA: "3×3 を 2 回：重みの数"}, 18, 0),
			lab.Near(words.Text{EN: "one 7×7: weights", JA: "7×7 を 1 回：重みの数"}, 49, 0), lab.Near(words.Text{EN: "three 3×3: weights", JA: "3×3 を 3 回：重みの数"}, 27, 0),
			lab.Near(words.Text{EN: "two 3×3: side of what they see", JA: "3×3 を 2 回：見える範囲の一辺"}, 5, 0),
			lab.Near(words.Text{EN: "three 3×3: side of what they see", JA: "3×3 を 3 回：見える範囲の一辺"}, 7, 0),
		},
		Claims: map[string]words.Text{
			"the same view": {EN: "two 3×3 see 5×5 pixels, three see 7×7", JA: "3×3 を 2 回重ねると 5×5、3 回なら 7×7 の範囲が見える"},
			"fewer weights": {EN: "the small ones have fewer weights", JA: "小さなフィルターを重ねたほうが重みは少ない"},
		},
		Figures: map[string]words.Text{
			"seen":    {EN: "What one output sees (figures 8-5 and 8-6).", JA: "1 つの出力が見ている範囲（図 8-5、8-6 に対応）。"},
			"weights": {EN: "The further it is to be seen, the more a stack saves.", JA: "広く見るほど、重ねたほうが少なくて済みます。"},
		},
		Run: runSmallFilters,
	}
}
