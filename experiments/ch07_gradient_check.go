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

// smallConvNet is SimpleConvNet with 10 filters and 10 hidden units.
func smallConvNet(r *lab.Run) *nn.Sequential {
	small := nn.Normal{Std: 0.01}
	return r.Network(nn.Shape{H: 10, W: 10, C: 1}, r.Rand(0),
		layers.Convolution{Filters: 10, Kernel: 3, Init: small}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 10, Init: small}, layers.ReLU{},
		layers.Affine{Units: 10, Init: small}, layers.Softmax{})
}

// convNetParams are its parameters: of filters, hidden layer and output layer.
func convNetParams() []string { return []string{"W1", "b1", "W2", "b2", "W3", "b3"} }

var meanDifference = words.Text{EN: "%s: mean absolute difference", JA: "%s：差の絶対値の平均"}

func runConvolutionGradientCheck(r *lab.Run) {
	net := smallConvNet(r)
	x, rng := nn.NewTensor(1, nn.Shape{H: 10, W: 10, C: 1}), r.Rand(1)
	for i := range x.Data {
		x.Data[i] = rng.Float32()
	}
	var panels []plots.Figure
	var table [][]any
	worst, agree := 0.0, true
	for i, c := range r.CheckGradients(net, x, []int{1}, 1e-6, 0) {
		name := convNetParams()[i]
		r.Measure(meanDifference.With(name).EN, c.Mean())
		agree = agree && c.Mean() < 1e-6
		largest, difference := 0.0, 0.0
		points := make(plotter.XYs, len(c.Back))
		for k, v := range c.Back {
			points[k] = plotter.XY{X: c.Numeric[k], Y: float64(v)}
			largest = max(largest, math.Abs(c.Numeric[k]))
			difference = max(difference, math.Abs(float64(v)-c.Numeric[k]))
			table = append(table, []any{name, k, c.Numeric[k], v})
		}
		worst = max(worst, difference/largest)
		panels = append(panels, r.Panel(plots.ChartOptions{
			Title: name, X: plots.Axis{Label: r.In(numericalText)}, Y: plots.Axis{Label: r.In(backText)}, Width: 250, Height: 200,
		}, plots.Points{Points: points}))
	}
	r.Measure("largest difference, of the parameter's largest gradient", worst)
	r.Claim("gradients agree", agree)
	r.CSV("gradients", []string{"parameter", "index", "numerical", "backpropagation"}, table)
	r.Grid("gradients", plots.GridOptions{Title: r.In(gradientsTitle), Columns: 3}, panels...)
}

func convolutionGradientCheck() lab.Experiment {
	var rows []lab.Row
	for _, name := range convNetParams() {
		rows = append(rows, lab.AtMost(meanDifference.With(name), "≤ 1e-6", 1e-6).As("%.1e"))
	}
	return lab.Experiment{
		ID: "ch07-gradient-check", Seconds: 0.2, Title: words.Text{EN: "Checking a convolution's gradients", JA: "畳み込み層の勾配確認"}, Chapter: 7, Section: words.Text{EN: "section 7.5", JA: "7.5 節"}, Version: 1,
		Setup: words.Text{
			EN: "SimpleConvNet of 10 filters of 3×3 and 10 hidden units on one random 10×10 image of class 1, Normal 0.01; " +
				"gradients by backpropagation in float32 against central differences, of the same network in float64 plain loops; the " +
				"book has float64 throughout. Its h is 1e-4, ours 1e-6: weights are so small here that a hidden unit's input is of the " +
				"order of 1e-3, and with h = 1e-4 one seed in a few has a ReLU that is on at one end of a difference and off at the other.",
			JA: "3×3 のフィルター 10 個と隠れ層 10 ユニットの SimpleConvNet に、クラス 1 とした乱数の 10×10 の画像を 1 枚入れます。" +
				"重みの初期値の標準偏差は 0.01。float32 の誤差逆伝播法の勾配を、同じネットワークを float64 の素朴なループで計算したと" +
				"きの中心差分と比べます。本ではすべて float64 です。h は本では 1e-4、ここでは 1e-6 です。重みが小さく、" +
				"隠れ層のユニットへの入力が 1e-3 程度なので、h = 1e-4 では、差分の片側だけで ReLU が働くことが数回に 1 回あります。",
		},
		Lesson: words.Text{
			EN: "Backpropagation through convolution and pooling gives the numerical gradient as well.",
			JA: "畳み込み層とプーリング層を通る誤差逆伝播法も、数値微分と同じ勾配を与えます。",
		},
		Rows: append(rows, lab.Shown(words.Text{EN: "largest difference, of the parameter's largest gradient", JA: "最大の差 ÷ そのパラメーターの最大の勾配"}, "").As("%.1e")),
		Claims: map[string]words.Text{
			"gradients agree": {EN: "backpropagation and differences agree", JA: "誤差逆伝播法と数値微分の勾配が一致する"},
		},
		Figures: map[string]words.Text{
			"gradients": {
				EN: "Every gradient by both ways, W1 and b1 those of the filters: all on the diagonal.",
				JA: "すべての勾配を 2 通りに求めたもの。W1 と b1 はフィルターのものです。すべて対角線の上にあります。",
			},
		},
		Run: runConvolutionGradientCheck,
	}
}
