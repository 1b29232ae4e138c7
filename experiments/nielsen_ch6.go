package experiments

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"gonum.org/v1/plot/plotter"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
	"tatami/train"
)

// rung is a network of the ladder, with how it is trained.
type rung struct {
	name      words.Text
	published float64 // test accuracy in percent
	layers    []nn.Spec
	rate      float64
	lambda    float64 // of the L2 penalty, before it is divided
	epochs    int     // of the expanded images; 0: 60 of the plain ones
}

// normalOut draws weights with deviation √(1/n), n the number of outputs as the
// program counts them: units, or filters × taps / 4 before a pooling of 2×2.
// The book calls it a slip for √(1/inputs), and keeps it.
func normalOut(n int) nn.Initializer { return nn.Normal{Std: math.Sqrt(1 / float64(n))} }

func nielsenLadder() []rung {
	convolution := func(filters int, activation nn.Spec) []nn.Spec {
		c := layers.Convolution{Filters: filters, Kernel: 5, Init: normalOut(filters * 25 / 4)}
		if activation == (layers.ReLU{}) {
			return []nn.Spec{c, activation, layers.Pooling{Size: 2}}
		}
		// As the program does it. The order makes no difference to a rising
		// activation but that it has a quarter of the work here.
		return []nn.Spec{c, layers.Pooling{Size: 2}, activation}
	}
	affine := func(units int, activation nn.Spec) []nn.Spec {
		return []nn.Spec{layers.Affine{Units: units, Init: normalOut(units)}, activation}
	}
	stack := func(parts ...[]nn.Spec) (list []nn.Spec) {
		for _, p := range parts {
			list = append(list, p...)
		}
		return list
	}
	dropout := []nn.Spec{layers.Dropout{Ratio: 0.5, Unscaled: true}}
	output := []nn.Spec{layers.Affine{Units: 10, Init: nn.Zero{}}, layers.Softmax{}}
	s, r := layers.Sigmoid{}, layers.ReLU{}
	two := stack(convolution(20, r), convolution(40, r))
	return []rung{
		{words.Text{EN: "100 hidden units", JA: "隠れ層 100 ユニット"}, 97.80, stack(affine(100, s), output), 0.1, 0, 0},
		{words.Text{EN: "convolution 20@5×5", JA: "畳み込み層 20@5×5"}, 98.78, stack(convolution(20, s), affine(100, s), output), 0.1, 0, 0},
		{words.Text{EN: "convolution 40@5×5 after it", JA: "2 つ目の畳み込み層 40@5×5"}, 99.06, stack(convolution(20, s), convolution(40, s), affine(100, s), output), 0.1, 0, 0},
		{words.Text{EN: "ReLU", JA: "ReLU"}, 99.23, stack(two, affine(100, r), output), 0.03, 0.1, 0},
		{words.Text{EN: "shifted images", JA: "ずらした画像を追加"}, 99.37, stack(two, affine(100, r), output), 0.03, 0.1, 24},
		{words.Text{EN: "second affine layer", JA: "2 つ目の全結合層"}, 99.43, stack(two, affine(100, r), affine(100, r), output), 0.03, 0.1, 24},
		{words.Text{EN: "dropout, 1,000 units", JA: "Dropout、1,000 ユニット"}, 99.60, stack(two, dropout, affine(1000, r), dropout, affine(1000, r), dropout, output), 0.03, 0, 12},
	}
}

// nielsenNet builds a rung's network. Biases are drawn from Normal(1) but in the
// output layer, where weights and biases are 0.
func nielsenNet(r *lab.Run, specs []nn.Spec, rng *rand.Rand) *nn.Sequential {
	net := r.Network(nn.Shape{H: 28, W: 28, C: 1}, rng, specs...)
	if r.Failed() {
		return nil
	}
	params := net.Params()
	for _, p := range params[:len(params)-2] {
		if p.Name == "bias" {
			nn.Normal{Std: 1}.Fill(p.Value.Data, 1, rng)
		}
	}
	return net
}

