package experiments

import (
	"math"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// grid is a matrix by rows.
type grid [][]float64

// The names of matrices.
var (
	imageText    = words.Text{EN: "image", JA: "画像"}
	filterText   = words.Text{EN: "filter", JA: "フィルター"}
	productsText = words.Text{EN: "products", JA: "積"}
	outputText   = words.Text{EN: "output", JA: "出力"}
)

func runConvolution(r *lab.Run) {
	image := grid{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}, {13, 14, 15, 16}}
	filter := grid{{1, 0, -1}, {0, 1, 0}, {-1, 0, 1}}
	output := convolve(r, image, filter, layers.Convolution{})
	if r.Failed() {
		return
	}
	r.Measure("4×4 under 3×3: top left", output[0][0])
	r.Measure("4×4 under 3×3: top right", output[0][1])
	r.Measure("4×4 under 3×3: bottom left", output[1][0])
	r.Measure("4×4 under 3×3: bottom right", output[1][1])
	drawSteps(r, image, filter, output)
	drawSizes(r)
	drawIm2col(r, image, filter, output)
	compareIm2col(r)
}

// convolve runs the layer of the given stride and padding over one image, with
// one filter and no bias.
func convolve(r *lab.Run, image, filter grid, spec layers.Convolution) grid {
	spec.Filters, spec.Kernel, spec.Init = 1, len(filter), nn.Zero{}
	net := r.Network(nn.Shape{H: len(image), W: len(image[0]), C: 1}, nil, spec)
	if r.Failed() {
		return nil
	}
	copy(net.Params()[0].Value.Data, flat(filter))
	x := nn.NewTensor(1, net.Input())
	copy(x.Data, flat(image))
	y := net.Activations(x)[0]
	output := newGrid(y.H, y.W)
	for i, v := range y.Data {
		output[i/y.W][i%y.W] = float64(v)
	}
	return output
}

func newGrid(rows, columns int) grid {
	g := make(grid, rows)
	for i := range g {
		g[i] = make([]float64, columns)
	}
	return g
}

func flat(g grid) (values []float32) {
	for _, row := range g {
		for _, v := range row {
			values = append(values, float32(v))
		}
	}
	return values
}

// marked are the marks of a height×width matrix with a window of size×size.
func marked(height, width, top, left, size, mark int) [][]int {
	marks := make([][]int, height)
	for i := range marks {
		marks[i] = make([]int, width)
		for j := range marks[i] {
			if i >= top && i < top+size && j >= left && j < left+size {
				marks[i][j] = mark
			}
		}
	}
	return marks
}

// drawSteps draws the window at each place, its products and their sum.
func drawSteps(r *lab.Run, image, filter, output grid) {
	var steps []plots.Figure
	var rows [][]any
	size, right := len(filter), true
	for i := range output {
		for j := range output[i] {
			products, sum := newGrid(size, size), 0.0
			for u := range size {
				for v := range size {
					products[u][v] = image[i+u][j+v] * filter[u][v]
					sum += products[u][v]
					rows = append(rows, []any{i + 1, j + 1, u + 1, v + 1, image[i+u][j+v], filter[u][v], products[u][v]})
				}
			}
			right = right && sum == output[i][j]
			known := newGrid(len(output), len(output[0]))
			for k := range known {
				for l := range known[k] {
					known[k][l] = output[k][l]
					if k > i || k == i && l > j {
						known[k][l] = math.NaN()
					}
				}
			}
			steps = append(steps, r.Drawn(plots.Equation(plots.EquationOptions{},
				plots.Matrix{Name: r.In(imageText), Values: image, Marks: marked(4, 4, i, j, size, 1), After: "⊛"},
				plots.Matrix{Name: r.In(filterText), Values: filter, After: "→"},
				plots.Matrix{Name: r.In(productsText), Values: products, Marks: marked(size, size, 0, 0, size, 1), After: "Σ →"},
				plots.Matrix{Name: r.In(outputText), Values: known, Marks: marked(2, 2, i, j, 1, 2)})))
		}
	}
	r.Claim("sums of products", right)
	r.CSV("steps", []string{"output row", "output column", "filter row", "filter column", "pixel", "weight", "product"}, rows)
	r.Grid("steps", plots.GridOptions{Title: r.In(words.Text{EN: "A 4×4 image under a 3×3 filter", JA: "4×4 の画像に 3×3 のフィルターを当てる"}), Columns: 1}, steps...)
}

