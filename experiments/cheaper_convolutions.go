package experiments

import (
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// cheaper is a way to make filters of all channels of an image.
type cheaper struct {
	name  words.Text
	specs func(channels, filters int) []nn.Spec
}

var (
	standardText  = words.Text{EN: "3×3", JA: "3×3"}
	separableText = words.Text{EN: "depthwise separable", JA: "Depthwise Separable 畳み込み"}
	pointwiseText = words.Text{EN: "1×1", JA: "1×1"}

	standard = cheaper{standardText, func(_, filters int) []nn.Spec {
		return []nn.Spec{layers.Convolution{Filters: filters, Kernel: 3, Pad: 1}}
	}}
	separable = cheaper{separableText, func(channels, filters int) []nn.Spec {
		return []nn.Spec{layers.Convolution{Filters: channels, Kernel: 3, Pad: 1, Groups: channels}, layers.Convolution{Filters: filters, Kernel: 1}}
	}}
	pointwise = cheaper{pointwiseText, func(_, filters int) []nn.Spec {
		return []nn.Spec{layers.Convolution{Filters: filters, Kernel: 1}}
	}}
)

// weights are a network's values of more than one dimension: without biases.
func weights(net *nn.Sequential) (n int) {
	for i, p := range net.Params() {
		if i%2 == 0 {
			n += len(p.Value.Data)
		}
	}
	return n
}

func runCheaperConvolutions(r *lab.Run) {
	const channels, filters = 32, 64
	var counts []float64
	var names []string
	for _, c := range []cheaper{standard, separable, pointwise} {
		net := r.Network(nn.Shape{H: 14, W: 14, C: channels}, r.Rand(1), c.specs(channels, filters)...)
		if r.Failed() {
			return
		}
		counts, names = append(counts, float64(weights(net))), append(names, r.In(c.name))
		r.Measure(c.name.EN+", 32 to 64 channels: weights", counts[len(counts)-1])
	}
	r.Claim("the share", counts[1]/counts[0] == 1.0/filters+1.0/9)
	r.Chart("weights", plots.ChartOptions{
		Title: r.In(words.Text{EN: "Weights from 32 to 64 channels", JA: "32 チャンネルから 64 チャンネルへの重みの数"}),
		Note:  r.In(words.Text{EN: "Multiply-adds are as many times the pixels of the output.", JA: "積和の回数は、これに出力のピクセル数を掛けた数です。"}), Y: plots.Axis{Zero: true}, Height: 240,
	}, plots.Bars{Groups: names, Series: []plots.Series{{Values: counts}}, Numbers: true})
	dilations(r)
	trainCheaper(r)
}

// dilations stack three 3×3 convolutions, each twice as dilated as the one
// before, or not.
func dilations(r *lab.Run) {
	const side = 17
	var panels []plots.Figure
	var sides []int
	for _, dilated := range []bool{false, true} {
		var specs []nn.Spec
		for _, d := range []int{1, 2, 4} {
			if !dilated {
				d = 1
			}
			specs = append(specs, layers.Convolution{Filters: 1, Kernel: 3, Dilation: d, Pad: d})
		}
		reached, n := seenBy(r, side, specs...)
		if r.Failed() {
			return
		}
		sides = append(sides, width(reached))
		title := words.Text{EN: "dilation 1, 1, 1: %d weights", JA: "ダイレーション 1、1、1：重み %d 個"}
		if dilated {
			title = words.Text{EN: "dilation 1, 2, 4: %d weights", JA: "ダイレーション 1、2、4：重み %d 個"}
		}
		panels = append(panels, seenPanel(r, r.In(title, n), reached))
	}
	r.Measure("three 3×3: side of what they see", float64(sides[0]))
	r.Measure("three 3×3, dilated 1, 2, 4: side of what they see", float64(sides[1]))
	r.Claim("further", sides[0] == 7 && sides[1] == 15)
	r.Grid("dilation", plots.GridOptions{Title: r.In(words.Text{EN: "What one output sees of the image", JA: "1 つの出力が見ている画像の範囲"}), Columns: 2}, panels...)
}

// trainCheaper trains the same network of standard and of separable
// convolutions, and with a head of the maps' means in place of an affine layer.
func trainCheaper(r *lab.Run) {
	test := r.Test().Limit(r.Scale(10_000, 1000))
	var accuracies, sizes []float64
	for i, n := range []struct {
		name   string
		of     cheaper
		pooled bool
	}{{"standard", standard, false}, {"separable", separable, false}, {"standard, global average pooling", standard, true}} {
		r.Part(i, 3, words.Text{EN: "network %d", JA: "ネットワーク %d"}, i+1)
		specs := []nn.Spec{layers.Convolution{Filters: 16, Kernel: 3, Stride: 2, Pad: 1}, layers.ReLU{}}
		specs = append(append(specs, n.of.specs(16, 32)...), layers.ReLU{}, layers.Pooling{Size: 2})
		specs = append(append(specs, n.of.specs(32, 64)...), layers.ReLU{})
		if n.pooled {
			specs = append(specs, layers.GlobalAveragePooling{})
		}
		net := r.Network(nn.Shape{H: 28, W: 28, C: 1}, r.Rand(1), append(specs, layers.Affine{Units: 10}, layers.Softmax{})...)
		r.Fit(lab.Protocol{Net: net, Training: r.Training(), Batch: 100, Rule: optim.Adam{}, Rate: 0.003, Updates: r.Scale(1200, 100), Evaluate: -1})
		accuracy := r.Accuracy(net, test)
		if r.Failed() {
			return
		}
		accuracies, sizes = append(accuracies, accuracy), append(sizes, float64(nn.CountParams(net.Params())))
		r.Measure(n.name+": test accuracy", accuracy)
		r.Measure(n.name+": parameters", sizes[i])
	}
	r.Claim("almost as good", accuracies[1] > accuracies[0]-0.15)
	r.Claim("a smaller head", sizes[2] < sizes[0]-30_000+650 && accuracies[2] > 0.5)
	r.Chart("accuracy", plots.ChartOptions{
		Title: r.In(words.Text{EN: "Test accuracy and parameters (thousands)", JA: "テストデータの正解率とパラメーター数（千）"}), Y: plots.Axis{Zero: true}, Height: 240,
	}, plots.Bars{
		Groups: []string{r.In(standardText), r.In(separableText), r.In(words.Text{EN: "3×3, means of maps", JA: "3×3、Global Average Pooling"})},
		Series: []plots.Series{
			{Name: r.In(words.Text{EN: "accuracy (%)", JA: "正解率（%）"}), Values: scaled(accuracies, 100)},
			{Name: r.In(words.Text{EN: "parameters (thousands)", JA: "パラメーター数（千）"}), Values: scaled(sizes, 0.001)},
		}, Numbers: true,
	})
}

func scaled(values []float64, by float64) (list []float64) {
	for _, v := range values {
		list = append(list, v*by)
	}
	return list
}

func cheaperConvolutions() lab.Experiment {
	return lab.Experiment{
		ID: "cheaper-convolutions", Seconds: 10, Title: words.Text{EN: "1×1, depthwise separable and dilated convolutions", JA: "1×1、Depthwise Separable、ダイレーション付きの畳み込み"},
		Section: words.Text{EN: "Lin and others 2013, Howard and others 2017, Yu and Koltun 2016", JA: "Lin ほか 2013、Howard ほか 2017、Yu と Koltun 2016"}, Version: 1,
		Setup: words.Text{
			EN: "The weights of each kind from 32 to 64 channels, without biases; three 3×3 convolutions with dilations 1, 2, 4 " +
				"and without; then a small network of three convolutions with each kind, and with global average pooling before " +
				"its affine layer. Adam 0.003, batch 100, 1,200 updates (fast: 100, 1,000 test images).",
			JA: "32 チャンネルから 64 チャンネルへの重みの数（バイアスは除く）、ダイレーションが 1、2、4 の 3×3 の畳み込み 3 層が見る範囲を調べ、" +
				"畳み込み 3 層の小さなネットワークを、それぞれの畳み込みで、また全結合層の前に Global Average Pooling を置いて学習します。" +
				"Adam 0.003、バッチサイズ 100、更新 1,200 回（fast では 100 回、テスト画像 1,000 枚）。",
		},
		Lesson: words.Text{
			EN: "Looking around within a channel and mixing channels apart takes 1/filters + 1/9 of a 3×3 convolution's weights and " +
				"is almost as good; dilation sees further for nothing; the means of maps save most of an affine layer.",
			JA: "空間方向とチャンネル方向に分けた畳み込みの重みは、3×3 の畳み込みの（1/フィルター数 + 1/9）倍で、正解率はあまり下がりません。" +
				"ダイレーションは重みを増やさずに広く見え、Global Average Pooling は全結合層の重みのほとんどを省きます。",
		},
		Rows: []lab.Row{
			exactly(words.Text{EN: "3×3, 32 to 64 channels: weights", JA: "3×3、32 から 64 チャンネル：重みの数"}, 18_432).As("%.0f"),
			exactly(words.Text{EN: "depthwise separable, 32 to 64 channels: weights", JA: "Depthwise Separable、32 から 64 チャンネル：重みの数"}, 2336).As("%.0f"),
			exactly(words.Text{EN: "1×1, 32 to 64 channels: weights", JA: "1×1、32 から 64 チャンネル：重みの数"}, 2048).As("%.0f"),
			exactly(words.Text{EN: "three 3×3: side of what they see", JA: "3×3 を 3 回：見える範囲の一辺"}, 7),
			exactly(words.Text{EN: "three 3×3, dilated 1, 2, 4: side of what they see", JA: "3×3 を 3 回（ダイレーション 1、2、4）：見える範囲の一辺"}, 15),
			lab.Shown(words.Text{EN: "standard: test accuracy", JA: "3×3：テストデータの正解率"}, ""),
			lab.Shown(words.Text{EN: "standard: parameters", JA: "3×3：パラメーター数"}, "").As("%.0f"),
			lab.Shown(words.Text{EN: "separable: test accuracy", JA: "Depthwise Separable：テストデータの正解率"}, ""),
			lab.Shown(words.Text{EN: "separable: parameters", JA: "Depthwise Separable：パラメーター数"}, "").As("%.0f"),
			lab.Shown(words.Text{EN: "standard, global average pooling: test accuracy", JA: "3×3、Global Average Pooling：テストデータの正解率"}, ""),
			lab.Shown(words.Text{EN: "standard, global average pooling: parameters", JA: "3×3、Global Average Pooling：パラメーター数"}, "").As("%.0f"),
		},
		Claims: map[string]words.Text{
			"the share":      {EN: "a separable convolution has 1/filters + 1/9 of the weights of a 3×3", JA: "Depthwise Separable の重みは、3×3 の（1/フィルター数 + 1/9）倍"},
			"further":        {EN: "dilations of 1, 2 and 4 see 15×15 pixels in place of 7×7, with the same weights", JA: "ダイレーションを 1、2、4 にすると、同じ重みで 7×7 のかわりに 15×15 が見える"},
			"almost as good": {EN: "the separable network is at most 15 points behind", JA: "Depthwise Separable のネットワークの差は 15 ポイント以内"},
			"a smaller head": {EN: "the means of maps save almost all parameters of the affine layer, and it learns", JA: "Global Average Pooling で全結合層のパラメーターのほとんどがなくなり、それでも学習できる"},
		},
		Figures: map[string]words.Text{
			"weights":  {EN: "The weights of three kinds of convolution.", JA: "3 種類の畳み込みの重みの数。"},
			"dilation": {EN: "Dilation sees further, with gaps within a layer that the stack fills.", JA: "ダイレーションは広く見えます。層の中のすきまは、重ねると埋まります。"},
			"accuracy": {EN: "What each network gives and takes.", JA: "ネットワークごとの正解率と大きさ。"},
		},
		Run: runCheaperConvolutions,
	}
}
