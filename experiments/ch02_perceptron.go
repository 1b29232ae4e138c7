package experiments

import (
	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/plots"
)

// perceptron fires if w1·x1 + w2·x2 + b is above 0.
type perceptron struct{ w1, w2, b float64 }

func (p perceptron) fires(x1, x2 float64) float64 {
	if p.w1*x1+p.w2*x2+p.b > 0 {
		return 1
	}
	return 0
}

// line is where the perceptron is undecided, from x1 = −0.5 to 1.5.
func (p perceptron) line() (points plotter.XYs) {
	for _, x := range []float64{-0.5, 1.5} {
		points = append(points, plotter.XY{X: x, Y: -(p.w1*x + p.b) / p.w2})
	}
	return points
}

// The book's weights.
var (
	andGate  = perceptron{0.5, 0.5, -0.7}
	nandGate = perceptron{-0.5, -0.5, 0.7}
	orGate   = perceptron{0.5, 0.5, -0.2}
)

// xorGate is two layers: AND of NAND and OR.
func xorGate(x1, x2 float64) float64 {
	return andGate.fires(nandGate.fires(x1, x2), orGate.fires(x1, x2))
}

// gate is a function of two bits, and its outputs for 00, 01, 10 and 11.
type gate struct {
	name  string
	fires func(x1, x2 float64) float64
	wants [4]float64
	lines []perceptron
}

// right counts the inputs for which f gives what the gate wants.
func (g gate) right(f func(x1, x2 float64) float64) (n int) {
	for i, want := range g.wants {
		if f(float64(i/2), float64(i%2)) == want {
			n++
		}
	}
	return n
}

func runPerceptron(r *lab.Run) {
	gates := []gate{
		{"AND", andGate.fires, [4]float64{0, 0, 0, 1}, []perceptron{andGate}},
		{"NAND", nandGate.fires, [4]float64{1, 1, 1, 0}, []perceptron{nandGate}},
		{"OR", orGate.fires, [4]float64{0, 1, 1, 1}, []perceptron{orGate}},
		{"XOR", xorGate, [4]float64{0, 1, 1, 0}, []perceptron{nandGate, orGate}},
	}
	var panels []plots.Figure
	var rows [][]any
	for _, g := range gates {
		r.Measure(g.name+": right of 4", float64(g.right(g.fires)))
		panels = append(panels, gatePanel(r, g))
		for i := range 4 {
			x1, x2 := float64(i/2), float64(i%2)
			rows = append(rows, []any{g.name, x1, x2, g.fires(x1, x2)})
		}
	}
	most, tried := 0, 0
	for w1 := -2.0; w1 <= 2; w1 += 0.1 {
		for w2 := -2.0; w2 <= 2; w2 += 0.1 {
			for b := -2.0; b <= 2; b += 0.1 {
				most = max(most, gates[3].right(perceptron{w1, w2, b}.fires))
				tried++
			}
		}
	}
	r.Measure("XOR by one perceptron: right of 4 at most", float64(most))
	r.Claim("three gates", gates[0].right(andGate.fires) == 4 && gates[1].right(nandGate.fires) == 4 && gates[2].right(orGate.fires) == 4)
	r.Claim("no line", most == 3 && tried > 60_000)
	r.Claim("two layers", gates[3].right(xorGate) == 4)
	r.CSV("gates", []string{"gate", "x1", "x2", "y"}, rows)
	r.Grid("gates", plots.GridOptions{
		Title: r.In(words.Text{EN: "Gates of perceptrons", JA: "パーセプトロンの論理回路"}),
		Note: r.In(words.Text{
			EN: "A line parts what fires from what does not; XOR takes two, and fires between them.",
			JA: "1 本の直線が 0 と 1 を分けます。XOR には 2 本必要で、その間が 1 です。",
		}),
		Columns: 4,
	}, panels...)
}