// drawSizes draws the book's examples of section 7.2 and checks the formula of
// the output's size.
func drawSizes(r *lab.Run) {
	row := []float64{1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3} // each row of the book's images is this one, moved
	square := func(n int) grid {
		g := make(grid, n)
		for i := range g {
			start := (4 - i%4) % 4
			g[i] = row[start : start+n]
		}
		return g
	}
	filter := grid{{2, 0, 1}, {0, 1, 2}, {1, 0, 2}}
	plain := convolve(r, square(4), filter, layers.Convolution{})
	padded := convolve(r, square(4), filter, layers.Convolution{Pad: 1})
	strided := convolve(r, square(7), filter, layers.Convolution{Stride: 2})
	large := convolve(r, newGrid(28, 31), newGrid(5, 5), layers.Convolution{Pad: 2, Stride: 3})
	if r.Failed() {
		return
	}
	r.Measure("book's 4×4: top left", plain[0][0])
	r.Measure("book's 4×4: top right", plain[0][1])
	r.Measure("book's 4×4: bottom left", plain[1][0])
	r.Measure("book's 4×4: bottom right", plain[1][1])
	r.Measure("4×4, pad 1: rows and columns", float64(len(padded)))
	r.Measure("7×7, stride 2: rows and columns", float64(len(strided)))
	r.Measure("28×31 under 5×5, pad 2, stride 3: rows", float64(len(large)))
	r.Measure("28×31 under 5×5, pad 2, stride 3: columns", float64(len(large[0])))
	rows := func(height, kernel, pad, stride int) int { return (height+2*pad-kernel)/stride + 1 }
	r.Claim("sizes",
		len(plain) == rows(4, 3, 0, 1) && len(padded) == rows(4, 3, 1, 1) && len(strided) == rows(7, 3, 0, 2) && len(large) == rows(28, 5, 2, 3))

	around, ground := newGrid(6, 6), marked(6, 6, 0, 0, 6, -1)
	for i, values := range square(4) {
		copy(around[i+1][1:], values)
		clear(ground[i+1][1:5])
	}
	for i := range 3 {
		copy(ground[i], []int{1, 1, 1})
	}
	var panels []plots.Figure
	for _, e := range []struct {
		title  words.Text
		image  plots.Matrix
		output plots.Matrix
	}{
		{words.Text{
			EN: "P = 0, S = 1: (4 + 0 − 3)/1 + 1 = 2",
			JA: "P = 0、S = 1：(4 + 0 − 3)/1 + 1 = 2",
		}, plots.Matrix{Values: square(4), Marks: marked(4, 4, 0, 1, 3, 1)}, plots.Matrix{Values: plain, Marks: marked(2, 2, 0, 1, 1, 1)}},
		{words.Text{
			EN: "P = 1, the zeros around: (4 + 2 − 3)/1 + 1 = 4",
			JA: "P = 1（まわりの 0）：(4 + 2 − 3)/1 + 1 = 4",
		}, plots.Matrix{Values: around, Marks: ground}, plots.Matrix{Values: padded, Marks: marked(4, 4, 0, 0, 1, 1)}},
		{words.Text{
			EN: "P = 0, S = 2: (7 + 0 − 3)/2 + 1 = 3",
			JA: "P = 0、S = 2：(7 + 0 − 3)/2 + 1 = 3",
		}, plots.Matrix{Values: square(7), Marks: marked(7, 7, 0, 2, 3, 1)}, plots.Matrix{Values: strided, Marks: marked(3, 3, 0, 1, 1, 1)}},
	} {
		e.image.Name, e.image.After, e.output.Name = r.In(imageText), "⊛", r.In(outputText)
		panels = append(panels, r.Drawn(plots.Equation(plots.EquationOptions{Title: r.In(e.title)}, e.image, plots.Matrix{Name: r.In(filterText), Values: filter, After: "="}, e.output)))
	}
	r.Grid("sizes", plots.GridOptions{
		Title: r.In(words.Text{EN: "Output size = (H + 2P − F)/S + 1", JA: "出力サイズ = (H + 2P − F)/S + 1"}),
		Note: r.In(words.Text{
			EN: "H: height or width of the image, F: of the filter, P: padding, S: stride.",
			JA: "H：画像の高さ（または幅）、F：フィルターの高さ（または幅）、P：パディング、S：ストライド。",
		}),
		Columns: 1,
	}, panels...)
}

