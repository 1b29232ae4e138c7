package experiments

import (
	"gonum.org/v1/plot/plotter"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
	"tatami/train"
)

// lenetDistortions are those of a training image.
func lenetDistortions() datasets.Augmentation {
	return datasets.Augmentation{Shift: 2, Rotate: 10, Scale: 0.1}
}

// trainedLeNet is a LeNet-5.
func trainedLeNet(r *lab.Run, name string, training *datasets.Dataset, distort datasets.Augmentation) (*nn.Sequential, *lab.Log) {
	return r.Trained(name, 1, func() (*nn.Sequential, *lab.Log) {
		network, err := networks.Find("lenet")
		if r.Fail(err); err != nil {
			return nil, nil
		}
		net := r.Network(network.Input, r.Rand(0), network.Specs(10)...)
		const batch = 100
		passes := r.Scale(20, 25)
		return net, r.FitTrainer(&train.Trainer{
			Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: training, BatchSize: batch, Seed: r.Seed, Augment: distort},
			Rule: optim.Adam{}, Schedule: optim.Cosine{Base: 0.001, Steps: passes * training.Len() / batch},
			Epochs: passes, Seed: r.Seed, Test: r.Test().Limit(r.Scale(10_000, 2000)),
			Observers: []train.Observer{train.ObserverFunc(func(e train.Event) error {
				if e.Kind == train.Updated {
					r.Status(words.Text{EN: "%s: pass %d of %d", JA: "%s：エポック %d/%d"}, name, e.Epoch+1, passes)
				}
				return nil
			})},
		})
	})
}

// Rows that a claim is about.
var (
	plainError     = words.Text{EN: "test error in %", JA: "テストデータの誤り率（%）"}
	distortedError = words.Text{EN: "test error in %, distorted training images", JA: "テストデータの誤り率（%）、訓練画像を変形"}
)

func runLeNet5(r *lab.Run) {
	training := r.Training().Limit(r.Scale(60_000, 1000))
	net, plain := trainedLeNet(r, "lenet-5", training, datasets.Augmentation{})
	_, distorted := trainedLeNet(r, "lenet-5-distorted", training, lenetDistortions())
	if r.Failed() {
		return
	}
	r.Measure(plainError.EN, 100*(1-plain.Test.Last()))
	r.Measure(distortedError.EN, 100*(1-distorted.Test.Last()))
	r.Measure("training error in %", 100-100*r.Accuracy(net, training))
	r.Measure("parameters", float64(nn.CountParams(net.Params())))
	r.Claim("distortions help", distorted.Test.Last() > plain.Test.Last())
	r.CSV("passes", []string{"pass", "train", "test", "distorted train", "distorted test"},
		lab.Columns(plain.Training, plain.Test, distorted.Training, distorted.Test))
	var marks []plots.Mark
	for _, l := range []struct {
		name   words.Text
		values lab.Numbers
	}{
		{words.Text{EN: "training, as they come", JA: "訓練データ、変形なし"}, plain.Training},
		{words.Text{EN: "test", JA: "テストデータ、変形なしで学習"}, plain.Test},
		{words.Text{EN: "training, distorted", JA: "訓練データ、変形あり"}, distorted.Training},
		{words.Text{EN: "test, trained on distorted", JA: "テストデータ、変形ありで学習"}, distorted.Test},
	} {
		points := make(plotter.XYs, len(l.values))
		for i, v := range l.values {
			points[i] = plotter.XY{X: float64(i + 1), Y: 100 * (1 - float64(v))}
		}
		marks = append(marks, plots.Curve{Name: r.In(l.name), Points: points, Markers: true})
	}
	y := plots.Axis{Label: r.In(words.Text{EN: "error in %", JA: "誤り率（%）"}), Log: true}
	if !r.Fast { // down to what matters; the training error goes on to 0
		y.Min, y.Max = 0.2, 12
	}
	r.Chart("error", plots.ChartOptions{Title: "LeNet-5", X: plots.Axis{Label: r.In(words.Text{EN: "pass", JA: "エポック"})}, Y: y}, marks...)
	drawDistortions(r, training.Limit(8), lenetDistortions())
}

