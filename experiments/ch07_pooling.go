package experiments

import (
	"math"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// pool runs a pooling over one image, and a gradient back.
func pool(r *lab.Run, spec layers.Pooling, image, dy grid) (out, dx grid) {
	net := r.Network(nn.Shape{H: len(image), W: len(image[0]), C: 1}, nil, spec)
	if r.Failed() {
		return nil, nil
	}
	x := nn.NewTensor(1, net.Input())
	copy(x.Data, flat(image))
	y, back, _ := wayThrough(net, x, flat(dy))
	return shaped(y, net.Output().H, net.Output().W), shaped(back, len(image), len(image[0]))
}

func runPooling(r *lab.Run) {
	image := grid{{1, 2, 1, 0}, {0, 1, 2, 3}, {3, 0, 1, 2}, {2, 4, 0, 1}} // the book's
	dy := grid{{1, 2}, {3, 4}}
	most, back := pool(r, layers.Pooling{Size: 2}, image, dy)
	mean, meanBack := pool(r, layers.Pooling{Size: 2, Average: true}, image, dy)
	if r.Failed() {
		return
	}
	for i, name := range []string{"top left", "top right", "bottom left", "bottom right"} {
		r.Measure("maximum: "+name, most[i/2][i%2])
		r.Measure("average: "+name, mean[i/2][i%2])
	}
	right := true
	quarters, winners := marked(4, 4, 0, 0, 0, 0), marked(4, 4, 0, 0, 0, 0)
	for i := range image {
		for j := range image[i] {
			d, out := dy[i/2][j/2], most[i/2][j/2]
			quarters[i][j] = 2*(i/2) + j/2 + 1
			won := image[i][j] == out
			if won {
				winners[i][j] = quarters[i][j]
			}
			right = right && (back[i][j] == d) == won && (back[i][j] == 0) != won && math.Abs(meanBack[i][j]-d/4) < 1e-6
		}
	}
	r.Claim("to the maximum", right)
	corners := [][]int{{1, 2}, {3, 4}}
	arrow := func(o words.Text, terms ...plots.Matrix) plots.Figure {
		return r.Drawn(plots.Equation(plots.EquationOptions{Title: r.In(o), Cell: 26}, terms...))
	}
	r.Grid("pooling", plots.GridOptions{Title: r.In(words.Text{EN: "2×2 pooling with stride 2, forward and back", JA: "2×2、ストライド 2 のプーリングの順伝播と逆伝播"}), Columns: 2},
		arrow(words.Text{EN: "Maximum", JA: "Max プーリング"}, plots.Matrix{Values: image, Marks: quarters, After: "→"}, plots.Matrix{Values: most, Marks: corners}),
		arrow(words.Text{EN: "Average", JA: "Average プーリング"}, plots.Matrix{Values: image, Marks: quarters, After: "→"}, plots.Matrix{Values: mean, Marks: corners}),
		arrow(words.Text{EN: "Back: all to the maximum", JA: "逆伝播：最大値の位置へ全部"}, plots.Matrix{Values: back, Marks: winners, After: "←"}, plots.Matrix{Values: dy, Marks: corners}),
		arrow(words.Text{EN: "Back: a quarter to each", JA: "逆伝播：4 か所へ 4 分の 1 ずつ"}, plots.Matrix{Values: meanBack, Marks: quarters, After: "←"}, plots.Matrix{Values: dy, Marks: corners}))
	shifts(r)
	noParameters(r)
}

// shifts moves a spot by one pixel in each of four directions: within its window
// it changes nothing, over the border it does.
func shifts(r *lab.Run) {
	spot := func(row, column int) grid {
		g := newGrid(4, 4)
		g[row][column] = 9
		return g
	}
	before, _ := pool(r, layers.Pooling{Size: 2}, spot(0, 0), newGrid(2, 2))
	within, _ := pool(r, layers.Pooling{Size: 2}, spot(0, 1), newGrid(2, 2))
	beyond, _ := pool(r, layers.Pooling{Size: 2}, spot(0, 2), newGrid(2, 2))
	if r.Failed() {
		return
	}
	r.Claim("small moves", equal(before, within) && !equal(before, beyond))
	var panels []plots.Figure
	for i, out := range []grid{before, within, beyond} {
		panels = append(panels, r.Drawn(plots.Equation(plots.EquationOptions{
			Title: r.In([]words.Text{{EN: "a spot", JA: "明るい点"}, {EN: "moved by 1: the same", JA: "1 ピクセル移動：同じ出力"}, {EN: "by 2, into the next window", JA: "2 ピクセル移動：隣の領域へ"}}[i]),
		}, plots.Matrix{Values: spot(0, i), Marks: marked(4, 4, 0, i, 1, 1), After: "→"}, plots.Matrix{Values: out})))
	}
	r.Grid("shift", plots.GridOptions{Title: r.In(words.Text{EN: "A small move may change nothing", JA: "小さな移動では出力が変わらないことがある"}), Columns: 3}, panels...)
}

func noParameters(r *lab.Run) {
	net := r.Network(nn.Shape{H: 24, W: 24, C: 30}, nil, layers.Pooling{Size: 2})
	if r.Failed() {
		return
	}
	r.Measure("24×24×30: parameters", float64(nn.CountParams(net.Params())))
	r.Measure("24×24×30: channels behind it", float64(net.Output().C))
	r.Measure("24×24×30: rows behind it", float64(net.Output().H))
	r.Claim("nothing to learn", len(net.Params()) == 0 && net.Output() == nn.Shape{H: 12, W: 12, C: 30})
}

func poolingByNumbers() lab.Experiment {
	return lab.Experiment{
		ID: "ch07-pooling", Seconds: 0.1, Title: words.Text{EN: "Pooling by numbers", JA: "プーリングを数値で"}, Chapter: 7, Section: words.Text{EN: "section 7.3", JA: "7.3 節"}, Version: 1,
		Setup: words.Text{
			EN: "The book's 4×4 image under 2×2 windows with stride 2, by the maximum and by the average, and a gradient of 1 " +
				"to 4 back; then a bright pixel that moves; last the sizes for 30 channels.",
			JA: "本の 4×4 の画像に、2×2、ストライド 2 の最大値プーリング（Max プーリング）と平均値プーリング（Average プーリング）を行い、1 から 4 の勾配を逆伝播します。" +
				"次に、明るい 1 ピクセルを動かします。最後に 30 チャンネルのときの大きさを見ます。",
		},
		Lesson: words.Text{
			EN: "Pooling halves height and width, keeps the channels and has nothing to learn; a small move within a window " +
				"changes nothing, and the gradient goes back to the maximum alone.",
			JA: "プーリングは高さと幅を半分にし、チャンネル数は変えず、学習するパラメーターを持ちません。領域の中の小さな移動では" +
				"出力は変わらず、勾配は最大値の位置だけに戻ります。",
		},
		Rows: []lab.Row{
			lab.Near(words.Text{EN: "maximum: top left", JA: "最大値：左上"}, 2, 0), lab.Near(words.Text{EN: "maximum: top right", JA: "最大値：右上"}, 3, 0),
			lab.Near(words.Text{EN: "maximum: bottom left", JA: "最大値：左下"}, 4, 0), lab.Near(words.Text{EN: "maximum: bottom right", JA: "最大値：右下"}, 2, 0),
			lab.Shown(words.Text{EN: "average: top left", JA: "平均：左上"}, ""), lab.Shown(words.Text{EN: "average: top right", JA: "平均：右上"}, ""),
			lab.Shown(words.Text{EN: "average: bottom left", JA: "平均：左下"}, ""), lab.Shown(words.Text{EN: "average: bottom right", JA: "平均：右下"}, ""),
			exactly(words.Text{EN: "24×24×30: parameters", JA: "24×24×30：パラメーター数"}, 0),
			exactly(words.Text{EN: "24×24×30: channels behind it", JA: "24×24×30：出力のチャンネル数"}, 30),
			exactly(words.Text{EN: "24×24×30: rows behind it", JA: "24×24×30：出力の行数"}, 12),
		},
		Claims: map[string]words.Text{
			"to the maximum":   {EN: "the gradient goes to the maximum alone, of an average to all alike", JA: "勾配は最大値の位置だけに、平均なら全部に等しく戻る"},
			"small moves":      {EN: "a move within a window changes nothing, one into the next does", JA: "領域の中の移動では出力は変わらず、隣の領域へ移ると変わる"},
			"nothing to learn": {EN: "pooling has no parameters and keeps the channels", JA: "パラメーターはなく、チャンネル数は変わらない"},
		},
		Figures: map[string]words.Text{
			"pooling": {EN: "The maximum and the average of each window, and the way back (figure 7-14).", JA: "領域ごとの最大値と平均、その逆伝播（図 7-14 に対応）。"},
			"shift":   {EN: "A bright pixel that moves (as figure 7-16).", JA: "明るい点の移動（図 7-16 に対応）。"},
		},
		Run: runPooling,
	}
}
