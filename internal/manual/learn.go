package manual

import (
	"tatami/internal/words"
)

var learnPage = Page{
	Short: words.Text{EN: "Write a page in which anybody can train a network", JA: "ブラウザーだけで学習できるページを書き出す"},
	Long: words.Text{
		EN: `Write a page that trains networks in the browser: stack layers, choose an
optimizer, watch the loss, the filters and the feature maps, teach it your own
drawings, save the model. The images and the program are in it; nothing leaves
the page, and it works without a network.

--out FILE.html writes one file; --out FOLDER/ writes a folder for any web host,
whose page is there sooner.`,
		JA: `ブラウザーの中でネットワークを学習させるページを書き出します。層を積み、最適化手法を選び、損失・フィルター・特徴マップを見ながら学習し、自分で描いた絵を教え、モデルを保存できます。画像とプログラムはページの中にあり、外へは何も送りません。ネットワークがなくても動きます。

--out FILE.html は 1 つのファイルを、--out FOLDER/ はウェブサーバーに置くフォルダーを書き出します。フォルダーのほうが早く表示されます。`,
	},
	Example: `  tatami learn --out learn.html
  tatami learn --out site/`,
	Flags: map[string]words.Text{
		"out":   {EN: "file of the page, or a folder/", JA: "ページのファイル、またはフォルダー/"},
		"data":  {EN: "folder in the IDX layout to learn from (default: MNIST)", JA: "学習に使う IDX 形式のフォルダー（既定：MNIST）"},
		"limit": {EN: "training images at most; 0 is all", JA: "訓練画像の上限。0 はすべて"},
	},
}
