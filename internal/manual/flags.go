package manual

import (
	"strings"

	"tatami/internal/words"
	"tatami/layers/networks"
	"tatami/optim"
)

// Common are the flags that several commands have, unless their pages have others.
var Common = map[string]words.Text{
	"budget": {
		EN: "time and memory that a model may take for an image, in multiples of what is usual (10x)",
		JA: "モデルが 1 枚の画像に使ってよい時間とメモリー。標準の何倍かで指定する（10x）",
	},
	"source": {
		EN: "folder of tatami's sources (default: the current folder's module)",
		JA: "tatami のソースのフォルダー（既定：現在のフォルダーのモジュール）",
	},
	"standardize": {
		EN: "begin the network with a layer that gives each channel mean 0 and deviation 1",
		JA: "各チャンネルを平均 0、標準偏差 1 にする層をネットワークの先頭に置く",
	},
	"whiten": {
		EN: "begin the network with a frozen convolution of 2×2 that gives the training set's patches variance 1 in every direction, and a ReLU",
		JA: "訓練画像の 2×2 の小片をどの方向にも分散 1 にする（白色化する）、学習しない畳み込み層と ReLU をネットワークの先頭に置く",
	},
	"batch": {EN: "images a batch", JA: "バッチサイズ。1 バッチの画像の枚数"},
	"optimizer": words.Text{
		EN: "%s; parameters after a colon: adam:beta1=0.7,beta2=0.9",
		JA: "最適化手法。%s のどれか。パラメーターはコロンの後に書く：adam:beta1=0.7,beta2=0.9",
	}.With(strings.Join(optim.RuleNames(), ", ")),
	"weight-decay": {EN: "weight decay λ", JA: "荷重減衰（Weight decay）の λ"},
	"augment": {
		EN: "none, or a list of shift (pixels), rotate (degrees), scale (fraction), elastic and sigma (pixels), and for photographs flip, crop (pixels), brightness and contrast (fraction), erase (probability) and mixup (α), strength after a colon: shift:2,rotate:10",
		JA: "データ拡張。none、または shift（ピクセル）、rotate（度）、scale（割合）、elastic と sigma（ピクセル）、写真向けの flip、crop（ピクセル）、brightness と contrast（割合）、erase（確率）、mixup（α）を並べる。強さはコロンの後に書く：shift:2,rotate:10",
	},
	"label-smoothing": {EN: "share of the target spread over all classes", JA: "正解ラベルのうち、全クラスに均等に配る割合（ラベル平滑化）"},
	"clip":            {EN: "bound of the gradient's norm (0: none)", JA: "勾配のノルムの上限（0：なし）"},
	"seed":            {EN: "seed of all that is random", JA: "すべての乱数のシード値"},
	"shards": {
		EN: "parts of a batch; results depend on it, not on the processors",
		JA: "バッチの分割数。結果はこの値で決まり、プロセッサーの数には左右されない",
	},
	"limit": {EN: "use only the first images of the training set (0: all)", JA: "訓練画像のうち、先頭から使う枚数（0：すべて）"},
	"size": {
		EN: "size of pictures in the network, 64 or HEIGHTxWIDTH (default: their own if all have one of at most 64, else 32)",
		JA: "ネットワークに入れる画像の大きさ。64、または高さと幅で 48x64（既定：全画像が同じ大きさで 64 以下ならその大きさ、それ以外は 32）",
	},
	"fit": {
		EN: "how a picture becomes an input: cover (cropped), contain (with black edges), stretch or digit (default: cover; digit for MNIST)",
		JA: "画像を入力にする方法。cover（切り取る）、contain（余白を黒にする）、stretch（引き伸ばす）、digit（数字）のどれか（既定：cover。MNIST は digit）",
	},
	"color": {EN: "rgb or gray (default: what the pictures are)", JA: "rgb または gray（既定：画像に合わせる）"},
	"test-share": {
		EN: "share of each class held out where there is no test folder (default: 0.2)",
		JA: "test フォルダーがないとき、各クラスからテスト用に取り分ける割合（既定：0.2）",
	},
	"skip-broken": {EN: "leave out pictures that cannot be read", JA: "読めない画像を読み飛ばす"},
	"memory": {
		EN: "memory for pixels, as in 2G; more of them go to a temporary file (default: half of what is free)",
		JA: "ピクセルに使うメモリー（例：2G）。超えると一時ファイルに置く（既定：空きの半分）",
	},
	"data": {
		EN: "folder of pictures (a folder a class), of IDX files or of CIFAR's (default: MNIST)",
		JA: "画像（クラスごとのフォルダー）、IDX 形式、CIFAR のどれかのデータがあるフォルダー（既定：MNIST）",
	},
	"net": words.Text{
		EN: "network: %s, or FILE.json with an architecture",
		JA: "ネットワーク。%s のどれか、または構造を書いた FILE.json",
	}.With(strings.Join(networks.Names(), ", ")),
	"help": {EN: "help for this command", JA: "このコマンドの説明を表示する"},
	"lang": {EN: "language, en or ja (default: that of LC_ALL, LC_MESSAGES or LANG)", JA: "表示する言語。en または ja（既定：LC_ALL、LC_MESSAGES、LANG のもの）"},
}

// shape are the groups of the flags that train shares with lr-find.
var shape = []Group{
	{words.Text{EN: "Network and data:", JA: "ネットワークとデータ："}, "net data limit validation augment"},
	{words.Text{EN: "Pictures:", JA: "画像："}, "size fit color test-share skip-broken memory standardize whiten"},
	{words.Text{EN: "Training:", JA: "学習："}, "epochs batch optimizer lr schedule warmup patience"},
	{words.Text{EN: "Against over-fitting and jumps:", JA: "過学習と発散を抑える："}, "weight-decay label-smoothing clip"},
	{words.Text{EN: "Reproducing:", JA: "再現："}, "seed shards"},
}
