package experiments

import (
	"fmt"
	"math"
	"time"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/layers/pytorch"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// bookWeights and ownWeights are the rows of the accuracy, with either.
var (
	bookWeights = words.Text{EN: "test accuracy with the book's weights", JA: "本の重みでの、テストデータの正解率"}
	ownWeights  = words.Text{EN: "test accuracy of a network trained here", JA: "ここで学習した重みでの、テストデータの正解率"}
)

// inferenceNet is 784-50-100-10 with the weights of the book's file or, where
// none is given, trained here.
func inferenceNet(r *lab.Run) *nn.Sequential {
	net := r.Network(r.Test().Shape, r.Rand(1),
		layers.Affine{Units: 50, Init: nn.Xavier{}}, layers.Sigmoid{},
		layers.Affine{Units: 100, Init: nn.Xavier{}}, layers.Sigmoid{},
		layers.Affine{Units: 10, Init: nn.Xavier{}}, layers.Softmax{})
	if r.Failed() {
		return nil
	}
	if r.Weights != "" {
		r.Fail(pytorch.Import(net, r.Weights))
		return net
	}
	r.Note("untrained")
	net, _ = r.Trained("ch03-network", 1, func() (*nn.Sequential, *lab.Log) {
		return net, r.Fit(lab.Protocol{Net: net, Training: r.Training(), Test: r.Test(), Batch: 100, Rule: optim.Adam{}, Rate: 0.001,
			Updates: r.Scale(6000, 1200), Evaluate: -1})
	})
	return net
}

func runInference(r *lab.Run) {
	net := inferenceNet(r)
	x, labels := lab.Tensor(r.Test())
	answers := map[int]*nn.Tensor{}
	micros := map[int]float64{}
	var points plotter.XYs
	var rows [][]any
	for _, batch := range []int{1, 2, 5, 10, 20, 50, 100} {
		if r.Failed() {
			return
		}
		pass := net.NewPass(nn.PassConfig{Capacity: batch})
		y := nn.NewTensor(x.N, net.Output())
		micros[batch] = math.Inf(1)
		for range 3 {
			for from := 0; from < x.N; from += 1000 {
				start := time.Now()
				for i := from; i < from+1000; i += batch {
					copy(y.Slice(i, i+batch).Data, pass.Forward(x.Slice(i, i+batch)).Data)
				}
				micros[batch] = min(micros[batch], time.Since(start).Seconds()*1e6/1000)
			}
		}
		answers[batch] = y
		points = append(points, plotter.XY{X: float64(batch), Y: micros[batch]})
		rows = append(rows, []any{batch, micros[batch]})
	}

	right, different := 0, 0
	for i, label := range labels {
		one := nn.Argmax(answers[1].Sample(i))
		if one == label {
			right++
		}
		if one != nn.Argmax(answers[100].Sample(i)) {
			different++
		}
	}
	accuracy := float64(right) / float64(x.N)
	if r.Weights != "" {
		r.Measure(bookWeights.EN, accuracy)
	} else {
		r.Measure(ownWeights.EN, accuracy)
	}
	r.Measure("batch 1: µs an image", micros[1])
	r.Measure("batch 100: µs an image", micros[100])
	r.Measure("time of batch 1 / time of batch 100", micros[1]/micros[100])
	r.Measure("images answered otherwise in a batch of 100", float64(different))
	r.Claim("recognises digits", accuracy > 0.9)
	r.Claim("batches are faster", micros[100] < micros[1])
	r.CSV("times", []string{"batch", "microseconds an image"}, rows)
	var pictures []plots.Picture
	for i := range 20 {
		y := answers[1].Sample(i)
		answer := fmt.Sprintf("%d (%.1f %%)", nn.Argmax(y), 100*y[nn.Argmax(y)])
		if nn.Argmax(y) != labels[i] {
			answer = r.In(words.Text{EN: "%s, not %d", JA: "%s、正解 %d"}, answer, labels[i])
		}
		pictures = append(pictures, r.Picture(x, i, answer))
	}
	r.Figure("answers", r.Drawn(plots.Images(pictures, plots.ImagesOptions{Title: r.In(words.Text{EN: "What the network says", JA: "ネットワークの答え"}), Columns: 10})))
	r.Chart("times", plots.ChartOptions{Title: r.In(words.Text{EN: "Time an image", JA: "1 枚あたりの時間"}), X: plots.Axis{Label: r.In(words.Text{EN: "images in a batch", JA: "バッチサイズ"}), Log: true},
		Y: plots.Axis{Label: r.In(words.Text{EN: "µs an image, one core", JA: "1 枚あたりの時間（µs、1 コア）"}), Zero: true}}, plots.Curve{Points: points, Markers: true})
}

func inference() lab.Experiment {
	return lab.Experiment{
		ID: "ch03-inference", Seconds: 0.4, Title: words.Text{EN: "Recognising digits, one by one and in batches", JA: "手書き数字認識：1 枚ずつとバッチ処理"}, Chapter: 3, Section: words.Text{EN: "sections 3.6.2 and 3.6.3", JA: "3.6.2、3.6.3 節"}, Version: 1,
		Setup: words.Text{
			EN: "784-50-100-10, sigmoid, with the weights that come with the book (--weights FILE). Without that file the network is " +
				"trained first: Xavier, Adam .001, batch 100, 6,000 updates. One goroutine takes all test images through it in batches " +
				"of 1 to 100; the time is that of the fastest thousand in three rounds. Weights and pixels are float32 as in the book's file, but so are the sums.",
			JA: "784-50-100-10、シグモイド関数。重みは、本に付属するファイルのものです（--weights FILE）。ファイルを渡さないときは、" +
				"先にネットワークを学習します（Xavier の初期値、Adam 0.001、バッチサイズ 100、更新 6,000 回）。1 つのゴルーチンが、" +
				"すべてのテスト画像をバッチサイズ 1～100 で処理します。時間は、3 回のうち最も速かった 1,000 枚のものです。" +
				"重みとピクセル値は本のファイルと同じ float32 ですが、ここでは和の計算も float32 です。",
		},
		Lesson: words.Text{
			EN: "A trained network is a few products of matrices; taken in batches, the same answers come sooner.",
			JA: "学習済みのネットワークの推論は、数回の行列の積です。バッチでまとめて計算すると、同じ答えがより速く得られます。",
		},
		Weights: true,
		Rows: []lab.Row{
			// 1 image of 10,000: float32 may turn the answer where two classes tie.
			lab.Near(bookWeights, 0.9352, 0.00011).As("%.4f").With(words.Text{EN: "--weights FILE", JA: "--weights FILE が必要"}),
			lab.Shown(ownWeights, "").As("%.4f").With(words.Text{EN: "to be run without --weights", JA: "--weights を付けないときだけ測定"}),
			lab.Shown(words.Text{EN: "batch 1: µs an image", JA: "バッチサイズ 1：1 枚あたりの時間（µs）"}, "").As("%.2f"),
			lab.Shown(words.Text{EN: "batch 100: µs an image", JA: "バッチサイズ 100：1 枚あたりの時間（µs）"}, "").As("%.2f"),
			lab.Shown(words.Text{EN: "time of batch 1 / time of batch 100", JA: "バッチサイズ 1 の時間 ÷ バッチサイズ 100 の時間"}, "").As("%.1f"),
			lab.AtMost(words.Text{EN: "images answered otherwise in a batch of 100", JA: "バッチサイズ 100 で答えが変わった画像の数"}, "", 1).As("%.0f"),
		},
		Claims: map[string]words.Text{
			"recognises digits":  {EN: "nine in ten test images are recognised", JA: "テスト画像の 9 割以上を正しく認識する"},
			"batches are faster": {EN: "a batch of 100 takes less time an image than one by one", JA: "バッチサイズ 100 のほうが、1 枚ずつより 1 枚あたりの時間が短い"},
		},
		Figures: map[string]words.Text{
			"answers": {EN: "The first 20 test images with the network's answer and its probability.", JA: "最初の 20 枚のテスト画像と、ネットワークの答え、その確率。"},
			"times": {
				EN: "The larger the batch, the less time an image takes: weights are read once for all of it.",
				JA: "バッチが大きいほど、1 枚あたりの時間は短くなります。重みを読むのが、バッチ全体で 1 回で済むからです。",
			},
		},
		Notes: map[string]words.Text{
			"untrained": {EN: "No --weights were given: the network was trained first.", JA: "--weights がないので、先にネットワークを学習しました。"},
		},
		Run: runInference,
	}
}
