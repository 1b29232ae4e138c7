package manual

import "tatami/internal/words"

var rootPage = Page{
	Short: words.Text{
		EN: "Train convolutional networks on pictures and look into them",
		JA: "畳み込みニューラルネットワークで画像を学習し、その中を見る",
	},
	Long: words.Text{
		EN: `Train convolutional networks on pictures and look into them.

Where a command takes a MODEL, the folder of a run will do.`,
		JA: `畳み込みニューラルネットワークで画像を学習し、その中を見ます。

MODEL には、モデルのファイルのほか、train が作ったフォルダーも指定できます。`,
	},
	Example: `  tatami train
  tatami serve runs/simple-20260102-150405
  tatami predict runs/simple-20260102-150405 digit.png`,
}

var helpPage = Page{Short: words.Text{EN: "Help on a command", JA: "コマンドの説明を表示する"}}
