package experiments

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/plot/plotter"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

func runHalfPrecision(r *lab.Run) {
	test := r.Test().Limit(r.Scale(10_000, 1000))
	net, _ := trainedDeepConvNet(r)
	if r.Failed() {
		return
	}
	full, before := answers(r, net, test)
	bits := []int{10, 8, 6, 4, 3, 2, 1, 0} // of the significand, after its leading one
	points := make(plotter.XYs, len(bits))
	var rows [][]any
	for i, kept := range bits {
		r.Part(i, len(bits), words.Text{EN: "%d bits", JA: "%d ビット"}, kept)
		rounded := inPrecision(r, net, rounding{kept})
		if r.Failed() {
			return
		}
		given, accuracy := answers(r, rounded, test)
		changed := 0
		for k := range given {
			if given[k] != full[k] {
				changed++
			}
		}
		points[i] = plotter.XY{X: float64(kept), Y: 100 * accuracy}
		rows = append(rows, []any{kept, accuracy, changed})
		if kept == 10 {
			r.Measure("test accuracy in float32", before)
			r.Measure("test accuracy in float16", accuracy)
			r.Measure("difference", accuracy-before)
			r.Measure("answers that change", float64(changed))
			r.Claim("float16 suffices", math.Abs(accuracy-before) <= 0.001)
		}
	}
	r.CSV("bits", []string{"bits after the leading one", "accuracy", "answers that change"}, rows)
	r.Chart("bits", plots.ChartOptions{
		Title: r.In(words.Text{EN: "DeepConvNet with rounded parameters and activations", JA: "パラメーターと各層の出力を丸めた DeepConvNet"}),
		Note:  r.In(words.Text{EN: "float32 has 23 bits after the leading one: %.2f %%.", JA: "float32 の仮数部は 23 ビットで、正解率は %.2f %% です。"}, 100*before),
		X:     plots.Axis{Label: r.In(words.Text{EN: "bits after the leading one (float16: 10)", JA: "仮数部のビット数（float16 は 10）"})},
		Y:     plots.Axis{Label: r.In(words.Text{EN: "test accuracy (%)", JA: "テストデータの正解率（%）"})},
	}, plots.Curve{Points: points, Markers: true})
}

// answers are the network's for each image, and their accuracy.
func answers(r *lab.Run, net *nn.Sequential, data *datasets.Dataset) (given []int, accuracy float64) {
	given = make([]int, data.Len())
	for i, label := range data.Labels {
		given[i] = int(label)
	}
	evaluation := r.Evaluate(net, data)
	for _, m := range evaluation.Mistakes {
		given[m.Index] = m.Given
	}
	return given, evaluation.Accuracy()
}

// inPrecision is the network with rounded parameters and a rounding before its
// first layer and after each that sums.
func inPrecision(r *lab.Run, net *nn.Sequential, layer rounding) *nn.Sequential {
	specs := []nn.Spec{layer}
	for _, s := range net.Specs() {
		specs = append(specs, s)
		switch s.(type) {
		case layers.Convolution, layers.Affine: // the others choose or halve values, which are rounded then
			specs = append(specs, layer)
		}
	}
	rounded := r.Network(net.Input(), rand.New(rand.NewPCG(0, 0)), specs...)
	if r.Failed() {
		return nil
	}
	for i, p := range rounded.Params() {
		layer.round(p.Value.Data, net.Params()[i].Value.Data)
	}
	return rounded
}

// rounding is a layer that rounds to floating point of Bits after the leading
// one, to even where two are as near, in the range of float16; 10 bits are
// float16. A layer of one's own is a Spec and a Layer, and here both are one.
type rounding struct{ Bits int }

func (r rounding) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	return roundingLayer{r, in}, nil
}

func (r rounding) round(y, x []float32) {
	step := uint(23 - r.Bits) // bits to drop
	for i, v := range x {
		switch magnitude := math.Abs(float64(v)); {
		case magnitude < 0x1p-14: // below the smallest normal number steps are equal
			spacing := math.Ldexp(1, -14-r.Bits)
			y[i] = float32(math.RoundToEven(float64(v)/spacing) * spacing)
		default:
			b := math.Float32bits(v)
			b += 1<<(step-1) - 1 + b>>step&1
			y[i] = math.Float32frombits(b &^ (1<<step - 1))
			if math.Abs(float64(y[i])) > 65504 {
				y[i] = float32(math.Copysign(math.Inf(1), float64(v)))
			}
		}
	}
}

type roundingLayer struct {
	rounding
	shape nn.Shape
}

func (l roundingLayer) OutShape() nn.Shape                     { return l.shape }
func (l roundingLayer) Params() []*nn.Param                    { return nil }
func (l roundingLayer) Forward(_ *nn.Context, y, x *nn.Tensor) { l.round(y.Data, x.Data) }
func (l roundingLayer) Backward(*nn.Context, *nn.Tensor, *nn.Tensor, *nn.Tensor, *nn.Tensor) {
	panic("experiments: a rounding has no gradient")
}

func halfPrecision() lab.Experiment {
	return lab.Experiment{
		ID: "ch08-half-precision", Seconds: 7, Title: words.Text{EN: "Inference in half precision", JA: "半精度での推論"}, Chapter: 8, Section: words.Text{EN: "section 8.3.4", JA: "8.3.4 節"}, Version: 1,
		Setup: words.Text{
			EN: "The network of ch08-deep-convnet on the test images in float32, and again with inputs, parameters and the " +
				"output of every layer up to the softmax rounded to float16. Within a layer sums are in float32, as in " +
				"hardware that has float16; the book's NumPy rounds every step. Beside it coarser roundings, down to powers of two.",
			JA: "ch08-deep-convnet のネットワークで、テスト画像を 2 通りに推論します。float32 のままと、入力、パラメーター、" +
				"Softmax より前の各層の出力を float16 に丸めたものです。層の中の和は、float16 を扱うハードウェアと同じく float32 です" +
				"。本の NumPy は計算のたびに丸めます。さらに粗い丸めを、2 の累乗だけになるまで試します。",
		},
		Lesson: words.Text{
			EN: "A trained network does not need its last digits: 16 bits give the same answers as 32, and far fewer nearly so.",
			JA: "学習済みのネットワークに、細かい桁は必要ありません。16 ビットでも 32 ビットと同じ答えになり、もっと少ないビット数でも" +
				"ほとんど変わりません。",
		},
		Rows: []lab.Row{
			lab.Shown(words.Text{EN: "test accuracy in float32", JA: "float32 でのテストデータの正解率"}, "").As("%.4f"),
			lab.Shown(words.Text{EN: "test accuracy in float16", JA: "float16 でのテストデータの正解率"}, "").As("%.4f"),
			lab.Near(words.Text{EN: "difference", JA: "差"}, 0, 0.0005).As("%.4f"),
			lab.Shown(words.Text{EN: "answers that change", JA: "答えが変わった画像の数"}, "").As("%.0f"),
		},
		Claims: map[string]words.Text{
			"float16 suffices": {EN: "float16 changes the accuracy by at most 0.001", JA: "float16 にしても、正解率の変化は 0.001 以下"},
		},
		Figures: map[string]words.Text{
			"bits": {
				EN: "Accuracy by the number of bits kept; with 0 every value is a power of two.",
				JA: "残したビット数と正解率。0 ビットでは、すべての値が 2 の累乗です。",
			},
		},
		Run: runHalfPrecision,
	}
}
