package manual

import (
	"tatami/internal/words"
)

var comparePage = Page{
	Short: words.Text{
		EN: "Rank runs: tables, a page with their curves, a picture of what mattered",
		JA: "複数の実行を比べ、順位をつける。表、曲線を重ねたページ、設定の効き方の図",
	},
	Long: words.Text{
		EN: `Rank runs, the best first: by the best validation accuracy if all have one, or
else by test accuracy. A folder of runs, such as a sweep's, stands for them all.
Where settings differ, a second table has the mean and the best of the runs by
each of them, those that mattered most first, and --picture draws a line a run
through its settings to its accuracy (parallel coordinates).`,
		JA: `複数の実行を、よい順に並べます。すべてに検証データがあれば最もよい検証正解率で、なければテスト正解率で順位をつけます。sweep の結果のように実行のフォルダーが並ぶフォルダーを指定すると、その全部を比べます。設定が違うときは、設定ごとの平均と最高を、影響の大きい順に 2 つ目の表にします。--picture では、実行ごとに、設定の値から正解率までを 1 本の線で結ぶ図（平行座標）を描きます。`,
	},
	Example: `  tatami compare runs/first runs/second
  tatami compare runs/rates --picture rates.png`,
	Flags: map[string]words.Text{
		"out":     {EN: "file of the page", JA: "ページのファイル"},
		"picture": {EN: "draw what mattered to this file (PNG, SVG or PDF)", JA: "設定の効き方の図のファイル（PNG、SVG、PDF）"},
	},
}
