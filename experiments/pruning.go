package experiments

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// keepZeros is a rule under which a weight that is 0 stays it.
type keepZeros struct{ optim.Rule }

// Update implements [optim.Rule].
func (k keepZeros) Update(s optim.Step, w, g, m, v []float32) {
	for i := range w {
		if w[i] == 0 {
			g[i] = 0
		}
	}
	k.Rule.Update(s, w, g, m, v)
}

// pruningRule has a penalty on large weights, so that those without use become
// small.
var pruningRule = optim.Adam{WeightDecay: 1e-3}

// prune makes the share of a network's weights 0 that are smallest, in each
// layer but the last, whose few weights matter most.
func prune(net *nn.Sequential, share float64) {
	params := net.Params()
	for _, p := range params[:len(params)-2] {
		if p.Name != "weight" {
			continue
		}
		sizes := make([]float32, len(p.Value.Data))
		for i, w := range p.Value.Data {
			sizes[i] = float32(math.Abs(float64(w)))
		}
		slices.SortFunc(sizes, cmp.Compare[float32])
		bound := sizes[int(share*float64(len(sizes)))]
		for i, w := range p.Value.Data {
			if float32(math.Abs(float64(w))) < bound {
				p.Value.Data[i] = 0
			}
		}
	}
}

var prunedShares = []float64{0, 0.5, 0.8, 0.9, 0.95, 0.98}

func prunedRow(share float64, again bool) words.Text {
	if again {
		return words.Text{EN: "%.0f %% pruned, trained again: test accuracy", JA: "%.0f %% を枝刈りして再学習：テストデータの正解率"}.With(100 * share)
	}
	return words.Text{EN: "%.0f %% pruned: test accuracy", JA: "%.0f %% を枝刈り：テストデータの正解率"}.With(100 * share)
}

func runPruning(r *lab.Run) {
	net := lab.MultiLayerNet{Hidden: []int{100, 50}}.Build(r, r.Rand(1))
	fit := func(rule optim.Rule, updates int) {
		r.Fit(lab.Protocol{Net: net, Training: r.Training(), Batch: 100, Rule: rule, Rate: 0.001, Updates: updates, Evaluate: -1})
	}
	fit(pruningRule, r.Scale(6000, 600))
	if r.Failed() {
		return
	}
	test := r.Test().Limit(r.Scale(10_000, 2000))
	var learned [][]float32
	for _, p := range net.Params() {
		learned = append(learned, slices.Clone(p.Value.Data))
	}
	at := [2]map[float64]float64{{}, {}} // before and after training again
	cut, again := make(plotter.XYs, len(prunedShares)), make(plotter.XYs, len(prunedShares))
	var left *nn.Tensor
	for i, share := range prunedShares {
		r.Part(i, len(prunedShares), words.Text{EN: "%.0f %% pruned", JA: "%.0f %% を枝刈り"}, 100*share)
		for k, p := range net.Params() {
			copy(p.Value.Data, learned[k])
		}
		prune(net, share)
		before := r.Accuracy(net, test)
		fit(keepZeros{pruningRule}, r.Scale(2000, 200))
		repaired := r.Accuracy(net, test)
		if r.Failed() {
			return
		}
		at[0][share], at[1][share] = before, repaired
		r.Measure(prunedRow(share, false).EN, before)
		r.Measure(prunedRow(share, true).EN, repaired)
		cut[i], again[i] = plotter.XY{X: 100 * share, Y: 100 * before}, plotter.XY{X: 100 * share, Y: 100 * repaired}
		if share == 0.95 {
			left = usedPixels(net.Params()[0].Value)
		}
	}
	r.Claim("half is not needed", at[0][0.5] > at[0][0]-0.02)
	r.Claim("too much", at[0][0.98] < at[0][0]-0.1)
	r.Claim("trained again", at[1][0.9] > at[0][0]-0.05)
	r.Claim("the edge goes", share(left, 4, 24) > 0.8)
	r.Chart("accuracy", plots.ChartOptions{
		Title: r.In(words.Text{EN: "Weights that are cut, smallest first", JA: "小さい重みから順に枝刈りしたときの正解率"}),
		X:     plots.Axis{Label: r.In(words.Text{EN: "weights pruned (%)", JA: "枝刈りした重みの割合（%）"})},
		Y:     plots.Axis{Label: r.In(words.Text{EN: "test accuracy (%)", JA: "テストデータの正解率（%）"})},
	}, plots.Curve{Name: r.In(words.Text{EN: "pruned", JA: "枝刈りしただけ"}), Points: cut, Markers: true},
		plots.Curve{Name: r.In(words.Text{EN: "and trained again", JA: "再学習の後"}), Points: again, Markers: true})
	r.Figure("pixels", r.Drawn(plots.Images([]plots.Picture{
		r.Picture(meanImage(r.Training().Limit(1000)), 0, r.In(words.Text{EN: "mean of 1,000 digits", JA: "1,000 枚の平均"})),
		r.Picture(brightest(left), 0, r.In(words.Text{EN: "weights left", JA: "残った重みの数"})),
	}, plots.ImagesOptions{
		Title: r.In(words.Text{EN: "What is left at each pixel", JA: "各ピクセルに残ったもの"}),
		Note:  r.In(words.Text{EN: "95 % pruned; black: most.", JA: "95 % を枝刈り。黒いほど多い。"}), Columns: 2, Tile: 130,
	})))
}

