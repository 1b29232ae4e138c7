package manual

import (
	"tatami/internal/words"
)

var dataPage = Page{
	Short: words.Text{EN: "Describe a data set and draw samples of it", JA: "データの内訳を調べ、見本を画像にする"},
	Long: words.Text{
		EN: `Read a data set as train does (without a folder: MNIST) and tell what is in it:
images of each class, sizes, mean and deviation of each channel, and images that
are in the training and in the test set. Samples of each class go to --out.`,
		JA: `データを train と同じように読み込み（フォルダーを省くと MNIST）、内容を示します。クラスごとの枚数、大きさ、チャンネルごとの平均と標準偏差、訓練データとテストデータの両方にある画像がわかります。クラスごとの見本を --out に画像として書きます。`,
	},
	Example: `  tatami data photos
  tatami data photos --size 64 --fit contain --out samples.png`,
	Flags: map[string]words.Text{
		"seed": {EN: "seed by which the test set is held out", JA: "テストデータを取り分ける乱数のシード値"},
		"out":  {EN: "file of the samples (PNG, SVG or PDF)", JA: "見本の図のファイル（PNG、SVG、PDF）"},
		"json": {EN: "print JSON", JA: "JSON で出力する"},
	},
}
