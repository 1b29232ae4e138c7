package experiments

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// affineOf is a network of one hidden affine layer.
func affineOf(units int) []nn.Spec {
	return []nn.Spec{layers.Affine{Units: units}, layers.ReLU{}, layers.Affine{Units: 10}, layers.Softmax{}}
}

// convolutionOf is a network of two convolutions and no hidden affine layer.
func convolutionOf(filters int) []nn.Spec {
	return []nn.Spec{
		layers.Convolution{Filters: filters, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Convolution{Filters: 2 * filters, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 10}, layers.Softmax{},
	}
}

// The names of the rows, which are also what each claim measures.
var (
	rowRatio     = words.Text{EN: "1. parameters of the best affine network / of the smallest convolutional one as good", JA: "1. 最もよい全結合ネットワークのパラメーター数 ÷ それと同等な最小の畳み込みネットワークのパラメーター数"}
	rowAffineCut = words.Text{EN: "2. affine network: points lost by permuted pixels", JA: "2. 全結合：ピクセルの並べ替えで下がる正解率（ポイント）"}
	rowConvCut   = words.Text{EN: "2. convolutional network: points lost by permuted pixels", JA: "2. 畳み込み：ピクセルの並べ替えで下がる正解率（ポイント）"}
	rowAffine2   = words.Text{EN: "3. affine network: accuracy in % on digits moved by 2 pixels", JA: "3. 全結合：2 ピクセルずらした数字の正解率（%）"}
	rowConv2     = words.Text{EN: "3. convolutional network: accuracy in % on digits moved by 2 pixels", JA: "3. 畳み込み：2 ピクセルずらした数字の正解率（%）"}
	rowAffineGap = words.Text{EN: "4. affine network, 1,000 images: training minus test accuracy, points", JA: "4. 全結合、訓練画像 1,000 枚：訓練データとテストデータの正解率の差（ポイント）"}
	rowConvGap   = words.Text{EN: "4. convolutional network, 1,000 images: training minus test accuracy, points", JA: "4. 畳み込み、訓練画像 1,000 枚：訓練データとテストデータの正解率の差（ポイント）"}
	rowBefore    = words.Text{EN: "5. correlation of a filter's neighbouring weights before training", JA: "5. フィルターの隣り合う重みの相関、学習前"}
	rowAfter     = words.Text{EN: "5. correlation of a filter's neighbouring weights after training", JA: "5. フィルターの隣り合う重みの相関、学習後"}
	rowSigmoid   = words.Text{EN: "6. updates until the loss is 0.3: sigmoid", JA: "6. 損失が 0.3 になるまでの更新回数：シグモイド関数"}
	rowReLU      = words.Text{EN: "6. updates until the loss is 0.3: ReLU", JA: "6. 損失が 0.3 になるまでの更新回数：ReLU"}
)

func runAffineVsConv(r *lab.Run) {
	c := &contest{Run: r, training: r.Training(), test: r.Test().Limit(r.Scale(10_000, 1000)), epoch: r.Scale(600, 35)}
	c.parameters()
	c.permutation()
	c.shifts()
	c.fewImages()
	c.filters()
	c.activations()
}

// contest is what the claims share.
type contest struct {
	*lab.Run
	training, test *datasets.Dataset
	epoch          int            // updates
	affine, conv   *nn.Sequential // of 100 units, of 16 filters, trained on the images as they are
	done           int            // trainings
}

// fit trains a network and returns it with its log.
func (c *contest) fit(specs []nn.Spec, data *datasets.Dataset, updates int, rule optim.Rule, rate float64) (*nn.Sequential, *lab.Log) {
	c.done++
	c.Part(c.done-1, c.Scale(26, 15), words.Text{EN: "training", JA: "学習中"})
	net := c.Network(data.Shape, c.Rand(uint64(c.done)), specs...)
	return net, c.Fit(lab.Protocol{
		Net: net, Training: data, Test: c.test, Batch: 100, Rule: rule, Rate: rate, Updates: updates,
		LogLoss: rule == optim.SGD{}, Evaluate: -1,
	})
}

// adam trains with what most claims share.
func (c *contest) adam(specs []nn.Spec, data *datasets.Dataset, updates int) *nn.Sequential {
	net, _ := c.fit(specs, data, updates, optim.Adam{}, 0.001)
	return net
}

// percent is a network's accuracy in percent.
func (c *contest) percent(net *nn.Sequential, data *datasets.Dataset) float64 {
	return 100 * c.Accuracy(net, data)
}

// parameters is claim 1: as many mistakes with far fewer parameters.
func (c *contest) parameters() {
	units, filters := []int{5, 10, 20, 50, 100, 200, 500, 1000}, []int{1, 2, 4, 8, 16}
	if c.Fast {
		units, filters = []int{10, 100, 300}, []int{2, 4, 16}
	}
	var rows [][]any
	measure := func(kind string, size int, specs []nn.Spec) (*nn.Sequential, plotter.XY) {
		net := c.adam(specs, c.training, 5*c.epoch)
		if c.Failed() {
			return nil, plotter.XY{}
		}
		p := plotter.XY{X: float64(nn.CountParams(net.Params())), Y: 100 - c.percent(net, c.test)}
		rows = append(rows, []any{kind, size, p.X, p.Y})
		return net, p
	}
	var affine, conv plotter.XYs
	for _, n := range units {
		net, p := measure("affine", n, affineOf(n))
		if affine = append(affine, p); n == 100 {
			c.affine = net
		}
	}
	for _, n := range filters {
		net, p := measure("convolution", n, convolutionOf(n))
		if conv = append(conv, p); n == 16 {
			c.conv = net
		}
	}
	best := slices.MinFunc(affine, func(a, b plotter.XY) int { return cmp.Compare(a.Y, b.Y) })
	ratio := 0.0 // if none is as good
	for _, p := range slices.Backward(conv) {
		if p.Y <= best.Y {
			ratio = best.X / p.X
		}
	}
	c.Measure(rowRatio.EN, ratio)
	c.Claim("1. a tenth of the parameters", ratio >= 10)
	c.CSV("parameters", []string{"network", "size", "parameters", "test error %"}, rows)
	c.Chart("parameters", plots.ChartOptions{
		Title: c.In(words.Text{EN: "1. Parameters and errors", JA: "1. パラメーター数と誤り率"}),
		X:     plots.Axis{Label: c.In(words.Text{EN: "parameters", JA: "パラメーター数"}), Log: true}, Y: plots.Axis{Label: c.In(words.Text{EN: "test error in %", JA: "テストデータの誤り率（%）"}), Log: true},
	}, plots.Curve{Name: c.In(words.Text{EN: "one hidden affine layer", JA: "全結合の隠れ層 1 つ"}), Points: affine, Markers: true},
		plots.Curve{Name: c.In(words.Text{EN: "two convolutions", JA: "畳み込み層 2 つ"}), Points: conv, Markers: true})
}

// permutation is claim 2: an affine layer does not know where a pixel is.
func (c *contest) permutation() {
	order := c.Rand(1000).Perm(c.training.Size())
	training, test := permuted(c.training, order), permuted(c.test, order)
	var plain, mixed []float64
	for _, n := range []struct {
		net   *nn.Sequential
		specs []nn.Spec
	}{{c.affine, affineOf(100)}, {c.conv, convolutionOf(16)}} {
		net := c.adam(n.specs, training, 5*c.epoch)
		plain = append(plain, c.percent(n.net, c.test))
		mixed = append(mixed, c.percent(net, test))
	}
	c.Measure(rowAffineCut.EN, plain[0]-mixed[0])
	c.Measure(rowConvCut.EN, plain[1]-mixed[1])
	c.Claim("2. permuted pixels", plain[1]-mixed[1] > plain[0]-mixed[0])
	errors := func(accuracies []float64) (list []float64) {
		for _, a := range accuracies {
			list = append(list, 100-a)
		}
		return list
	}
	if c.Failed() {
		return
	}
	bars := c.Panel(plots.ChartOptions{
		Title: c.In(words.Text{EN: "2. The same pixels in another order", JA: "2. ピクセルの並べ替え"}), Y: plots.Axis{Label: c.In(words.Text{EN: "test error in %", JA: "テストデータの誤り率（%）"})}, Width: 300, Height: 230,
	}, plots.Bars{Numbers: true, Groups: []string{c.In(words.Text{EN: "affine", JA: "全結合"}), c.In(words.Text{EN: "convolutional", JA: "畳み込み"})}, Series: []plots.Series{
		{Name: c.In(words.Text{EN: "images as they are", JA: "元の画像"}), Values: errors(plain)}, {Name: c.In(words.Text{EN: "pixels permuted", JA: "ピクセルを並べ替え"}), Values: errors(mixed)},
	}})
	var pictures []plots.Picture
	for _, data := range []*datasets.Dataset{c.test, test} {
		for i := range 3 {
			pictures = append(pictures, c.Picture(datasets.Tensor(data.Shape, data.Images[i]), 0))
		}
	}
	images := c.Drawn(plots.Images(pictures, plots.ImagesOptions{Title: c.In(words.Text{EN: "As they are, and permuted", JA: "元の画像と、並べ替えた画像"}), Columns: 3, Tile: 80}))
	c.Grid("permutation", plots.GridOptions{Columns: 2}, bars, images)
}

// permuted is the images with their pixels in another order.
func permuted(data *datasets.Dataset, order []int) *datasets.Dataset {
	p := *data
	p.Images = make([][]byte, len(data.Images))
	for i, image := range data.Images {
		p.Images[i] = make([]byte, len(image))
		for k, from := range order {
			p.Images[i][k] = image[from]
		}
	}
	return &p
}

// moved is the images, every fourth moved down, up, right and left.
func moved(data *datasets.Dataset, pixels int) *datasets.Dataset {
	m := *data
	m.Images = make([][]byte, len(data.Images))
	for i, image := range data.Images {
		by := [][2]int{{pixels, 0}, {-pixels, 0}, {0, pixels}, {0, -pixels}}[i%4]
		m.Images[i] = shifted(image, data.Shape, by[0], by[1])
	}
	return &m
}

// shifts is claim 3: a pattern that moved is the same pattern to a convolution.
func (c *contest) shifts() {
	var affine, conv plotter.XYs
	var rows [][]any
	for by := range 5 {
		data := moved(c.test, by)
		a, v := c.percent(c.affine, data), c.percent(c.conv, data)
		affine = append(affine, plotter.XY{X: float64(by), Y: a})
		conv = append(conv, plotter.XY{X: float64(by), Y: v})
		rows = append(rows, []any{by, a, v})
	}
	c.Measure(rowAffine2.EN, affine[2].Y)
	c.Measure(rowConv2.EN, conv[2].Y)
	c.Claim("3. moved digits", conv[2].Y-conv[0].Y > affine[2].Y-affine[0].Y)
	c.CSV("shifts", []string{"pixels", "affine %", "convolutional %"}, rows)
	c.Chart("shifts", plots.ChartOptions{
		Title: c.In(words.Text{EN: "3. Digits moved at test time", JA: "3. テストのときに数字をずらす"}),
		X:     plots.Axis{Label: c.In(words.Text{EN: "pixels moved", JA: "ずらしたピクセル数"})}, Y: plots.Axis{Label: c.In(words.Text{EN: "test accuracy in %", JA: "テストデータの正解率（%）"})},
	}, plots.Curve{Name: c.In(words.Text{EN: "affine, 100 units", JA: "全結合、100 ユニット"}), Points: affine, Markers: true},
		plots.Curve{Name: c.In(words.Text{EN: "convolutional, 16 filters", JA: "畳み込み、16 フィルター"}), Points: conv, Markers: true})
}

// fewImages is claim 4: what is built in need not be learned from examples.
func (c *contest) fewImages() {
	sizes := []int{300, 1000, 3000, 10_000}
	if c.Fast {
		sizes = []int{300, 1000}
	}
	updates := c.Scale(2000, 150)
	curves := make([]plotter.XYs, 4) // training and test of one, then of the other
	var rows [][]any
	for _, n := range sizes {
		data := c.training.Limit(n)
		row := []any{n}
		for k, specs := range [][]nn.Spec{affineOf(100), convolutionOf(16)} {
			net := c.adam(specs, data, updates)
			for j, d := range []*datasets.Dataset{data, c.test} {
				a := c.percent(net, d)
				curves[2*k+j] = append(curves[2*k+j], plotter.XY{X: float64(n), Y: a})
				row = append(row, a)
			}
		}
		rows = append(rows, row)
	}
	gap := func(k int) float64 { return curves[k][1].Y - curves[k+1][1].Y } // of 1,000 images
	c.Measure(rowAffineGap.EN, gap(0))
	c.Measure(rowConvGap.EN, gap(2))
	c.Claim("4. over-fits less", gap(2) < gap(0))
	c.Claim("4. better with 300", curves[3][0].Y > curves[1][0].Y)
	c.CSV("few_images", []string{"images", "affine train %", "affine test %", "convolutional train %", "convolutional test %"}, rows)
	c.Chart("few_images", plots.ChartOptions{
		Title: c.In(words.Text{EN: "4. Few images", JA: "4. 訓練画像が少ないとき"}),
		X:     plots.Axis{Label: c.In(words.Text{EN: "training images", JA: "訓練画像の枚数"}), Log: true}, Y: plots.Axis{Label: c.In(words.Text{EN: "accuracy in %", JA: "正解率（%）"})},
	}, plots.Curve{Name: c.In(words.Text{EN: "affine, training", JA: "全結合、訓練データ"}), Points: curves[0], Markers: true},
		plots.Curve{Name: c.In(words.Text{EN: "affine, test", JA: "全結合、テストデータ"}), Points: curves[1], Markers: true},
		plots.Curve{Name: c.In(words.Text{EN: "convolutional, training", JA: "畳み込み、訓練データ"}), Points: curves[2], Markers: true},
		plots.Curve{Name: c.In(words.Text{EN: "convolutional, test", JA: "畳み込み、テストデータ"}), Points: curves[3], Markers: true})
}

// filters is claim 5: filters become edges and blobs, and find them.
func (c *contest) filters() {
	const n = 16
	small := nn.Normal{Std: 0.01}
	specs := []nn.Spec{
		layers.Convolution{Filters: n, Kernel: 5, Init: small}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 100, Init: small}, layers.ReLU{}, layers.Affine{Units: 10, Init: small}, layers.Softmax{},
	}
	untrained := c.Network(c.training.Shape, c.Rand(uint64(c.done+1)), specs...) // as fit draws it
	net := c.adam(specs, c.training, 3*c.epoch)
	if c.Failed() {
		return
	}
	before, after := untrained.Params()[0].Value, net.Params()[0].Value
	c.Measure(rowBefore.EN, neighbours(before))
	c.Measure(rowAfter.EN, neighbours(after))
	c.Claim("5. neighbours alike", neighbours(after) > neighbours(before)+0.2)
	found := favourites(net, c.test.Limit(c.Scale(2000, 500)), c.Scale(100, 25))
	c.Figure("filters", c.Drawn(plots.Filters([]plots.Bank{
		{Title: c.In(beforeText), Filters: before}, {Title: c.In(afterText), Filters: after},
		{Title: c.In(words.Text{EN: "what excites it", JA: "強く反応した部分"}), Filters: found},
	}, plots.FilterOptions{Title: c.In(words.Text{EN: "5. Filters, and the mean of the patches that excite each most", JA: "5. フィルターと、最も強く反応した部分の平均"}), Book: true, Language: string(c.Language)})))
	x := datasets.Tensor(c.test.Shape, c.test.Images[0])
	maps := net.Activations(x)
	c.Figure("features", c.Drawn(plots.FeatureMaps([]string{
		c.In(words.Text{EN: "input", JA: "入力"}), c.In(words.Text{EN: "convolution", JA: "畳み込み"}), c.In(words.Text{EN: "ReLU, pooling", JA: "ReLU、プーリング"}),
	}, []*nn.Tensor{x, maps[0], maps[2]},
		plots.FeatureMapOptions{Title: c.In(words.Text{EN: "5. What the filters find in a digit", JA: "5. 数字の中にフィルターが見つけたもの"}), Filters: []*nn.Tensor{nil, after, nil}, Language: string(c.Language)})))
}

