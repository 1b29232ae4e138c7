package run

import (
	"fmt"
	"path/filepath"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tatami/internal/words"
	"tatami/nn"
)

// header is what is said before a run: the network, the data, and how it is
// trained.
func (r *Run) header() string {
	t, l := r.trainer, r.Language
	number := func(n int) string { return message.NewPrinter(language.English).Sprint(n) } // with thousands apart
	text := words.Text{
		EN: "network %s: %v to %d classes, %s parameters\n",
		JA: "ネットワーク %s：入力 %v、%d クラス、パラメーター %s 個\n",
	}.In(l, r.Net, t.Net.Input(), t.Net.Output().Size(), number(nn.CountParams(t.Net.Params())))
	text += words.Text{
		EN: "data: %s training images, %s test images", JA: "データ：訓練画像 %s 枚、テスト画像 %s 枚",
	}.In(l, number(t.Loader.Data.Len()), number(t.Test.Len()))
	if t.Validation != nil {
		text += words.Text{EN: ", %s held out", JA: "、検証画像 %s 枚"}.In(l, number(t.Validation.Len()))
	}
	if r.Augment != "none" {
		text += words.Text{EN: ", augmentation %s", JA: "、データ拡張 %s"}.In(l, r.Augment)
	}
	return text + "\n" + words.Text{
		EN: "training: %s, lr %s (%s), batches of %d, %d epochs, seed %d",
		JA: "学習：%s、学習率 %s（%s）、バッチサイズ %d、%d エポック、シード値 %d",
	}.In(l, r.Optimizer, fmt.Sprintf("%.6g", r.Rate), r.Schedule, r.Batch, r.Epochs, r.Seed) + r.together()
}

// together is how many processes train, if there are several.
func (r *Run) together() string {
	if r.Ranks == nil {
		return ""
	}
	return words.Text{EN: ", %d ranks", JA: "、%d ランク"}.In(r.Language, r.Ranks.Size())
}

// whatNext is what there is to open and to try after a run.
func (r *Run) whatNext() string {
	dir := shellWord(r.folder.dir)
	return words.Text{
		EN: "next: open %s in a browser\n      tatami serve %s           draw digits, look into the model\n      tatami predict %s IMAGE   let it read your own pictures",
		JA: "次に：%s をブラウザーで開く\n      tatami serve %s           数字を描いて、モデルの中を見る\n      tatami predict %s IMAGE   自分の画像を認識させる",
	}.In(r.Language, filepath.Join(r.folder.dir, pageFile), dir, dir)
}
