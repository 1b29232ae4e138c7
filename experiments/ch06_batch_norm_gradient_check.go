package experiments

import (
	"strings"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/plots"
)

// batchNormParams are the names of a network's parameters in their order.
func batchNormParams() []string {
	return []string{"W1", "b1", "γ1", "β1", "W2", "b2", "γ2", "β2", "W3", "b3"}
}

var sixteenImages = words.Text{EN: "16 images: %s", JA: "画像 16 枚：%s"}

func runBatchNormGradientCheck(r *lab.Run) {
	training, names := r.Training(), batchNormParams()
	var panels []plots.Figure
	for _, images := range []int{16, 1} {
		net := lab.MultiLayerNet{Hidden: lab.Hidden(2), BatchNorm: true}.Build(r, r.Rand(1))
		x, labels := lab.Tensor(training.Limit(images))
		compared := r.CheckGradients(net, x, labels, 1e-6, r.Scale(200, 60))
		largest := 0.0
		var betas, others plotter.XYs
		low, high := 0.0, 0.0
		for i, c := range compared {
			largest = max(largest, c.Mean())
			if images > 1 {
				r.Measure(sixteenImages.With(names[i]).EN, c.Mean())
			}
			for k, g := range c.Numeric {
				low, high = min(low, g), max(high, g)
				if point := (plotter.XY{X: g, Y: float64(c.Back[k])}); strings.HasPrefix(names[i], "β") {
					betas = append(betas, point)
				} else {
					others = append(others, point)
				}
			}
		}
		title := r.In(words.Text{EN: "1 image", JA: "画像 1 枚"})
		if images > 1 {
			title = r.In(words.Text{EN: "%d images", JA: "画像 %d 枚"}, images)
			r.Claim("16 images agree", largest < 1e-5)
		} else {
			r.Measure("1 image: largest", largest)
			r.Claim("1 image does not", largest > 0.01)
		}
		panels = append(panels, r.Panel(plots.ChartOptions{
			Title: title, Width: 330, Height: 300,
			X: plots.Axis{Label: r.In(numericalText)}, Y: plots.Axis{Label: r.In(backText)},
		},
			plots.Points{Name: r.In(words.Text{EN: "β, the shifts of batch normalization", JA: "β（バッチ正規化のシフト）"}), Points: betas, Radius: 2},
			plots.Points{Name: r.In(words.Text{EN: "all other parameters", JA: "ほかのすべてのパラメーター"}), Points: others, Radius: 2},
			plots.Curve{Name: r.In(words.Text{EN: "equal", JA: "一致する線"}), Points: plotter.XYs{{X: low, Y: low}, {X: high, Y: high}}}))
	}
	r.Grid("gradients", plots.GridOptions{Title: r.In(gradientsTitle), Columns: 2}, panels...)
}

func batchNormGradientCheck() lab.Experiment {
	var rows []lab.Row
	for _, name := range batchNormParams() {
		rows = append(rows, lab.AtMost(sixteenImages.With(name), "", 1e-6).PublishedAs(words.Text{EN: "near 0", JA: "ほぼ 0"}).As("%.1e"))
	}
	rows = append(rows, lab.Near(words.Text{EN: "1 image: largest", JA: "画像 1 枚：最大"}, 0.056, 0.01))
	return lab.Experiment{
		ID: "ch06-batch-norm-gradient-check", Seconds: 4, Title: words.Text{EN: "Gradient check of batch normalization", JA: "バッチ正規化の勾配確認"}, Chapter: 6, Section: words.Text{EN: "section 6.3.1", JA: "6.3.1 節"},
		Version: 1,
		Setup: words.Text{
			EN: "Two hidden layers of 100 with batch normalization, ReLU, He; mean absolute difference of backpropagation, in " +
				"float32, and central differences of a float64 reference, since differences of a float32 loss are noise; step 1e-6, " +
				"at most 200 values of each parameter, drawn at random. The book takes all values of one image. One image is its " +
				"own mean: every ReLU then is given 0, where its slope is 0 to the left and 1 to the right, and central differences " +
				"say a half. With 16 images the difference goes. For one, two deviations over six seeds are accepted.",
			JA: "100 ユニットの隠れ層 2 つにバッチ正規化を入れ、ReLU、He の初期値を使います。float32 の誤差逆伝播法と、" +
				"float64 の参照実装の中心差分との、差の絶対値の平均です。float32 の損失の差分は雑音になるからです。h は 1e-6 で、" +
				"パラメーターごとに最大 200 個の値を乱数で選びます。本は、1 枚の画像ですべての値を調べます。1 枚だけだと平均がその画像" +
				"自身になり、すべての ReLU に 0 が入ります。ReLU の傾きは 0 の左で 0、右で 1 なので、中心差分は 1/2 になります。" +
				"16 枚にすると、この差は消えます。1 枚の許容範囲は、6 個のシードの標準偏差の 2 倍です。",
		},
		Lesson: words.Text{
			EN: "A gradient check at a kink of ReLU compares two answers that are both right; move off the kink and they agree.",
			JA: "ReLU が折れ曲がる点で勾配を確認すると、どちらも正しい 2 つの答えを比べることになります。そこから離れれば一致します。",
		},
		Rows: rows,
		Claims: map[string]words.Text{
			"16 images agree":  {EN: "with 16 images both agree", JA: "画像 16 枚では 2 つの勾配が一致する"},
			"1 image does not": {EN: "with one image they do not", JA: "画像 1 枚では一致しない"},
		},
		Figures: map[string]words.Text{
			"gradients": {
				EN: "Each point is a value of a parameter; on the line both gradients agree.",
				JA: "1 つの点がパラメーターの 1 つの値です。線の上では 2 つの勾配が一致しています。",
			},
		},
		Run: runBatchNormGradientCheck,
	}
}
