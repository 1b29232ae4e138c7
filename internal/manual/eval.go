package manual

import (
	"tatami/internal/words"
)

var evalPage = Page{
	Short: words.Text{EN: "Measure a model on a test set", JA: "モデルをテストデータで評価する"},
	Long: words.Text{
		EN: `Measure a model on a test set: accuracy and loss; precision, recall and F1 of
each class and their means over the classes; and what is taken for what most
often.`,
		JA: `モデルをテストデータで評価します。正解率と損失、クラスごとの適合率、再現率、F1 とそのマクロ平均、取り違えの多い組を表示します。`,
	},
	Example: `  tatami eval runs/first`,
	Flags: map[string]words.Text{
		"data": {
			EN: "folder of data as train takes it (default: what the model was trained on)", JA: "train と同じ形式のデータがあるフォルダー（既定：モデルの学習に使ったもの）",
		},
		"tta": {
			EN: "average the answers over views of an image: none, or a list of flip and shift (pixels), shift:2",
			JA: "画像と、それを左右反転したりずらしたりした画像の答えを平均する。none、または flip と shift（ピクセル数）を並べる：shift:2",
		},
		"json": {EN: "print JSON with the keys of run.json", JA: "run.json と同じキーの JSON で出力する"},
	},
}
