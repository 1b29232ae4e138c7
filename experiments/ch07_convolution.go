package experiments

import (
	"math"

	"tatami/experiments/lab"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// grid is a matrix by rows.
type grid [][]float64

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
				plots.Matrix{Name: "image", Values: image, Marks: marked(4, 4, i, j, size, 1), After: "⊛"},
				plots.Matrix{Name: "filter", Values: filter, After: "→"},
				plots.Matrix{Name: "products", Values: products, Marks: marked(size, size, 0, 0, size, 1), After: "Σ →"},
				plots.Matrix{Name: "output", Values: known, Marks: marked(2, 2, i, j, 1, 2)})))
		}
	}
	r.Claim("sums of products", right)
	r.CSV("steps", []string{"output row", "output column", "filter row", "filter column", "pixel", "weight", "product"}, rows)
	r.Grid("steps", plots.GridOptions{Title: "A 4×4 image under a 3×3 filter", Columns: 1}, steps...)
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
		title  string
		image  plots.Matrix
		output plots.Matrix
	}{
		{"No padding, stride 1: 4×4 becomes 2×2", plots.Matrix{Values: square(4), Marks: marked(4, 4, 0, 1, 3, 1)}, plots.Matrix{Values: plain, Marks: marked(2, 2, 0, 1, 1, 1)}},
		{"Padding 1, the zeros around: 4×4 stays 4×4", plots.Matrix{Values: around, Marks: ground}, plots.Matrix{Values: padded, Marks: marked(4, 4, 0, 0, 1, 1)}},
		{"Stride 2: 7×7 becomes 3×3", plots.Matrix{Values: square(7), Marks: marked(7, 7, 0, 2, 3, 1)}, plots.Matrix{Values: strided, Marks: marked(3, 3, 0, 1, 1, 1)}},
	} {
		e.image.Name, e.image.After, e.output.Name = "image", "⊛", "output"
		panels = append(panels, r.Drawn(plots.Equation(plots.EquationOptions{Title: e.title}, e.image, plots.Matrix{Name: "filter", Values: filter, After: "="}, e.output)))
	}
	r.Grid("sizes", plots.GridOptions{Columns: 1}, panels...)
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
	r.Figure("im2col", r.Drawn(plots.Equation(plots.EquationOptions{Title: "im2col", Note: "Each place of the window becomes a row; the filter, unrolled, a column."},
		plots.Matrix{Name: "image", Values: image, Marks: marked(4, 4, 0, 0, 3, 1), After: "→"},
		plots.Matrix{Name: "its four windows", Values: windows, Marks: marks, After: "×"},
		plots.Matrix{Name: "filter", Values: column, After: "="},
		plots.Matrix{Values: product, Marks: out, After: "→"},
		plots.Matrix{Name: "output", Values: output, Marks: [][]int{{1, 2}, {3, 4}}})))
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
		ID: "ch07-convolution", Title: "Convolution, by hand", Chapter: 7, Section: "sections 7.2 and 7.4", Version: 1,
		Setup: "The numbers 1 to 16 as a 4×4 image under a 3×3 filter, step by step; the book's examples of padding, stride " +
			"and sizes; im2col, which makes a convolution a matrix product. All outputs are the layer's; it makes no im2col " +
			"matrix, so that is a few lines here. The order of a window's values is row, column, channel; the book's is " +
			"channel, row, column.",
		Lesson: "A filter slides over the image and gives at each place the sum of the products: padding keeps the size, a " +
			"stride shrinks it, and im2col turns it all into one matrix product.",
		Rows: []lab.Row{
			lab.Near("4×4 under 3×3: top left", 6, 0), lab.Near("4×4 under 3×3: top right", 7, 0),
			lab.Near("4×4 under 3×3: bottom left", 10, 0), lab.Near("4×4 under 3×3: bottom right", 11, 0),
			lab.Near("book's 4×4: top left", 15, 0), lab.Near("book's 4×4: top right", 16, 0),
			lab.Near("book's 4×4: bottom left", 6, 0), lab.Near("book's 4×4: bottom right", 15, 0),
			lab.Near("4×4, pad 1: rows and columns", 4, 0),
			lab.Near("7×7, stride 2: rows and columns", 3, 0),
			lab.Near("28×31 under 5×5, pad 2, stride 3: rows", 10, 0), lab.Near("28×31 under 5×5, pad 2, stride 3: columns", 11, 0),
			lab.Near("im2col of 10 images 7×7×3 under 5×5: rows", 90, 0), lab.Near("im2col of 10 images 7×7×3 under 5×5: columns", 75, 0),
		},
		Claims: lab.Texts{
			"sums of products": "each output is the sum of its window's products",
			"sizes":            "outputs are (size + 2·pad − filter)/stride + 1 high",
			"im2col agrees":    "the layer and the product of im2col agree within 1e-5",
		},
		Figures: lab.Texts{
			"steps":  "The window moves by one pixel at a time (as figure 7-4).",
			"sizes":  "The book's examples of padding and stride (figures 7-3, 7-6 and 7-7).",
			"im2col": "The same convolution as a matrix product (as figures 7-17 to 7-19).",
		},
		Run: runConvolution,
	}
}