// gatePanel draws a gate's inputs by their outputs, and its lines.
func gatePanel(r *lab.Run, g gate) plots.Figure {
	zeros, ones := plotter.XYs{}, plotter.XYs{}
	for i := range 4 {
		at := plotter.XY{X: float64(i / 2), Y: float64(i % 2)}
		if g.fires(at.X, at.Y) == 1 {
			ones = append(ones, at)
		} else {
			zeros = append(zeros, at)
		}
	}
	marks := []plots.Mark{
		plots.Points{Name: "0", Points: zeros, Radius: 5},
		plots.Points{Name: "1", Points: ones, Radius: 5},
	}
	for i, p := range g.lines {
		name := r.In(words.Text{EN: "border", JA: "境界"})
		if len(g.lines) > 1 {
			name = []string{"NAND", "OR"}[i]
		}
		marks = append(marks, plots.Curve{Name: name, Points: p.line()})
	}
	return r.Panel(plots.ChartOptions{
		Title: g.name, X: plots.Axis{Label: "x1", Min: -0.5, Max: 1.5}, Y: plots.Axis{Label: "x2", Min: -0.5, Max: 1.5}, Width: 200, Height: 230,
	}, marks...)
}

func perceptrons() lab.Experiment {
	return lab.Experiment{
		ID: "ch02-perceptron", Seconds: 0.1, Title: words.Text{EN: "Perceptrons, and what one alone cannot do", JA: "パーセプトロンと、その限界"}, Chapter: 2, Section: words.Text{EN: "sections 2.1 to 2.5", JA: "2.1～2.5 節"}, Version: 1,
		Setup: words.Text{
			EN: "AND, NAND and OR by a perceptron with the book's weights and bias; XOR as AND of NAND and OR. To see that one " +
				"perceptron is not enough for XOR, all weights and biases from -2 to 2 in steps of 0.1 are tried.",
			JA: "AND、NAND、OR を、本と同じ重みとバイアスのパーセプトロンで作り、XOR は NAND と OR の結果の AND とします。" +
				"XOR が 1 つのパーセプトロンでは作れないことを見るために、-2 から 2 までの重みとバイアスを 0.1 刻みですべて試します。",
		},
		Lesson: words.Text{
			EN: "A perceptron parts its inputs by one straight line, which is enough for AND, NAND and OR; XOR needs a curve, " +
				"and a second layer bends the line.",
			JA: "パーセプトロンは入力を 1 本の直線で分けます。AND、NAND、OR にはそれで足りますが、XOR には曲線が必要で、" +
				"層をもう 1 つ重ねると表せます。",
		},
		Rows: []lab.Row{
			exactly(words.Text{EN: "AND: right of 4", JA: "AND：4 通りのうち正しいもの"}, 4),
			exactly(words.Text{EN: "NAND: right of 4", JA: "NAND：4 通りのうち正しいもの"}, 4),
			exactly(words.Text{EN: "OR: right of 4", JA: "OR：4 通りのうち正しいもの"}, 4),
			exactly(words.Text{EN: "XOR: right of 4", JA: "XOR（2 層）：4 通りのうち正しいもの"}, 4),
			lab.AtMost(words.Text{EN: "XOR by one perceptron: right of 4 at most", JA: "1 つのパーセプトロンによる XOR：正しいものの最大数"}, "", 3),
		},
		Claims: map[string]words.Text{
			"three gates": {EN: "one perceptron each is AND, NAND and OR", JA: "AND、NAND、OR はそれぞれ 1 つのパーセプトロンで作れる"},
			"no line":     {EN: "no single perceptron of those tried is XOR", JA: "試したどのパーセプトロンも、1 つでは XOR にならない"},
			"two layers":  {EN: "two layers are XOR", JA: "2 層にすれば XOR になる"},
		},
		Figures: map[string]words.Text{
			"gates": {EN: "The four gates and the lines that part 0 from 1 (as figures 2-6 to 2-8).", JA: "4 つの論理回路と、0 と 1 を分ける直線（図 2-6～2-8 に対応）。"},
		},
		Run: runPerceptron,
	}
}
