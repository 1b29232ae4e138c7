// Package describe says in words, numbers and pictures what data sets, networks,
// evaluations and predictions are.
package describe

import (
	"cmp"
	"fmt"
	"image"
	"maps"
	"slices"
	"strings"

	"tatami/datasets"
	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/internal/words/errortext"
	"tatami/plots"
)

// DataSet is what there is to say of one; its JSON is that of the command data.
type DataSet struct {
	Kind       datasets.Kind `json:"kind"`
	Height     int           `json:"height"` // of an input
	Width      int           `json:"width"`
	Channels   int           `json:"channels"`
	Classes    []string      `json:"classes"`
	Train      []int         `json:"train"` // images a class
	Test       []int         `json:"test"`
	Held       bool          `json:"test_held_out"` // of the same folder
	Mean       []float64     `json:"mean"`          // a channel, of the training set, in [0,1]
	Deviation  []float64     `json:"deviation"`
	Sizes      []sizeCount   `json:"sizes,omitempty"` // of the files, the most frequent first
	Duplicates [][2]string   `json:"duplicates"`      // of training and test images
	LeftOut    int           `json:"left_out"`        // files that are hidden or no pictures
	Broken     []string      `json:"broken"`
}

type sizeCount struct {
	Height int `json:"height"`
	Width  int `json:"width"`
	Images int `json:"images"`
}

// Data describes training and test images.
func Data(d *datasets.Data) DataSet {
	a := DataSet{
		Kind: d.Kind, Height: d.Train.H, Width: d.Train.W, Channels: d.Train.C, Classes: d.Train.Classes,
		Train: counts(d.Train), Test: counts(d.Test), Held: d.Split, LeftOut: d.Hidden + d.Other,
		Duplicates: [][2]string{}, Broken: []string{},
	}
	a.Mean, a.Deviation = datasets.Statistics(d.Train)
	for _, size := range slices.SortedFunc(maps.Keys(d.Sizes), func(a, b [2]int) int {
		return cmp.Or(cmp.Compare(d.Sizes[b], d.Sizes[a]), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	}) {
		a.Sizes = append(a.Sizes, sizeCount{size[0], size[1], d.Sizes[size]})
	}
	name := func(paths []string, i int) string {
		if paths == nil {
			return fmt.Sprint(i)
		}
		return paths[i]
	}
	for _, pair := range datasets.Duplicates(d.Train, d.Test) {
		a.Duplicates = append(a.Duplicates, [2]string{name(d.TrainFiles, pair[0]), name(d.TestFiles, pair[1])})
	}
	for _, err := range d.Broken {
		a.Broken = append(a.Broken, err.Error())
	}
	return a
}

func counts(d *datasets.Dataset) []int {
	n := make([]int, len(d.Classes))
	for _, label := range d.Labels {
		n[label]++
	}
	return n
}

// Text is that for people.
func (a DataSet) Text(l words.Language) string {
	var b strings.Builder
	line := func(t words.Text, args ...any) { fmt.Fprintln(&b, t.In(l, args...)) }
	line(words.Text{EN: "%s: inputs of %d×%d×%d, %d classes", JA: "%s：入力 %d×%d×%d、%d クラス"}, kindText(a.Kind, l), a.Height, a.Width, a.Channels, len(a.Classes))
	test := words.Text{EN: "test", JA: "テスト"}
	if a.Held {
		test = words.Text{EN: "test (held out)", JA: "テスト（取り分け）"}
	}
	rows := [][]string{{"", words.Text{EN: "training", JA: "訓練"}.In(l), test.In(l)}}
	var train, tested int
	for i, class := range a.Classes {
		rows = append(rows, []string{"  " + class, fmt.Sprint(a.Train[i]), fmt.Sprint(a.Test[i])})
		train, tested = train+a.Train[i], tested+a.Test[i]
	}
	rows = append(rows, []string{words.Text{EN: "  all", JA: "  合計"}.In(l), fmt.Sprint(train), fmt.Sprint(tested)})
	b.WriteString(words.Table(rows, 1, 2))
	if n := len(a.Sizes); n > 0 {
		var parts []string
		for _, s := range a.Sizes[:min(n, 3)] {
			parts = append(parts, words.Text{EN: "%d×%d (%d)", JA: "%d×%d（%d 枚）"}.In(l, s.Height, s.Width, s.Images))
		}
		line(words.Text{EN: "sizes of the files: %d different; most often %s", JA: "ファイルの大きさ：%d 種類。多い順に %s"}, n, strings.Join(parts, words.Text{EN: ", ", JA: "、"}.In(l)))
	}
	line(words.Text{EN: "mean %s, standard deviation %s of each channel, in [0,1]", JA: "チャンネルごとの平均 %s、標準偏差 %s（[0,1] での値）"}, numbersText(a.Mean), numbersText(a.Deviation))
	if a.LeftOut > 0 {
		line(words.Text{EN: "left out: %d files that are hidden or not named like pictures", JA: "読み飛ばし：隠しファイルと画像でないファイル %d 個"}, a.LeftOut)
	}
	for _, text := range a.Broken {
		line(words.Text{EN: "left out: %s", JA: "読み飛ばし：%s"}, errortext.Say(text, l))
	}
	line(words.Text{EN: "in both the training and the test set: %d", JA: "訓練データとテストデータの両方にある画像：%d 枚"}, len(a.Duplicates))
	for _, pair := range a.Duplicates[:min(len(a.Duplicates), 5)] {
		fmt.Fprintf(&b, "  %s = %s\n", words.Shown(pair[0]), words.Shown(pair[1]))
	}
	return b.String()
}

func kindText(k datasets.Kind, l words.Language) string {
	if k == datasets.KindPictures {
		return words.Text{EN: "pictures", JA: "画像フォルダー"}.In(l)
	}
	return string(k)
}

func numbersText(values []float64) string {
	var parts []string
	for _, v := range values {
		parts = append(parts, fmt.Sprintf("%.4f", v))
	}
	return strings.Join(parts, " ")
}

// Samples draws the first training images of each class, a row each.
func Samples(data *datasets.Data, l words.Language) (plots.Figure, error) {
	d := data.Train
	const columns = 10
	rows := make([][]plots.Picture, len(d.Classes))
	for i, label := range d.Labels {
		if len(rows[label]) == columns {
			continue
		}
		img, err := plots.Image(run.Shown(datasets.Tensor(d.Shape, d.Images[i]), data.Fit), 0)
		if err != nil {
			return nil, err
		}
		var caption []string
		if len(rows[label]) == 0 {
			caption = []string{d.Classes[label]}
		}
		rows[label] = append(rows[label], plots.Picture{Image: img, Captions: caption})
	}
	var all []plots.Picture
	for _, row := range rows {
		all = append(all, row...)
		if n := len(row); n > 0 { // of a class of few images the row is filled up
			all = append(all, slices.Repeat([]plots.Picture{{Image: image.NewNRGBA(image.Rect(0, 0, 1, 1))}}, columns-n)...)
		}
	}
	return plots.Images(all, plots.ImagesOptions{
		Title: words.Text{EN: "Samples of each class, training set", JA: "クラスごとの見本（訓練データ）"}.In(l), Columns: columns,
	})
}
