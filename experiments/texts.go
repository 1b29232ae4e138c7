package experiments

import "tatami/internal/words"

// What several experiments say.
var (
	trainAccuracy = words.Text{EN: "train accuracy", JA: "訓練データの正解率"}
	testAccuracy  = words.Text{EN: "test accuracy", JA: "テストデータの正解率"}

	trainText      = words.Text{EN: "train", JA: "訓練データ"}
	testText       = words.Text{EN: "test", JA: "テストデータ"}
	validationText = words.Text{EN: "validation", JA: "検証データ"}
	accuracyText   = words.Text{EN: "accuracy", JA: "正解率"}
	epochText      = words.Text{EN: "epoch", JA: "エポック"}
	updateText     = words.Text{EN: "update", JA: "更新回数"}
	numericalText  = words.Text{EN: "numerical", JA: "数値微分"}
	backText       = words.Text{EN: "backpropagation", JA: "誤差逆伝播法"}

	byEpoch = words.Text{
		EN: "Accuracy by epoch; the book's first epoch is the state after one update.",
		JA: "エポックごとの正解率。本の 1 エポック目は、最初の更新の直後です。",
	}
)
