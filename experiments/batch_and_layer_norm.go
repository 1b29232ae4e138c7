package experiments

import (
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// normalizer is what stands before each ReLU; no spec: nothing.
type normalizer struct {
	name words.Text
	spec nn.Spec
}

var (
	normalizers = []normalizer{
		{words.Text{EN: "batch normalization", JA: "バッチ正規化"}, layers.BatchNormalization{}},
		{words.Text{EN: "layer normalization", JA: "レイヤー正規化"}, layers.LayerNormalization{}},
		{words.Text{EN: "neither", JA: "なし"}, nil},
	}
	normalizedBatches = []int{2, 4, 16, 100}
)

func (n normalizer) row(batch int) words.Text {
	return words.Text{EN: "%s, batch %d: test accuracy", JA: "%s、バッチサイズ %d：テストデータの正解率"}.With(n.name, batch)
}

func (n normalizer) build(r *lab.Run) *nn.Sequential {
	var specs []nn.Spec
	for range 3 {
		specs = append(specs, layers.Affine{Units: 50})
		if n.spec != nil {
			specs = append(specs, n.spec)
		}
		specs = append(specs, layers.ReLU{})
	}
	return r.Network(nn.Shape{H: 28, W: 28, C: 1}, r.Rand(1), append(specs, layers.Affine{Units: 10}, layers.Softmax{})...)
}

func runBatchAndLayerNorm(r *lab.Run) {
	images, test := r.Scale(60_000, 6000), r.Test().Limit(r.Scale(10_000, 2000))
	var curves []plots.Mark
	accuracy := make([]map[int]float64, len(normalizers))
	for i, n := range normalizers {
		accuracy[i] = map[int]float64{}
		points := make(plotter.XYs, len(normalizedBatches))
		for k, batch := range normalizedBatches {
			r.Part(i*len(normalizedBatches)+k, len(normalizers)*len(normalizedBatches), n.row(batch))
			net := n.build(r)
			// As many images each; the rate grows with the root of the batch.
			r.Fit(lab.Protocol{
				Net: net, Training: r.Training(), Batch: batch, Rule: optim.Adam{}, Rate: 0.0005 * math.Sqrt(float64(batch)),
				Updates: images / batch, Evaluate: -1,
			})
			accuracy[i][batch] = r.Accuracy(net, test)
			if r.Failed() {
				return
			}
			r.Measure(n.row(batch).EN, accuracy[i][batch])
			points[k] = plotter.XY{X: float64(batch), Y: 100 * accuracy[i][batch]}
		}
		curves = append(curves, plots.Curve{Name: r.In(n.name), Points: points, Markers: true})
	}
	byBatch, byLayer := accuracy[0], accuracy[1]
	r.Claim("alike in large batches", math.Abs(byBatch[100]-byLayer[100]) < 0.05)
	r.Claim("two are too few", byLayer[2] > byBatch[2]+0.03)
	r.Chart("batch", plots.ChartOptions{
		Title: r.In(words.Text{EN: "Normalization over the batch, and over each sample", JA: "バッチで正規化する場合と、サンプルごとに正規化する場合"}),
		Note:  r.In(words.Text{EN: "As many images for each.", JA: "学習に使う画像の数はどれも同じです。"}),
		X:     plots.Axis{Label: r.In(words.Text{EN: "batch (images)", JA: "バッチサイズ（枚）"}), Log: true},
		Y:     plots.Axis{Label: r.In(words.Text{EN: "test accuracy (%)", JA: "テストデータの正解率（%）"})},
	}, curves...)
}

func batchAndLayerNorm() lab.Experiment {
	var rows []lab.Row
	for _, n := range normalizers {
		for _, batch := range normalizedBatches {
			rows = append(rows, lab.Shown(n.row(batch), "").As("%.4f"))
		}
	}
	return lab.Experiment{
		ID: "batch-and-layer-norm", Seconds: 12, Title: words.Text{EN: "Batch against layer normalization", JA: "バッチ正規化とレイヤー正規化"},
		Section: words.Text{EN: "after the book's section 6.3; Ioffe and Szegedy 2015, Ba and others 2016", JA: "本の 6.3 節、Ioffe と Szegedy 2015、Ba ほか 2016 による"}, Version: 1,
		Setup: words.Text{
			EN: "784-50-50-50-10 with ReLU and, before each ReLU, batch normalization, layer normalization or neither. Batches of 2, " +
				"4, 16 and 100 that have 60,000 images together (fast: 6,000, and 2,000 test images); Adam 0.0005·√batch. The same " +
				"initial weights for all.",
			JA: "784-50-50-50-10 と ReLU。それぞれの ReLU の前に、バッチ正規化、レイヤー正規化を置くか、何も置きません。バッチサイズは 2、4、16、100 で、" +
				"学習に使う画像は合わせて 60,000 枚（fast では 6,000 枚、テスト画像 2,000 枚）。Adam 0.0005·√バッチサイズ。初期値はすべて同じです。",
		},
		Lesson: words.Text{
			EN: "Batch normalization needs batches whose mean and deviation tell of all images: of two images every value becomes " +
				"+1 or −1. Layer normalization looks at each sample alone, and the batch does not matter to it.",
			JA: "バッチ正規化には、平均と標準偏差がデータ全体を表すくらいの大きさのバッチが必要です。2 枚だけなら、どの値も +1 か −1 になってしまいます。" +
				"レイヤー正規化はサンプルを 1 つずつ見るので、バッチサイズに左右されません。",
		},
		Rows: rows,
		Claims: map[string]words.Text{
			"alike in large batches": {EN: "in batches of 100 the two are within 5 points", JA: "バッチサイズ 100 では、両者の差は 5 ポイント以内"},
			"two are too few":        {EN: "in batches of 2 layer normalization is 3 points ahead or more", JA: "バッチサイズ 2 では、レイヤー正規化が 3 ポイント以上よい"},
		},
		Figures: map[string]words.Text{"batch": {EN: "Test accuracy over the size of the batch.", JA: "バッチサイズとテストデータの正解率。"}},
		Run:     runBatchAndLayerNorm,
	}
}
