package experiments

import (
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// newSimpleConvNet is the book's SimpleConvNet, untrained.
func newSimpleConvNet(r *lab.Run) *nn.Sequential {
	small := nn.Normal{Std: 0.01}
	return r.Network(nn.Shape{H: 28, W: 28, C: 1}, r.Rand(7),
		layers.Convolution{Filters: 30, Kernel: 5, Init: small}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 100, Init: small}, layers.ReLU{},
		layers.Affine{Units: 10, Init: small}, layers.Softmax{})
}

// fitConvNet trains as the book trains its convolutional networks.
func fitConvNet(r *lab.Run, net *nn.Sequential) *lab.Log {
	return r.Fit(lab.Protocol{
		Net: net, Training: r.Training().Limit(r.Scale(60_000, 5000)), Test: r.Test(), Batch: 100,
		Rule: optim.Adam{Epsilon: 1e-7}, Rate: 0.001, Updates: r.Scale(20*600, 200), Evaluate: 1000,
	})
}

// trainedSimpleConvNet is shared with ch07-filters and ch08-deep-convnet.
func trainedSimpleConvNet(r *lab.Run) (*nn.Sequential, *lab.Log) {
	return r.Trained("simple-convnet", 1, func() (*nn.Sequential, *lab.Log) {
		net := newSimpleConvNet(r)
		return net, fitConvNet(r, net)
	})
}

func runSimpleConvNet(r *lab.Run) {
	net, log := trainedSimpleConvNet(r)
	r.Status(words.Text{EN: "the affine network", JA: "全結合ネットワーク"})
	affine := lab.MultiLayerNet{Hidden: []int{100}, Init: nn.Normal{Std: 0.01}}.Build(r, r.Rand(7))
	affineLog := fitConvNet(r, affine)

	test := r.Test().Limit(r.Scale(10_000, 2000))
	accuracy, other := r.Accuracy(net, test), r.Accuracy(affine, test)
	r.Measure("train accuracy", r.Accuracy(net, r.Training().Limit(r.Scale(60_000, 5000))))
	r.Measure("test accuracy", accuracy)
	r.Measure("test accuracy of the affine network", other)
	r.Claim("beats affine", accuracy > other)
	if missing := 0.9896 - accuracy; missing > 0.002 && !r.Fast {
		r.Note("low", r.Seed, missing)
	}
	r.CSV("accuracy", []string{"epoch", "train", "test", "affine train", "affine test"},
		lab.Columns(log.Training, log.Test, affineLog.Training, affineLog.Test))
	r.Figure("accuracy", r.Drawn(plots.Accuracy([]plots.Curve{
		log.Training.Curve(r.In(trainText)), log.Test.Curve(r.In(testText)),
		affineLog.Test.Curve(r.In(words.Text{EN: "test, affine network", JA: "テストデータ、全結合ネットワーク"})),
	}, plots.AccuracyOptions{Title: "SimpleConvNet", Language: string(r.Language)})))
}

func simpleConvNet() lab.Experiment {
	return lab.Experiment{
		ID: "ch07-simple-convnet", Seconds: 19, Title: words.Text{EN: "SimpleConvNet, one convolution", JA: "SimpleConvNet：畳み込み層が 1 つの CNN"}, Chapter: 7, Section: words.Text{EN: "section 7.5", JA: "7.5 節"}, Version: 1,
		Setup: words.Text{
			EN: "Convolution of 30 filters of 5×5, ReLU, 2×2 max pooling, affine 100, ReLU, affine 10; weights Normal(0.01), " +
				"Adam 0.001, batch 100, 20 epochs of 600 updates. Curves are of the first 1,000 images of either set, the " +
				"table of all. Adam adds its 1e-7 to √v̂, where the book adds it to √v: the same but for the first thousand " +
				"updates. Beside it an affine network 784-100-10, trained the same way.",
			JA: "5×5 のフィルター 30 個の畳み込み層、ReLU、2×2 の最大値プーリング、全結合層（Affine）100、ReLU、全結合層 10。" +
				"重みの初期値の標準偏差は 0.01、Adam 0.001、バッチサイズ 100、20 エポック（1 エポックは更新 600 回）。" +
				"グラフは訓練データとテストデータの最初の 1,000 枚、表は全部の画像での値です。Adam の 1e-7 は、本では √v に、" +
				"ここでは √v̂ に加えます。違うのは最初の 1,000 回ほどの更新だけです。比較のために、784-100-10 の全結合ネットワークも同" +
				"じ方法で学習します。",
		},
		Lesson: words.Text{
			EN: "A convolution, which sees neighbouring pixels together, makes about half the mistakes of an affine network.",
			JA: "隣り合うピクセルをまとめて見る畳み込み層を使うと、間違いは全結合ネットワークの約半分になります。",
		},
		Rows: []lab.Row{
			// One deviation of an accuracy near 0.99 on 10,000 images is 0.001 by
			// chance alone, and each was published from a single run.
			lab.Near(trainAccuracy, 0.9982, 0.0015).As("%.4f"),
			lab.Near(testAccuracy, 0.9896, 0.002).As("%.4f").Threefold("0.9884 ± 0.0020"),
			lab.Shown(words.Text{EN: "test accuracy of the affine network", JA: "全結合ネットワークのテストデータの正解率"}, "").As("%.4f"),
		},
		Claims: map[string]words.Text{
			"beats affine": {EN: "it makes fewer mistakes than an affine network that saw the same images", JA: "同じ画像で学習した全結合ネットワークより間違いが少ない"},
		},
		Figures: map[string]words.Text{
			"accuracy": {
				EN: "Accuracy on the first 1,000 images of either set; epoch 1 is the state after one update.",
				JA: "訓練データとテストデータの最初の 1,000 枚での正解率。1 エポック目は、最初の更新の直後です。",
			},
		},
		Notes: map[string]words.Text{
			"low": {
				EN: "Seed %d ends %.4f below the published test accuracy: Adam at a constant rate leaves the network where the " +
					"last updates put it, 0.9883 with a standard deviation of 0.0015 over five seeds, and the book quotes one run.",
				JA: "シード %d のテストデータの正解率は、公表値より %.4f 低い結果です。学習率を一定にした Adam では、最後の数回の更新で" +
					"結果が変わります。5 個のシードでは 0.9883、標準偏差 0.0015 で、本の値は 1 回の結果です。",
			},
		},
		Run: runSimpleConvNet,
	}
}