// meanImage is the mean of the images, and brightest a picture scaled so that
// its largest value is 1.
func meanImage(data *datasets.Dataset) *nn.Tensor {
	mean := nn.NewTensor(1, data.Shape)
	for i, v := range datasets.Tensor(data.Shape, data.Images...).Data {
		mean.Data[i%len(mean.Data)] += v
	}
	return brightest(mean)
}

func brightest(t *nn.Tensor) *nn.Tensor {
	scaled := nn.NewTensor(1, t.Shape)
	for i, v := range t.Data {
		scaled.Data[i] = v / slices.Max(t.Data)
	}
	return scaled
}

// usedPixels counts the weights of each pixel that are left.
func usedPixels(weight *nn.Tensor) *nn.Tensor {
	counts := nn.NewTensor(1, weight.Shape)
	for n := range weight.N {
		for i, w := range weight.Sample(n) {
			if w != 0 {
				counts.Data[i]++
			}
		}
	}
	return counts
}

// share is how much of a picture's sum is in rows and columns [from, to).
func share(t *nn.Tensor, from, to int) float64 {
	var inner, all float64
	for i := range t.H {
		for j := range t.W {
			v := float64(t.Data[i*t.W+j])
			all += v
			if i >= from && i < to && j >= from && j < to {
				inner += v
			}
		}
	}
	return inner / all
}

func pruning() lab.Experiment {
	var rows []lab.Row
	for _, share := range prunedShares {
		rows = append(rows, lab.Shown(prunedRow(share, false), "").As("%.4f"), lab.Shown(prunedRow(share, true), "").As("%.4f"))
	}
	return lab.Experiment{
		ID: "pruning", Seconds: 9, Title: words.Text{EN: "Pruning: weights that are not needed", JA: "枝刈り：なくてもよい重み"},
		Section: words.Text{EN: "Han and others 2015", JA: "Han ほか 2015"}, Version: 1,
		Setup: words.Text{
			EN: "784-100-50-10 with ReLU, He, Adam 0.001, weight decay 0.001, batch 100, 6,000 updates (fast: 600). Then the smallest weights of the first " +
				"two layers are set to 0, 50 to 98 % of each layer, every share from the network as it was trained; and the rest is trained " +
				"for 2,000 updates more (fast: 200, 2,000 test images), in which what is 0 stays 0.",
			JA: "784-100-50-10、ReLU、He の初期値、Adam 0.001、Weight decay 0.001、バッチサイズ 100、更新 6,000 回（fast では 600 回）。その後、最初の 2 層それぞれで、" +
				"絶対値の小さい重みから 50～98 % を 0 にします（どの割合も、最初に学習したネットワークから始めます）。続けて、残った重みだけを 2,000 回更新します" +
				"（fast では 200 回、テスト画像 2,000 枚）。0 にした重みは 0 のままです。",
		},
		Lesson: words.Text{
			EN: "Most weights can go, smallest first, if the others learn to make up for them; those of the pixels where no digit " +
				"comes go before the rest.",
			JA: "ほとんどの重みは、小さいものから順になくしても、残りの重みを再学習すれば補えます。数字が来ない位置のピクセルの重みが、先に消えます。",
		},
		Rows: rows,
		Claims: map[string]words.Text{
			"half is not needed": {EN: "without half of the weights it is at most 2 points worse", JA: "重みの半分をなくしても、低下は 2 ポイント以内"},
			"too much":           {EN: "without 98 % it is 10 points worse or more", JA: "98 % をなくすと、10 ポイント以上低下する"},
			"trained again":      {EN: "with a tenth of the weights, trained again, it is at most 5 points worse", JA: "残した 1 割の重みを再学習すれば、低下は 5 ポイント以内"},
			"the edge goes":      {EN: "when 95 % are cut, the outer four rows and columns, half of the image, have less than a fifth of the first layer's weights left", JA: "95 % をなくすと、画像の約半分を占める外側 4 ピクセルの枠には、第 1 層に残った重みの 5 分の 1 もない"},
		},
		Figures: map[string]words.Text{
			"accuracy": {EN: "Test accuracy over the share of weights that are cut.", JA: "枝刈りした重みの割合と、テストデータの正解率。"},
			"pixels":   {EN: "The mean of the digits, and how many of the first layer's 100 weights of each pixel are left.", JA: "数字の平均と、第 1 層が各ピクセルに持つ 100 個の重みのうち残ったものの数。"},
		},
		Run: runPruning,
	}
}
