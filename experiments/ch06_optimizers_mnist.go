package experiments

import (
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// racer is a way to train four hidden layers of 100. The one of He and SGD
// runs in two of the book's races, and is trained once.
type racer struct {
	name words.Text
	file string
	init nn.Initializer
	rule optim.Rule
	rate float64
}

// at1900 and lately are the rows that race measures of a racer.
func at1900(c racer) words.Text {
	return words.Text{EN: "%s: loss at update 1,900", JA: "%s：1,900 回目の更新での損失"}.With(c.name)
}
func lately(c racer) words.Text {
	return words.Text{EN: "%s: mean loss of the last tenth", JA: "%s：最後の 1 割の更新での損失の平均"}.With(c.name)
}

// optimizerRacers are the book's four optimizers.
func optimizerRacers() []racer {
	return []racer{
		{words.Text{EN: "SGD", JA: "SGD"}, "he-sgd", nn.He{}, optim.SGD{}, 0.01},
		{words.Text{EN: "Momentum", JA: "Momentum"}, "he-momentum", nn.He{}, optim.Momentum{}, 0.01},
		{words.Text{EN: "AdaGrad", JA: "AdaGrad"}, "he-adagrad", nn.He{}, optim.AdaGrad{Epsilon: 1e-7}, 0.01},
		{words.Text{EN: "Adam", JA: "Adam"}, "he-adam", nn.He{}, optim.Adam{Epsilon: 1e-7}, 0.001},
	}
}

func runOptimizersMNIST(r *lab.Run) {
	last := race(r, optimizerRacers(), words.Text{EN: "Four optimizers on MNIST", JA: "MNIST での 4 つの最適化手法"}, 1)
	r.Claim("Momentum below SGD", last["Momentum"] < last["SGD"])
	r.Claim("AdaGrad below SGD", last["AdaGrad"] < last["SGD"])
	r.Claim("Adam below SGD", last["Adam"] < last["SGD"])
	r.Claim("AdaGrad below Momentum", last["AdaGrad"] < last["Momentum"])
}

// race trains each for 2,000 updates, measures its rows, and draws the losses
// from 0 to top. It returns each one's mean loss of the last tenth.
func race(r *lab.Run, racers []racer, title words.Text, top float64) (last map[string]float64) {
	last = map[string]float64{}
	var marks []plots.Mark
	var losses []lab.Numbers
	header := []string{"update"}
	for i, c := range racers {
		r.Part(i, len(racers), c.name)
		_, log := r.Trained("ch06-race-"+c.file, 1, func() (*nn.Sequential, *lab.Log) {
			net := lab.MultiLayerNet{Hidden: lab.Hidden(4), Init: c.init}.Build(r, r.Rand(1))
			return net, r.Fit(lab.Protocol{
				Net: net, Training: r.Training(), Batch: 128, Rule: c.rule, Rate: c.rate,
				Updates: r.Scale(2000, 300), LogLoss: true, Evaluate: -1,
			})
		})
		if r.Failed() {
			return nil
		}
		n := len(log.Loss)
		last[c.name.EN] = log.Loss[n-n/10:].Mean()
		r.Measure(at1900(c).EN, float64(log.Loss[r.Scale(1900, n-1)]))
		r.Measure(lately(c).EN, last[c.name.EN])
		line := log.Loss.Curve(r.In(c.name))
		line.Smooth = 11
		marks, losses, header = append(marks, line), append(losses, log.Loss), append(header, c.name.EN)
	}
	r.CSV("loss", header, lab.Columns(losses...))
	r.Chart("loss", plots.ChartOptions{
		Title: r.In(title), X: plots.Axis{Label: r.In(updateText)},
		Y: plots.Axis{Label: r.In(words.Text{EN: "training loss (nats)", JA: "訓練データの損失（nat）"}), Max: top},
	}, marks...)
	return last
}

func optimizersMNIST() lab.Experiment {
	racers := optimizerRacers()
	return lab.Experiment{
		ID: "ch06-optimizers-mnist", Seconds: 8, Title: words.Text{EN: "Optimizers on MNIST", JA: "MNIST による最適化手法の比較"}, Chapter: 6, Section: words.Text{EN: "section 6.1.8", JA: "6.1.8 節"}, Version: 1,
		Setup: words.Text{
			EN: "Four hidden layers of 100, ReLU, He, batch 128, 2,000 updates; SGD, Momentum and AdaGrad at 0.01, Adam at " +
				"0.001. Here all four start with the same weights, in the book each with its own. The book's Adam adds 1e-7 to " +
				"the root of the uncorrected v, ours to that of the corrected one, which differs in the first updates only. " +
				"A factor of 2 is accepted, since the loss is that of one batch: the book's figure for SGD is 0.150 here and " +
				"0.286 in section 6.2.4, from the same set-up.",
			JA: "100 ユニットの隠れ層 4 つ、ReLU、He の初期値、バッチサイズ 128、更新 2,000 回。SGD、Momentum、AdaGrad の学習率は 0.01、" +
				"Adam は 0.001。ここでは 4 つとも同じ初期値から始めますが、本ではそれぞれ別の初期値です。本の Adam は補正前の v の平方" +
				"根に 1e-7 を加え、tatami は補正後の v の平方根に加えます。違いが出るのは最初のうちだけです。損失は 1 つのバッチの値な" +
				"ので、2 倍までの違いを許容します。同じ条件の SGD の値が、本でもここでは 0.150、6.2.4 節では 0.286 です。",
		},
		Lesson: words.Text{
			EN: "Momentum, AdaGrad and Adam go down faster than plain SGD, here AdaGrad first.",
			JA: "Momentum、AdaGrad、Adam は SGD より速く損失を下げます。ここでは AdaGrad が最も速く下がります。",
		},
		Rows: []lab.Row{
			lab.Factor(at1900(racers[0]), 0.150, 2),
			lab.Factor(at1900(racers[1]), 0.050, 2),
			lab.Factor(at1900(racers[2]), 0.016, 2),
			lab.Factor(at1900(racers[3]), 0.032, 2),
			lab.Shown(lately(racers[0]), ""),
			lab.Shown(lately(racers[1]), ""),
			lab.Shown(lately(racers[2]), ""),
			lab.Shown(lately(racers[3]), ""),
		},
		Claims: map[string]words.Text{
			"Momentum below SGD":     {EN: "Momentum ends below SGD", JA: "Momentum の最後の損失は SGD より小さい"},
			"AdaGrad below SGD":      {EN: "AdaGrad ends below SGD", JA: "AdaGrad の最後の損失は SGD より小さい"},
			"Adam below SGD":         {EN: "Adam ends below SGD", JA: "Adam の最後の損失は SGD より小さい"},
			"AdaGrad below Momentum": {EN: "AdaGrad ends below Momentum", JA: "AdaGrad の最後の損失は Momentum より小さい"},
		},
		Figures: map[string]words.Text{
			"loss": {EN: "Loss after each update, smoothed over 11 updates (figure 6-9).", JA: "更新ごとの損失。11 回の更新で平滑化しています（図 6-9）。"},
		},
		Run: runOptimizersMNIST,
	}
}