// favourites is for each filter of the first layer the mean of the given number
// of patches that it answers to most, at most one of an image.
func favourites(net *nn.Sequential, data *datasets.Dataset, number int) *nn.Tensor {
	type patch struct {
		answer             float32
		image, row, column int
	}
	x := datasets.Tensor(data.Shape, data.Images...)
	y := net.Activations(x)[0]
	filters := net.Params()[0].Value
	mean := nn.NewTensor(filters.N, filters.Shape)
	for f := range filters.N {
		var best []patch
		for n := range y.N {
			top := patch{answer: float32(math.Inf(-1))}
			answers := y.Sample(n)
			for k := f; k < len(answers); k += y.C {
				if answers[k] > top.answer {
					top = patch{answers[k], n, k / y.C / y.W, k / y.C % y.W}
				}
			}
			best = append(best, top)
		}
		slices.SortStableFunc(best, func(a, b patch) int { return cmp.Compare(b.answer, a.answer) })
		m := mean.Sample(f)
		for _, p := range best[:number] {
			image := x.Sample(p.image)
			for i := range m {
				m[i] += image[(p.row+i/filters.W)*x.W+p.column+i%filters.W] / float32(number)
			}
		}
	}
	return mean
}

// activations is claim 6: the sigmoid's slope, at most 1/4 a layer, slows the
// first layers.
func (c *contest) activations() {
	network := func(activation nn.Spec, init nn.Initializer) []nn.Spec {
		return []nn.Spec{
			layers.Convolution{Filters: 16, Kernel: 5, Init: init}, activation, layers.Pooling{Size: 2},
			layers.Convolution{Filters: 32, Kernel: 5, Init: init}, activation, layers.Pooling{Size: 2},
			layers.Affine{Units: 10, Init: init}, layers.Softmax{},
		}
	}
	const goal = 0.3
	var curves []plots.Curve
	var losses []lab.Numbers
	var needed []float64
	for _, n := range []struct {
		name, row words.Text
		specs     []nn.Spec
	}{
		{words.Text{EN: "sigmoid", JA: "シグモイド関数"}, rowSigmoid, network(layers.Sigmoid{}, nn.Xavier{})},
		{words.Text{EN: "ReLU", JA: "ReLU"}, rowReLU, network(layers.ReLU{}, nn.He{})},
	} {
		_, log := c.fit(n.specs, c.training, c.Scale(2000, 150), optim.SGD{}, 0.1)
		line := log.Loss.Curve(c.In(n.name))
		line.Smooth = -1
		curves, losses = append(curves, line), append(losses, log.Loss)
		updates := until(log.Loss, goal)
		needed = append(needed, updates)
		c.Measure(n.row.EN, updates)
	}
	c.Claim("6. half the updates", needed[1] < needed[0]/2)
	c.CSV("activations", []string{"update", "sigmoid", "ReLU"}, lab.Columns(losses...))
	c.Figure("activations", c.Drawn(plots.Loss(curves, plots.LossOptions{Language: string(c.Language), Classes: 10, Title: c.In(words.Text{EN: "6. Sigmoid and ReLU in the convolutional network", JA: "6. 畳み込みネットワークのシグモイド関数と ReLU"})})))
}

