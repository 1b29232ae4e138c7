package manual

import (
	"tatami/internal/words"
)

var summaryPage = Page{
	Short: words.Text{
		EN: "Print a network's layers, output shapes, parameters and work",
		JA: "ネットワークの各層、出力の形状、パラメーター数、計算量を表示する",
	},
	Long: words.Text{
		EN: `Print a network's layers, output shapes, parameters and work. Where parameters
are not learned, such as the running statistics of batch normalization, learned
and fixed ones are counted apart too. --picture draws the layers as boxes, each
with its output's shape and its parameters by their formula.`,
		JA: `ネットワークの各層、出力の形状、パラメーター数、計算量（積和の回数）を表示します。バッチ正規化の移動平均のように学習しないパラメーターがあるときは、学習するものとしないものを分けても数えます。--picture を付けると、各層を箱で表し、出力の形状とパラメーター数の式を書いた図を描きます。`,
	},
	Example: `  tatami summary simple
  tatami summary runs/first
  tatami summary simple --picture simple.png`,
	Flags: map[string]words.Text{
		"picture": {EN: "draw the network as a picture (PNG, SVG or PDF)", JA: "ネットワークの図を描くファイル（PNG、SVG、PDF）"},
	},
}