// im2col makes each window of each image a row: N·OH·OW rows of
// kernel·kernel·C values.
func im2col(x *nn.Tensor, kernel, stride int) grid {
	var windows grid
	for n := range x.N {
		image := x.Sample(n)
		for i := 0; i+kernel <= x.H; i += stride {
			for j := 0; j+kernel <= x.W; j += stride {
				var window []float64
				for u := range kernel {
					for v := range kernel * x.C { // a row of the window, all channels
						window = append(window, float64(image[((i+u)*x.W+j)*x.C+v]))
					}
				}
				windows = append(windows, window)
			}
		}
	}
	return windows
}

// times is a matrix times a column.
func times(a grid, column []float32) (product []float64) {
	for _, row := range a {
		sum := 0.0
		for i, v := range row {
			sum += v * float64(column[i])
		}
		product = append(product, sum)
	}
	return product
}

func drawIm2col(r *lab.Run, image, filter, output grid) {
	x := nn.NewTensor(1, nn.Shape{H: 4, W: 4, C: 1})
	copy(x.Data, flat(image))
	windows := im2col(x, 3, 1)
	column, product := newGrid(9, 1), newGrid(4, 1)
	for i, v := range flat(filter) {
		column[i][0] = float64(v)
	}
	marks, out := marked(4, 9, 0, 0, 0, 0), marked(4, 1, 0, 0, 0, 0)
	for i, v := range times(windows, flat(filter)) {
		product[i][0] = v
		out[i][0] = i + 1
		for j := range marks[i] {
			marks[i][j] = i + 1
		}
	}
	var places []plots.Matrix
	for i := range windows {
		places = append(places, plots.Matrix{
			Name:   r.In(words.Text{EN: "window %d", JA: "ウィンドウ %d"}, i+1),
			Values: image, Marks: marked(4, 4, i/2, i%2, 3, i+1), After: " ",
		})
	}
	above := r.Drawn(plots.Equation(plots.EquationOptions{}, places...))
	below := r.Drawn(plots.Equation(plots.EquationOptions{},
		plots.Matrix{Name: r.In(words.Text{EN: "the four windows", JA: "4 つのウィンドウ"}), Values: windows, Marks: marks, After: "×"},
		plots.Matrix{Name: r.In(filterText), Values: column, After: "="},
		plots.Matrix{Values: product, Marks: out, After: "→"},
		plots.Matrix{Name: r.In(outputText), Values: output, Marks: [][]int{{1, 2}, {3, 4}}}))
	r.Grid("im2col", plots.GridOptions{
		Title: "im2col",
		Note: r.In(words.Text{
			EN: "Each place of the window becomes a row; the filter, unrolled, a column.",
			JA: "ウィンドウの 1 か所が 1 行になり、フィルターは 1 列に展開します。",
		}),
		Columns: 1,
	}, above, below)
}

// compareIm2col computes the book's example of section 7.4.3 both ways.
func compareIm2col(r *lab.Run) {
	net := r.Network(nn.Shape{H: 7, W: 7, C: 3}, r.Rand(0), layers.Convolution{Filters: 2, Kernel: 5})
	if r.Failed() {
		return
	}
	x, rng := nn.NewTensor(10, net.Input()), r.Rand(1)
	for i := range x.Data {
		x.Data[i] = rng.Float32()
	}
	windows := im2col(x, 5, 1)
	r.Measure("im2col of 10 images 7×7×3 under 5×5: rows", float64(len(windows)))
	r.Measure("im2col of 10 images 7×7×3 under 5×5: columns", float64(len(windows[0])))
	y, filters := net.Activations(x)[0], net.Params()[0].Value
	difference := 0.0
	for k := range filters.N {
		for i, v := range times(windows, filters.Sample(k)) {
			difference = max(difference, math.Abs(v-float64(y.Data[i*filters.N+k])))
		}
	}
	r.Claim("im2col agrees", difference < 1e-5)
}

