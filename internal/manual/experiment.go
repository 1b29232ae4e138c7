package manual

import (
	"tatami/internal/words"
)

var experimentPage = Page{
	Short: words.Text{EN: "Repeat the experiments of the textbooks", JA: "教科書の実験を再現する"},
}

var experimentListPage = Page{
	Short: words.Text{EN: "List the experiments", JA: "実験の一覧を表示する"},
}

var experimentRunPage = Page{
	Short: words.Text{
		EN: "Run experiments and compare with what was published",
		JA: "実験を行い、公表された結果と比べる",
	},
	Long: words.Text{
		EN: `Run experiments and compare with what was published. Figures, tables and results
go to a folder each in --out. What is there already, of the same version and
size, is not done again. "all" also writes report.html and report.md there, with
--fast report-fast.html and report-fast.md.`,
		JA: `実験を行い、公表された結果と比べます。図、表、結果は、--out の下の実験ごとのフォルダーに書きます。同じバージョン、同じ規模の結果が既にあれば、やり直しません。all とすると、すべての実験のまとめ report.html と report.md（--fast では report-fast.html と report-fast.md）も書きます。`,
	},
	Example: `  tatami experiment list
  tatami experiment run ch07-convolution
  tatami experiment run --chapter 6 --seeds 3`,
	Flags: map[string]words.Text{
		"chapter": {EN: "run the experiments of this chapter of the book", JA: "本のこの章の実験を行う"},
		"seeds":   {EN: "least number of runs of each, with seeds 1, 2, …", JA: "それぞれ最低何回行うか。シード値は 1、2、……"},
		"out":     {EN: "folder of figures, tables and results", JA: "図、表、結果を書くフォルダー"},
		"fast":    {EN: "run a smaller version of each, not to be compared with what was published", JA: "小さな規模で行う。公表された結果とは比べられない"},
		"weights": {EN: "safetensors file of the book's weights, for ch03-inference", JA: "本の重みの safetensors ファイル（ch03-inference 用）"},
	},
}
