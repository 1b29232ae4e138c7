package experiments

import (
	"math"
	"slices"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
	"tatami/train"
)

// taught are images whose targets are a teacher's probabilities.
type taught struct {
	*datasets.Dataset
	probabilities *nn.Tensor
}

func (t taught) Target() datasets.Target { return datasets.Target{Values: nn.Features(10)} }

func (t taught) Fill(x *nn.Tensor, targets nn.Targets, index []int) error {
	for i, k := range index {
		copy(x.Sample(i), datasets.Tensor(t.Shape, t.Images[k]).Data)
		copy(targets.Values.Sample(i), t.probabilities.Sample(k))
	}
	return nil
}

// teach asks the teacher about the images: the softmax of its scores divided by
// the temperature, which are those of its probabilities' logarithms.
func teach(teacher *nn.Sequential, data *datasets.Dataset, temperature float64) taught {
	p := teacher.Predict(datasets.Tensor(data.Shape, data.Images...))
	for i := range p.N {
		scores := p.Sample(i)
		for k, v := range scores {
			scores[k] = float32(math.Log(max(float64(v), 1e-30)) / temperature)
		}
		nn.Softmax(scores, scores)
	}
	return taught{data, p}
}

// without leaves out the images of a class.
func without(data *datasets.Dataset, class int) *datasets.Dataset {
	var index []int
	for i, label := range data.Labels {
		if label != class {
			index = append(index, i)
		}
	}
	return data.Subset(index)
}

// learnFrom is a small network that learns from a source.
func learnFrom(r *lab.Run, source datasets.Source, updates int) *nn.Sequential {
	net := lab.MultiLayerNet{Hidden: []int{30}}.Build(r, r.Rand(1)) // the same weights
	r.FitTrainer(&train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: source, BatchSize: 50, Seed: r.Seed},
		Rule: optim.Adam{}, Schedule: optim.Constant{Base: 0.002}, Steps: updates, Epochs: updates, Seed: r.Seed,
	})
	return net
}

// raise adds to the bias of a class what has the network name it for a tenth of
// the images, whose labels it does not look at.
func raise(net *nn.Sequential, data *datasets.Dataset, class int) {
	p := net.Predict(datasets.Tensor(data.Shape, data.Images...))
	behind := make([]float64, p.N) // the class's score, behind the best other one
	for i := range behind {
		row := p.Sample(i)
		own := math.Log(max(float64(row[class]), 1e-30))
		row[class] = 0
		behind[i] = math.Log(float64(row[nn.Argmax(row)])) - own
	}
	slices.Sort(behind)
	params := net.Params()
	params[len(params)-1].Value.Data[class] += float32(behind[len(behind)/10])
}

