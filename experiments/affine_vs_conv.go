package experiments

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"tatami/datasets"
	"tatami/experiments/lab"
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
const (
	rowRatio     = "1. parameters of the best affine network / of the smallest convolutional one as good"
	rowAffineCut = "2. affine network: points lost by permuted pixels"
	rowConvCut   = "2. convolutional network: points lost by permuted pixels"
	rowAffine2   = "3. affine network: accuracy in % on digits moved by 2 pixels"
	rowConv2     = "3. convolutional network: accuracy in % on digits moved by 2 pixels"
	rowAffineGap = "4. affine network, 1,000 images: training minus test accuracy, points"
	rowConvGap   = "4. convolutional network, 1,000 images: training minus test accuracy, points"
	rowBefore    = "5. correlation of a filter's neighbouring weights before training"
	rowAfter     = "5. correlation of a filter's neighbouring weights after training"
	rowSigmoid   = "6. updates until the loss is 0.3: sigmoid"
	rowReLU      = "6. updates until the loss is 0.3: ReLU"
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
	c.Status("training %d", c.done)
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
	c.Measure(rowRatio, ratio)
	c.Claim("1. a tenth of the parameters", ratio >= 10)
	c.CSV("parameters", []string{"network", "size", "parameters", "test error %"}, rows)
	c.Chart("parameters", plots.ChartOptions{
		Title: "1. Parameters and errors",
		X:     plots.Axis{Label: "parameters", Log: true}, Y: plots.Axis{Label: "test error in %", Log: true},
	}, plots.Curve{Name: "one hidden affine layer", Points: affine, Markers: true},
		plots.Curve{Name: "two convolutions", Points: conv, Markers: true})
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
	c.Measure(rowAffineCut, plain[0]-mixed[0])
	c.Measure(rowConvCut, plain[1]-mixed[1])
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
	bars := c.Drawn(plots.Chart(plots.ChartOptions{
		Title: "2. The same pixels in another order", Y: plots.Axis{Label: "test error in %"}, Width: 300, Height: 230,
	}, plots.Bars{Groups: []string{"affine", "convolutional"}, Series: []plots.Series{
		{Name: "images as they are", Values: errors(plain)}, {Name: "pixels permuted", Values: errors(mixed)},
	}}))
	var pictures []plots.Picture
	for _, data := range []*datasets.Dataset{c.test, test} {
		for i := range 3 {
			pictures = append(pictures, c.Picture(datasets.Tensor(data.Shape, data.Images[i]), 0))
		}
	}
	images := c.Drawn(plots.Images(pictures, plots.ImagesOptions{Title: "As they are, and permuted", Columns: 3, Tile: 80}))
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
	c.Measure(rowAffine2, affine[2].Y)
	c.Measure(rowConv2, conv[2].Y)
	c.Claim("3. moved digits", conv[2].Y-conv[0].Y > affine[2].Y-affine[0].Y)
	c.CSV("shifts", []string{"pixels", "affine %", "convolutional %"}, rows)
	c.Chart("shifts", plots.ChartOptions{
		Title: "3. Digits moved at test time",
		X:     plots.Axis{Label: "pixels moved"}, Y: plots.Axis{Label: "test accuracy in %"},
	}, plots.Curve{Name: "affine, 100 units", Points: affine, Markers: true},
		plots.Curve{Name: "convolutional, 16 filters", Points: conv, Markers: true})
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
	c.Measure(rowAffineGap, gap(0))
	c.Measure(rowConvGap, gap(2))
	c.Claim("4. over-fits less", gap(2) < gap(0))
	c.Claim("4. better with 300", curves[3][0].Y > curves[1][0].Y)
	c.CSV("few_images", []string{"images", "affine train %", "affine test %", "convolutional train %", "convolutional test %"}, rows)
	c.Chart("few_images", plots.ChartOptions{
		Title: "4. Few images",
		X:     plots.Axis{Label: "training images", Log: true}, Y: plots.Axis{Label: "accuracy in %"},
	}, plots.Curve{Name: "affine, training", Points: curves[0], Markers: true},
		plots.Curve{Name: "affine, test", Points: curves[1], Markers: true},
		plots.Curve{Name: "convolutional, training", Points: curves[2], Markers: true},
		plots.Curve{Name: "convolutional, test", Points: curves[3], Markers: true})
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
	c.Measure(rowBefore, neighbours(before))
	c.Measure(rowAfter, neighbours(after))
	c.Claim("5. neighbours alike", neighbours(after) > neighbours(before)+0.2)
	found := favourites(net, c.test.Limit(c.Scale(2000, 500)), c.Scale(100, 25))
	c.Figure("filters", c.Drawn(plots.Filters([]plots.Bank{
		{Title: "before training", Filters: before}, {Title: "after training", Filters: after},
		{Title: "what excites it", Filters: found},
	}, plots.FilterOptions{Title: "5. Filters, and the mean of the patches that excite each most", Book: true})))
	x := datasets.Tensor(c.test.Shape, c.test.Images[0])
	maps := net.Activations(x)
	c.Figure("features", c.Drawn(plots.FeatureMaps([]string{"input", "convolution", "ReLU, pooling"}, []*nn.Tensor{x, maps[0], maps[2]},
		plots.FeatureMapOptions{Title: "5. What the filters find in a digit", Limit: n})))
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
		name, row string
		specs     []nn.Spec
	}{
		{"sigmoid", rowSigmoid, network(layers.Sigmoid{}, nn.Xavier{})},
		{"ReLU", rowReLU, network(layers.ReLU{}, nn.He{})},
	} {
		_, log := c.fit(n.specs, c.training, c.Scale(2000, 150), optim.SGD{}, 0.1)
		line := log.Loss.Curve(n.name)
		line.Smooth = -1
		curves, losses = append(curves, line), append(losses, log.Loss)
		updates := until(log.Loss, goal)
		needed = append(needed, updates)
		c.Measure(n.row, updates)
	}
	c.Claim("6. half the updates", needed[1] < needed[0]/2)
	c.CSV("activations", []string{"update", "sigmoid", "ReLU"}, lab.Columns(losses...))
	c.Figure("activations", c.Drawn(plots.Loss(curves, plots.LossOptions{Title: "6. Sigmoid and ReLU in the convolutional network"})))
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
		ID: "affine-vs-conv", Title: "Affine layers against convolutions", Version: 1,
		Section: "sections 7.1 and 7.2, and what articles on affine and convolutional layers claim",
		Setup: "Six claims, tried on networks with one hidden affine layer (784-n-10) and with two convolutions (n filters 5×5, " +
			"pooling, 2n filters 5×5, pooling, affine 10), ReLU, He, Adam 0.001, batch 100. (1) Both of many sizes, 5 epochs. " +
			"(2) 100 units and 16 filters, 5 epochs, on images whose pixels stand in another order, the same for all. (3) The " +
			"networks of (1) on test images moved up, down, left or right. (4) Both on the first 300 to 10,000 images, 2,000 " +
			"updates. (5) 16 filters from Normal(.01), as the book's SimpleConvNet, 3 epochs. (6) The convolutional network with " +
			"sigmoid, Xavier, and with ReLU, He: SGD 0.1, 2,000 updates. The articles give no figures, so what is accepted " +
			"is our reading of their words.",
		Lesson: "A convolution knows that neighbouring pixels belong together and that a pattern means the same everywhere; " +
			"where that is true it needs fewer parameters and fewer images.",
		Rows: []lab.Row{
			lab.AtLeast(rowRatio, "far more than 1", 10).As("%.0f"),
			lab.Near(rowAffineCut, 0, 0.5).As("%.2f"),
			lab.AtLeast(rowConvCut, "a loss", 0.5).As("%.2f"),
			lab.Shown(rowAffine2, "").As("%.1f"),
			lab.Shown(rowConv2, "more than affine").As("%.1f"),
			lab.Shown(rowAffineGap, "").As("%.1f"),
			lab.Shown(rowConvGap, "less than affine").As("%.1f"),
			lab.Near(rowBefore, 0, 0.1).As("%.2f"),
			lab.AtLeast(rowAfter, "edges and blobs", 0.3).As("%.2f"),
			lab.Shown(rowSigmoid, "more than ReLU").As("%.0f"),
			lab.Shown(rowReLU, "").As("%.0f"),
		},
		Claims: lab.Texts{
			"1. a tenth of the parameters": "1. a convolutional network with a tenth of the parameters does as well as the best affine one",
			"2. permuted pixels":           "2. permuted pixels cost the convolutional network more than the affine one",
			"3. moved digits":              "3. the convolutional network keeps more of its accuracy on moved digits",
			"4. over-fits less":            "4. the convolutional network over-fits 1,000 images less",
			"4. better with 300":           "4. it is the better one with 300 images too",
			"5. neighbours alike":          "5. training makes neighbouring weights of a filter alike",
			"6. half the updates":          "6. ReLU needs less than half of the sigmoid's updates",
		},
		Figures: lab.Texts{
			"parameters":  "Each point is a network after the same training.",
			"permutation": "What an affine network sees just as well, a convolution does not.",
			"shifts":      "Neither network saw a moved digit in training.",
			"few_images":  "The gap between training and test accuracy is over-fitting.",
			"filters": "A filter and the pieces of test images that it answers to: strokes and edges of one direction. " +
				"Each is drawn from its lowest value, white, to its highest, black.",
			"features":    "Each map shows where its filter found its pattern.",
			"activations": "The loss of each batch.",
		},
		Run: runAffineVsConv,
	}
}
