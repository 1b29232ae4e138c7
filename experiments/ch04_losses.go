package experiments

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// squaredError and crossEntropy are the book's; its 1e-7 keeps the logarithm
// finite.
func squaredError(y, t []float64) (e float64) {
	for k := range y {
		e += 0.5 * (y[k] - t[k]) * (y[k] - t[k])
	}
	return e
}

func crossEntropy(y, t []float64) (e float64) {
	for k := range y {
		e -= t[k] * math.Log(y[k]+1e-7)
	}
	return e
}

func runLosses(r *lab.Run) {
	two := []float64{0, 0, 1, 0, 0, 0, 0, 0, 0, 0} // the right class is 2
	right := []float64{0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0}
	wrong := []float64{0.1, 0.05, 0.1, 0, 0.05, 0.1, 0, 0.6, 0, 0}
	r.Measure("2 at 0.6: sum of squares", squaredError(right, two))
	r.Measure("2 at 0.1: sum of squares", squaredError(wrong, two))
	r.Measure("2 at 0.6: cross-entropy", crossEntropy(right, two))
	r.Measure("2 at 0.1: cross-entropy", crossEntropy(wrong, two))
	mean := (crossEntropy(right, two) + crossEntropy(wrong, two)) / 2
	r.Measure("both as a batch: mean cross-entropy", mean)

	// A softmax gives these outputs for their logarithms.
	x, y := nn.NewTensor(2, nn.Features(10)), nn.NewTensor(2, nn.Features(10))
	for i, v := range append(append([]float64{}, right...), wrong...) {
		x.Data[i], y.Data[i] = float32(math.Log(max(v, 1e-30))), float32(v)
	}
	labels := nn.Targets{Labels: []int{2, 2}}
	entropies := layers.SoftmaxWithLoss{}.Loss(nil, x, labels, 2) / 2
	squares := layers.MeanSquaredError{}.Loss(nil, y, labels, 2) / 2
	r.Claim("the layers", math.Abs(entropies-mean) < 1e-5 && math.Abs(squares-(squaredError(right, two)+squaredError(wrong, two))/2) < 1e-6)
	r.Claim("lower is better", squaredError(right, two) < squaredError(wrong, two) && crossEntropy(right, two) < crossEntropy(wrong, two))
	other := []float64{0, 0, 0.6, 0.4, 0, 0, 0, 0, 0, 0}
	r.Claim("the right class alone", crossEntropy(other, two) == crossEntropy(right, two))
	drawLosses(r, right, wrong, two)
	drawWhyLoss(r)
}

func drawLosses(r *lab.Run, right, wrong, t []float64) {
	var curve plotter.XYs
	for p := 0.01; p < 1.001; p += 0.01 {
		curve = append(curve, plotter.XY{X: p, Y: -math.Log(p)})
	}
	classes := make([]string, 10)
	for k := range classes {
		classes[k] = fmt.Sprint(k)
	}
	bars := func(y []float64) plots.Figure {
		return r.Panel(plots.ChartOptions{
			Title: r.In(words.Text{EN: "cross-entropy %.2f, sum of squares %.2f", JA: "交差エントロピー誤差 %.2f、2 乗和誤差 %.2f"}, crossEntropy(y, t), squaredError(y, t)),
			X:     plots.Axis{Label: r.In(words.Text{EN: "class; 2 is right", JA: "クラス（正解は 2）"})}, Y: plots.Axis{Label: r.In(words.Text{EN: "probability", JA: "確率"}), Max: 1}, Width: 260, Height: 220,
		}, plots.Bars{Groups: classes, Series: []plots.Series{{Values: y}}})
	}
	log := r.Panel(plots.ChartOptions{Title: r.In(words.Text{EN: "cross-entropy, −log y", JA: "交差エントロピー誤差 −log y"}), X: plots.Axis{Label: r.In(words.Text{EN: "probability of the right class", JA: "正解のクラスの確率"})}, Y: plots.Axis{Max: 5}, Width: 260, Height: 220},
		plots.Curve{Points: curve},
		plots.Points{Name: "y = 0.6", Points: plotter.XYs{{X: 0.6, Y: -math.Log(0.6)}}, Radius: 4},
		plots.Points{Name: "y = 0.1", Points: plotter.XYs{{X: 0.1, Y: -math.Log(0.1)}}, Radius: 4})
	r.Grid("losses", plots.GridOptions{Title: r.In(words.Text{EN: "Two answers and their losses", JA: "2 つの出力とその損失"}), Columns: 3}, bars(right), bars(wrong), log)
}

