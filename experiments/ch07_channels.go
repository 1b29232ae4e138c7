package experiments

import (
	"fmt"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// channel is one channel of one sample of a batch, or of one filter of a bank.
func channel(t *nn.Tensor, sample, c int) grid {
	g := newGrid(t.H, t.W)
	values := t.Sample(sample)
	for i := range g {
		for j := range g[i] {
			g[i][j] = float64(values[(i*t.W+j)*t.C+c])
		}
	}
	return g
}

// slide is a convolution of one channel by one filter in plain loops.
func slide(image, filter grid) grid {
	out := newGrid(len(image)-len(filter)+1, len(image[0])-len(filter[0])+1)
	for i := range out {
		for j := range out[i] {
			for u := range filter {
				for v := range filter[u] {
					out[i][j] += image[i+u][j+v] * filter[u][v]
				}
			}
		}
	}
	return out
}

func plus(a grid, rest ...grid) grid {
	sum := newGrid(len(a), len(a[0]))
	for _, g := range append([]grid{a}, rest...) {
		for i := range g {
			for j := range g[i] {
				sum[i][j] += g[i][j]
			}
		}
	}
	return sum
}

func runChannels(r *lab.Run) {
	const channels, filters, images = 3, 2, 2
	net := r.Network(nn.Shape{H: 4, W: 4, C: channels}, nil, layers.Convolution{Filters: filters, Kernel: 3, Init: nn.Zero{}})
	if r.Failed() {
		return
	}
	x, rng := nn.NewTensor(images, net.Input()), r.Rand(1)
	for i := range x.Data {
		x.Data[i] = float32(rng.IntN(4))
	}
	bank, bias := net.Params()[0].Value, net.Params()[1].Value.Data
	for i := range bank.Data {
		bank.Data[i] = float32(rng.IntN(3) - 1)
	}
	bias[0], bias[1] = 1, -2
	y := net.Activations(x)[0]

	// Each channel under its own layer of the filter, all of them added, and the bias.
	right := true
	parts := make([]grid, channels)
	for n := range images {
		for f := range filters {
			for c := range channels {
				parts[c] = slide(channel(x, n, c), channel(bank, f, c))
			}
			b := float64(bias[f])
			right = right && equal(plus(parts[0], parts[1], parts[2], grid{{b, b}, {b, b}}), channel(y, n, f))
		}
	}
	r.Measure("channels of the output", float64(y.C))
	r.Measure("images of the output", float64(y.N))
	r.Measure("parameters of 2 filters 3×3×3", float64(nn.CountParams(net.Params())))
	r.Claim("sums over channels", right)
	r.Claim("a map a filter", y.C == filters && y.N == images)
	drawChannels(r, x, bank, y, float64(bias[0]))
	drawFilters(r, x, bank, y, bias)
}

// drawChannels draws the three channels under one filter.
func drawChannels(r *lab.Run, x, bank, y *nn.Tensor, bias float64) {
	var panels []plots.Figure
	var sums []grid
	for c := range x.C {
		sums = append(sums, slide(channel(x, 0, c), channel(bank, 0, c)))
		panels = append(panels, r.Drawn(plots.Equation(plots.EquationOptions{},
			plots.Matrix{Name: r.In(words.Text{EN: "channel %d", JA: "チャンネル %d"}, c+1), Values: channel(x, 0, c), Marks: marked(4, 4, 0, 0, 3, c+1), After: "⊛"},
			plots.Matrix{Name: r.In(filterText), Values: channel(bank, 0, c), Marks: marked(3, 3, 0, 0, 3, c+1), After: "="},
			plots.Matrix{Values: sums[c], Marks: marked(2, 2, 0, 0, 1, c+1)})))
	}
	panels = append(panels, r.Drawn(plots.Equation(plots.EquationOptions{},
		plots.Matrix{Values: sums[0], Marks: marked(2, 2, 0, 0, 1, 1), After: "+"},
		plots.Matrix{Values: sums[1], Marks: marked(2, 2, 0, 0, 1, 2), After: "+"},
		plots.Matrix{Values: sums[2], Marks: marked(2, 2, 0, 0, 1, 3), After: "+"},
		plots.Matrix{Name: r.In(words.Text{EN: "bias", JA: "バイアス"}), Values: grid{{bias}}, After: "="},
		plots.Matrix{Name: r.In(outputText), Values: channel(y, 0, 0), Marks: marked(2, 2, 0, 0, 1, 4)})))
	r.Grid("channels", plots.GridOptions{
		Title: r.In(words.Text{EN: "Three channels, one filter, one map", JA: "3 チャンネル、1 つのフィルター、1 枚の特徴マップ"}),
		Note:  r.In(words.Text{EN: "A filter has a layer for each channel; what they give is added.", JA: "フィルターはチャンネルごとに 1 枚ずつあり、結果を足し合わせます。"}), Columns: 1,
	}, panels...)
}

// drawFilters draws the maps of both filters and images.
func drawFilters(r *lab.Run, x, bank, y *nn.Tensor, bias []float32) {
	var panels []plots.Figure
	for n := range x.N {
		for f := range bank.N {
			terms := []plots.Matrix{}
			for c := range x.C {
				terms = append(terms, plots.Matrix{Name: r.In(words.Text{EN: "channel %d", JA: "チャンネル %d"}, c+1), Values: channel(x, n, c), After: " "})
			}
			terms[len(terms)-1].After = "⊛"
			for c := range x.C {
				terms = append(terms, plots.Matrix{Values: channel(bank, f, c), Marks: marked(3, 3, 0, 0, 3, f+1), After: " "})
			}
			terms[len(terms)-1].After = "+"
			terms = append(terms, plots.Matrix{Values: grid{{float64(bias[f])}}, After: "="},
				plots.Matrix{Name: fmt.Sprint(r.In(words.Text{EN: "map", JA: "特徴マップ"}), " ", f+1), Values: channel(y, n, f), Marks: marked(2, 2, 0, 0, 2, f+1)})
			panels = append(panels, r.Drawn(plots.Equation(plots.EquationOptions{
				Title: r.In(words.Text{EN: "image %d, filter %d", JA: "画像 %d、フィルター %d"}, n+1, f+1),
			}, terms...)))
		}
	}
	r.Grid("filters", plots.GridOptions{Title: r.In(words.Text{EN: "Two images, two filters, four maps", JA: "画像 2 枚、フィルター 2 個、特徴マップ 4 枚"}), Columns: 1}, panels...)
}

func channelsByNumbers() lab.Experiment {
	return lab.Experiment{
		ID: "ch07-channels", Seconds: 0.1, Title: words.Text{EN: "Channels, filters and batches by numbers", JA: "チャンネル、フィルター、バッチを数値で"}, Chapter: 7, Section: words.Text{EN: "sections 7.2.5 to 7.2.7", JA: "7.2.5～7.2.7 節"}, Version: 1,
		Setup: words.Text{
			EN: "Two images 4×4 of three channels under two filters 3×3×3 with a bias each; small whole numbers drawn by the " +
				"seed. The outputs are the layer's; plain loops, a channel at a time, check them.",
			JA: "3 チャンネルの 4×4 の画像 2 枚に、3×3×3 のフィルター 2 個（バイアス付き）を当てます。値はシード値から決まる小さな整数です。" +
				"出力は tatami の層のもので、チャンネルごとの単純なループの計算と比べます。",
		},
		Lesson: words.Text{
			EN: "A filter is as deep as the image: it looks at all channels at one place and gives one number. As many " +
				"filters, as many channels come out; a batch does the same to each image.",
			JA: "フィルターの奥行きは画像のチャンネル数と同じで、1 か所の全チャンネルから 1 つの数を出します。出力のチャンネル数は" +
				"フィルターの数になり、バッチではどの画像にも同じ計算をします。",
		},
		Rows: []lab.Row{
			exactly(words.Text{EN: "channels of the output", JA: "出力のチャンネル数"}, 2),
			exactly(words.Text{EN: "images of the output", JA: "出力の枚数"}, 2),
			exactly(words.Text{EN: "parameters of 2 filters 3×3×3", JA: "3×3×3 のフィルター 2 個のパラメーター数"}, 56),
		},
		Claims: map[string]words.Text{
			"sums over channels": {EN: "an output is the sum over all channels, and the bias", JA: "出力は全チャンネルの和にバイアスを足した値になる"},
			"a map a filter":     {EN: "each filter gives one map of each image", JA: "フィルター 1 個が、画像 1 枚につき 1 枚の特徴マップを作る"},
		},
		Figures: map[string]words.Text{
			"channels": {EN: "Each channel under its layer of the filter, and the sum (figures 7-8 and 7-9).", JA: "チャンネルごとの畳み込みと、その和（図 7-8、7-9 に対応）。"},
			"filters":  {EN: "Several filters and a batch (figures 7-11 to 7-13).", JA: "複数のフィルターとバッチ（図 7-11～7-13 に対応）。"},
		},
		Run: runChannels,
	}
}