func runDistillation(r *lab.Run) {
	const class, temperature = 3, 10
	teacher, _ := trainedSimpleConvNet(r)
	training, test := without(r.Training().Limit(r.Scale(20_000, 3000)), class), r.Test().Limit(r.Scale(10_000, 2000))
	if r.Failed() {
		return
	}
	soft := teach(teacher, training, temperature)
	var threes, all []float64
	examine := func(student *nn.Sequential) {
		e := r.Evaluate(student, test)
		if r.Failed() {
			return
		}
		seen := 0
		for _, n := range e.Confusion[class] {
			seen += n
		}
		threes, all = append(threes, float64(e.Confusion[class][class])/float64(seen)), append(all, e.Accuracy())
	}
	var student *nn.Sequential
	for i, source := range []datasets.Source{training, soft} {
		r.Part(i, 2, words.Text{EN: "student", JA: "生徒のネットワーク"})
		student = learnFrom(r, source, r.Scale(4000, 500))
		examine(student)
	}
	if r.Failed() {
		return
	}
	raise(student, test, class)
	examine(student)
	if r.Failed() {
		return
	}
	r.Measure("teacher: test accuracy", r.Accuracy(teacher, test))
	r.Measure("labels: test accuracy", all[0])
	r.Measure("labels: share of threes that are recognized", threes[0])
	r.Measure("teacher's probabilities: test accuracy", all[1])
	r.Measure("teacher's probabilities: share of threes that are recognized", threes[1])
	r.Measure("teacher's probabilities, bias raised: test accuracy", all[2])
	r.Measure("teacher's probabilities, bias raised: share of threes that are recognized", threes[2])
	r.Claim("labels never say three", threes[0] == 0)
	r.Claim("a three that was never seen", threes[1] > 0.05)
	r.Claim("most threes", threes[2] > 0.7 && all[2] > all[0]+0.03)
	r.Chart("students", plots.ChartOptions{
		Title: r.In(words.Text{EN: "Two students who have seen no three", JA: "3 を見たことのない 2 つの生徒"}),
		Y:     plots.Axis{Label: r.In(words.Text{EN: "right on the test set (%)", JA: "テストデータでの正解（%）"}), Zero: true},
	}, plots.Bars{
		Groups: []string{r.In(words.Text{EN: "taught by labels", JA: "ラベルで学習"}), r.In(words.Text{EN: "by the teacher", JA: "教師の確率で学習"}), r.In(words.Text{EN: "its bias raised", JA: "さらにバイアスを調整"})},
		Series: []plots.Series{
			{Name: r.In(words.Text{EN: "all digits", JA: "すべての数字"}), Values: scaled(all, 100)},
			{Name: r.In(words.Text{EN: "threes", JA: "数字の 3"}), Values: scaled(threes, 100)},
		}, Numbers: true,
	})
	drawTargets(r, training, soft, temperature)
}

// drawTargets draws what the teacher says of the first eight of the set, where
// it likens a digit to a three.
func drawTargets(r *lab.Run, data *datasets.Dataset, soft taught, temperature int) {
	best, likest := 0, float32(0)
	for i := range data.Len() {
		if p := soft.probabilities.Sample(i); p[3] > likest && nn.Argmax(p) == data.Labels[i] {
			best, likest = i, p[3]
		}
	}
	target := make([]float64, 10)
	target[data.Labels[best]] = 1
	var given []float64
	var names []string
	for k, p := range soft.probabilities.Sample(best) {
		given = append(given, float64(p))
		names = append(names, data.Classes[k])
	}
	image := r.Drawn(plots.Images([]plots.Picture{r.Picture(datasets.Tensor(data.Shape, data.Images[best]), 0)}, plots.ImagesOptions{
		Title: r.In(words.Text{EN: "A training image of class %s", JA: "クラス %s の訓練画像"}, data.Classes[data.Labels[best]]), Tile: 110,
	}))
	bars := r.Panel(plots.ChartOptions{
		Title: r.In(words.Text{EN: "What students are told of it", JA: "生徒に与える目標"}), Width: 360, Height: 200,
		X: plots.Axis{Label: r.In(words.Text{EN: "class", JA: "クラス"})}, Y: plots.Axis{Label: r.In(words.Text{EN: "target", JA: "目標の値"}), Zero: true},
	}, plots.Bars{Groups: names, Series: []plots.Series{
		{Name: r.In(words.Text{EN: "label", JA: "ラベル"}), Values: target},
		{Name: r.In(words.Text{EN: "teacher, temperature %d", JA: "教師（温度 %d）"}, temperature), Values: given},
	}})
	r.Grid("targets", plots.GridOptions{Columns: 2}, image, bars)
}

