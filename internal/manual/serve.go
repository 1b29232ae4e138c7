package manual

import (
	"tatami/internal/words"
)

var servePage = Page{
	Short: words.Text{
		EN: "Draw digits or drop pictures in a browser and look into models; a JSON API too",
		JA: "ブラウザーで数字を描くか画像を入れて、モデルの中を見る。JSON API もある",
	},
	Long: words.Text{
		EN: `Serve a page on which you draw a digit, or drop, paste, choose or photograph a
picture, and see what models make of it: their probabilities, the feature maps, the filters, where they looked,
similar training images, and a convolution step by step. Two models can be
seen side by side. The same answers come as JSON under /api/v1; the page /api
documents it. The page /learn trains networks in the browser, like that of
tatami learn.

An address without a host, such as :8080, is open to this machine alone;
0.0.0.0:8080 opens it to others.`,
		JA: `ブラウザーで数字を描くか、画像をドロップ、貼り付け、選択、撮影して、モデルがどう見るかを調べるページを開きます。確率、特徴マップ、フィルター、判断の根拠になった場所、似ている訓練画像、畳み込みの 1 ステップごとの計算を見られます。2 つのモデルを並べることもできます。同じ答えを /api/v1 から JSON で取れます。使い方はページ /api にあります。ページ /learn では、tatami learn のページと同じように、ブラウザーの中でネットワークを学習させられます。

:8080 のように HOST を省いたアドレスは、このマシンからだけ見られます。0.0.0.0:8080 とすると、ほかのマシンからも見られます。`,
	},
	Example: `  tatami serve runs/first
  tatami serve runs/first runs/second --addr :9000`,
	Flags: map[string]words.Text{
		"addr": {EN: "address HOST:PORT; without a host, this machine alone", JA: "アドレス HOST:PORT。HOST を省くと、このマシンからだけ見られる"},
		"data": {
			EN: "folder with the training images, which the server shows (default: MNIST)",
			JA: "ページで見せる訓練画像があるフォルダー（既定：MNIST）",
		},
		"origin": {
			EN: "`address` by which browsers reach a proxy in front, as in https://digits.example; may be repeated",
			JA: "手前に置いたプロキシーをブラウザーが開くときのアドレス `address`。例：https://digits.example（繰り返し指定できる）",
		},
		"no-examples": {EN: "do not load training images to show similar ones", JA: "似ている訓練画像を見せない（訓練画像を読み込まない）"},
	},
}
