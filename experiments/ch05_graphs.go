package experiments

import (
	"fmt"
	"math"

	"tatami/experiments/lab"
	"tatami/internal/words"
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

// What stands in the pictures.
var (
	applePrice   = words.Text{EN: "price of an apple", JA: "りんごの値段"}
	appleNumber  = words.Text{EN: "number of apples", JA: "りんごの個数"}
	taxText      = words.Text{EN: "tax", JA: "消費税"}
	toPay        = words.Text{EN: "to pay", JA: "支払金額"}
	orangePrice  = words.Text{EN: "price of an orange", JA: "みかんの値段"}
	orangeNumber = words.Text{EN: "number of oranges", JA: "みかんの個数"}
	applesTitle  = words.Text{EN: "Two apples and the tax", JA: "りんご 2 個と消費税"}
	orangesTitle = words.Text{EN: "Apples, oranges and the tax", JA: "りんご、みかん、消費税"}
	graphNote    = words.Text{
		EN: "Above the lines: values, to the right. Below: derivatives of what is to pay, to the left.",
		JA: "線の上は右へ伝わる値、線の下は左へ伝わる支払金額の微分です。",
	}
)

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
	const h = 1 // one yen dearer: exact, since what is to pay is linear in it
	r.Claim("a yen dearer", math.Abs((price+h)*number*tax-pay-h*dprice) < 1e-9)
	r.Figure("apples", r.Drawn(plots.Graph([]plots.Node{
		{Text: r.In(applePrice)},
		{Text: r.In(appleNumber), Row: 1},
		{Text: r.In(taxText), Row: 2},
		{Text: "×", Operation: true, Column: 1, Row: 0.5},
		{Text: "×", Operation: true, Column: 2, Row: 1},
		{Text: r.In(toPay), Column: 3, Row: 1},
	}, []plots.Edge{
		edge(0, 3, price, dprice), edge(1, 3, number, dnumber), edge(3, 4, sum, dsum), edge(2, 4, tax, dtax), edge(4, 5, pay, 1),
	}, plots.GraphOptions{Title: r.In(applesTitle), Note: r.In(graphNote)})))
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
		{Text: r.In(appleNumber)},
		{Text: r.In(applePrice), Row: 1},
		{Text: r.In(orangePrice), Row: 2},
		{Text: r.In(orangeNumber), Row: 3},
		{Text: r.In(taxText), Row: 4},
		{Text: "×", Operation: true, Column: 1, Row: 0.5},
		{Text: "×", Operation: true, Column: 1, Row: 2.5},
		{Text: "+", Operation: true, Column: 2, Row: 1.5},
		{Text: "×", Operation: true, Column: 3, Row: 2.5},
		{Text: r.In(toPay), Column: 4, Row: 2.5},
	}, []plots.Edge{
		edge(0, 5, apples, dapples), edge(1, 5, apple, dapple), edge(2, 6, orange, dorange), edge(3, 6, oranges, doranges),
		edge(5, 7, appleSum, dappleSum), edge(6, 7, orangeSum, dorangeSum), edge(7, 8, sum, dsum), edge(4, 8, tax, dtax),
		edge(8, 9, pay, 1),
	}, plots.GraphOptions{Title: r.In(orangesTitle), Note: r.In(graphNote)})))
}

// edge carries a value forward and a gradient back.
func edge(from, to int, value, gradient float64) plots.Edge {
	return plots.Edge{From: from, To: to, Forward: fmt.Sprintf("%.4g", value), Backward: fmt.Sprintf("%.4g", gradient)}
}

func computationalGraphs() lab.Experiment {
	return lab.Experiment{
		ID: "ch05-graphs", Seconds: 0.1, Title: words.Text{EN: "Computational graphs", JA: "計算グラフ"}, Chapter: 5, Section: words.Text{EN: "sections 5.1 to 5.4", JA: "5.1～5.4 節"}, Version: 2,
		Setup: words.Text{
			EN: "Two apples at 100 yen and a tax of 10 %; then also three oranges at 150. Layers that multiply and add, as the book's, in float64; the gradient at the end is 1.",
			JA: "1 個 100 円のりんごを 2 個、消費税は 10 % です。次に、1 個 150 円のみかんを 3 個加えます。乗算と加算の層は本と同じも" +
				"ので、float64 です。最後に伝わる勾配は 1 です。",
		},
		Lesson: words.Text{
			EN: "Each node knows only its own derivative, and yet, handed backward, they give the derivative of the sum to pay with " +
				"respect to everything that went into it.",
			JA: "各ノードは自分の局所的な微分しか知りません。それでも、逆向きに伝えていくと、支払金額の微分が、元になったすべての値に" +
				"ついて求まります。",
		},
		Rows: []lab.Row{
			lab.Near(words.Text{EN: "apples: to pay", JA: "りんご：支払金額"}, 220, 1e-9),
			lab.Near(words.Text{EN: "apples: ∂/∂ price", JA: "りんご：値段についての微分"}, 2.2, 1e-9),
			lab.Near(words.Text{EN: "apples: ∂/∂ number", JA: "りんご：個数についての微分"}, 110, 1e-9),
			lab.Near(words.Text{EN: "apples: ∂/∂ tax", JA: "りんご：消費税についての微分"}, 200, 1e-9),
			lab.Near(words.Text{EN: "with oranges: to pay", JA: "りんごとみかん：支払金額"}, 715, 1e-9),
			lab.Near(words.Text{EN: "with oranges: ∂/∂ price of an apple", JA: "りんごとみかん：りんごの値段についての微分"}, 2.2, 1e-9),
			lab.Near(words.Text{EN: "with oranges: ∂/∂ number of apples", JA: "りんごとみかん：りんごの個数についての微分"}, 110, 1e-9),
			lab.Near(words.Text{EN: "with oranges: ∂/∂ price of an orange", JA: "りんごとみかん：みかんの値段についての微分"}, 3.3, 1e-9),
			lab.Near(words.Text{EN: "with oranges: ∂/∂ number of oranges", JA: "りんごとみかん：みかんの個数についての微分"}, 165, 1e-9),
			lab.Near(words.Text{EN: "with oranges: ∂/∂ tax", JA: "りんごとみかん：消費税についての微分"}, 650, 1e-9),
		},
		Claims: map[string]words.Text{
			"a yen dearer":      {EN: "an apple that is 1 yen dearer costs 2.2 yen more", JA: "りんごが 1 円値上がりすると、支払金額は 2.2 円増える"},
			"addition hands on": {EN: "an addition passes the gradient on unchanged", JA: "加算は勾配をそのまま伝える"},
		},
		Figures: map[string]words.Text{
			"apples":             {EN: "Two apples and the tax (figure 5-14).", JA: "りんご 2 個と消費税（図 5-14）。"},
			"apples-and-oranges": {EN: "Apples, oranges and the tax (figure 5-17).", JA: "りんご、みかん、消費税（図 5-17）。"},
		},
		Run: runComputationalGraphs,
	}
}