// shiftedByOne is the images with each moved down, up, right and left by a
// pixel, in a random order.
func shiftedByOne(data *datasets.Dataset, rng *rand.Rand) *datasets.Dataset {
	all := &datasets.Dataset{Shape: data.Shape, Classes: data.Classes}
	for i, image := range data.Images {
		for _, by := range [][2]int{{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			all.Images = append(all.Images, shifted(image, data.Shape, by[0], by[1]))
			all.Labels = append(all.Labels, data.Labels[i])
		}
	}
	return all.Subset(rng.Perm(all.Len()))
}

// shifted is an image moved by so many pixels, black where nothing comes in.
func shifted(image []byte, shape nn.Shape, down, right int) []byte {
	if down == 0 && right == 0 {
		return image
	}
	moved := make([]byte, len(image))
	for i := range shape.H {
		for j := range shape.W {
			if y, x := i-down, j-right; y >= 0 && y < shape.H && x >= 0 && x < shape.W {
				copy(moved[(i*shape.W+j)*shape.C:][:shape.C], image[(y*shape.W+x)*shape.C:])
			}
		}
	}
	return moved
}

// ladder is the images and the networks of one run.
type ladder struct {
	rungs                      []rung
	training, validation, test *datasets.Dataset
	expanded                   *datasets.Dataset // made when first needed: 160 MB
}

// updates is how many a rung is trained with.
func (l *ladder) updates(r *lab.Run, g rung) int {
	if g.epochs > 0 {
		return r.Scale(25_000, 42) * g.epochs
	}
	return r.Scale(5_000*60, 1000)
}

func newLadder(r *lab.Run) *ladder {
	l := &ladder{rungs: nielsenLadder(), training: r.Training().Limit(r.Scale(50_000, 400)), test: r.Test().Limit(r.Scale(10_000, 500))}
	if r.Failed() {
		return l
	}
	held := make([]int, r.Scale(10_000, 200))
	for i := range held {
		held[i] = 50_000 + i
	}
	l.validation = r.Training().Subset(held)
	return l
}

// climb trains rung i.
func (l *ladder) climb(r *lab.Run, i int) *lab.Log {
	const batch = 10
	g := l.rungs[i]
	updates := l.updates(r, g)
	_, log := r.Trained(fmt.Sprintf("nielsen-%d", i+1), 2, func() (*nn.Sequential, *lab.Log) {
		net := nielsenNet(r, g.layers, r.Rand(uint64(i)))
		data := l.training
		if g.epochs > 0 {
			if l.expanded == nil {
				l.expanded = shiftedByOne(data, r.Rand(100))
			}
			data = l.expanded
		}
		return net, r.FitTrainer(&train.Trainer{
			Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: data, BatchSize: batch, Ordered: true},
			Rule: optim.SGD{WeightDecay: g.lambda * batch / float64(data.Len())}, Schedule: optim.Constant{Base: g.rate},
			Epochs: updates, Steps: updates, Seed: r.Seed,
			Shards:     2, // four of two or three images each take up to a third more time
			Validation: l.validation, Test: l.test,
			Observers: []train.Observer{train.ObserverFunc(func(e train.Event) error {
				if e.Kind == train.Updated && e.Step%500 == 0 {
					r.Part(i, len(l.rungs), words.Text{EN: "%s: %d of %d updates", JA: "%s：更新 %d/%d"}, g.name, e.Step, updates)
				}
				return nil
			})},
		})
	})
	return log
}

// nielsenTolerance is what is accepted, in points.
const nielsenTolerance = 0.15

// nielsenRow is the row of a rung.
func nielsenRow(g rung) words.Text {
	return words.Text{EN: "%s, test accuracy in %%", JA: "%s：テストデータの正解率（%%）"}.With(g.name)
}

