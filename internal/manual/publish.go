package manual

import (
	"tatami/internal/words"
)

var publishPage = Page{
	Short: words.Text{EN: "Write the page of serve as one file that needs no server", JA: "serve のページを、サーバーのいらない 1 つのファイルにする"},
	Long: words.Text{
		EN: `Write one HTML file in which anybody can draw for a model and look into it, as
on the page of serve. The model is in it, and the program that answers for it:
the file works without a network, from a disk or any web host.

The go command builds that program from tatami's sources: those that the current
folder is in, or those in --source.`,
		JA: `モデルに手書きの数字を認識させ、その中を見られる HTML ファイルを 1 つ書き出します。できることは serve のページと同じです。モデルと、答えを計算するプログラムがファイルの中に入るので、ネットワークがなくても、ディスクからでも、どのウェブサーバーからでも動きます。

このプログラムは、go コマンドが tatami のソースからビルドします。ソースは現在のフォルダーのもの、または --source のものです。`,
	},
	Example: `  tatami publish runs/first --out page.html`,
	Flags: map[string]words.Text{
		"out": {EN: "file of the page", JA: "ページのファイル"},
	},
}
