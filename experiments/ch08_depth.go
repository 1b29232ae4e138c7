package experiments

import (
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// deepStack is a first convolution, then blocks of two convolutions each with
// batch normalization, their input added to their output or not.
func deepStack(r *lab.Run, blocks int, residual bool) *nn.Sequential {
	conv := layers.Convolution{Filters: 8, Kernel: 3, Pad: 1}
	first := conv
	first.Stride = 2
	norm, relu := layers.BatchNormalization{}, layers.ReLU{}
	specs := []nn.Spec{first, norm, relu, layers.Pooling{Size: 2}}
	for range blocks {
		body := []nn.Spec{conv, norm, relu, conv, norm}
		if residual {
			body = []nn.Spec{layers.Residual{Body: body}}
		}
		specs = append(append(specs, body...), relu)
	}
	specs = append(specs, layers.GlobalAveragePooling{}, layers.Affine{Units: 10}, layers.Softmax{})
	return r.Network(nn.Shape{H: 28, W: 28, C: 1}, r.Rand(1), specs...) // the same weights
}

var (
	plainText    = words.Text{EN: "plain", JA: "ショートカットなし"}
	shallowText  = words.Text{EN: "plain, 9 convolutions", JA: "ショートカットなし、9 層"}
	residualText = words.Text{EN: "residual", JA: "残差ブロック"}
)

func runDepth(r *lab.Run) {
	const blocks, few = 20, 4
	updates := r.Scale(600, 150)
	fit := func(i int, name words.Text, blocks int, residual bool) (*nn.Sequential, *lab.Log) {
		r.Part(i, 3, name)
		net := deepStack(r, blocks, residual)
		return net, r.Fit(lab.Protocol{
			Net: net, Training: r.Training(), Batch: 100, Rule: optim.Adam{}, Rate: 0.001, Updates: updates, LogLoss: true, Evaluate: -1,
		})
	}
	shallow, shallowLog := fit(0, shallowText, few, false)
	plain, plainLog := fit(1, plainText, blocks, false)
	residual, residualLog := fit(2, residualText, blocks, true)
	if r.Failed() {
		return
	}
	test := r.Test()
	if r.Fast {
		test = test.Limit(2000)
	}
	accuracy, other, before := r.Accuracy(residual, test), r.Accuracy(plain, test), r.Accuracy(shallow, test)
	r.Measure("residual: test accuracy", accuracy)
	r.Measure("plain: test accuracy", other)
	r.Measure("plain, 9 convolutions: test accuracy", before)
	r.Measure("parameters of either", float64(nn.CountParams(plain.Params())))
	r.Claim("residual learns", accuracy > 0.5)
	r.Claim("plain is far behind", other < accuracy-0.3)
	n := updates / 10
	r.Claim("degradation", other < before-0.15 && plainLog.Loss[updates-n:].Mean() > shallowLog.Loss[updates-n:].Mean()+0.3)
	r.CSV("loss", []string{"update", "plain", "residual", "plain, 9 convolutions"}, lab.Columns(plainLog.Loss, residualLog.Loss, shallowLog.Loss))
	r.Chart("loss", plots.ChartOptions{
		Title: r.In(words.Text{EN: "41 convolutions", JA: "畳み込み層 41 層"}),
		X:     plots.Axis{Label: r.In(updateText)}, Y: plots.Axis{Label: r.In(words.Text{EN: "loss (nats)", JA: "損失"}), Max: 3},
		Language: string(r.Language),
	}, plainLog.Loss.Curve(r.In(plainText)), residualLog.Loss.Curve(r.In(residualText)), shallowLog.Loss.Curve(r.In(shallowText)))
}

func depth() lab.Experiment {
	return lab.Experiment{
		ID: "ch08-depth", Seconds: 30, Title: words.Text{EN: "Twenty residual blocks", JA: "20 個の残差ブロック"}, Chapter: 8, Section: words.Text{EN: "section 8.2.4", JA: "8.2.4 節"}, Version: 3,
		Setup: words.Text{EN: "A 3×3 convolution of stride 2 and 2×2 max pooling bring a digit to 7×7×8; then 20 blocks of two 3×3 convolutions " +
			"of 8 filters, each with batch normalization, ReLU between and after; global average pooling, affine 10. One network " +
			"adds each block's input to its output, the other does not: the same layers, the same initial weights. A third is plain and has 4 such blocks, 9 convolutions. He, Adam " +
			"0.001, batch 100, 600 updates (fast: 150, accuracy on 2,000 test images). After He and others 2015, figure 6.",
			JA: "ストライド 2 の 3×3 の畳み込みと 2×2 の最大値プーリングで、数字を 7×7×8 にします。その後に、8 個のフィルターの 3×3 の畳み込み 2 つ" +
				"（それぞれにバッチ正規化、間と後に ReLU）のブロックを 20 個重ね、Global Average Pooling と全結合層 10 を置きます。一方はブロックの入力を" +
				"出力に足し、他方は足しません。層も初期値も同じです。3 つ目は足さないブロックを 4 個だけ持つ、畳み込み 9 層のネットワークです。He の初期値、Adam 0.001、バッチサイズ 100、更新 600 回（fast では 150 回、" +
				"正解率はテストデータ 2,000 枚）。He ほか 2015 の図 6 にならっています。",
		},
		Lesson: words.Text{
			EN: "More layers alone make a network worse, on its own training images too (degradation): the gradient gets lost on its way. A " +
				"shortcut past every two layers lets 41 convolutions learn.",
			JA: "層を増やすだけでは、訓練データでも性能が下がります（劣化、degradation）。勾配が途中で失われるからです。2 層ごとのショートカットがあれば、" +
				"畳み込み 41 層のネットワークも学習できます。",
		},
		Rows: []lab.Row{
			lab.Shown(words.Text{EN: "residual: test accuracy", JA: "残差ブロック：テストデータの正解率"}, ""),
			lab.Shown(words.Text{EN: "plain: test accuracy", JA: "ショートカットなし：テストデータの正解率"}, ""),
			lab.Shown(words.Text{EN: "plain, 9 convolutions: test accuracy", JA: "ショートカットなし、9 層：テストデータの正解率"}, ""),
			lab.Shown(words.Text{EN: "parameters of either", JA: "どちらのパラメーターの数も"}, "").As("%.0f"),
		},
		Claims: map[string]words.Text{
			"residual learns":     {EN: "with shortcuts it learns", JA: "ショートカットがあれば学習する"},
			"plain is far behind": {EN: "without them the same layers are 30 points behind or more", JA: "同じ層でも、なければ 30 ポイント以上低い"},
			"degradation":         {EN: "without them 41 convolutions do worse than 9, in training too", JA: "ショートカットがなければ、41 層は 9 層より悪い（訓練の損失でも）"},
		},
		Figures: map[string]words.Text{"loss": {EN: "The loss of each batch, after its update.", JA: "各バッチの、更新後の損失。"}},
		Run:     runDepth,
	}
}
