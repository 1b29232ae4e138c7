package experiments

import (
	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
	"tatami/train"
)

// distortion is a kind of augmentation.
type distortion struct {
	name    words.Text
	augment datasets.Augmentation
}

func distortions() []distortion {
	return []distortion{
		{words.Text{EN: "none", JA: "なし"}, datasets.Augmentation{}},
		{words.Text{EN: "shift", JA: "平行移動"}, datasets.Augmentation{Shift: 2}},
		{words.Text{EN: "rotate", JA: "回転"}, datasets.Augmentation{Rotate: 15}},
		{words.Text{EN: "scale", JA: "拡大縮小"}, datasets.Augmentation{Scale: 0.15}},
		{words.Text{EN: "elastic", JA: "弾性変形"}, datasets.Augmentation{Elastic: 34}},
		{words.Text{EN: "erase", JA: "一部を消去"}, datasets.Augmentation{Erase: 0.5}},
		{words.Text{EN: "mirror", JA: "左右反転"}, datasets.Augmentation{Flip: true}},
		{words.Text{EN: "first four", JA: "最初の 4 種"}, datasets.Augmentation{Shift: 2, Rotate: 15, Scale: 0.15, Elastic: 34}},
	}
}

func (d distortion) row() words.Text {
	return words.Text{EN: "%s: test accuracy", JA: "%s：テストデータの正解率"}.With(d.name)
}

func runAugmentationKinds(r *lab.Run) {
	training, test := r.Training().Limit(r.Scale(1000, 300)), r.Test().Limit(r.Scale(10_000, 2000))
	kinds := distortions()
	accuracy := map[string]float64{}
	var values []float64
	var names []string
	for i, d := range kinds {
		r.Part(i, len(kinds), d.name)
		net := r.Network(nn.Shape{H: 28, W: 28, C: 1}, r.Rand(1), // the same weights
			layers.Convolution{Filters: 16, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 2},
			layers.Affine{Units: 50}, layers.ReLU{}, layers.Affine{Units: 10}, layers.Softmax{})
		updates := r.Scale(3000, 300)
		r.FitTrainer(&train.Trainer{
			Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: training, BatchSize: 50, Seed: r.Seed, Augment: d.augment},
			Rule: optim.Adam{}, Schedule: optim.Cosine{Base: 0.002, Steps: updates}, Steps: updates, Epochs: updates, Seed: r.Seed,
		})
		accuracy[d.name.EN] = r.Accuracy(net, test)
		if r.Failed() {
			return
		}
		r.Measure(d.row().EN, accuracy[d.name.EN])
		values, names = append(values, 100*(1-accuracy[d.name.EN])), append(names, r.In(d.name))
	}
	r.Claim("shifts help", accuracy["shift"] > accuracy["none"])
	r.Claim("together they help more", accuracy["first four"] > accuracy["shift"])
	r.Claim("mirrors hurt", accuracy["mirror"] < accuracy["none"])
	r.Chart("error", plots.ChartOptions{
		Title: r.In(words.Text{EN: "What kinds of augmentation leave", JA: "データ拡張の種類と誤り率"}),
		X:     plots.Axis{Label: r.In(words.Text{EN: "augmentation of the training images", JA: "訓練画像のデータ拡張"})},
		Y:     plots.Axis{Label: r.In(words.Text{EN: "test error in %", JA: "テストデータの誤り率（%）"}), Zero: true}, Width: 560,
	}, plots.Bars{Groups: names, Series: []plots.Series{{Values: values}}, Numbers: true})
	drawKinds(r, training.Limit(8), kinds)
}

// drawKinds draws the same images under each kind.
func drawKinds(r *lab.Run, data *datasets.Dataset, kinds []distortion) {
	var pictures []plots.Picture
	for _, d := range kinds {
		loader := &datasets.Loader{Data: data, BatchSize: data.Len(), Seed: r.Seed, Ordered: true, Augment: d.augment}
		x := nn.NewTensor(data.Len(), data.Shape)
		r.Fail(loader.Epoch(1).Fill(0, 0, x.N, x, loader.Target().New(x.N)))
		for i := range x.N {
			if i == 0 {
				pictures = append(pictures, r.Picture(x, i, r.In(d.name)))
			} else {
				pictures = append(pictures, r.Picture(x, i))
			}
		}
	}
	r.Figure("kinds", r.Drawn(plots.Images(pictures, plots.ImagesOptions{
		Title: r.In(words.Text{EN: "A row for each kind", JA: "1 行に 1 種類ずつ"}), Columns: data.Len(),
	})))
}

func augmentationKinds() lab.Experiment {
	var rows []lab.Row
	for _, d := range distortions() {
		rows = append(rows, lab.Shown(d.row(), "").As("%.4f"))
	}
	return lab.Experiment{
		ID: "augmentation-kinds", Seconds: 20, Title: words.Text{EN: "Kinds of augmentation", JA: "データ拡張の種類"},
		Section: words.Text{EN: "after the book's section 8.1.2; Simard and others 2003, Zhong and others 2020", JA: "本の 8.1.2 節、Simard ほか 2003、Zhong ほか 2020 による"}, Version: 1,
		Setup: words.Text{
			EN: "1,000 training images (fast: 300), a convolution of 16 filters of 5×5, affine 50, affine 10; Adam, 0.002 falling as " +
				"a cosine, batch 50, 3,000 updates (fast: 300, 2,000 test images). Eight networks begin with the same weights and " +
				"differ in what is done to their training images: nothing; shifts by 2 pixels; rotations by 15°; scales of 0.85 to " +
				"1.15; elastic distortion; a rectangle made black; mirrors; the first four kinds together. Test images stay as they are.",
			JA: "訓練画像 1,000 枚（fast では 300 枚）、5×5 のフィルター 16 個の畳み込み、全結合層 50 と 10。Adam、学習率は 0.002 からコサインで下げ、" +
				"バッチサイズ 50、更新 3,000 回（fast では 300 回、テスト画像 2,000 枚）。同じ初期値の 8 つのネットワークで、訓練画像の変え方だけが違います。" +
				"何もしない、2 ピクセルまでの平行移動、15° までの回転、0.85～1.15 倍の拡大縮小、弾性変形、長方形の消去、左右反転、最初の 4 種の組み合わせです。" +
				"テスト画像は変えません。",
		},
		Lesson: words.Text{
			EN: "Augmentation helps as far as it leaves the label true and looks like what will be asked: moved and bent digits are " +
				"digits, mirrored ones mostly are not.",
			JA: "データ拡張が役立つのは、変えた後もラベルが正しく、テストで出会う画像に似ているときです。動かしたり曲げたりした数字は数字ですが、" +
				"左右を反転するとたいてい数字ではなくなります。",
		},
		Rows: rows,
		Claims: map[string]words.Text{
			"shifts help":             {EN: "shifted training images lower the test error", JA: "訓練画像を平行移動すると、テストデータの誤りが減る"},
			"together they help more": {EN: "four kinds together lower it further", JA: "4 種を組み合わせると、さらに減る"},
			"mirrors hurt":            {EN: "mirrored digits raise it", JA: "数字を左右反転すると増える"},
		},
		Figures: map[string]words.Text{
			"error": {EN: "The test error after training with each kind.", JA: "それぞれのデータ拡張で学習した後の、テストデータの誤り率。"},
			"kinds": {EN: "The same eight training images under each kind.", JA: "同じ 8 枚の訓練画像を、種類ごとに変えたもの。"},
		},
		Run: runAugmentationKinds,
	}
}