// until is the number of updates until the mean loss of 20 is below goal, or of
// all if it never is.
func until(loss lab.Numbers, goal float64) float64 {
	const window = 20
	for i := window; i <= len(loss); i++ {
		if loss[i-window:i].Mean() < goal {
			return float64(i)
		}
	}
	return float64(len(loss))
}

func affineVsConv() lab.Experiment {
	return lab.Experiment{
		ID: "affine-vs-conv", Seconds: 55, Title: words.Text{EN: "Affine layers against convolutions", JA: "全結合層と畳み込み層の比較"}, Version: 1,
		Section: words.Text{
			EN: "sections 7.1 and 7.2, and what articles on affine and convolutional layers claim",
			JA: "7.1、7.2 節と、全結合層と畳み込み層についての解説記事",
		},
		Setup: words.Text{
			EN: "Six claims, tried on networks with one hidden affine layer (784-n-10) and with two convolutions (n filters 5×5, " +
				"pooling, 2n filters 5×5, pooling, affine 10), ReLU, He, Adam 0.001, batch 100. (1) Both of many sizes, 5 epochs. " +
				"(2) 100 units and 16 filters, 5 epochs, on images whose pixels stand in another order, the same for all. (3) The " +
				"networks of (1) on test images moved up, down, left or right. (4) Both on the first 300 to 10,000 images, 2,000 " +
				"updates. (5) 16 filters from Normal(.01), as the book's SimpleConvNet, 3 epochs. (6) The convolutional network with " +
				"sigmoid, Xavier, and with ReLU, He: SGD 0.1, 2,000 updates. The articles give no figures, so what is accepted " +
				"is our reading of their words.",
			JA: "解説記事によくある 6 つの主張を確かめます。隠れ層が 1 つの全結合ネットワーク（784-n-10）と、畳み込み層が 2 つのネット" +
				"ワーク（5×5 のフィルター n 個、プーリング、5×5 のフィルター 2n 個、プーリング、全結合層 10）を使い、" +
				"ReLU、He の初期値、Adam 0.001、バッチサイズ 100 で学習します。（1）いろいろな大きさで 5 エポック。（2）100 ユニットと 16 フ" +
				"ィルターで 5 エポック、全部の画像のピクセルを同じ規則で並べ替えます。（3）（1）のネットワークで、上下左右にずらしたテス" +
				"ト画像を認識します。（4）最初の 300～10,000 枚で、更新 2,000 回。（5）標準偏差 0.01 から始めた 16 個のフィルター（本の" +
				" SimpleConvNet と同じ）を 3 エポック。（6）畳み込みネットワークで、シグモイド関数と Xavier の初期値、" +
				"ReLU と He の初期値を比べます。SGD 0.1、更新 2,000 回。記事に数値はないので、許容範囲は、記事の言葉をもとに決めました。",
		},
		Lesson: words.Text{
			EN: "A convolution knows that neighbouring pixels belong together and that a pattern means the same everywhere; " +
				"where that is true it needs fewer parameters and fewer images.",
			JA: "畳み込み層は、隣り合うピクセルに関係があること、同じパターンはどこにあっても同じ意味を持つことを前提にしています。" +
				"その前提が成り立つデータなら、少ないパラメーターと少ない画像で学習できます。",
		},
		Rows: []lab.Row{
			lab.AtLeast(rowRatio, "", 10).PublishedAs(words.Text{EN: "far more than 1", JA: "1 よりずっと大きい"}).As("%.0f"),
			lab.Near(rowAffineCut, 0, 0.5).As("%.2f"),
			lab.AtLeast(rowConvCut, "", 0.5).PublishedAs(words.Text{EN: "a loss", JA: "下がる"}).As("%.2f"),
			lab.Shown(rowAffine2, "").As("%.1f"),
			lab.Shown(rowConv2, "").PublishedAs(words.Text{EN: "more than affine", JA: "全結合より高い"}).As("%.1f"),
			lab.Shown(rowAffineGap, "").As("%.1f"),
			lab.Shown(rowConvGap, "").PublishedAs(words.Text{EN: "less than affine", JA: "全結合より小さい"}).As("%.1f"),
			lab.Near(rowBefore, 0, 0.1).As("%.2f"),
			lab.AtLeast(rowAfter, "", 0.3).PublishedAs(edgesText).As("%.2f"),
			lab.Shown(rowSigmoid, "").PublishedAs(words.Text{EN: "more than ReLU", JA: "ReLU より多い"}).As("%.0f"),
			lab.Shown(rowReLU, "").As("%.0f"),
		},
		Claims: map[string]words.Text{
			"1. a tenth of the parameters": {
				EN: "1. a convolutional network with a tenth of the parameters does as well as the best affine one",
				JA: "1. 10 分の 1 のパラメーターの畳み込みネットワークが、最もよい全結合ネットワークと同等以上になる",
			},
			"2. permuted pixels": {
				EN: "2. permuted pixels cost the convolutional network more than the affine one",
				JA: "2. ピクセルを並べ替えると、畳み込みネットワークのほうが正解率を大きく落とす",
			},
			"3. moved digits":     {EN: "3. the convolutional network keeps more of its accuracy on moved digits", JA: "3. ずらした数字では、畳み込みネットワークのほうが正解率を保つ"},
			"4. over-fits less":   {EN: "4. the convolutional network over-fits 1,000 images less", JA: "4. 訓練画像 1,000 枚では、畳み込みネットワークのほうが過学習が少ない"},
			"4. better with 300":  {EN: "4. it is the better one with 300 images too", JA: "4. 訓練画像 300 枚でも、畳み込みネットワークのほうが正解率が高い"},
			"5. neighbours alike": {EN: "5. training makes neighbouring weights of a filter alike", JA: "5. 学習すると、フィルターの隣り合う重みが似てくる"},
			"6. half the updates": {EN: "6. ReLU needs less than half of the sigmoid's updates", JA: "6. ReLU に必要な更新回数は、シグモイド関数の半分より少ない"},
		},
		Figures: map[string]words.Text{
			"parameters": {EN: "Each point is a network after the same training.", JA: "1 つの点が、同じ方法で学習した 1 つのネットワークです。"},
			"permutation": {
				EN: "An affine network sees the permuted pixels just as well; a convolutional one does not.",
				JA: "全結合ネットワークは並べ替えた画像も同じように認識しますが、畳み込みネットワークはそうではありません。",
			},
			"shifts":     {EN: "Neither network saw a moved digit in training.", JA: "どちらのネットワークも、学習のときにずらした数字は見ていません。"},
			"few_images": {EN: "The gap between training and test accuracy is over-fitting.", JA: "訓練データとテストデータの正解率の差が、過学習の度合いです。"},
			"filters": {
				EN: "A filter and the pieces of test images that it answers to: strokes and edges of one direction. " +
					"Each is drawn from its lowest value, white, to its highest, black.",
				JA: "フィルターと、それが強く反応したテスト画像の部分です。決まった向きの線やエッジが現れます。それぞれ最小値が白、" +
					"最大値が黒です。",
			},
			"features":    {EN: "Each map shows where its filter found its pattern.", JA: "特徴マップは、フィルターの探すパターンがどこにあったかを示します。"},
			"activations": {EN: "The loss of each batch.", JA: "バッチごとの損失。"},
		},
		Run: runAffineVsConv,
	}
}
