package experiments

import (
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/optim"
	"tatami/plots"
)

// trial is one draw of hyper-parameters and what came of it; its Log's Test is
// of the validation set.
type trial struct {
	rate, decay float64
	*lab.Log
}

func (t trial) accuracy() float64 { return t.Test.Last() }

// randomTrials trains six hidden layers with rates and decays drawn at random.
func randomTrials(r *lab.Run) []trial {
	training, validation, err := r.Training().Limit(500).Split(100, r.Seed)
	if r.Fail(err); r.Failed() {
		return nil
	}
	trials := make([]trial, r.Scale(100, 32))
	for i := range trials {
		t := &trials[i]
		rng := r.Rand(uint64(i))
		t.rate, t.decay = math.Pow(10, -6+4*rng.Float64()), math.Pow(10, -8+4*rng.Float64())
		r.Part(i, len(trials), words.Text{EN: "learning rate %.2g, λ %.2g", JA: "学習率 %.2g、λ %.2g"}, t.rate, t.decay)
		net := lab.MultiLayerNet{Hidden: lab.Hidden(6)}.Build(r, rng)
		t.Log = r.Fit(lab.Protocol{
			Net: net, Training: training, Test: validation, Batch: 100, Rule: optim.SGD{WeightDecay: t.decay}, Rate: t.rate,
			Updates: lab.Entries(r.Scale(50, 30), training.Len(), 100),
		})
	}
	return trials
}

func runHyperparameters(r *lab.Run) {
	trials := randomTrials(r)
	if r.Failed() {
		return
	}
	slices.SortStableFunc(trials, func(a, b trial) int {
		switch {
		case a.accuracy() > b.accuracy():
			return -1
		case a.accuracy() < b.accuracy():
			return 1
		}
		return 0
	})
	low, high := 1.0, 0.0
	for _, t := range trials[:5] {
		low, high = min(low, t.rate), max(high, t.rate)
	}
	r.Measure("best validation accuracy", trials[0].accuracy())
	r.Measure("learning rate of the best", trials[0].rate)
	r.Measure("lowest rate of the best five", low)
	r.Measure("highest rate of the best five", high)
	r.Claim("the best rates", min(trials[0].rate, trials[1].rate, trials[2].rate) >= 0.001)
	var table [][]any
	for i, t := range trials {
		table = append(table, []any{i + 1, t.rate, t.decay, t.accuracy(), t.Training.Last()})
	}
	r.CSV("trials", []string{"place", "learning rate", "decay", "validation", "train"}, table)
	drawBest(r, trials[:20])
	drawTrials(r, trials)
}

// drawBest draws the curves of the best trials.
func drawBest(r *lab.Run, trials []trial) {
	var panels []plots.Figure
	for i, t := range trials {
		panels = append(panels, r.Panel(plots.ChartOptions{
			Title: r.In(words.Text{EN: "%d: rate %.2g", JA: "%d：学習率 %.2g"}, i+1, t.rate), Width: 160, Height: 125,
			X: plots.Axis{Label: r.In(epochText)}, Y: plots.Axis{Label: r.In(accuracyText), Max: 1.02},
		}, t.Test.Curve(r.In(validationText)), t.Training.Curve(r.In(trainText))))
	}
	r.Grid("best", plots.GridOptions{Title: r.In(words.Text{EN: "The 20 best trials", JA: "上位 20 回の試行"}), Columns: 5}, panels...)
}