func convolution() lab.Experiment {
	return lab.Experiment{
		ID: "ch07-convolution", Seconds: 0.1, Title: words.Text{EN: "Convolution, by hand", JA: "畳み込み演算を手計算で"}, Chapter: 7, Section: words.Text{EN: "sections 7.2 and 7.4", JA: "7.2、7.4 節"}, Version: 1,
		Setup: words.Text{
			EN: "The numbers 1 to 16 as a 4×4 image under a 3×3 filter, step by step; the book's examples of padding, stride " +
				"and sizes; im2col, which makes a convolution a matrix product. All outputs are the layer's; it makes no im2col " +
				"matrix, so that is a few lines here. The order of a window's values is row, column, channel; the book's is " +
				"channel, row, column.",
			JA: "1～16 の数を並べた 4×4 の画像に、3×3 のフィルターを 1 か所ずつ当てます。続けて、本にあるパディング、" +
				"ストライド、出力サイズの例と、畳み込みを行列の積に変える im2col です。出力はすべて tatami の層が計算したものです。" +
				"層は im2col の行列を作らないので、ここでは数行のコードで作ります。ウィンドウの値の並びは行、列、チャンネルの順で、" +
				"本はチャンネル、行、列の順です。",
		},
		Lesson: words.Text{
			EN: "A filter slides over the image and gives at each place the sum of the products: padding keeps the size, a " +
				"stride shrinks it, and im2col turns it all into one matrix product.",
			JA: "フィルターは画像の上を動き、それぞれの場所で積の和を出力します。パディングは出力のサイズを保ち、ストライドは小さくし" +
				"ます。im2col は、畳み込みの全体を 1 回の行列の積に変えます。",
		},
		Rows: []lab.Row{
			lab.Near(words.Text{EN: "4×4 under 3×3: top left", JA: "4×4 の画像、3×3 のフィルター：左上"}, 6, 0), lab.Near(words.Text{EN: "4×4 under 3×3: top right", JA: "4×4 の画像、3×3 のフィルター：右上"}, 7, 0),
			lab.Near(words.Text{EN: "4×4 under 3×3: bottom left", JA: "4×4 の画像、3×3 のフィルター：左下"}, 10, 0), lab.Near(words.Text{EN: "4×4 under 3×3: bottom right", JA: "4×4 の画像、3×3 のフィルター：右下"}, 11, 0),
			lab.Near(words.Text{EN: "book's 4×4: top left", JA: "本の 4×4 の例：左上"}, 15, 0), lab.Near(words.Text{EN: "book's 4×4: top right", JA: "本の 4×4 の例：右上"}, 16, 0),
			lab.Near(words.Text{EN: "book's 4×4: bottom left", JA: "本の 4×4 の例：左下"}, 6, 0), lab.Near(words.Text{EN: "book's 4×4: bottom right", JA: "本の 4×4 の例：右下"}, 15, 0),
			lab.Near(words.Text{EN: "4×4, pad 1: rows and columns", JA: "4×4、パディング 1：出力の行数と列数"}, 4, 0),
			lab.Near(words.Text{EN: "7×7, stride 2: rows and columns", JA: "7×7、ストライド 2：出力の行数と列数"}, 3, 0),
			lab.Near(words.Text{EN: "28×31 under 5×5, pad 2, stride 3: rows", JA: "28×31、フィルター 5×5、パディング 2、ストライド 3：出力の行数"}, 10, 0), lab.Near(words.Text{EN: "28×31 under 5×5, pad 2, stride 3: columns", JA: "28×31、フィルター 5×5、パディング 2、ストライド 3：出力の列数"}, 11, 0),
			lab.Near(words.Text{EN: "im2col of 10 images 7×7×3 under 5×5: rows", JA: "7×7×3 の画像 10 枚、フィルター 5×5 の im2col：行数"}, 90, 0), lab.Near(words.Text{EN: "im2col of 10 images 7×7×3 under 5×5: columns", JA: "7×7×3 の画像 10 枚、フィルター 5×5 の im2col：列数"}, 75, 0),
		},
		Claims: map[string]words.Text{
			"sums of products": {EN: "each output is the sum of its window's products", JA: "出力の値は、ウィンドウの値とフィルターの積の和になる"},
			"sizes":            {EN: "outputs are (size + 2·pad − filter)/stride + 1 high", JA: "出力の高さは（入力の高さ + 2·パディング − フィルターの高さ）/ストライド + 1 になる"},
			"im2col agrees":    {EN: "the layer and the product of im2col agree within 1e-5", JA: "層の出力と im2col による行列の積が、1e-5 以内で一致する"},
		},
		Figures: map[string]words.Text{
			"steps":  {EN: "The window moves by one pixel at a time (as figure 7-4).", JA: "ウィンドウを 1 ピクセルずつ動かします（図 7-4 と同じ計算の手順）。"},
			"sizes":  {EN: "The book's examples of padding and stride (figures 7-3, 7-6 and 7-7).", JA: "本にあるパディングとストライドの例（図 7-3、7-6、7-7）。"},
			"im2col": {EN: "The same convolution as a matrix product (as figures 7-17 to 7-19).", JA: "同じ畳み込みを行列の積にしたもの（図 7-17～7-19）。"},
		},
		Run: runConvolution,
	}
}
