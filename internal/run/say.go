package run

import (
	"fmt"
	"path/filepath"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tatami/datasets"
	"tatami/internal/words"
	"tatami/internal/words/errortext"
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
	text += leftOut(r.data, l)
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
	dir := ShellWord(r.folder.dir)
	if r.data.Fit != datasets.FitDigit {
		return words.Text{
			EN: "next: open %s in a browser\n      tatami serve %s           show it pictures, look into the model\n      tatami predict %s IMAGE   let it name your own pictures",
			JA: "次に：%s をブラウザーで開く\n      tatami serve %s           画像を見せて、モデルの中を見る\n      tatami predict %s IMAGE   自分の画像を分類させる",
		}.In(r.Language, filepath.Join(r.folder.dir, pageFile), dir, dir)
	}
	return words.Text{
		EN: "next: open %s in a browser\n      tatami serve %s           draw digits, look into the model\n      tatami predict %s IMAGE   let it read your own pictures",
		JA: "次に：%s をブラウザーで開く\n      tatami serve %s           数字を描いて、モデルの中を見る\n      tatami predict %s IMAGE   自分の画像を認識させる",
	}.In(r.Language, filepath.Join(r.folder.dir, pageFile), dir, dir)
}

// leftOut says which files of a folder are no part of the data; an unreadable
// one has a line of its own.
func leftOut(d *datasets.Data, l words.Language) (text string) {
	if n := d.Hidden + d.Other; n > 0 {
		text = "\n" + words.Text{
			EN: "left out: %d files that are hidden or not named like pictures", JA: "読み飛ばし：隠しファイルと画像でないファイル %d 個",
		}.In(l, n)
	}
	for _, err := range d.Broken {
		text += "\n" + words.Text{EN: "left out: %v", JA: "読み飛ばし：%v"}.In(l, errortext.In(err, l))
	}
	return text
}
