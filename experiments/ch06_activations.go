package experiments

import (
	"math"
	"slices"
	"strings"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// named is a thing with its name in the table.
type named[T any] struct {
	name words.Text
	it   T
}

func histogramActivations() []named[nn.Spec] {
	return []named[nn.Spec]{
		{words.Text{EN: "sigmoid", JA: "シグモイド関数"}, layers.Sigmoid{}},
		{words.Text{EN: "tanh", JA: "tanh"}, layers.Tanh{}},
		{words.Text{EN: "ReLU", JA: "ReLU"}, layers.ReLU{}},
	}
}

func histogramInits() []named[nn.Initializer] {
	return []named[nn.Initializer]{
		{words.Text{EN: "std 1", JA: "標準偏差 1"}, nn.Normal{Std: 1}},
		{words.Text{EN: "std .01", JA: "標準偏差 0.01"}, nn.Normal{Std: 0.01}},
		{words.Text{EN: "Xavier", JA: "Xavier"}, nn.Xavier{}},
		{words.Text{EN: "He", JA: "He"}, nn.He{}},
	}
}

// Rows that a claim is about.
var (
	sigmoidEnds = words.Text{EN: "sigmoid, std 1: share of layer 5 within .1 of 0 or 1", JA: "シグモイド関数、標準偏差 1：第 5 層で 0 か 1 から 0.1 以内の割合"}
	tanhEnds    = words.Text{EN: "tanh, std 1: share of layer 5 within .1 of -1 or 1", JA: "tanh、標準偏差 1：第 5 層で -1 か 1 から 0.1 以内の割合"}
	xavierKeeps = words.Text{EN: "ReLU, Xavier: std of layer 5 / layer 1", JA: "ReLU、Xavier：第 5 層の標準偏差 ÷ 第 1 層の標準偏差"}
	heKeeps     = words.Text{EN: "ReLU, He: std of layer 5 / layer 1", JA: "ReLU、He：第 5 層の標準偏差 ÷ 第 1 層の標準偏差"}
)

// spreadRow is the row of an activation under an initialisation.
func spreadRow(activation, init words.Text) words.Text {
	return words.Text{EN: "%s, %s: std of layer 5", JA: "%s、%s：第 5 層の標準偏差"}.With(activation, init)
}

func runActivationHistograms(r *lab.Run) {
	const depth = 5
	inits := histogramInits()
	x := nn.NewTensor(1000, nn.Features(100))
	rng := r.Rand(1)
	for i := range x.Data {
		x.Data[i] = float32(rng.NormFloat64())
	}
	var rows [][]any
	first, fifth := map[string]float64{}, map[string]float64{} // deviations after layers 1 and 5
	ends := map[string]float64{}                               // share of layer 5 within .1 of where the function ends
	for a, activation := range histogramActivations() {
		var panels []plots.Figure
		var names []string
		for k, init := range inits {
			var specs []nn.Spec
			for range depth {
				specs = append(specs, layers.Affine{Units: 100, Init: init.it}, activation.it)
			}
			net := r.Network(x.Shape, r.Rand(uint64(2+len(inits)*a+k)), specs...)
			if r.Failed() {
				return
			}
			key := activation.name.EN + ", " + init.name.EN
			names = append(names, r.In(init.name))
			for i, y := range net.Activations(x) {
				if i%2 == 0 {
					continue // the affine layer's
				}
				mean, std := moments(y.Data)
				if i == 1 {
					first[key] = std
				}
				fifth[key], ends[key] = std, atEnds(y.Data)
				rows = append(rows, []any{activation.name.EN, init.name.EN, i/2 + 1, mean, std})
				x, count := plots.Axis{Min: 0, Max: 1}, plots.Axis{Max: 20_000}
				switch activation.name.EN {
				case "tanh":
					x.Min = -1
				case "ReLU": // half of all values are 0
					x.Max, count.Max = 3, 7000
				}
				panels = append(panels, r.Panel(plots.ChartOptions{Title: r.In(words.Text{EN: "layer %d", JA: "第 %d 層"}, i/2+1),
					Note: r.In(words.Text{EN: "std %.2g", JA: "標準偏差 %.2g"}, std),
					X:    x, Y: count, Width: 165, Height: 120}, plots.Histogram{Values: y.Data}))
			}
			r.Measure(spreadRow(activation.name, init.name).EN, fifth[key])
		}
		r.Grid(strings.ToLower(activation.name.EN), plots.GridOptions{
			Title:   r.In(words.Text{EN: "Activations after each of five layers, %s", JA: "5 つの層のアクティベーション分布、%s"}, activation.name),
			Columns: depth, Rows: names,
		}, panels...)
	}
	r.Measure(sigmoidEnds.EN, ends["sigmoid, std 1"])
	r.Measure(tanhEnds.EN, ends["tanh, std 1"])
	r.Measure(xavierKeeps.EN, fifth["ReLU, Xavier"]/first["ReLU, Xavier"])
	r.Measure(heKeeps.EN, fifth["ReLU, He"]/first["ReLU, He"])
	r.Claim("std 1: at the ends", min(ends["sigmoid, std 1"], ends["tanh, std 1"]) > 0.5)
	r.Claim("std .01: nothing left", max(fifth["sigmoid, std .01"], fifth["tanh, std .01"], fifth["ReLU, std .01"]) < 0.05)
	r.Claim("Xavier keeps sigmoid and tanh",
		min(fifth["sigmoid, Xavier"], fifth["tanh, Xavier"]) > 0.08 && max(ends["sigmoid, Xavier"], ends["tanh, Xavier"]) < 0.1)
	r.Claim("ReLU needs He", fifth["ReLU, Xavier"] < 0.5*first["ReLU, Xavier"] && fifth["ReLU, He"] > 0.5*first["ReLU, He"])
	r.CSV("moments", []string{"activation", "weights", "layer", "mean", "std"}, rows)
}

// atEnds is the share of values within .1 of the ends of sigmoid or tanh. It
// says nothing about ReLU.
func atEnds(values []float32) (share float64) {
	low := float32(0)
	if slices.Min(values) < 0 {
		low = -1
	}
	for _, v := range values {
		if v < low+0.1 || v > 0.9 {
			share += 1 / float64(len(values))
		}
	}
	return share
}

// moments are the mean and standard deviation of values.
func moments(values []float32) (mean, deviation float64) {
	for _, v := range values {
		mean += float64(v) / float64(len(values))
	}
	for _, v := range values {
		deviation += (float64(v) - mean) * (float64(v) - mean) / float64(len(values))
	}
	return mean, math.Sqrt(deviation)
}

func activationHistograms() lab.Experiment {
	e := lab.Experiment{
		ID: "ch06-activations", Seconds: 0.5, Title: words.Text{EN: "Activations under four initialisations", JA: "隠れ層のアクティベーション分布と重みの初期値"}, Chapter: 6, Section: words.Text{EN: "sections 6.2.2 and 6.2.3", JA: "6.2.2、6.2.3 節"}, Version: 1,
		Setup: words.Text{
			EN: "1,000 samples of 100 normal numbers go forward, once, through five untrained layers of 100 units: sigmoid, tanh and ReLU with " +
				"normal weights of std 1, .01, √(1/100) (Xavier) and √(2/100) (He), biases 0. The book has no numbers here, only histograms.",
			JA: "100 個の正規乱数からなるサンプル 1,000 個を、100 ユニットの未学習の層 5 つに 1 回だけ順伝播させます。" +
				"活性化関数はシグモイド関数、tanh、ReLU、重みの標準偏差は 1、0.01、√(1/100)（Xavier）、√(2/100)（He）、" +
				"バイアスは 0 です。本のこの節にはヒストグラムだけで、数値はありません。",
		},
		Lesson: words.Text{
			EN: "Weights too large drive units to their ends, too small make all of them say the same, and in both no gradient is left; " +
				"Xavier's for sigmoid and tanh and He's for ReLU keep activations spread through the layers.",
			JA: "重みの初期値が大きすぎると出力が両端に偏り、小さすぎるとどのユニットも同じ値を出し、どちらでも勾配が消えます。" +
				"シグモイド関数と tanh には Xavier の初期値、ReLU には He の初期値を使うと、層が深くなっても分布の広がりが保たれます。",
		},
		Claims: map[string]words.Text{
			"std 1: at the ends":            {EN: "with std 1 most of sigmoid's and tanh's activations are at the ends", JA: "標準偏差 1 では、シグモイド関数と tanh の出力の大半が両端に偏る"},
			"std .01: nothing left":         {EN: "with std .01 nothing is left to tell samples apart", JA: "標準偏差 0.01 では、サンプルの違いがほとんど残らない"},
			"Xavier keeps sigmoid and tanh": {EN: "Xavier keeps sigmoid and tanh spread, away from the ends", JA: "Xavier の初期値では、シグモイド関数と tanh の分布が広がりを保ち、両端に偏らない"},
			"ReLU needs He":                 {EN: "under ReLU Xavier fades and He does not", JA: "ReLU では、Xavier の初期値だと分布が縮み、He の初期値だと縮まない"},
		},
		Run: runActivationHistograms,
	}
	// ReLU halves the square of its input: four layers of Xavier's weights leave
	// (1/√2)⁴ of it, of He's all, give or take what 100 units a layer vary.
	most := words.Text{EN: "most", JA: "大半"}
	e.Rows = []lab.Row{
		lab.AtLeast(sigmoidEnds, "", 0.5).PublishedAs(most), lab.AtLeast(tanhEnds, "", 0.5).PublishedAs(most),
		lab.Factor(xavierKeeps, 0.25, 1.6).PublishedAs(words.Text{EN: "falls (theory: 0.25)", JA: "縮む（理論値 0.25）"}), lab.Factor(heKeeps, 1, 1.6).PublishedAs(words.Text{EN: "stays (theory: 1)", JA: "保たれる（理論値 1）"}),
	}
	e.Figures = map[string]words.Text{}
	for _, a := range histogramActivations() {
		e.Figures[strings.ToLower(a.name.EN)] = words.Text{
			EN: "Activations of 1,000 samples after each of five layers, %s; a row an initialisation. Bars higher than the axis are cut, " +
				"and so are ReLU's values above 3.",
			JA: "サンプル 1,000 個の、5 つの層それぞれのアクティベーション分布（%s）。1 行が 1 つの初期値です。軸より高い棒は途中で切り、" +
				"ReLU の 3 を超える値は描いていません。",
		}.With(a.name)
		for _, i := range histogramInits() {
			e.Rows = append(e.Rows, lab.Shown(spreadRow(a.name, i.name), "").As("%.2g"))
		}
	}
	return e
}
