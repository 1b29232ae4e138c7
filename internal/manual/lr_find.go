package manual

import (
	"tatami/internal/words"
)

var lrFindPage = Page{
	Short: words.Text{
		EN: "Try learning rates from low to high, draw the loss and suggest one",
		JA: "学習率を低いほうから順に試し、損失を図にして、よさそうな値を示す",
	},
	Long: words.Text{
		EN: `Train for a few hundred steps while the learning rate grows from --from to --to
by the same factor each step (the range test of Smith 2015), until the loss
blows up. The loss over the rate goes to --out, a picture, and to a CSV file of
the same name; one rate is suggested. Nothing else is written.`,
		JA: `学習率を --from から --to まで毎ステップ同じ倍率で上げながら、損失が跳ね上がるまで数百ステップ学習します（Smith 2015 の LR range test）。学習率と損失の関係を図にして --out に、数値を同じ名前の CSV ファイルに書き、よさそうな学習率を 1 つ示します。ほかには何も書きません。`,
	},
	Example: `  tatami lr-find --net deep --optimizer momentum`,
	Flags: map[string]words.Text{
		"steps":     {EN: "steps to try rates in", JA: "試すステップ数"},
		"from":      {EN: "lowest learning rate", JA: "最も低い学習率"},
		"to":        {EN: "highest learning rate", JA: "最も高い学習率"},
		"out":       {EN: "picture (PNG, SVG or PDF); the CSV file stands beside it", JA: "図のファイル（PNG、SVG、PDF）。CSV ファイルはその隣に置く"},
		"overwrite": {EN: "replace the picture and the CSV file", JA: "図と CSV ファイルが既にあれば置き換える"},
	},
	Groups: append([]Group{{words.Text{EN: "The test:", JA: "調べ方："}, "from to steps out overwrite"}}, shape...),
}