func distillation() lab.Experiment {
	share := words.Text{EN: "%s: share of threes that are recognized", JA: "%s：3 のうち認識した割合"}
	accuracy := words.Text{EN: "%s: test accuracy", JA: "%s：テストデータの正解率"}
	raised := words.Text{EN: "teacher's probabilities, bias raised", JA: "教師の確率、バイアスを調整"}
	byLabels, byTeacher := words.Text{EN: "labels", JA: "ラベル"}, words.Text{EN: "teacher's probabilities", JA: "教師の確率"}
	return lab.Experiment{
		ID: "distillation", Seconds: 25, Title: words.Text{EN: "Distillation: a student learns what it never saw", JA: "蒸留：見たことのないものを教わる"},
		Section: words.Text{EN: "Hinton and others 2015, section 3", JA: "Hinton ほか 2015、3 節"}, Version: 1,
		Setup: words.Text{
			EN: "The teacher is the SimpleConvNet of ch07. Two students of 784-30-10 learn from 20,000 training images (fast: 3,000) " +
				"without any 3, from the same initial weights, one by labels, one by the teacher's probabilities, which are the " +
				"softmax of its scores divided by a temperature of 10; Adam 0.002, batch 50, 4,000 updates (fast: 500, 2,000 test images). " +
				"The student's scores stand for those divided by the temperature: its answer is the largest either way. " +
				"At last the bias of the 3 is raised until a tenth of the test images are called one; Hinton and others raise it too.",
			JA: "教師は ch07 の SimpleConvNet です。784-30-10 の 2 つの生徒が、3 を除いた訓練画像 20,000 枚（fast では 3,000 枚）から、同じ初期値で学習します。" +
				"一方はラベルから、もう一方は教師の確率（スコアを温度 10 で割ってから Softmax に通したもの）から学びます。Adam 0.002、バッチサイズ 50、更新 4,000 回" +
				"（fast では 500 回、テスト画像 2,000 枚）。生徒のスコアは温度で割った後の値とみなします。最大のものが答えなので、答えは変わりません。" +
				"最後に、テスト画像の 10 分の 1 を 3 と答えるまで、3 のバイアスを上げます（Hinton らも同じように上げています）。",
		},
		Lesson: words.Text{
			EN: "A teacher's probabilities say more than a label: how much an 8 or a 5 is like a 3. From that alone a student " +
				"learns what a 3 is, of which it has seen none, but for how often one comes.",
			JA: "教師の確率は、ラベルより多くを語ります。ある 8 や 5 がどのくらい 3 に似ているか、ということもその 1 つです。生徒はそれだけで、" +
				"一度も見たことのない 3 がどんなものかを学びます。学べないのは、3 がどのくらいよく現れるかだけです。",
		},
		Rows: []lab.Row{
			lab.Shown(words.Text{EN: "teacher: test accuracy", JA: "教師：テストデータの正解率"}, "").As("%.4f"),
			lab.Shown(accuracy.With(byLabels), "").As("%.4f"),
			exactly(share.With(byLabels), 0),
			lab.Shown(accuracy.With(byTeacher), "").As("%.4f"),
			lab.Shown(share.With(byTeacher), "").As("%.3f"),
			lab.Shown(accuracy.With(raised), "").As("%.4f"),
			lab.Shown(share.With(raised), "").As("%.3f"),
		},
		Claims: map[string]words.Text{
			"labels never say three":      {EN: "the student of labels recognizes no three", JA: "ラベルで学んだ生徒は 3 を 1 つも認識しない"},
			"a three that was never seen": {EN: "the teacher's student recognizes one in twenty threes or more", JA: "教師の確率で学んだ生徒は、3 の 20 分の 1 以上を認識する"},
			"most threes":                 {EN: "with its bias raised it recognizes 70 % of the threes or more, and is 3 points better in all than the student of labels", JA: "バイアスを調整すると 3 の 70 % 以上を認識し、テスト画像全体でもラベルで学んだ生徒より 3 ポイント以上よい"},
		},
		Figures: map[string]words.Text{
			"students": {EN: "How many test images each student recognizes.", JA: "それぞれの生徒が認識したテスト画像の割合。"},
			"targets":  {EN: "The training image that the teacher likens most to a 3: its label, and what the teacher says.", JA: "教師が最も 3 に似ていると言う訓練画像の、ラベルと教師の確率。"},
		},
		Run: runDistillation,
	}
}
