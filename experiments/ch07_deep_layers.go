package experiments

import (
	"fmt"
	"slices"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// depths are the layers that are looked into, by their place in the network:
// what a unit of each sees of the image, and how far apart its neighbours look.
var depths = []struct{ layer, sees, step int }{{1, 3, 1}, {4, 8, 2}, {7, 18, 4}}

func newThreeConvolutions(r *lab.Run) *nn.Sequential {
	conv := func(filters int) layers.Convolution { return layers.Convolution{Filters: filters, Kernel: 3, Pad: 1} }
	return r.Network(nn.Shape{H: 28, W: 28, C: 1}, r.Rand(1),
		conv(16), layers.ReLU{}, layers.Pooling{Size: 2},
		conv(24), layers.ReLU{}, layers.Pooling{Size: 2},
		conv(32), layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 10}, layers.Softmax{})
}

func runDeepLayers(r *lab.Run) {
	net := newThreeConvolutions(r)
	r.Fit(lab.Protocol{Net: net, Training: r.Training(), Batch: 100, Rule: optim.Adam{}, Rate: 0.002, Updates: r.Scale(2000, 120), Evaluate: -1})
	test := r.Test().Limit(r.Scale(2000, 500))
	accuracy := r.Accuracy(net, test)
	if r.Failed() {
		return
	}
	images := nn.NewTensor(test.Len(), net.Input())
	for i := range test.Len() {
		copy(images.Sample(i), datasets.Tensor(test.Shape, test.Images[i]).Data)
	}
	values := net.Activations(images)
	var purity []float64
	var strongest [][]plots.Picture
	for _, d := range depths {
		p, pictures := strongestParts(r, images, values[d.layer], test.Labels, d.sees, d.step)
		purity, strongest = append(purity, p), append(strongest, pictures)
	}
	r.Measure("test accuracy", accuracy)
	for i, name := range []string{"first", "second", "third"} {
		r.Measure(name+" convolution: share of the commonest digit", purity[i])
	}
	r.Claim("deeper is about digits", purity[2] > purity[0]+0.1)
	var panels []plots.Figure
	for i, d := range depths {
		panels = append(panels, r.Drawn(plots.Images(strongest[i], plots.ImagesOptions{
			Title: r.In(words.Text{EN: "convolution %d sees %d×%d pixels", JA: "第 %d 畳み込み層：%d×%d ピクセルが見える"}, i+1, d.sees, d.sees), Columns: shownParts, Language: string(r.Language),
		})))
	}
	r.Grid("parts", plots.GridOptions{
		Title: r.In(words.Text{EN: "What excites four filters of each layer most", JA: "各層の 4 個のフィルターが最も強く反応する部分"}),
		Note:  r.In(words.Text{EN: "A row is a filter; the pieces are of test images.", JA: "1 行が 1 個のフィルターで、テスト画像から切り出した部分です。"}), Columns: 1,
	}, panels...)
}

// Of each filter so many images are counted, and so many of their parts shown.
const countedImages, shownParts = 20, 8

// strongestParts finds for each filter the images that excite it most, in which
// the share of the commonest digit is taken, and cuts out for four filters what
// the unit saw.
func strongestParts(r *lab.Run, images, values *nn.Tensor, labels []int, sees, step int) (purity float64, pictures []plots.Picture) {
	type peak struct {
		image, at int
		value     float32
	}
	used := 0
	for f := range values.C {
		var peaks []peak
		for n := range values.N {
			p := peak{image: n}
			for at := range values.H * values.W {
				if v := values.Sample(n)[at*values.C+f]; v > p.value {
					p.at, p.value = at, v
				}
			}
			peaks = append(peaks, p)
		}
		slices.SortStableFunc(peaks, func(a, b peak) int {
			switch {
			case a.value > b.value:
				return -1
			case a.value < b.value:
				return 1
			}
			return 0
		})
		if peaks[countedImages].value == 0 { // a dead filter
			continue
		}
		counts := [10]int{}
		for _, p := range peaks[:countedImages] {
			counts[labels[p.image]]++
		}
		purity += float64(slices.Max(counts[:])) / countedImages
		used++
		if used > 4 {
			continue
		}
		for _, p := range peaks[:shownParts] {
			top, left := p.at/values.W*step+(step-sees)/2, p.at%values.W*step+(step-sees)/2
			part := nn.NewTensor(1, nn.Shape{H: sees, W: sees, C: 1})
			for i := range sees {
				for j := range sees {
					if y, x := top+i, left+j; y >= 0 && y < images.H && x >= 0 && x < images.W {
						part.Data[i*sees+j] = images.Sample(p.image)[y*images.W+x]
					}
				}
			}
			pictures = append(pictures, r.Picture(part, 0, fmt.Sprint(labels[p.image])))
		}
	}
	return purity / float64(max(used, 1)), pictures
}

func deepLayers() lab.Experiment {
	return lab.Experiment{
		ID: "ch07-deep-layers", Seconds: 9, Title: words.Text{EN: "What deep layers see", JA: "深い層は何を見ているか"}, Chapter: 7, Section: words.Text{EN: "section 7.6.2", JA: "7.6.2 節"}, Version: 1,
		Setup: words.Text{
			EN: "Three 3×3 convolutions of 16, 24 and 32 filters, each with ReLU and 2×2 pooling, Adam 0.002, batch 100, 2,000 " +
				"updates (fast: 120). For each filter the 20 of 2,000 test images (fast: 500) that excite it most at any place; " +
				"the share of the commonest digit among them, mean over the filters. The book shows AlexNet's layers; this is " +
				"the same question to digits.",
			JA: "3×3 の畳み込み 3 層（16、24、32 フィルター、それぞれに ReLU と 2×2 のプーリング）を、Adam 0.002、バッチサイズ 100、" +
				"更新 2,000 回（fast では 120 回）で学習します。フィルターごとに、テスト画像 2,000 枚（fast では 500 枚）のうち、" +
				"どこかで最も強く反応した 20 枚を選び、最も多い数字の割合をフィルターで平均します。本は AlexNet の層を示していますが、" +
				"ここでは数字で同じことを調べます。",
		},
		Lesson: words.Text{
			EN: "Filters of the first layer answer to bits of strokes that all digits have; the deeper the layer, the more of the " +
				"image a unit sees, and the more it answers to one kind of digit.",
			JA: "最初の層のフィルターは、どの数字にもある線の一部に反応します。層が深いほど広い範囲が見え、特定の数字に反応するように" +
				"なります。",
		},
		Rows: []lab.Row{
			lab.AtLeast(testAccuracy, "", 0.97),
			lab.Shown(words.Text{EN: "first convolution: share of the commonest digit", JA: "第 1 畳み込み層：最も多い数字の割合"}, ""),
			lab.Shown(words.Text{EN: "second convolution: share of the commonest digit", JA: "第 2 畳み込み層：最も多い数字の割合"}, ""),
			lab.Shown(words.Text{EN: "third convolution: share of the commonest digit", JA: "第 3 畳み込み層：最も多い数字の割合"}, ""),
		},
		Claims: map[string]words.Text{
			"deeper is about digits": {EN: "filters of the third layer answer to one digit more than those of the first", JA: "第 3 層のフィルターは、第 1 層より特定の数字に反応する"},
		},
		Figures: map[string]words.Text{
			"parts": {EN: "From bits of strokes to parts of digits (as figure 7-26 for AlexNet).", JA: "線の一部から、数字の部分へ（図 7-26 に対応）。"},
		},
		Run: runDeepLayers,
	}
}
