package experiments

import (
	"math"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

var (
	beforeText = words.Text{EN: "before training", JA: "学習前"}
	afterText  = words.Text{EN: "after training", JA: "学習後"}
)

var edgesText = words.Text{EN: "edges and blobs", JA: "エッジやブロブ"}

func runConvolutionFilters(r *lab.Run) {
	untrained := newSimpleConvNet(r)
	net, _ := trainedSimpleConvNet(r)
	if r.Failed() {
		return
	}
	before, after := untrained.Params()[0].Value, net.Params()[0].Value
	noise, structure := neighbours(before), neighbours(after)
	r.Measure("correlation of neighbouring weights before", noise)
	r.Measure("correlation of neighbouring weights after", structure)
	r.Claim("noise becomes structure", math.Abs(noise) < 0.1 && structure > 0.2)
	r.Figure("filters", r.Drawn(plots.Filters([]plots.Bank{{Title: r.In(beforeText), Filters: before}, {Title: r.In(afterText), Filters: after}},
		plots.FilterOptions{
			Title: r.In(words.Text{EN: "First convolution of SimpleConvNet", JA: "SimpleConvNet の第 1 層のフィルター"}),
			Book:  true, Language: string(r.Language),
		})))

	image := landscape(92)
	alone := r.Network(image.Shape, nil, layers.Convolution{Filters: after.N, Kernel: after.H, Init: nn.Zero{}})
	if r.Failed() {
		return
	}
	weight := alone.Params()[0].Value
	for n := range after.N { // of length 1, so that weak filters are seen as well
		length := math.Sqrt(sumOfSquares(after.Sample(n)))
		for i, w := range after.Sample(n) {
			weight.Sample(n)[i] = w / float32(length)
		}
	}
	r.Figure("maps", r.Drawn(plots.FeatureMaps(
		[]string{r.In(words.Text{EN: "a picture", JA: "絵"}), r.In(words.Text{EN: "its feature maps", JA: "特徴マップ"})},
		[]*nn.Tensor{image, alone.Activations(image)[0]},
		plots.FeatureMapOptions{
			Title:   r.In(words.Text{EN: "The learned filters over a picture, in the same order", JA: "学習後のフィルターを絵に当てた結果（同じ並び順）"}),
			Filters: []*nn.Tensor{nil, weight}, Tile: 80, Language: string(r.Language),
		})))
}

// neighbours is the correlation of horizontally or vertically adjacent weights.
func neighbours(filters *nn.Tensor) float64 {
	var mean, variance, covariance float64
	for _, w := range filters.Data {
		mean += float64(w) / float64(len(filters.Data))
	}
	for _, w := range filters.Data {
		variance += math.Pow(float64(w)-mean, 2) / float64(len(filters.Data))
	}
	pairs := 0
	for n := range filters.N {
		filter := filters.Sample(n)
		at := func(i, j int) float64 { return float64(filter[i*filters.W+j]) - mean }
		for i := range filters.H {
			for j := range filters.W {
				if j+1 < filters.W {
					covariance += at(i, j) * at(i, j+1)
					pairs++
				}
				if i+1 < filters.H {
					covariance += at(i, j) * at(i+1, j)
					pairs++
				}
			}
		}
	}
	return covariance / float64(pairs) / variance
}

func sumOfSquares(values []float32) (sum float64) {
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return sum
}

// landscape is a picture of size×size pixels with edges of every direction: a
// mountain, the sun, waves and a gate.
func landscape(size int) *nn.Tensor {
	ink := func(x, y float64) float64 { // of a point in the unit square, y downward
		within := func(v, from, to float64) bool { return v >= from && v < to }
		switch {
		case within(y, 0.40, 0.46) && within(x, 0.50, 0.98), // the gate's beams and posts
			within(y, 0.53, 0.57) && within(x, 0.54, 0.94),
			within(y, 0.40, 0.95) && (within(x, 0.58, 0.64) || within(x, 0.84, 0.90)):
			return 1
		case y >= 0.66: // waves
			if math.Sin(2*math.Pi*(y*12+0.25*math.Sin(2*math.Pi*2*x))) > 0 {
				return 0.5
			}
			return 0.15
		case math.Hypot(x-0.8, y-0.2) < 0.13: // the sun
			return 0.8
		case y > 0.14 && math.Abs(x-0.33) < 0.06+0.6*(y-0.14): // the mountain and its snow
			if y < 0.27+0.03*math.Sin(50*x) {
				return 0
			}
			return 0.65
		}
		return 0.25 - 0.25*y // the sky
	}
	t := nn.NewTensor(1, nn.Shape{H: size, W: size, C: 1})
	const fine = 4 // a pixel is the mean of 4×4 points
	for i := range t.Data {
		for k := range fine * fine {
			x, y := float64(i%size)+(float64(k%fine)+0.5)/fine, float64(i/size)+(float64(k/fine)+0.5)/fine
			t.Data[i] += float32(ink(x/float64(size), y/float64(size)) / (fine * fine))
		}
	}
	return t
}

func convolutionFilters() lab.Experiment {
	return lab.Experiment{
		ID: "ch07-filters", Seconds: 0.1, Title: words.Text{EN: "What a convolution learns", JA: "畳み込み層が学習したもの"}, Chapter: 7, Section: words.Text{EN: "section 7.6.1", JA: "7.6.1 節"}, Version: 1,
		Setup: words.Text{
			EN: "The 30 filters of ch07-simple-convnet before and after training, and the learned ones, without bias and " +
				"scaled to length 1, over a picture, which is drawn here where the book has a photograph. Structure is measured by the correlation of " +
				"weights that are neighbours in a row or column of a filter, over all filters: 0 for noise, 1 where filters are flat.",
			JA: "ch07-simple-convnet の 30 個のフィルターの学習前と学習後です。さらに、学習後のフィルターを、バイアスなしで長さ 1 に揃" +
				"えて 1 枚の絵に当てます。本では写真ですが、ここではプログラムで描いた絵です。フィルターの中で縦横に隣り合う重みの相関" +
				"で、規則性を測ります。ランダムなら 0、一様なら 1 です。",
		},
		Lesson: words.Text{
			EN: "Training turns noise into edges and blobs: filters that answer where light changes, each in its direction.",
			JA: "学習すると、ランダムだったフィルターが、エッジ（色の境目）やブロブ（塊）に反応するようになります。それぞれが、" +
				"決まった向きの明るさの変化に反応します。",
		},
		Rows: []lab.Row{
			lab.Near(words.Text{EN: "correlation of neighbouring weights before", JA: "隣り合う重みの相関、学習前"}, 0, 0.1).As("%.3f"),
			lab.AtLeast(words.Text{EN: "correlation of neighbouring weights after", JA: "隣り合う重みの相関、学習後"}, "", 0.25).PublishedAs(edgesText).As("%.3f"),
		},
		Claims: map[string]words.Text{
			"noise becomes structure": {
				EN: "noise becomes structure: neighbouring weights are correlated after training, not before",
				JA: "ランダムなフィルターに規則性が生まれる。隣り合う重みは、学習前は無相関で、学習後は相関がある",
			},
		},
		Figures: map[string]words.Text{
			"filters": {EN: "The 30 filters before and after training (figure 7-24).", JA: "学習前と学習後の 30 個のフィルター（図 7-24）。"},
			"maps": {
				EN: "Orange where a filter answers, blue where its opposite would: each map has edges of its own direction (figure 7-25).",
				JA: "オレンジはフィルターが反応した場所、青は逆のパターンがある場所です。特徴マップごとに、違う向きのエッジが現れます（図 7-25）。",
			},
		},
		Run: runConvolutionFilters,
	}
}
