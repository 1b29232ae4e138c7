package experiments

import (
	"os"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// fashionFolder is where Debian's package dataset-fashion-mnist puts it.
const fashionFolder = "/usr/share/datasets/fashion-mnist"

// classesOf are the images of some neighbouring classes, as a set of its own.
func classesOf(d *datasets.Dataset, from, to int) *datasets.Dataset {
	var index []int
	for i, label := range d.Labels {
		if label >= from && label < to {
			index = append(index, i)
		}
	}
	s := d.Subset(index)
	for i := range s.Labels {
		s.Labels[i] -= from
	}
	if len(d.Classes) > 0 {
		s.Classes = d.Classes[from:to]
	}
	return s
}

// fewOf are the first n images of each class.
func fewOf(d *datasets.Dataset, n int) *datasets.Dataset {
	var index []int
	taken := make([]int, len(d.Classes))
	for i, label := range d.Labels {
		if taken[label]++; taken[label] <= n {
			index = append(index, i)
		}
	}
	return d.Subset(index)
}

func transferSpecs(classes int) []nn.Spec {
	return []nn.Spec{
		layers.Convolution{Filters: 16, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Convolution{Filters: 32, Kernel: 3}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 64}, layers.ReLU{},
		layers.Affine{Units: classes}, layers.Softmax{},
	}
}

// transferFrozen is the number of layers that are convolutions and what stands
// between them.
const transferFrozen = 6

// learnFew trains a network on few images.
func learnFew(r *lab.Run, net *nn.Sequential, few *datasets.Dataset) {
	r.Fit(lab.Protocol{
		Net: net, Training: few, Batch: min(50, few.Len()), Rule: optim.Adam{}, Rate: 0.001, Updates: 400, Evaluate: -1,
	})
}

// compareFew measures what n images a class teach a network from scratch and
// one that begins with a model's layers, the convolutions frozen.
func compareFew(r *lab.Run, m *nn.Model, training, test *datasets.Dataset, n int) (scratch, transferred float64) {
	if r.Failed() {
		return 0, 0
	}
	few := fewOf(training, n)
	fresh := r.Network(few.Shape, r.Rand(2), transferSpecs(len(few.Classes))...)
	learnFew(r, fresh, few)
	net, taken, err := m.ForClasses(r.Rand(3), few.Classes)
	if err == nil {
		net, err = net.Freeze(min(taken, transferFrozen))
	}
	if r.Fail(err); r.Failed() {
		return 0, 0
	}
	learnFew(r, net, few)
	return r.Accuracy(fresh, test), r.Accuracy(net, test)
}

// updateWork is the share of an update's multiply-adds, a third of them forward,
// that is left where the layers before from are frozen: they need no gradients.
func updateWork(net *nn.Sequential, from int) float64 {
	all := float64(net.MultiplyAdds())
	return (all + 2*float64(net.Part(from, len(net.Layers())).MultiplyAdds())) / (3 * all)
}

func runTransfer(r *lab.Run) {
	digits, test := r.Training().Limit(r.Scale(60_000, 6000)), r.Test()
	if r.Failed() {
		return
	}
	r.Status(words.Text{EN: "digits 0 to 4", JA: "数字 0～4"})
	first := classesOf(digits, 0, 5)
	net := r.Network(first.Shape, r.Rand(1), transferSpecs(5)...)
	r.Fit(lab.Protocol{Net: net, Training: first, Batch: 100, Rule: optim.Adam{}, Rate: 0.001, Updates: r.Scale(1200, 150), Evaluate: -1})
	if r.Failed() {
		return
	}
	m := &nn.Model{Sequential: net, Classes: first.Classes}
	r.Measure("digits 0 to 4: test accuracy", r.Accuracy(net, classesOf(test, 0, 5)))
	work := updateWork(net, transferFrozen)
	r.Measure("multiply-adds of an update, of those from scratch", work)
	r.Claim("less work", work < 0.5)

	counts := []int{1, 5, 20}
	var scratches, transfers lab.Numbers
	second, secondTest := classesOf(digits, 5, 10), classesOf(test, 5, 10)
	if r.Fast {
		secondTest = secondTest.Limit(2000)
	}
	for i, n := range counts {
		r.Part(i, len(counts), words.Text{EN: "digits 5 to 9, %d images a class", JA: "数字 5～9、1 クラス %d 枚"}, n)
		scratch, transferred := compareFew(r, m, second, secondTest, n)
		scratches, transfers = append(scratches, lab.Number(scratch)), append(transfers, lab.Number(transferred))
	}
	if r.Failed() {
		return
	}
	r.Measure("digits 5 to 9, 5 a class: from scratch", float64(scratches[1]))
	r.Measure("digits 5 to 9, 5 a class: transferred", float64(transfers[1]))
	r.Claim("better with five", transfers[1] > scratches[1])
	r.CSV("accuracy", []string{"row", "images a class", "scratch", "transferred"}, [][]any{
		{1, counts[0], scratches[0], transfers[0]}, {2, counts[1], scratches[1], transfers[1]}, {3, counts[2], scratches[2], transfers[2]},
	})
	r.Chart("accuracy", plots.ChartOptions{
		Title: r.In(words.Text{EN: "Digits 5 to 9 from 1, 5 and 20 images a class", JA: "1 クラス 1、5、20 枚から学ぶ数字 5～9"}),
		X:     plots.Axis{Label: r.In(words.Text{EN: "1, 5, 20 images", JA: "1、5、20 枚"})}, Y: plots.Axis{Label: r.In(testAccuracy), Max: 1}, Language: string(r.Language),
	}, scratches.Curve(r.In(words.Text{EN: "from scratch", JA: "最初から"})), transfers.Curve(r.In(words.Text{EN: "transferred", JA: "転移学習"})))

	if _, err := os.Stat(fashionFolder); err != nil {
		r.Note("no fashion")
		return
	}
	r.Status(words.Text{EN: "Fashion-MNIST", JA: "Fashion-MNIST"})
	fashion, fashionTest, err := datasets.Folder(fashionFolder)
	if r.Fail(err); r.Failed() {
		return
	}
	if r.Fast {
		fashionTest = fashionTest.Limit(2000)
	}
	scratch, transferred := compareFew(r, m, fashion, fashionTest, 10)
	r.Measure("Fashion-MNIST, 10 a class: from scratch", scratch)
	r.Measure("Fashion-MNIST, 10 a class: transferred", transferred)
}

func transfer() lab.Experiment {
	fashion := words.Text{EN: "Debian's dataset-fashion-mnist", JA: "Debian の dataset-fashion-mnist"}
	return lab.Experiment{
		ID: "ch08-transfer", Seconds: 30, Title: words.Text{EN: "Learning on from another task", JA: "転移学習"}, Chapter: 8, Section: words.Text{EN: "section 8.2.4", JA: "8.2.4 節"}, Version: 1,
		Setup: words.Text{EN: "Two convolutions (16 of 5×5, 32 of 3×3, each with ReLU and 2×2 max pooling), affine 64, affine 5, learn the digits " +
			"0 to 4: Adam 0.001, batch 100, 1,200 updates (fast: 150 on 6,000 images). Then a network is to learn the digits 5 to 9 " +
			"from 1, 5 or 20 images a class: from scratch, or with the layers of the first, the convolutions frozen and the last " +
			"drawn anew; Adam 0.001, 400 updates (fast: accuracy on 2,000 test images). The same with 10 images a class of Fashion-MNIST, where it is installed.",
			JA: "畳み込み層 2 つ（5×5 が 16 個と 3×3 が 32 個、それぞれ ReLU と 2×2 の最大値プーリング）と全結合層 64、5 のネットワークが、まず数字 0～4 を" +
				"学びます（Adam 0.001、バッチサイズ 100、更新 1,200 回。fast では 6,000 枚で 150 回）。次に、1 クラス 1、5、20 枚の画像から数字 5～9 を学びます。" +
				"最初から学ぶ場合と、前のネットワークの層から始め、畳み込み層を固定し、最後の層だけを初期化し直す場合を比べます（Adam 0.001、更新 400 回。" +
				"fast の正解率はテストデータ 2,000 枚）。Fashion-MNIST があれば、1 クラス 10 枚で同じことをします。",
		},
		Lesson: words.Text{EN: "What the layers of one task see serves a task alike: with few images a network that begins with them is ahead of one from scratch. To clothes, which are not like digits, they bring little, but frozen layers save most of the work of an update.", JA: "ある課題で学んだ層は、似た課題にも役立ちます。画像が少ないとき、その層から始めたネットワークは、最初から学ぶものより先に進みます。数字に似ていない衣類では正解率はほとんど変わりませんが、固定した層の分だけ、更新 1 回の計算は半分以下になります。"},
		Rows: []lab.Row{
			lab.Shown(words.Text{EN: "digits 0 to 4: test accuracy", JA: "数字 0～4：テストデータの正解率"}, ""),
			lab.Shown(words.Text{EN: "digits 5 to 9, 5 a class: from scratch", JA: "数字 5～9、1 クラス 5 枚：最初から"}, ""),
			lab.Shown(words.Text{EN: "digits 5 to 9, 5 a class: transferred", JA: "数字 5～9、1 クラス 5 枚：転移学習"}, ""),
			lab.Shown(words.Text{EN: "multiply-adds of an update, of those from scratch", JA: "更新 1 回の積和（最初から学ぶ場合を 1 とする）"}, "").As("%.2f"),
			lab.Shown(words.Text{EN: "Fashion-MNIST, 10 a class: from scratch", JA: "Fashion-MNIST、1 クラス 10 枚：最初から"}, "").With(fashion),
			lab.Shown(words.Text{EN: "Fashion-MNIST, 10 a class: transferred", JA: "Fashion-MNIST、1 クラス 10 枚：転移学習"}, "").With(fashion),
		},
		Claims: map[string]words.Text{
			"better with five": {EN: "from five images a class the transferred network learns more", JA: "1 クラス 5 枚では、転移学習のほうが多くを学ぶ"},
			"less work":        {EN: "with frozen convolutions an update takes less than half of the multiply-adds", JA: "畳み込み層を固定すると、更新 1 回の積和は半分以下になる"},
		},
		Figures: map[string]words.Text{"accuracy": {EN: "Test accuracy on the digits 5 to 9 after 1, 5 and 20 images a class.", JA: "1 クラス 1、5、20 枚から学んだときの、数字 5～9 の正解率。"}},
		Notes:   map[string]words.Text{"no fashion": {EN: "Fashion-MNIST was left out: Debian's package dataset-fashion-mnist is not installed.", JA: "Debian のパッケージ dataset-fashion-mnist がないため、Fashion-MNIST は省きました。"}},
		Run:     runTransfer,
	}
}