func runNielsenCh6(r *lab.Run) {
	l := newLadder(r)
	var accuracies []float64
	var lines, costs [][]any
	curves := make([]plots.Mark, len(l.rungs))
	for i, g := range l.rungs {
		log := l.climb(r, i)
		if r.Failed() {
			return
		}
		best := 0
		for k, v := range log.Validation {
			if v >= log.Validation[best] {
				best = k
			}
		}
		accuracies = append(accuracies, 100*float64(log.Test[best]))
		r.Measure(nielsenRow(g).EN, accuracies[i])
		if off := accuracies[i] - g.published; !r.Fast && math.Abs(off) > nielsenTolerance {
			if g.epochs > 0 && off < 0 {
				r.Note("fewer epochs", g.name, r.Seed, off, g.epochs)
			} else {
				r.Note("chance", g.name, r.Seed, off)
			}
		}
		costs = append(costs, []any{i + 1, g.name.EN, accuracies[i], l.updates(r, g), log.Seconds})
		points := make(plotter.XYs, len(log.Test))
		for k, v := range log.Test {
			step := (k + 1) * l.updates(r, g) / len(log.Test)
			points[k] = plotter.XY{X: float64(step) / 1000, Y: 100 * (1 - float64(v))}
			lines = append(lines, []any{i + 1, g.name.EN, step, float64(log.Validation[k]), float64(v)})
		}
		curves[i] = plots.Curve{Name: r.In(rungText, i+1, g.name), Points: points}
	}
	r.Claim("convolutions beat affine", accuracies[3] > accuracies[0])
	r.Claim("ReLU beats sigmoid", accuracies[3] > accuracies[2])
	r.Claim("shifted images help", accuracies[4] > accuracies[3])
	r.Claim("two thirds of the mistakes",
		100-slices.Max(accuracies) < (100-accuracies[0])*2/3)
	r.CSV("ladder", []string{"rung", "name", "update", "validation", "test"}, lines)
	r.CSV("rungs", []string{"rung", "name", "test accuracy %", "updates", "seconds of updates"}, costs)
	l.drawBars(r, accuracies)
	r.Chart("training", plots.ChartOptions{
		Title: r.In(words.Text{EN: "Test error while training", JA: "学習中のテストデータの誤り率"}),
		X:     plots.Axis{Label: r.In(words.Text{EN: "updates in thousands, of 10 images each", JA: "更新回数（千回、1 回に 10 枚）"})},
		Y:     plots.Axis{Label: r.In(words.Text{EN: "error in %", JA: "誤り率（%）"}), Log: true},
	}, curves...)
}

var rungText = words.Text{EN: "%d: %s", JA: "%d：%s"}

// drawBars draws the errors, those of the full size beside those of the book.
func (l *ladder) drawBars(r *lab.Run, accuracies []float64) {
	published, measured := plots.Series{Name: r.In(words.Text{EN: "published", JA: "公表値"})}, plots.Series{Name: r.In(words.Text{EN: "measured", JA: "測定値"})}
	var groups []string
	for i, g := range l.rungs {
		groups = append(groups, fmt.Sprint(i+1))
		published.Values = append(published.Values, 100-g.published)
		measured.Values = append(measured.Values, 100-accuracies[i])
	}
	var rungs []string
	for i, g := range l.rungs {
		rungs = append(rungs, r.In(rungText, i+1, g.name))
	}
	series := []plots.Series{published, measured}
	if r.Fast { // another size than what was published
		series = series[1:]
	}
	r.Chart("ladder", plots.ChartOptions{
		Title: r.In(words.Text{EN: "The ladder: errors left by each idea, on top of those before it", JA: "前の段に 1 つずつ工夫を加えたときの誤り率"}),
		Note:  r.In(words.Text{EN: "%s.", JA: "%s。"}, strings.Join(rungs, r.In(words.Text{EN: "; ", JA: "、"}))),
		X:     plots.Axis{Label: r.In(words.Text{EN: "rung", JA: "段"})}, Y: plots.Axis{Label: r.In(words.Text{EN: "test error in %", JA: "テストデータの誤り率（%）"})},
	}, plots.Bars{Groups: groups, Series: series, Numbers: true})
}

