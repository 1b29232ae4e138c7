package experiments

import (
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
)

func runTwoLayerBackpropagation(r *lab.Run) {
	log := twoLayer(r, "ch05-two-layer", layers.ReLU{})
	sigmoid := twoLayer(r, "ch04-two-layer", layers.Sigmoid{})
	if r.Failed() {
		return
	}
	r.Measure("train accuracy", log.Training.Last())
	r.Measure("test accuracy", log.Test.Last())
	r.Measure("test accuracy after the second epoch, ReLU", float64(log.Test[2]))
	r.Measure("test accuracy after the second epoch, sigmoid", float64(sigmoid.Test[2]))
	r.Measure("seconds of 10,000 updates", log.Seconds*10_000/float64(len(log.Loss)))
	r.Claim("learns", log.Test.Last() > 0.9)
	r.Claim("ReLU is ahead",
		log.Test[2] > sigmoid.Test[2] && log.Test.Last() > sigmoid.Test.Last())
	drawLearning(r, log)
}

func twoLayerBackpropagation() lab.Experiment {
	return lab.Experiment{
		ID: "ch05-two-layer", Seconds: 3, Title: words.Text{EN: "A two-layer network with ReLU and backpropagation", JA: "ReLU と誤差逆伝播法を使う 2 層ネットワーク"}, Chapter: 5, Section: words.Text{EN: "section 5.7.4", JA: "5.7.4 節"}, Version: 1,
		Setup: words.Text{
			EN: "As ch04-two-layer with ReLU instead of sigmoid: 784-50-10, Normal .01, SGD .1, batch 100, 10,000 updates.",
			JA: "ch04-two-layer のシグモイド関数を ReLU に変えたものです。784-50-10、標準偏差 0.01 の重みの初期値、SGD 0.1、" +
				"バッチサイズ 100、更新 10,000 回。",
		},
		Lesson: words.Text{
			EN: "The same network with ReLU learns faster and further: its gradient does not fade where its units are sure.",
			JA: "同じネットワークでも、ReLU を使うとより速く、より高い正解率まで学習します。ユニットの出力が大きくなっても、" +
				"勾配が消えないからです。",
		},
		Rows: []lab.Row{
			// Three deviations of a difference between two seeds (.0012 each, of four).
			lab.Near(trainAccuracy, 0.9779, 0.005).As("%.4f"),
			lab.Near(testAccuracy, 0.9690, 0.005).As("%.4f"),
			lab.Shown(words.Text{EN: "test accuracy after the second epoch, ReLU", JA: "2 エポック後のテストデータの正解率、ReLU"}, "").As("%.4f"),
			lab.Shown(words.Text{EN: "test accuracy after the second epoch, sigmoid", JA: "2 エポック後のテストデータの正解率、シグモイド関数"}, "").As("%.4f"),
			lab.Shown(words.Text{EN: "seconds of 10,000 updates", JA: "更新 10,000 回の秒数"}, "").As("%.2f"),
		},
		Claims: map[string]words.Text{
			"learns":        {EN: "it learns", JA: "学習が進む"},
			"ReLU is ahead": {EN: "ReLU is ahead of sigmoid after two epochs and at the end", JA: "ReLU は 2 エポック後にも最後にも、シグモイド関数より正解率が高い"},
		},
		Figures: map[string]words.Text{
			"loss":     {EN: "Loss of each batch after its update (the loss of section 5.7.4).", JA: "更新のたびに、そのバッチで測った損失（5.7.4 節の学習）。"},
			"accuracy": byEpoch,
		},
		Run: runTwoLayerBackpropagation,
	}
}
