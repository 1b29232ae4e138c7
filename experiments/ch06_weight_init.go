package experiments

import (
	"math"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/optim"
)

// initRacers are the book's three ways to draw initial weights.
func initRacers() []racer {
	return []racer{
		{words.Text{EN: "std 0.01", JA: "標準偏差 0.01"}, "std-sgd", nn.Normal{Std: 0.01}, optim.SGD{}, 0.01},
		{words.Text{EN: "Xavier", JA: "Xavier"}, "xavier-sgd", nn.Xavier{}, optim.SGD{}, 0.01},
		{words.Text{EN: "He", JA: "He"}, "he-sgd", nn.He{}, optim.SGD{}, 0.01},
	}
}

func runWeightInit(r *lab.Run) {
	last := race(r, initRacers(), words.Text{EN: "Three initializations on MNIST", JA: "MNIST での 3 つの重みの初期値"}, 2.5)
	r.Claim("std 0.01 is stuck", math.Abs(last["std 0.01"]-2.303) < 0.01)
	r.Claim("He first", last["He"] < last["Xavier"] && last["Xavier"] < last["std 0.01"]-0.1)
}

func weightInit() lab.Experiment {
	racers := initRacers()
	return lab.Experiment{
		ID: "ch06-weight-init", Seconds: 2, Title: words.Text{EN: "Initial weights on MNIST", JA: "MNIST による重みの初期値の比較"}, Chapter: 6, Section: words.Text{EN: "section 6.2.4", JA: "6.2.4 節"}, Version: 1,
		Setup: words.Text{
			EN: "Four hidden layers of 100, ReLU, batch 128, 2,000 updates of SGD at 0.01; weights normal with deviation 0.01, " +
				"√(1/n) (Xavier) and √(2/n) (He), the same draw scaled. A factor of 2 is accepted, since the loss is that of one " +
				"batch: the book has 0.286 for He here and 0.150 in section 6.1.8, from the same set-up. For 0.01, which is " +
				"stuck at ln 10 = 2.303, ±0.02 is accepted.",
			JA: "100 ユニットの隠れ層 4 つ、ReLU、バッチサイズ 128、SGD 0.01、更新 2,000 回。重みの初期値は、標準偏差が 0.01、" +
				"√(1/n)（Xavier）、√(2/n)（He）の正規分布で、同じ乱数を拡大・縮小したものです。損失は 1 つのバッチの値なので、" +
				"2 倍までの違いを許容します。同じ条件の He の値が、本でもここでは 0.286、6.1.8 節では 0.150 です。標準偏差 0.01 では ln 10 = 2.303 か" +
				"ら動かないので、許容範囲は ±0.02 です。",
		},
		Lesson: words.Text{
			EN: "Weights of 0.01 let the signal die from layer to layer, and nothing is learned; with ReLU, He's go down fastest.",
			JA: "標準偏差 0.01 では、信号が層を進むたびに小さくなり、学習が進みません。ReLU では、He の初期値が最も速く損失を下げます。",
		},
		Rows: []lab.Row{
			lab.Near(at1900(racers[0]), 2.305, 0.02),
			lab.Factor(at1900(racers[1]), 0.377, 2),
			lab.Factor(at1900(racers[2]), 0.286, 2),
			lab.Shown(lately(racers[0]), ""),
			lab.Shown(lately(racers[1]), ""),
			lab.Shown(lately(racers[2]), ""),
		},
		Claims: map[string]words.Text{
			"std 0.01 is stuck": {EN: "with std 0.01 the loss is stuck at 2.30", JA: "標準偏差 0.01 では損失が 2.30 から下がらない"},
			"He first":          {EN: "He ends below Xavier, Xavier below std 0.01", JA: "最後の損失は He が Xavier より、Xavier が標準偏差 0.01 より小さい"},
		},
		Figures: map[string]words.Text{
			"loss": {EN: "Loss after each update, smoothed over 11 updates (figure 6-15).", JA: "更新ごとの損失。11 回の更新で平滑化しています（図 6-15）。"},
		},
		Run: runWeightInit,
	}
}
