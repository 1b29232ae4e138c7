package experiments

import (
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// trainedDeepConvNet is the book's DeepConvNet, shared with ch08-mistakes and
// ch08-half-precision.
func trainedDeepConvNet(r *lab.Run) (*nn.Sequential, *lab.Log) {
	return r.Trained("deep-convnet", 1, func() (*nn.Sequential, *lab.Log) {
		conv := func(filters, pad int) nn.Spec { return layers.Convolution{Filters: filters, Kernel: 3, Pad: pad} }
		relu, pool, drop := layers.ReLU{}, layers.Pooling{Size: 2}, layers.Dropout{Ratio: 0.5, Unscaled: true}
		net := r.Network(nn.Shape{H: 28, W: 28, C: 1}, r.Rand(8),
			conv(16, 1), relu, conv(16, 1), relu, pool,
			conv(32, 1), relu, conv(32, 2), relu, pool,
			conv(64, 1), relu, conv(64, 1), relu, pool,
			layers.Affine{Units: 50}, relu, drop,
			layers.Affine{Units: 10}, drop, layers.Softmax{})
		return net, fitConvNet(r, net)
	})
}

func runDeepConvNet(r *lab.Run) {
	simple, simpleLog := trainedSimpleConvNet(r)
	net, log := trainedDeepConvNet(r)
	if r.Failed() {
		return
	}
	test := r.Test().Limit(r.Scale(10_000, 2000))
	accuracy, other := r.Accuracy(net, test), r.Accuracy(simple, test)
	size, otherSize := nn.CountParams(net.Params()), nn.CountParams(simple.Params())
	r.Measure("test accuracy", accuracy)
	r.Measure("test accuracy of SimpleConvNet", other)
	r.Measure("parameters", float64(size))
	r.Measure("parameters of SimpleConvNet", float64(otherSize))
	r.Claim("beats SimpleConvNet", accuracy > other)
	r.Claim("a third of the parameters", 3*size < otherSize)
	r.CSV("accuracy", []string{"epoch", "train", "test", "simple train", "simple test"},
		lab.Columns(log.Training, log.Test, simpleLog.Training, simpleLog.Test))
	r.Figure("accuracy", r.Drawn(plots.Accuracy([]plots.Curve{
		log.Training.Curve(r.In(trainText)), log.Test.Curve(r.In(testText)),
		simpleLog.Test.Curve(r.In(words.Text{EN: "test, SimpleConvNet", JA: "テストデータ、SimpleConvNet"})),
	}, plots.AccuracyOptions{Title: "DeepConvNet", Language: string(r.Language)})))
}

func deepConvNet() lab.Experiment {
	return lab.Experiment{
		ID: "ch08-deep-convnet", Seconds: 113, Title: words.Text{EN: "DeepConvNet, six convolutions", JA: "DeepConvNet：畳み込み層が 6 つの CNN"}, Chapter: 8, Section: words.Text{EN: "section 8.1", JA: "8.1 節"}, Version: 1,
		Setup: words.Text{
			EN: "Six 3×3 convolutions of 16, 16, 32, 32, 64 and 64 filters with ReLU, max pooling after every second, affine " +
				"50, affine 10, dropout 0.5 after both, on the logits too; He, Adam 0.001, batch 100, 20 epochs of 600 updates. " +
				"Dropout is the book's, which scales at inference. Curves are of the first 1,000 images of either set, the table " +
				"of all. Adam adds its 1e-7 to √v̂, where the book adds it to √v. Beside it the SimpleConvNet of ch07.",
			JA: "3×3 の畳み込み層 6 つ（フィルターは 16、16、32、32、64、64 個）に ReLU を付け、2 層ごとに最大値プーリングを入れます。" +
				"その後に全結合層（Affine）50 と 10 が続き、どちらの後にも、つまり最後のスコアにも 0.5 の Dropout を入れます。" +
				"He の初期値、Adam 0.001、バッチサイズ 100、20 エポック（1 エポックは更新 600 回）。Dropout は本と同じく、" +
				"推論のときに出力を縮めます。グラフは訓練データとテストデータの最初の 1,000 枚、表は全部の画像での値です。" +
				"Adam の 1e-7 は、本では √v に、ここでは √v̂ に加えます。比較のために、ch07 の SimpleConvNet も並べます。",
		},
		Lesson: words.Text{
			EN: "Many small filters on top of each other do better than one layer of large ones, with a third of the parameters.",
			JA: "小さなフィルターの層を深く重ねると、大きなフィルターの 1 層より正解率が高くなります。パラメーターの数は 3 分の 1 以下です。",
		},
		Rows: []lab.Row{
			// Two deviations by chance of an accuracy near 0.994 on 10,000 images.
			lab.Near(testAccuracy, 0.9938, 0.0015).As("%.4f"),
			lab.Shown(words.Text{EN: "test accuracy of SimpleConvNet", JA: "SimpleConvNet のテストデータの正解率"}, "0.9896").As("%.4f"),
			lab.Shown(words.Text{EN: "parameters", JA: "パラメーターの数"}, "").As("%.0f"),
			lab.Shown(words.Text{EN: "parameters of SimpleConvNet", JA: "SimpleConvNet のパラメーターの数"}, "").As("%.0f"),
		},
		Claims: map[string]words.Text{
			"beats SimpleConvNet":       {EN: "it makes fewer mistakes than SimpleConvNet after as many updates", JA: "同じ回数だけ更新した SimpleConvNet より間違いが少ない"},
			"a third of the parameters": {EN: "with less than a third of the parameters", JA: "パラメーターの数は SimpleConvNet の 3 分の 1 より少ない"},
		},
		Figures: map[string]words.Text{
			"accuracy": {
				EN: "Accuracy on the first 1,000 images of either set; epoch 1 is the state after one update.",
				JA: "訓練データとテストデータの最初の 1,000 枚での正解率。1 エポック目は、最初の更新の直後です。",
			},
		},
		Run: runDeepConvNet,
	}
}
