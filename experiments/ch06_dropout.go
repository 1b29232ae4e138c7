package experiments

import (
	"tatami/experiments/lab"
	"tatami/internal/words"
)

var (
	noDropout    = words.Text{EN: "no dropout", JA: "Dropout なし"}
	fifthDropped = words.Text{EN: "dropout 0.2", JA: "Dropout あり（0.2）"}
)

func runDropout(r *lab.Run) {
	plain, dropped := overfit(r, "plain", 0, 0), overfit(r, "dropout", 0, 0.2)
	compareGaps(r, words.Text{EN: "300 training images: dropout", JA: "訓練画像 300 枚：Dropout"}, noDropout, plain, fifthDropped, dropped)
}

func dropout() lab.Experiment {
	return lab.Experiment{
		ID: "ch06-dropout", Seconds: 4, Title: words.Text{EN: "Dropout", JA: "Dropout"}, Chapter: 6, Section: words.Text{EN: "section 6.4.3", JA: "6.4.3 節"}, Version: 1,
		Setup: words.Text{
			EN: "As ch06-weight-decay without decay, 301 epochs, with dropout 0.2 after each hidden layer and without. As in the " +
				"book, dropout leaves what it keeps as it is and multiplies by 0.8 at inference. Both start with the same " +
				"weights. Accepted are two deviations of a run over five seeds.",
			JA: "ch06-weight-decay から Weight decay を除き、301 エポック学習します。隠れ層ごとに 0.2 の Dropout を入れたものと、" +
				"入れないものです。本と同じく、Dropout は残した値をそのまま通し、推論のときに 0.8 を掛けます。どちらも同じ初期値から始" +
				"めます。許容範囲は、5 個のシードの標準偏差の 2 倍です。",
		},
		Lesson: words.Text{
			EN: "A network that loses a fifth of its units at random in every update cannot memorise as well: the gap narrows, training takes longer.",
			JA: "更新のたびにユニットの 5 分の 1 をランダムに消すと、丸暗記がしにくくなります。2 つの正解率の差は縮まり、" +
				"学習には時間がかかるようになります。",
		},
		Rows: []lab.Row{
			lab.Near(trainOf.With(fifthDropped), 0.670, 0.09),
			lab.Near(testOf.With(fifthDropped), 0.548, 0.11),
			lab.Near(gapOf.With(fifthDropped), 0.122, 0.03),
			lab.AtLeast(trainOf.With(noDropout), "1.0", 0.99),
			lab.Shown(testOf.With(noDropout), ""),
			lab.Shown(gapOf.With(noDropout), ""),
		},
		Claims: gapClaims(),
		Figures: map[string]words.Text{
			"accuracy": {EN: "Without dropout and with 0.2 (figure 6-23).", JA: "Dropout がないときと、0.2 のとき（図 6-23）。"},
		},
		Notes: gapNotes(),
		Run:   runDropout,
	}
}
