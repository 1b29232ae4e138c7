package experiments

import (
	"math"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

func runBatchNormNumbers(r *lab.Run) {
	net := r.Network(nn.Features(2), nil, layers.BatchNormalization{Epsilon: 1e-9})
	if r.Failed() {
		return
	}
	copy(net.Params()[0].Value.Data, []float32{1, 2}) // gamma
	copy(net.Params()[1].Value.Data, []float32{0, 5}) // beta
	x, dy := grid{{1, 10}, {3, 30}, {5, 50}, {7, 10}}, grid{{1, 0}, {0, 1}, {0, 0}, {0, 0}}
	out, back, gradients := wayThrough(net, row(4, flat(x)...), flat(dy))
	y, dx := shaped(out, 4, 2), shaped(back, 4, 2)

	normal := newGrid(4, 2)
	stats := grid{{0, 0}, {0, 0}} // means, deviations
	for j := range 2 {
		for i := range x {
			stats[0][j] += x[i][j] / 4
		}
		for i := range x {
			stats[1][j] += (x[i][j] - stats[0][j]) * (x[i][j] - stats[0][j]) / 4
		}
		stats[1][j] = math.Sqrt(stats[1][j])
		for i := range x {
			normal[i][j] = (x[i][j] - stats[0][j]) / stats[1][j]
		}
	}
	agrees, sum, along := true, 0.0, 0.0 // of dx by columns: their sums, and with the normalized x
	for j, gamma := range []float64{1, 2} {
		total, turned := 0.0, 0.0
		for i := range x {
			agrees = agrees && math.Abs(y[i][j]-(gamma*normal[i][j]+[]float64{0, 5}[j])) < 1e-5
			total += dx[i][j]
			turned += dx[i][j] * normal[i][j]
		}
		sum, along = max(sum, math.Abs(total)), max(along, math.Abs(turned))
	}
	r.Measure("mean of the first column", stats[0][0])
	r.Measure("deviation of the first column", stats[1][0])
	r.Measure("first gradient of beta", float64(gradients[1][0]))
	r.Measure("largest absolute sum of a column of dX", sum)
	r.Measure("largest absolute sum of a column of dX·Z", along)
	r.Claim("mean and deviation", agrees)
	r.Claim("no way out", sum < 1e-5 && along < 1e-5)
	rounded := func(g grid) grid {
		short := newGrid(len(g), len(g[0]))
		for i := range g {
			for j := range g[i] {
				short[i][j] = math.Round(1000*g[i][j]) / 1000
			}
		}
		return short
	}
	o := func(t words.Text) plots.EquationOptions { return plots.EquationOptions{Title: r.In(t), Cell: 32} }
	r.Grid("numbers", plots.GridOptions{
		Title: r.In(words.Text{EN: "Batch normalization of four samples of two values", JA: "2 個の値を持つサンプル 4 個のバッチ正規化"}),
		Note: r.In(words.Text{
			EN: "A row is a sample; every column is normalized for itself: γ = (1, 2), β = (0, 5).",
			JA: "1 行が 1 サンプルで、列ごとに正規化します。γ = (1, 2)、β = (0, 5)。",
		}), Columns: 1,
	},
		r.Drawn(plots.Equation(o(words.Text{EN: "Forward", JA: "順伝播"}),
			plots.Matrix{Name: "X", Values: x, After: "→"}, plots.Matrix{Name: r.In(words.Text{EN: "mean, deviation", JA: "平均、標準偏差"}), Values: rounded(stats), Marks: [][]int{{1, 1}, {2, 2}}, After: "→"},
			plots.Matrix{Name: "Z = (X − μ)/σ", Values: rounded(normal), After: "→"}, plots.Matrix{Name: "Y = γZ + β", Values: rounded(y)})),
		r.Drawn(plots.Equation(o(words.Text{EN: "Back: one sample's gradient reaches all", JA: "逆伝播：1 つのサンプルの勾配が全部に伝わる"}),
			plots.Matrix{Name: "dY", Values: dy, After: "→"}, plots.Matrix{Name: "dX", Values: rounded(dx)})))
}

func batchNormNumbers() lab.Experiment {
	return lab.Experiment{
		ID: "ch06-batch-norm-numbers", Seconds: 0.1, Title: words.Text{EN: "Batch normalization by numbers", JA: "バッチ正規化を数値で"}, Chapter: 6, Section: words.Text{EN: "section 6.3.1 and appendix A", JA: "6.3.1 節と付録 A"}, Version: 1,
		Setup: words.Text{
			EN: "Four samples of two values through the layer in training, γ = (1, 2), β = (0, 5), ε so small that it does " +
				"not show; then a gradient of 1 for one value of the first and one of the second sample, back.",
			JA: "2 個の値を持つサンプル 4 個を、学習時の層に通します。γ は 1 と 2、β は 0 と 5 で、ε は結果に表れない小ささです。" +
				"次に、1 番目と 2 番目のサンプルの値 1 つずつに 1 の勾配を与えて、逆伝播します。",
		},
		Lesson: words.Text{
			EN: "Each value is told from the mean of its batch in deviations, so the gradient of one sample reaches all of them, " +
				"and can neither shift nor stretch the batch.",
			JA: "それぞれの値は、バッチの平均からの差を標準偏差で測った数になります。そのため 1 つのサンプルの勾配は全部のサンプルに" +
				"伝わり、バッチ全体をずらす向きや広げる向きには働きません。",
		},
		Rows: []lab.Row{
			exactly(words.Text{EN: "mean of the first column", JA: "1 列目の平均"}, 4),
			exactly(words.Text{EN: "deviation of the first column", JA: "1 列目の標準偏差"}, math.Sqrt(5)),
			exactly(words.Text{EN: "first gradient of beta", JA: "β の 1 つ目の勾配"}, 1),
			lab.AtMost(words.Text{EN: "largest absolute sum of a column of dX", JA: "dX の列の和の絶対値の最大"}, "", 1e-5).As("%.1e"),
			lab.AtMost(words.Text{EN: "largest absolute sum of a column of dX·Z", JA: "dX·Z の列の和の絶対値の最大"}, "", 1e-5).As("%.1e"),
		},
		Claims: map[string]words.Text{
			"mean and deviation": {EN: "the layer gives γ times the distance from the mean in deviations, and β", JA: "層の出力は、平均からの差を標準偏差で測って γ 倍し、β を足した値になる"},
			"no way out":         {EN: "a column of the gradient has mean 0 and is at right angles to the normalized values", JA: "勾配の列は平均が 0 で、正規化した値と直交する"},
		},
		Figures: map[string]words.Text{
			"numbers": {EN: "Forward and back through the layer; Z are the normalized values.", JA: "バッチ正規化の順伝播と逆伝播。Z は正規化した値です。"},
		},
		Run: runBatchNormNumbers,
	}
}