func nielsenCh6() lab.Experiment {
	var rows []lab.Row
	for i, g := range nielsenLadder() {
		row := lab.Near(nielsenRow(g), g.published, nielsenTolerance).As("%.2f")
		if i == 2 {
			row.Three = "99.00 ± 0.10"
		}
		rows = append(rows, row)
	}
	return lab.Experiment{
		ID: "nielsen-ch6", Seconds: 1360, Title: words.Text{EN: "Nielsen's ladder", JA: "Nielsen のはしご：1 段ずつ改善する"}, Version: 2,
		Section: words.Text{
			EN: "Nielsen, Neural Networks and Deep Learning (2015), chapter 6",
			JA: "Nielsen『Neural Networks and Deep Learning』（2015）第 6 章",
		},
		Setup: words.Text{
			EN: "The first 50,000 training images to train, the other 10,000 to validate. Batches of 10 in the order of the " +
				"images, SGD, 60 epochs; the test accuracy after the epoch of the best validation, the last of equals. Weights " +
				"Normal(√(1/outputs)), biases Normal(1), output layer 0, as his program network3.py has them; it divides λ by the " +
				"number of batches, so an update shrinks weights by rate·λ/5,000, of shifted images rate·λ/25,000. His dropout scales at inference. Each rung adds to " +
				"the one before. Shifted images are 250,000, of which we take 24 epochs, and 12 with dropout, where he takes 60 and 40: " +
				"those of dropout are as many updates as 60 epochs of the others. His pixels are divided by 256, ours by 255.",
			JA: "訓練画像のうち 50,000 枚で学習し、残りの 10,000 枚を検証データにします。バッチサイズ 10、画像は元の順、" +
				"SGD、60 エポック。検証データの正解率が最も高いエポック（同じなら最後）での、テストデータの正解率を取ります。" +
				"重みの初期値の標準偏差は √(1/出力の数)、バイアスは 1、出力層は 0 で、Nielsen のプログラム network3.py と同じです。" +
				"network3.py は λ をバッチの数で割るので、1 回の更新で重みは 学習率·λ/5,000（ずらした画像では 学習率·λ/25,000）の割合" +
				"だけ小さくなります。Dropout は推論のときに出力を縮めます。どの段も、前の段に 1 つずつ加えたものです。" +
				"ずらした画像は 250,000 枚で、Nielsen の 60 エポックと 40 エポック（Dropout）に対し、ここでは 24 エポックと 12 エポックです" +
				"。Dropout の更新回数は、ほかの段の 60 エポックと同じです。ピクセル値は、Nielsen は 256 で、tatami は 255 で割ります。",
		},
		Lesson: words.Text{
			EN: "Each idea takes away a part of the errors that the last one left: local filters, a second layer of them, ReLU, " +
				"more images, dropout.",
			JA: "どの工夫も、前の段に残った間違いを減らします。局所的なフィルター、その 2 層目、ReLU、画像を増やすこと、" +
				"Dropout の順です。",
		},
		Rows: rows,
		Claims: map[string]words.Text{
			"convolutions beat affine": {EN: "convolutions with ReLU beat 100 hidden units", JA: "畳み込み層と ReLU のネットワークは、隠れ層 100 ユニットより正解率が高い"},
			"ReLU beats sigmoid":       {EN: "ReLU beats the sigmoid", JA: "ReLU はシグモイド関数より正解率が高い"},
			"shifted images help":      {EN: "shifted images help", JA: "ずらした画像を加えると正解率が上がる"},
			"two thirds of the mistakes": {
				EN: "the best network makes less than two thirds of the first one's mistakes",
				JA: "最もよいネットワークの間違いは、最初のネットワークの 3 分の 2 より少ない",
			},
		},
		Figures: map[string]words.Text{
			"training": {EN: "The test error of each network as it was trained.", JA: "学習中の、各ネットワークのテストデータの誤り率。"},
			"ladder":   {EN: "Test error of the seven networks, published and measured.", JA: "7 つのネットワークのテストデータの誤り率。公表値と測定値です。"},
		},
		Notes: map[string]words.Text{
			"chance": {
				EN: "%s, seed %d: %+.2f points from what was published; likely the chance of the initial weights, of which he quotes one draw.",
				JA: "%s、シード %d：公表値との差は %+.2f ポイント。公表値も重みの初期値 1 通りの結果なので、偶然の差でしょう。",
			},
			"fewer epochs": {
				EN: "%s, seed %d: %+.2f points from what was published; likely %d epochs of the shifted images where he takes 60, " +
					"or 40 with dropout.",
				JA: "%s、シード %d：公表値との差は %+.2f ポイント。ずらした画像を、Nielsen の 60 エポック（Dropout は 40 エポック）に対し %d エ" +
					"ポックしか使わないためでしょう。",
			},
		},
		Run: runNielsenCh6,
	}
}