// drawTrials draws the accuracy of all trials over what was drawn for them.
func drawTrials(r *lab.Run, trials []trial) {
	var panels []plots.Figure
	for _, by := range []struct {
		label words.Text
		of    func(t trial) float64
	}{
		{words.Text{EN: "learning rate", JA: "学習率"}, func(t trial) float64 { return t.rate }},
		{words.Text{EN: "weight decay λ", JA: "Weight decay の係数 λ"}, func(t trial) float64 { return t.decay }},
	} {
		var points plotter.XYs
		for _, t := range trials {
			points = append(points, plotter.XY{X: by.of(t), Y: t.accuracy()})
		}
		panels = append(panels, r.Panel(plots.ChartOptions{
			Title: r.In(by.label), Width: 330, Height: 240,
			X: plots.Axis{Label: r.In(by.label), Log: true},
			Y: plots.Axis{Label: r.In(words.Text{EN: "validation accuracy", JA: "検証データの正解率"}), Max: 1},
		}, plots.Points{Points: points}))
	}
	r.Grid("trials", plots.GridOptions{Title: r.In(words.Text{EN: "All trials", JA: "すべての試行"}), Columns: 2}, panels...)
}

// between is a row of a learning rate in the upper half decade.
func between(name words.Text, published string) lab.Row {
	row := lab.Shown(name, published)
	row.Low, row.High = 0.003, 0.01
	return row
}

func hyperparameters() lab.Experiment {
	return lab.Experiment{
		ID: "ch06-hyperparameters", Seconds: 10, Title: words.Text{EN: "Search of hyper-parameters", JA: "ハイパーパラメーターの探索"}, Chapter: 6, Section: words.Text{EN: "section 6.5.3", JA: "6.5.3 節"}, Version: 1,
		Setup: words.Text{
			EN: "The first 500 images, 100 of them drawn for validation; six hidden layers of 100, ReLU, He, SGD, batch 100, 50 " +
				"epochs; 100 trials with a learning rate of 10^U(-6, -2) and weight decay λ of 10^U(-8, -4). Accepted are ±0.08, two " +
				"deviations of an accuracy on 100 images, and rates of the upper half decade, 0.003 to 0.01.",
			JA: "最初の 500 枚の訓練画像のうち、乱数で選んだ 100 枚を検証データにします。100 ユニットの隠れ層 6 つ、ReLU、" +
				"He の初期値、SGD、バッチサイズ 100、50 エポック。試行は 100 回で、学習率を 10^U(-6, -2)、Weight decay の λ を 10^U(-8, -4)（" +
				"U は一様乱数）とします。正解率の許容範囲は、100 枚の画像で測った値の標準偏差の 2 倍にあたる ±0.08、" +
				"学習率の許容範囲は、上半分の 0.003～0.01 です。",
		},
		Lesson: words.Text{
			EN: "Drawn at random on a logarithmic scale, a hundred short trials show where to look: learning rates of 0.001 to " +
				"0.01; λ below 0.0001 makes no difference.",
			JA: "対数スケールでランダムに選んだ 100 回の短い試行で、探すべき範囲がわかります。学習率は 0.001～0.01 がよく、" +
				"0.0001 より小さい λ は結果に影響しません。",
		},
		Rows: []lab.Row{
			lab.Near(words.Text{EN: "best validation accuracy", JA: "検証データの最高の正解率"}, 0.84, 0.08),
			between(words.Text{EN: "learning rate of the best", JA: "最もよい試行の学習率"}, "0.0094"),
			between(words.Text{EN: "lowest rate of the best five", JA: "上位 5 回の最小の学習率"}, "0.0053"),
			between(words.Text{EN: "highest rate of the best five", JA: "上位 5 回の最大の学習率"}, "0.0097"),
		},
		Claims: map[string]words.Text{
			"the best rates": {EN: "the best three learning rates are 0.001 to 0.01", JA: "上位 3 回の学習率は 0.001～0.01 にある"},
		},
		Figures: map[string]words.Text{
			"best": {EN: "The 20 best of all trials by final validation accuracy (figure 6-24).", JA: "検証データの最後の正解率で選んだ、上位 20 回の試行（図 6-24）。"},
			"trials": {
				EN: "All trials: the learning rate decides, this little weight decay does not.",
				JA: "すべての試行。正解率を決めるのは学習率で、これほど小さい Weight decay は影響しません。",
			},
		},
		Run: runHyperparameters,
	}
}
