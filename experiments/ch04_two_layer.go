package experiments

import (
	"math"
	"time"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// twoLayerNet is 784-50-10.
func twoLayerNet(r *lab.Run, activation nn.Spec) *nn.Sequential {
	return lab.MultiLayerNet{Hidden: []int{50}, Init: nn.Normal{Std: 0.01}, Activation: activation}.Build(r, r.Rand(1))
}

// twoLayer is the log of its training.
func twoLayer(r *lab.Run, name string, activation nn.Spec) *lab.Log {
	_, log := r.Trained(name, 1, func() (*nn.Sequential, *lab.Log) {
		net := twoLayerNet(r, activation)
		return net, r.Fit(lab.Protocol{Net: net, Training: r.Training(), Test: r.Test(), Batch: 100, Rule: optim.SGD{}, Rate: 0.1,
			Updates: r.Scale(10_000, 1801), LogLoss: true})
	})
	return log
}

func runTwoLayerNumerical(r *lab.Run) {
	log := twoLayer(r, "ch04-two-layer", layers.Sigmoid{})
	r.Measure("train accuracy", log.Training.Last())
	r.Measure("test accuracy", log.Test.Last())
	r.Claim("learns", log.Test.Last() > 0.8)
	r.Claim("generalises", math.Abs(log.Training.Last()-log.Test.Last()) < 0.02)

	cost := costOfGradients(r)
	r.Measure("seconds of a step, backpropagation", cost.back)
	r.Measure("seconds of a step, numerical gradient", cost.numeric)
	r.Measure("times as long", cost.numeric/cost.back)
	r.Measure("difference of the gradients / their size", cost.difference)
	r.Claim("same gradient, dearer", cost.difference < 0.05 && cost.numeric > 100*cost.back)
	drawLearning(r, log)
}

// drawLearning writes the loss and accuracy of a training.
func drawLearning(r *lab.Run, log *lab.Log) {
	r.CSV("loss", []string{"update", "loss"}, lab.Columns(log.Loss))
	r.CSV("accuracy", []string{"epoch", "train", "test"}, lab.Columns(log.Training, log.Test))
	r.Figure("loss", r.Drawn(plots.Loss([]plots.Curve{log.Loss.Curve("")}, plots.LossOptions{
		Language: string(r.Language), Classes: 10,
	})))
	r.Figure("accuracy", r.Drawn(plots.Accuracy([]plots.Curve{log.Training.Curve(r.In(trainText)), log.Test.Curve(r.In(testText))},
		plots.AccuracyOptions{Language: string(r.Language)})))
}

// gradientCost is what a gradient takes in seconds either way, and how far the
// two are apart at most, as a share of their length.
type gradientCost struct{ back, numeric, difference float64 }

// costOfGradients makes a few steps of SGD by the numerical gradient, each
// compared with backpropagation.
func costOfGradients(r *lab.Run) (cost gradientCost) {
	net, training := twoLayerNet(r, layers.Sigmoid{}), r.Training()
	if r.Failed() {
		return cost
	}
	batch, steps := r.Scale(100, 10), r.Scale(3, 1)
	loader := &datasets.Loader{Data: training, BatchSize: batch, Seed: r.Seed, Replacement: true}
	x, labels := nn.NewTensor(batch, training.Shape), make([]int, batch)
	pass := lab.TrainingPass(net, batch)
	for step := range steps {
		if r.Fail(loader.Epoch(0).Fill(step, 0, batch, x, nn.Targets{Labels: labels})); r.Failed() {
			return cost
		}
		r.Part(step, steps, words.Text{EN: "step by numerical gradient", JA: "数値微分による更新"})
		start := time.Now()
		numeric := numericalGradient(r, net, pass, x, labels)
		if r.Failed() {
			return cost
		}
		cost.numeric += time.Since(start).Seconds() / float64(steps)
		const times = 1000 // a single one is over before a clock can tell
		var back [][]float32
		start = time.Now()
		for range times {
			_, back = lab.Backpropagate(pass, x, labels)
		}
		cost.back += time.Since(start).Seconds() / times / float64(steps)
		var apart, size float64
		for i, p := range net.Params() {
			for k, g := range numeric[i] {
				apart += math.Pow(float64(g-back[i][k]), 2)
				size += math.Pow(float64(back[i][k]), 2)
				p.Value.Data[k] -= 0.1 * g
			}
		}
		cost.difference = max(cost.difference, math.Sqrt(apart/size))
	}
	return cost
}

// numericalGradient takes two passes forward for every parameter.
func numericalGradient(r *lab.Run, net *nn.Sequential, pass *nn.Pass, x *nn.Tensor, labels []int) (gradients [][]float32) {
	loss := func() float64 {
		return layers.SoftmaxWithLoss{}.Loss(nil, pass.Forward(x), nn.Targets{Labels: labels}, x.N) / float64(x.N)
	}
	const h = 1e-2
	for _, p := range net.Params() {
		g := make([]float32, len(p.Value.Data))
		for i, w := range p.Value.Data {
			p.Value.Data[i] = w + h
			above := loss()
			p.Value.Data[i] = w - h
			below := loss()
			p.Value.Data[i] = w
			g[i] = float32((above - below) / (2 * h))
			if r.Failed() {
				return nil
			}
		}
		gradients = append(gradients, g)
	}
	return gradients
}

func twoLayerNumerical() lab.Experiment {
	return lab.Experiment{
		ID: "ch04-two-layer", Seconds: 12, Title: words.Text{EN: "A two-layer network learns", JA: "2 層ニューラルネットワークの学習"}, Chapter: 4, Section: words.Text{EN: "section 4.5", JA: "4.5 節"}, Version: 1,
		Setup: words.Text{
			EN: "784-50-10, sigmoid, Normal .01, SGD .1, batch 100, 10,000 updates; accuracy each epoch. The gradient is backpropagation's " +
				"here as in the book's code for this section, which warns that the numerical one takes too long: it is tried for three updates, " +
				"from the same start on the same batches. Its h is 1e-2 and not 1e-4, since the loss that is differenced is float32.",
			JA: "784-50-10、シグモイド関数、標準偏差 0.01 の重みの初期値、SGD 0.1、バッチサイズ 100、更新 10,000 回。" +
				"正解率は 1 エポックごとに測ります。本のこの節のコードと同じく、勾配は誤差逆伝播法で求めます。本にあるとおり、" +
				"数値微分では時間がかかりすぎるからです。数値微分は、同じ初期値と同じバッチで 3 回の更新だけ試します。" +
				"微分する損失が float32 なので、h は 1e-4 でなく 1e-2 です。",
		},
		Lesson: words.Text{
			EN: "The gradient of the loss on a small batch, step after step, teaches a network to recognise images that it has not " +
				"seen; taken numerically it costs thousands of times as much.",
			JA: "小さなバッチの損失の勾配を使って 1 ステップずつ更新していくと、見たことのない画像も認識できるようになります。" +
				"その勾配を数値微分で求めると、何千倍もの時間がかかります。",
		},
		Rows: []lab.Row{
			// Three deviations of a difference between two seeds (.0004 each, of four), and half of the published train accuracy's last digit.
			lab.Near(trainAccuracy, 0.947, 0.0025).As("%.4f"),
			lab.Near(testAccuracy, 0.9465, 0.0025).As("%.4f"),
			lab.Shown(words.Text{EN: "seconds of a step, backpropagation", JA: "1 ステップの秒数、誤差逆伝播法"}, "").As("%.5f"),
			lab.Shown(words.Text{EN: "seconds of a step, numerical gradient", JA: "1 ステップの秒数、数値微分"}, "").As("%.2f"),
			lab.AtLeast(words.Text{EN: "times as long", JA: "何倍の時間がかかるか"}, "", 1000).As("%.0f"),
			lab.AtMost(words.Text{EN: "difference of the gradients / their size", JA: "2 つの勾配の差 ÷ 勾配の大きさ"}, "", 0.01).As("%.1e"),
		},
		Claims: map[string]words.Text{
			"learns":                {EN: "it learns", JA: "学習が進む"},
			"generalises":           {EN: "it does on images that it has not seen as on the others", JA: "見たことのない画像も、訓練画像と同じくらい認識できる"},
			"same gradient, dearer": {EN: "both gradients are the same, the numerical one at least 100 times dearer", JA: "2 つの勾配は等しく、数値微分は 100 倍以上の時間がかかる"},
		},
		Figures: map[string]words.Text{
			"loss":     {EN: "Loss of each batch after its update (figures 4-11 and 4-12).", JA: "更新のたびに、そのバッチで測った損失（図 4-11、4-12）。"},
			"accuracy": byEpoch,
		},
		Run: runTwoLayerNumerical,
	}
}
