package experiments

import (
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// overfit trains six hidden layers on 300 images. The network without decay
// and dropout runs in both of the book's comparisons, in the longer for 301
// epochs.
func overfit(r *lab.Run, name string, decay, dropout float64) *lab.Log {
	training := r.Training().Limit(300)
	epochs := r.Scale(301, 201)
	if decay > 0 {
		epochs = 201
	}
	_, log := r.Trained("ch06-overfit-"+name, 1, func() (*nn.Sequential, *lab.Log) {
		net := lab.MultiLayerNet{Hidden: lab.Hidden(6), Dropout: dropout}.Build(r, r.Rand(1))
		return net, r.Fit(lab.Protocol{
			Net: net, Training: training, Test: r.Test(), Batch: 100, Rule: optim.SGD{WeightDecay: decay}, Rate: 0.01,
			Updates: lab.Entries(epochs, training.Len(), 100), Evaluate: r.Scale(0, 500),
		})
	})
	return log
}

func runWeightDecay(r *lab.Run) {
	plain, decayed := overfit(r, "plain", 0, 0), overfit(r, "decay", 0.1, 0)
	n := len(decayed.Test)
	plain.Training, plain.Test = plain.Training[:n], plain.Test[:n]
	compareGaps(r, words.Text{EN: "300 training images: weight decay", JA: "訓練画像 300 枚：Weight decay"},
		words.Text{EN: "λ 0", JA: "λ 0"}, plain, words.Text{EN: "λ 0.1", JA: "λ 0.1"}, decayed)
}

// The rows of a network.
var (
	trainOf = words.Text{EN: "%s: train accuracy", JA: "%s：訓練データの正解率"}
	testOf  = words.Text{EN: "%s: test accuracy", JA: "%s：テストデータの正解率"}
	gapOf   = words.Text{EN: "%s: gap", JA: "%s：2 つの差"}
)

// gapClaims and gapNotes are what compareGaps tells.
func gapClaims() map[string]words.Text {
	return map[string]words.Text{
		"learned by heart":     {EN: "without it the network memorises its images", JA: "使わないと、訓練画像をほぼすべて覚える"},
		"new images are worse": {EN: "without it new images are much worse", JA: "使わないと、見たことのない画像の正解率はずっと低い"},
		"the gap is smaller":   {EN: "with it the gap is smaller", JA: "使うと、2 つの正解率の差が縮まる"},
	}
}

func gapNotes() map[string]words.Text {
	return map[string]words.Text{
		"price": {
			EN: "The smaller gap is paid for in training: on the test images the network without it does better.",
			JA: "差は縮まりますが、訓練データの正解率は下がります。テストデータの正解率も、使わないネットワークのほうが高くなりました。",
		},
	}
}

// compareGaps measures and draws the accuracies of a network that over-fits
// and of one that does so less.
func compareGaps(r *lab.Run, title, plainName words.Text, plain *lab.Log, name words.Text, log *lab.Log) {
	gap := map[words.Text]float64{}
	var panels []plots.Figure
	for _, c := range []struct {
		name words.Text
		*lab.Log
	}{{plainName, plain}, {name, log}} {
		gap[c.name] = c.Training.Last() - c.Test.Last()
		r.Measure(trainOf.With(c.name).EN, c.Training.Last())
		r.Measure(testOf.With(c.name).EN, c.Test.Last())
		r.Measure(gapOf.With(c.name).EN, gap[c.name])
		panels = append(panels, r.Panel(plots.ChartOptions{
			Title: r.In(c.name), Width: 330, Height: 240, X: plots.Axis{Label: r.In(epochText)}, Y: plots.Axis{Label: r.In(accuracyText), Max: 1.02},
		}, c.Training.Curve(r.In(trainText)), c.Test.Curve(r.In(testText))))
	}
	r.Claim("learned by heart", plain.Training.Last() > 0.98)
	r.Claim("new images are worse", gap[plainName] > 0.15)
	r.Claim("the gap is smaller", gap[name] < gap[plainName])
	if plain.Test.Last() > log.Test.Last() {
		r.Note("price")
	}
	rows := lab.Columns(plain.Training, plain.Test, log.Training, log.Test)
	header := []string{"epoch", plainName.EN + " train", plainName.EN + " test", name.EN + " train", name.EN + " test"}
	r.CSV("accuracy", header, rows)
	r.Grid("accuracy", plots.GridOptions{Title: r.In(title), Columns: 2}, panels...)
}

func weightDecay() lab.Experiment {
	return lab.Experiment{
		ID: "ch06-weight-decay", Seconds: 6, Title: words.Text{EN: "Over-fitting and weight decay", JA: "過学習と Weight decay"}, Chapter: 6, Section: words.Text{EN: "sections 6.4.1 and 6.4.2", JA: "6.4.1、6.4.2 節"}, Version: 1,
		Setup: words.Text{
			EN: "The first 300 images, six hidden layers of 100, ReLU, He, SGD at 0.01, batch 100, 201 epochs; λ 0 and 0.1. " +
				"The book adds ½λΣW² to the loss, ours λW to the gradient of weights: for SGD the same. Both start with the same " +
				"weights. The book's figures are of one run: accepted are two deviations of a run, over five seeds of ours.",
			JA: "最初の 300 枚の訓練画像、100 ユニットの隠れ層 6 つ、ReLU、He の初期値、SGD 0.01、バッチサイズ 100、201 エポック。" +
				"λ は 0 と 0.1 です。本は損失に ½λΣW² を加え、tatami は重みの勾配に λW を加えます。SGD では同じことです。" +
				"どちらも同じ初期値から始めます。本の値は 1 回の結果なので、5 個のシードで測った標準偏差の 2 倍を許容します。",
		},
		Lesson: words.Text{
			EN: "A large network memorises 300 images (over-fitting); weight decay narrows the gap between training and test.",
			JA: "大きなネットワークは 300 枚の訓練画像を丸暗記してしまいます（過学習）。Weight decay を使うと、訓練データとテストデー" +
				"タの正解率の差が縮まります。",
		},
		Rows: []lab.Row{
			lab.Near(trainOf.With("λ 0.1"), 0.927, 0.07),
			lab.Near(testOf.With("λ 0.1"), 0.721, 0.045),
			lab.Near(gapOf.With("λ 0.1"), 0.206, 0.05),
			lab.AtLeast(trainOf.With("λ 0"), "1.0", 0.99),
			lab.Shown(testOf.With("λ 0"), ""),
			lab.Shown(gapOf.With("λ 0"), ""),
		},
		Claims: gapClaims(),
		Figures: map[string]words.Text{
			"accuracy": {EN: "Without weight decay and with λ 0.1 (figures 6-20 and 6-21).", JA: "Weight decay（λ = 0.1）がないときとあるとき（図 6-20、6-21）。"},
		},
		Notes: gapNotes(),
		Run:   runWeightDecay,
	}
}
