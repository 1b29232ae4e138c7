package experiments

import (
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/plots"
)

func runGradientCheck(r *lab.Run) {
	net := lab.MultiLayerNet{Hidden: []int{r.Scale(50, 10)}, Init: nn.Normal{Std: 0.01}}.Build(r, r.Rand(1))
	x, labels := lab.Tensor(r.Training().Limit(3))
	compared := r.CheckGradients(net, x, labels, 1e-4, 0)
	if r.Failed() {
		return
	}
	var panels []plots.Figure
	var rows [][]any
	agree := true
	for i, c := range compared {
		name := []string{"W1", "b1", "W2", "b2"}[i]
		r.Measure(name+": mean absolute difference", c.Mean())
		agree = agree && c.Mean() < 1e-4
		var points plotter.XYs
		every := 1 + len(c.Back)/500
		for k := 0; k < len(c.Back); k += every {
			points = append(points, plotter.XY{X: c.Numeric[k], Y: float64(c.Back[k])})
			rows = append(rows, []any{name, k, c.Numeric[k], c.Back[k]})
		}
		panels = append(panels, r.Panel(plots.ChartOptions{Title: name, X: plots.Axis{Label: r.In(numericalText)}, Y: plots.Axis{Label: r.In(backText)},
			Width: 300, Height: 240}, plots.Points{Points: points, Radius: 1.6}))
	}
	onKink := 0
	for _, v := range net.Activations(x)[0].Data {
		if math.Abs(float64(v)) < 1e-4 {
			onKink++
		}
	}
	r.Measure("ReLUs within 1e-4 of their kink", float64(onKink))

	// What a mistake looks like: the same network whose ReLU is forgotten.
	wrong := lab.Comparison{Back: withoutReLU(net, x, labels), Numeric: compared[0].Numeric}
	r.Measure("W1, ReLU left out on the way back", wrong.Mean())
	r.Claim("gradients agree", agree)
	r.Claim("a mistake would be seen", wrong.Mean() > 100*compared[0].Mean())
	r.CSV("gradients", []string{"parameter", "index", "numerical", "backpropagation"}, rows)
	r.Grid("gradients", plots.GridOptions{Title: r.In(gradientsTitle), Columns: 2}, panels...)
}

var gradientsTitle = words.Text{EN: "Each gradient by both ways", JA: "2 通りに求めた勾配"}

// withoutReLU is the gradient of W1 if backpropagation took the ReLU for a
// wire: (softmax - target)/N goes back through W2 and straight on to W1.
func withoutReLU(net *nn.Sequential, x *nn.Tensor, labels []int) []float32 {
	w1, w2 := net.Params()[0].Value, net.Params()[2].Value
	dw1 := make([]float32, len(w1.Data))
	y := net.Probabilities(x)
	for n, label := range labels {
		y.Sample(n)[label]--
		for unit := range w1.N {
			d := float32(0)
			for class, v := range y.Sample(n) {
				d += v / float32(x.N) * w2.Sample(class)[unit]
			}
			for i, pixel := range x.Sample(n) {
				dw1[unit*w1.Size()+i] += d * pixel
			}
		}
	}
	return dw1
}

func gradientCheck() lab.Experiment {
	return lab.Experiment{
		ID: "ch05-gradient-check", Seconds: 10, Title: words.Text{EN: "Checking backpropagation", JA: "誤差逆伝播法の勾配確認"}, Chapter: 5, Section: words.Text{EN: "section 5.7.3", JA: "5.7.3 節"}, Version: 1,
		Setup: words.Text{
			EN: "784-50-10, ReLU, Normal .01, the first three training images; gradients by backpropagation in float32 against central " +
				"differences with h = 1e-4 of the same network in float64 plain loops. The book has float64 throughout. Where the input of a " +
				"ReLU lies within h of 0, a difference takes in both sides of its kink: one such unit makes b1's 1e-5, in about one run of " +
				"five, and explains the published values. Without one, what is left is the rounding of float32.",
			JA: "784-50-10、ReLU、標準偏差 0.01 の重みの初期値、最初の 3 枚の訓練画像。float32 の誤差逆伝播法の勾配を、" +
				"同じネットワークを float64 の素朴なループで計算したときの中心差分（h = 1e-4）と比べます。本ではすべて float64 です。" +
				"ReLU への入力が 0 から h 以内にあると、差分が折れ曲がる点の両側にまたがります。そのようなユニットが 1 つあると b1 の" +
				"差は 1e-5 ほどになり、約 5 回に 1 回起こります。本の値はこれで説明できます。なければ、残るのは float32 の丸めの誤差だけです。",
		},
		Lesson: words.Text{
			EN: "Backpropagation gives the numerical gradient; a mistake in it would be seen at once.",
			JA: "誤差逆伝播法は数値微分と同じ勾配を与えます。実装に誤りがあれば、すぐにわかります。",
		},
		Rows: []lab.Row{
			// At most what the book shows, which is a run with such a unit.
			lab.AtMost(words.Text{EN: "W1: mean absolute difference", JA: "W1：差の絶対値の平均"}, "1.8e-06", 1.8e-6).As("%.1e"),
			lab.AtMost(words.Text{EN: "b1: mean absolute difference", JA: "b1：差の絶対値の平均"}, "2.4e-05", 2.4e-5).As("%.1e"),
			lab.AtMost(words.Text{EN: "W2: mean absolute difference", JA: "W2：差の絶対値の平均"}, "6e-09", 6e-9).As("%.1e"),
			lab.AtMost(words.Text{EN: "b2: mean absolute difference", JA: "b2：差の絶対値の平均"}, "1.4e-07", 1.4e-7).As("%.1e"),
			lab.Shown(words.Text{EN: "ReLUs within 1e-4 of their kink", JA: "入力が 0 から 1e-4 以内の ReLU の数"}, "").As("%.0f"),
			lab.Shown(words.Text{EN: "W1, ReLU left out on the way back", JA: "W1：逆伝播で ReLU を忘れたとき"}, "").As("%.1e"),
		},
		Claims: map[string]words.Text{
			"gradients agree":         {EN: "backpropagation and differences agree", JA: "誤差逆伝播法と数値微分の勾配が一致する"},
			"a mistake would be seen": {EN: "a forgotten ReLU would be seen", JA: "ReLU を忘れれば、差として現れる"},
		},
		Figures: map[string]words.Text{
			"gradients": {
				EN: "Each gradient, some 500 a parameter, by both ways: all on the diagonal.",
				JA: "パラメーターごとに約 500 個の勾配を 2 通りに求めたもの。すべて対角線の上にあります。",
			},
		},
		Run: runGradientCheck,
	}
}
