package experiments

import (
	"fmt"
	"math"

	"tatami/experiments/lab"
	"tatami/plots"
)

// mulLayer and addLayer are the book's: forward keeps what backward needs.
type mulLayer struct{ x, y float64 }

func (l *mulLayer) forward(x, y float64) float64 {
	l.x, l.y = x, y
	return x * y
}

func (l *mulLayer) backward(dout float64) (dx, dy float64) { return dout * l.y, dout * l.x }

type addLayer struct{}

func (addLayer) forward(x, y float64) float64 { return x + y }

func (addLayer) backward(dout float64) (dx, dy float64) { return dout, dout }

func runComputationalGraphs(r *lab.Run) {
	apples(r)
	applesAndOranges(r)
}

func apples(r *lab.Run) {
	const price, number, tax = 100, 2, 1.1
	var times, taxed mulLayer
	sum := times.forward(price, number)
	pay := taxed.forward(sum, tax)

	dsum, dtax := taxed.backward(1)
	dprice, dnumber := times.backward(dsum)

	r.Measure("apples: to pay", pay)
	r.Measure("apples: ∂/∂ price", dprice)
	r.Measure("apples: ∂/∂ number", dnumber)
	r.Measure("apples: ∂/∂ tax", dtax)
	const h = 0.01 // one cent dearer
	r.Claim("a cent dearer", math.Abs((price+h)*number*tax-pay-h*dprice) < 1e-9)
	r.Figure("apples", r.Drawn(plots.Graph([]plots.Node{
		{Text: "price of an apple"},
		{Text: "number of apples", Row: 1},
		{Text: "tax", Row: 2},
		{Text: "×", Operation: true, Column: 1, Row: 0.5},
		{Text: "×", Operation: true, Column: 2, Row: 1},
		{Text: "to pay", Column: 3, Row: 1},
	}, []plots.Edge{
		edge(0, 3, price, dprice), edge(1, 3, number, dnumber), edge(3, 4, sum, dsum), edge(2, 4, tax, dtax), edge(4, 5, pay, 1),
	}, plots.GraphOptions{Note: "Values above the lines, to the right; derivatives of what is to pay below them, to the left."})))
}

func applesAndOranges(r *lab.Run) {
	const apple, apples, orange, oranges, tax = 100, 2, 150, 3, 1.1
	var timesApples, timesOranges, taxed mulLayer
	var both addLayer
	appleSum := timesApples.forward(apple, apples)
	orangeSum := timesOranges.forward(orange, oranges)
	sum := both.forward(appleSum, orangeSum)
	pay := taxed.forward(sum, tax)

	dsum, dtax := taxed.backward(1)
	dappleSum, dorangeSum := both.backward(dsum)
	dorange, doranges := timesOranges.backward(dorangeSum)
	dapple, dapples := timesApples.backward(dappleSum)

	r.Measure("with oranges: to pay", pay)
	r.Measure("with oranges: ∂/∂ price of an apple", dapple)
	r.Measure("with oranges: ∂/∂ number of apples", dapples)
	r.Measure("with oranges: ∂/∂ price of an orange", dorange)
	r.Measure("with oranges: ∂/∂ number of oranges", doranges)
	r.Measure("with oranges: ∂/∂ tax", dtax)
	r.Claim("addition hands on", dappleSum == dsum && dorangeSum == dsum)
	r.Figure("apples-and-oranges", r.Drawn(plots.Graph([]plots.Node{
		{Text: "number of apples"},
		{Text: "price of an apple", Row: 1},
		{Text: "price of an orange", Row: 2},
		{Text: "number of oranges", Row: 3},
		{Text: "tax", Row: 4},
		{Text: "×", Operation: true, Column: 1, Row: 0.5},
		{Text: "×", Operation: true, Column: 1, Row: 2.5},
		{Text: "+", Operation: true, Column: 2, Row: 1.5},
		{Text: "×", Operation: true, Column: 3, Row: 2.5},
		{Text: "to pay", Column: 4, Row: 2.5},
	}, []plots.Edge{
		edge(0, 5, apples, dapples), edge(1, 5, apple, dapple), edge(2, 6, orange, dorange), edge(3, 6, oranges, doranges),
		edge(5, 7, appleSum, dappleSum), edge(6, 7, orangeSum, dorangeSum), edge(7, 8, sum, dsum), edge(4, 8, tax, dtax),
		edge(8, 9, pay, 1),
	}, plots.GraphOptions{Note: "Values above the lines, to the right; derivatives of what is to pay below them, to the left."})))
}

// edge carries a value forward and a gradient back.
func edge(from, to int, value, gradient float64) plots.Edge {
	return plots.Edge{From: from, To: to, Forward: fmt.Sprintf("%.4g", value), Backward: fmt.Sprintf("%.4g", gradient)}
}

func computationalGraphs() lab.Experiment {
	return lab.Experiment{
		ID: "ch05-graphs", Title: "Computational graphs", Chapter: 5, Section: "sections 5.1 to 5.4", Version: 1,
		Setup: "Two apples at 100 and a tax of 10 %; then also three oranges at 150. Layers that multiply and add, as the book's, in " +
			"float64; the gradient at the end is 1.",
		Lesson: "Each node knows only its own derivative, and yet, handed backward, they give the derivative of the sum to pay with " +
			"respect to everything that went into it.",
		Rows: []lab.Row{
			lab.Near("apples: to pay", 220, 1e-9),
			lab.Near("apples: ∂/∂ price", 2.2, 1e-9),
			lab.Near("apples: ∂/∂ number", 110, 1e-9),
			lab.Near("apples: ∂/∂ tax", 200, 1e-9),
			lab.Near("with oranges: to pay", 715, 1e-9),
			lab.Near("with oranges: ∂/∂ price of an apple", 2.2, 1e-9),
			lab.Near("with oranges: ∂/∂ number of apples", 110, 1e-9),
			lab.Near("with oranges: ∂/∂ price of an orange", 3.3, 1e-9),
			lab.Near("with oranges: ∂/∂ number of oranges", 165, 1e-9),
			lab.Near("with oranges: ∂/∂ tax", 650, 1e-9),
		},
		Claims: lab.Texts{
			"a cent dearer":     "an apple that is a cent dearer costs 2.2 cents more",
			"addition hands on": "an addition hands the gradient on unchanged",
		},
		Figures: lab.Texts{
			"apples":             "Two apples and the tax (figure 5-14).",
			"apples-and-oranges": "Apples, oranges and the tax (figure 5-17).",
		},
		Run: runComputationalGraphs,
	}
}
