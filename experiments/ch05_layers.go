package experiments

import (
	"fmt"
	"math"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// wayThrough takes a batch forward through a network and a gradient of its
// output back; the gradients are of the input and of the parameters.
func wayThrough(net *nn.Sequential, x *nn.Tensor, dy []float32) (y, dx []float32, gradients [][]float32) {
	pass := net.NewPass(nn.PassConfig{Capacity: x.N, Training: true, NeedsBackward: true, InputGradient: true})
	y = pass.Forward(x).Data
	copy(pass.OutputGradient().Data, dy)
	pass.ClearGradients()
	return y, pass.Backward(pass.OutputGradient()).Data, pass.ParamGradients()
}

// row is a batch of so many samples of plain features.
func row(samples int, values ...float32) *nn.Tensor {
	x := nn.NewTensor(samples, nn.Features(len(values)/samples))
	copy(x.Data, values)
	return x
}

func runLayerGraphs(r *lab.Run) {
	reluGraph(r)
	sigmoidGraph(r)
	affineEquation(r)
	lossGraph(r)
}

func reluGraph(r *lab.Run) {
	net := r.Network(nn.Features(2), nil, layers.ReLU{})
	if r.Failed() {
		return
	}
	y, dx, _ := wayThrough(net, row(1, 3, -2), []float32{5, 5})
	r.Measure("ReLU: gradient of 5 behind an input of 3", float64(dx[0]))
	r.Measure("ReLU: gradient of 5 behind an input of -2", float64(dx[1]))
	r.Claim("a switch", y[0] == 3 && y[1] == 0 && dx[0] == 5 && dx[1] == 0)
	var panels []plots.Figure
	for i, x := range []float64{3, -2} {
		panels = append(panels, r.Drawn(plots.Graph([]plots.Node{
			{Text: "x"}, {Text: "ReLU", Operation: true, Column: 1}, {Text: "y", Column: 2},
		}, []plots.Edge{edge(0, 1, x, float64(dx[i])), edge(1, 2, float64(y[i]), 5)}, plots.GraphOptions{
			Title: r.In([]words.Text{{EN: "x > 0: it lets through", JA: "x > 0：通す"}, {EN: "x ≤ 0: it lets nothing through", JA: "x ≤ 0：通さない"}}[i]),
		})))
	}
	r.Grid("relu", plots.GridOptions{Title: r.In(words.Text{EN: "ReLU, forward and back", JA: "ReLU の順伝播と逆伝播"}), Note: r.In(layerNote), Columns: 2}, panels...)
}

var layerNote = words.Text{
	EN: "Above the lines: values, to the right. Below: gradients of the loss, to the left.",
	JA: "線の上は右へ伝わる値、線の下は左へ伝わる損失の勾配です。",
}

func sigmoidGraph(r *lab.Run) {
	const x, dy = 1.0, 1.0
	// Node by node, as the book takes it apart.
	a := -x
	b := math.Exp(a)
	c := 1 + b
	y := 1 / c
	dc := -dy * y * y
	db := dc
	da := db * b
	dx := -da
	net := r.Network(nn.Features(1), nil, layers.Sigmoid{})
	if r.Failed() {
		return
	}
	_, layer, _ := wayThrough(net, row(1, x), []float32{dy})
	r.Measure("sigmoid: gradient at 1, node by node", dx)
	r.Measure("sigmoid: gradient at 1, y(1 − y)", y*(1-y))
	r.Claim("nodes in one", math.Abs(dx-y*(1-y)) < 1e-12 && math.Abs(float64(layer[0])-dx) < 1e-6)
	r.Figure("sigmoid", r.Drawn(plots.Graph([]plots.Node{
		{Text: "x"}, {Text: "−1", Row: 1}, {Text: "1", Column: 2, Row: 1},
		{Text: "×", Operation: true, Column: 1}, {Text: "exp", Operation: true, Column: 2}, {Text: "+", Operation: true, Column: 3},
		{Text: "1/□", Operation: true, Column: 4}, {Text: "y", Column: 5},
	}, []plots.Edge{
		edge(0, 3, x, dx), {From: 1, To: 3}, edge(3, 4, a, da), edge(4, 5, b, db), {From: 2, To: 5}, edge(5, 6, c, dc), edge(6, 7, y, dy),
	}, plots.GraphOptions{Title: r.In(words.Text{EN: "Sigmoid, taken apart", JA: "シグモイド関数を分解する"}), Note: r.In(layerNote)})))
}

// affineEquation is the book's batch of two samples.
func affineEquation(r *lab.Run) {
	net := r.Network(nn.Features(2), nil, layers.Affine{Units: 3, Init: nn.Zero{}})
	if r.Failed() {
		return
	}
	x, w, bias, dy := grid{{1, 2}, {3, 4}}, grid{{1, 0, 2}, {0, 1, -1}}, []float64{1, 2, 3}, grid{{1, 2, 3}, {4, 5, 6}}
	params := net.Params() // weights by unit: the transpose of the book's
	for unit := range 3 {
		for i := range 2 {
			params[0].Value.Data[unit*2+i] = float32(w[i][unit])
		}
		params[1].Value.Data[unit] = float32(bias[unit])
	}
	y, dx, gradients := wayThrough(net, row(2, flat(x)...), flat(dy))
	dw := newGrid(2, 3)
	for unit := range 3 {
		for i := range 2 {
			dw[i][unit] = float64(gradients[0][unit*2+i])
		}
	}
	out, back := shaped(y, 2, 3), shaped(dx, 2, 2)
	db := shaped(gradients[1], 1, 3)
	r.Measure("affine: first bias's gradient", db[0][0])
	r.Measure("affine: second bias's gradient", db[0][1])
	r.Measure("affine: third bias's gradient", db[0][2])
	xt, wt := transposed(x), transposed(w)
	r.Claim("products", equal(product(dy, wt), back) && equal(product(xt, dy), dw))
	title := func(t words.Text) plots.EquationOptions { return plots.EquationOptions{Title: r.In(t), Cell: 24} }
	r.Grid("affine", plots.GridOptions{Title: r.In(words.Text{EN: "An affine layer, forward and back", JA: "Affine 層の順伝播と逆伝播"}), Columns: 1},
		r.Drawn(plots.Equation(title(words.Text{EN: "Forward: Y = X·W + B", JA: "順伝播：Y = X·W + B"}),
			plots.Matrix{Name: "X", Values: x, After: "×"}, plots.Matrix{Name: "W", Values: w, After: "+"}, plots.Matrix{Name: "B", Values: grid{bias}, After: "="}, plots.Matrix{Name: "Y", Values: out})),
		r.Drawn(plots.Equation(title(words.Text{EN: "Back to the input: dX = dY·Wᵀ", JA: "入力の勾配：dX = dY·Wᵀ"}),
			plots.Matrix{Name: "dY", Values: dy, After: "×"}, plots.Matrix{Name: "Wᵀ", Values: wt, After: "="}, plots.Matrix{Name: "dX", Values: back})),
		r.Drawn(plots.Equation(title(words.Text{EN: "Back to the weights: dW = Xᵀ·dY; dB: the sum over the batch", JA: "重みの勾配：dW = Xᵀ·dY、dB はバッチの和"}),
			plots.Matrix{Name: "Xᵀ", Values: xt, After: "×"}, plots.Matrix{Name: "dY", Values: dy, After: "="}, plots.Matrix{Name: "dW", Values: dw, After: " "}, plots.Matrix{Name: "dB", Values: db})))
}

// shaped are values as a matrix.
func shaped(values []float32, rows, columns int) grid {
	g := newGrid(rows, columns)
	for i, v := range values {
		g[i/columns][i%columns] = float64(v)
	}
	return g
}

func transposed(a grid) grid {
	t := newGrid(len(a[0]), len(a))
	for i := range a {
		for j := range a[i] {
			t[j][i] = a[i][j]
		}
	}
	return t
}

func product(a, b grid) grid {
	c := newGrid(len(a), len(b[0]))
	for i := range c {
		for j := range c[i] {
			for k := range b {
				c[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	return c
}

func equal(a, b grid) bool {
	for i := range a {
		for j := range a[i] {
			if a[i][j] != b[i][j] {
				return false
			}
		}
	}
	return true
}

// lossGraph is Softmax-with-Loss for the book's two answers, of which class 2
// of 3 is right.
func lossGraph(r *lab.Run) {
	answers := [][]float64{{0.3, 0.2, 0.5}, {0.01, 0.99, 0}}
	var panels []plots.Figure
	right := true
	for i, y := range answers {
		x, dx := row(1, 0, 0, 0), row(1, 0, 0, 0)
		for k, v := range y {
			x.Data[k] = float32(math.Log(max(v, 1e-30))) // whose softmax is y
		}
		loss := layers.SoftmaxWithLoss{}.Loss(dx, x, nn.Targets{Labels: []int{1}}, 1)
		nodes := []plots.Node{{Text: "softmax", Operation: true, Column: 1, Row: 1}, {Text: r.In(words.Text{EN: "cross-entropy", JA: "交差エントロピー"}), Operation: true, Column: 2, Row: 1}, {Text: "L", Column: 3, Row: 1}}
		edges := []plots.Edge{{From: 1, To: 2, Forward: fmt.Sprintf("%.3f", loss), Backward: "1"}}
		for k, v := range y {
			target := 0.0
			if k == 1 {
				target = 1
			}
			right = right && math.Abs(float64(dx.Data[k])-(v-target)) < 1e-6
			nodes = append(nodes, plots.Node{Text: fmt.Sprintf("a%d", k+1), Row: float64(k)})
			edges = append(edges, plots.Edge{From: len(nodes) - 1, To: 0, Forward: fmt.Sprintf("%.2f", x.Data[k]), Backward: fmt.Sprintf("%.2g", math.Round(1e6*float64(dx.Data[k]))/1e6)})
		}
		edges = append(edges, plots.Edge{From: 0, To: 1, Forward: fmt.Sprintf("y = (%g, %g, %g)", y[0], y[1], y[2])})
		panels = append(panels, r.Drawn(plots.Graph(nodes, edges, plots.GraphOptions{
			Title: r.In([]words.Text{
				{EN: "A bad answer: y − t = (0.3, −0.8, 0.5), large", JA: "悪い出力：y − t = (0.3, −0.8, 0.5)、大きい"},
				{EN: "A good answer: y − t = (0.01, −0.01, 0), small", JA: "よい出力：y − t = (0.01, −0.01, 0)、小さい"},
			}[i]),
		})))
		r.Measure([]string{"(0.3, 0.2, 0.5): gradient of the right class", "(0.01, 0.99, 0): gradient of the right class"}[i], float64(dx.Data[1]))
	}
	r.Claim("y minus t", right)
	r.Grid("softmax-with-loss", plots.GridOptions{Title: r.In(words.Text{EN: "Softmax-with-Loss, the right class being 2", JA: "Softmax-with-Loss（正解は 2 番目のクラス）"}), Note: r.In(layerNote), Columns: 1}, panels...)
}

func layerGraphs() lab.Experiment {
	return lab.Experiment{
		ID: "ch05-layers", Seconds: 0.1, Title: words.Text{EN: "Layers, forward and back by numbers", JA: "層の順伝播と逆伝播を数値で"}, Chapter: 5, Section: words.Text{EN: "sections 5.5 and 5.6", JA: "5.5、5.6 節"}, Version: 1,
		Setup: words.Text{
			EN: "ReLU at 3 and -2; sigmoid at 1, taken apart into its nodes; an affine layer for a batch of two with the " +
				"book's dY; Softmax-with-Loss for two answers, of which the second class is right. Gradients are the layers', " +
				"checked by hand.",
			JA: "3 と -2 での ReLU、ノードに分解した 1 でのシグモイド関数、2 個のサンプルからなるバッチの Affine 層（dY は本の値）、" +
				"2 番目のクラスが正解のときの 2 つの出力の Softmax-with-Loss です。勾配は tatami の層が計算したもので、手計算と比べます。",
		},
		Lesson: words.Text{
			EN: "Going back, ReLU is a switch, a sigmoid multiplies by y(1 − y), an affine layer by its transposed weights, and " +
				"softmax with cross-entropy begins it all with y − t, the error itself.",
			JA: "逆伝播では、ReLU はスイッチになり、シグモイド関数は y·（1 − y）を、Affine 層は転置した重みを掛けます。" +
				"出発点となる Softmax-with-Loss の勾配は y − t、つまり誤差そのものです。",
		},
		Rows: []lab.Row{
			exactly(words.Text{EN: "ReLU: gradient of 5 behind an input of 3", JA: "ReLU：入力 3 のときの勾配（上流は 5）"}, 5),
			exactly(words.Text{EN: "ReLU: gradient of 5 behind an input of -2", JA: "ReLU：入力 -2 のときの勾配（上流は 5）"}, 0),
			exactly(words.Text{EN: "sigmoid: gradient at 1, node by node", JA: "シグモイド関数：1 での勾配、ノードごとの計算"}, 0.19661193324148185),
			exactly(words.Text{EN: "sigmoid: gradient at 1, y(1 − y)", JA: "シグモイド関数：1 での勾配、y(1 − y)"}, 0.19661193324148185),
			lab.Near(words.Text{EN: "affine: first bias's gradient", JA: "Affine：1 つ目のバイアスの勾配"}, 5, 0),
			lab.Near(words.Text{EN: "affine: second bias's gradient", JA: "Affine：2 つ目のバイアスの勾配"}, 7, 0),
			lab.Near(words.Text{EN: "affine: third bias's gradient", JA: "Affine：3 つ目のバイアスの勾配"}, 9, 0),
			lab.Near(words.Text{EN: "(0.3, 0.2, 0.5): gradient of the right class", JA: "(0.3, 0.2, 0.5)：正解のクラスの勾配"}, -0.8, 1e-6),
			lab.Near(words.Text{EN: "(0.01, 0.99, 0): gradient of the right class", JA: "(0.01, 0.99, 0)：正解のクラスの勾配"}, -0.01, 1e-6),
		},
		Claims: map[string]words.Text{
			"a switch":     {EN: "ReLU lets the gradient through where it let the value through", JA: "ReLU は、値を通したところでだけ勾配を通す"},
			"nodes in one": {EN: "the nodes of a sigmoid together give y(1 − y), as the layer does", JA: "シグモイド関数のノードをまとめると y·（1 − y）になり、層の勾配と一致する"},
			"products":     {EN: "the affine layer's gradients are dY·Wᵀ and Xᵀ·dY", JA: "Affine 層の勾配は dY·Wᵀ と Xᵀ·dY になる"},
			"y minus t":    {EN: "the gradient of Softmax-with-Loss is y − t", JA: "Softmax-with-Loss の勾配は y − t になる"},
		},
		Figures: map[string]words.Text{
			"relu":              {EN: "ReLU lets the gradient through, or not (figure 5-18).", JA: "ReLU は勾配を通すか、通さないかのどちらかです（図 5-18）。"},
			"sigmoid":           {EN: "Sigmoid node by node (figure 5-20).", JA: "ノードに分解したシグモイド関数（図 5-20）。"},
			"affine":            {EN: "An affine layer for a batch (figure 5-27).", JA: "バッチ版の Affine 層（図 5-27）。"},
			"softmax-with-loss": {EN: "Softmax-with-Loss gives back the error (figure 5-30).", JA: "Softmax-with-Loss は誤差を返します（図 5-30）。"},
		},
		Run: runLayerGraphs,
	}
}