// drawWhyLoss moves the bias of σ(1.5·x + b) on a few points: the accuracy moves
// in steps, the loss does not.
func drawWhyLoss(r *lab.Run) {
	xs := []float64{-2, -1.5, -1, -0.6, 0.4, 0.9, 1.3, 2.1}
	ts := []float64{0, 0, 0, 1, 0, 1, 1, 1} // two lie on the wrong side
	var accuracies, losses plotter.XYs
	var rows [][]any
	flat, lost := 0, 0 // steps in which each stands still
	for b := -4.0; b < 4.001; b += 0.04 {
		loss, correct := 0.0, 0.0
		for i, x := range xs {
			y := 1 / (1 + math.Exp(-1.5*x-b))
			loss -= (ts[i]*math.Log(y) + (1-ts[i])*math.Log(1-y)) / float64(len(xs))
			if (y > 0.5) == (ts[i] == 1) {
				correct += 1 / float64(len(xs))
			}
		}
		if n := len(losses); n > 0 {
			if accuracies[n-1].Y == correct {
				flat++
			}
			if losses[n-1].Y == loss {
				lost++
			}
		}
		accuracies, losses = append(accuracies, plotter.XY{X: b, Y: correct}), append(losses, plotter.XY{X: b, Y: loss})
		rows = append(rows, []any{b, loss, correct})
	}
	r.Measure("steps of a bias that leave the accuracy as it is, of 200", float64(flat))
	r.Measure("steps of a bias that leave the loss as it is, of 200", float64(lost))
	r.Claim("the loss always tells", flat > 150 && lost == 0)
	r.CSV("bias", []string{"bias", "loss", "accuracy"}, rows)
	r.Chart("bias", plots.ChartOptions{
		Title: r.In(words.Text{EN: "Why the loss is lowered, and not the accuracy raised", JA: "なぜ正解率ではなく損失を指標にするのか"}),
		X:     plots.Axis{Label: r.In(words.Text{EN: "bias", JA: "バイアス"})},
		Y:     plots.Axis{Zero: true},
	}, plots.Curve{Name: r.In(words.Text{EN: "loss", JA: "損失"}), Points: losses}, plots.Curve{Name: r.In(accuracyText), Points: accuracies})
}

func lossesByNumbers() lab.Experiment {
	return lab.Experiment{
		ID: "ch04-losses", Seconds: 0.1, Title: words.Text{EN: "Losses by numbers", JA: "損失関数を数値で"}, Chapter: 4, Section: words.Text{EN: "section 4.2", JA: "4.2 節"}, Version: 1,
		Setup: words.Text{
			EN: "The book's two answers to an image of a 2: 2 at 0.6, and 7 at 0.6 with 2 at 0.1. Both losses in float64, " +
				"and the module's layers beside them. Then the bias of a sigmoid on eight points is moved in 200 steps.",
			JA: "「2」の画像に対する、本の 2 つの出力を使います。1 つは 2 の確率が 0.6、もう 1 つは 7 の確率が 0.6 で 2 は 0.1 です。" +
				"2 種類の損失を float64 で計算し、tatami の層とも比べます。次に、8 個の点でシグモイド関数のバイアスを 200 回に分けて動かします。",
		},
		Lesson: words.Text{
			EN: "A loss is low for a good answer; cross-entropy looks at the right class alone. The accuracy stands still for " +
				"most small changes of a parameter, the loss never does, so the loss tells which way to go.",
			JA: "よい出力ほど損失は小さくなり、交差エントロピー誤差は正解のクラスの確率だけで決まります。パラメーターを少し動かしても正解率は" +
				"ほとんど変わりませんが、損失は必ず変わるので、進む向きがわかります。",
		},
		Rows: []lab.Row{
			lab.Near(words.Text{EN: "2 at 0.6: sum of squares", JA: "2 の確率 0.6：2 乗和誤差"}, 0.0975, 1e-12),
			lab.Near(words.Text{EN: "2 at 0.1: sum of squares", JA: "2 の確率 0.1：2 乗和誤差"}, 0.5975, 1e-12),
			lab.Near(words.Text{EN: "2 at 0.6: cross-entropy", JA: "2 の確率 0.6：交差エントロピー誤差"}, 0.510825457099338, 1e-9).As("%.12g"),
			lab.Near(words.Text{EN: "2 at 0.1: cross-entropy", JA: "2 の確率 0.1：交差エントロピー誤差"}, 2.302584092994546, 1e-9).As("%.12g"),
			lab.Shown(words.Text{EN: "both as a batch: mean cross-entropy", JA: "2 つをバッチにした平均の交差エントロピー誤差"}, ""),
			lab.Shown(words.Text{EN: "steps of a bias that leave the accuracy as it is, of 200", JA: "正解率が変わらなかった回数（200 回中）"}, ""),
			lab.AtMost(words.Text{EN: "steps of a bias that leave the loss as it is, of 200", JA: "損失が変わらなかった回数（200 回中）"}, "", 0),
		},
		Claims: map[string]words.Text{
			"lower is better":       {EN: "both losses are lower for the better answer", JA: "どちらの損失も、よい出力のほうが小さい"},
			"the right class alone": {EN: "cross-entropy depends on the probability of the right class alone", JA: "交差エントロピー誤差は、正解のクラスの確率だけで決まる"},
			"the loss always tells": {EN: "most steps leave the accuracy as it is, and none the loss", JA: "ほとんどの変化で正解率は変わらないが、損失は必ず変わる"},
			"the layers":            {EN: "the module's losses agree within 1e-5", JA: "tatami の損失も 1e-5 以内で一致する"},
		},
		Figures: map[string]words.Text{
			"losses": {EN: "A good and a bad answer, and the curve of the loss (figure 4-3).", JA: "よい出力と悪い出力、損失の曲線（図 4-3 に対応）。"},
			"bias":   {EN: "The accuracy moves in steps, the loss is smooth (section 4.2.5).", JA: "正解率は階段状に、損失はなめらかに変わります（4.2.5 節）。"},
		},
		Run: runLosses,
	}
}