// drawDistortions draws images and what the first passes make of each.
func drawDistortions(r *lab.Run, data *datasets.Dataset, distort datasets.Augmentation) {
	var pictures []plots.Picture
	for pass := range 4 {
		loader := &datasets.Loader{Data: data, BatchSize: data.Len(), Seed: r.Seed, Ordered: true}
		if pass > 0 {
			loader.Augment = distort
		}
		x := nn.NewTensor(data.Len(), data.Shape)
		r.Fail(loader.Epoch(pass).Fill(0, 0, x.N, x, loader.Target().New(x.N)))
		for i := range x.N {
			pictures = append(pictures, r.Picture(x, i))
		}
	}
	r.Figure("distortions", r.Drawn(plots.Images(pictures, plots.ImagesOptions{
		Title: r.In(words.Text{EN: "Training images", JA: "訓練画像"}),
		Note: r.In(words.Text{
			EN: "First row: as they come. Below: distorted, as three passes see them.",
			JA: "1 行目は元の画像、下の 3 行は 3 つのエポックで使う変形した画像です。",
		}),
		Columns: data.Len(),
	})))
}

func lenet5() lab.Experiment {
	const tolerance = 0.1 // points above the published error: ten of the 10,000 images
	return lab.Experiment{
		ID: "lenet-5", Seconds: 35, Title: words.Text{EN: "LeNet-5", JA: "LeNet-5"}, Version: 1,
		Section: words.Text{
			EN: "LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document recognition (1998)",
			JA: "LeCun ほか「Gradient-based learning applied to document recognition」（1998）",
		},
		Setup: words.Text{
			EN: "Convolution 6@5×5 on images with two pixels added around, pooling, convolution 16@5×5, pooling, affine 120, 84 " +
				"and 10; 60,000 images, 20 passes, the error after the last. Modernised: ReLU for tanh, max pooling for averages " +
				"with a learned factor, all 16 filters see all six maps, softmax for the distances to drawn digits, He; Adam, batch " +
				"100, rate falling from 0.001 to 0 along a cosine, where the paper updates after each image and lowers its rate in " +
				"five stairs. Distortions are drawn anew for every image of every pass: up to 2 pixels, 10 degrees and a tenth of " +
				"the size. The paper's moves, scales, squeezes and shears, which it drew once; it too keeps to 20 passes of 60,000.",
			JA: "周囲に 2 ピクセルを足した画像に、5×5 のフィルター 6 個の畳み込み層、プーリング、5×5 のフィルター 16 個の畳み込み層、" +
				"プーリング、全結合層（Affine）120、84、10。60,000 枚の画像で 20 エポック学習し、最後の誤り率を測ります。" +
				"論文との違いは次のとおりです。活性化関数は tanh でなく ReLU、学習する係数付きの平均でなく最大値プーリング、" +
				"16 個のフィルターは 6 個の特徴マップをすべて見て、出力は数字の絵との距離でなく Softmax、He の初期値です。" +
				"最適化は Adam、バッチサイズ 100、学習率は 0.001 から 0 までコサインで下げます。論文は 1 枚ごとに更新し、" +
				"学習率を 5 段階で下げます。変形（データ拡張）は、エポックごとに 1 枚ずつ作り直します。2 ピクセルまでの移動、" +
				"10 度までの回転、1 割までの拡大縮小です。論文の移動、拡大縮小、圧縮、せん断は、最初に 1 回だけ作ったものです。" +
				"論文でも、60,000 枚の 20 エポックに揃えています。",
		},
		Lesson: words.Text{
			EN: "Distortions that leave a digit what it is are as good as more images: less is memorised, and the test error falls.",
			JA: "数字の意味を変えない変形を加えると、画像を増やしたのと同じ効果があります。丸暗記が減り、テストデータの誤り率が下がります。",
		},
		Rows: []lab.Row{
			lab.AtMost(plainError, "0.95", 0.95+tolerance).As("%.2f"),
			lab.AtMost(distortedError, "0.8", 0.8+tolerance).As("%.2f"),
			lab.Shown(words.Text{EN: "training error in %", JA: "訓練データの誤り率（%）"}, "0.35").As("%.2f"),
			lab.Shown(words.Text{EN: "parameters", JA: "パラメーターの数"}, "60000").As("%.0f"),
		},
		Claims: map[string]words.Text{
			"distortions help": {EN: "distorted training images lower the test error", JA: "訓練画像を変形すると、テストデータの誤り率が下がる"},
		},
		Figures: map[string]words.Text{
			"error": {
				EN: "Errors by pass (figure 5 of the paper); training errors are counted as the pass goes on.",
				JA: "エポックごとの誤り率（論文の図 5）。訓練データの誤り率は、学習の途中で数えたものです。",
			},
			"distortions": {EN: "Every pass sees every image, but never twice the same.", JA: "どのエポックでもすべての画像を使いますが、同じ変形は二度とありません。"},
		},
		Run: runLeNet5,
	}
}
