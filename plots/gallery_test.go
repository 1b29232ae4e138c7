package plots_test

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gonum.org/v1/plot/plotter"

	"tatami/nn"
	"tatami/plots"
)

// TestGallery draws every kind of picture from realistic numbers, in every
// format, twice, and in Japanese: they decode, and their bytes are the same. With
// TATAMI_GALLERY=DIR it also leaves them there to be looked at.
func TestGallery(t *testing.T) {
	dir := os.Getenv("TATAMI_GALLERY")
	first, second := gallery(t, "en"), gallery(t, "en")
	if dir != "" || !testing.Short() {
		for name, fig := range gallery(t, "ja") {
			first[name+"-ja"] = fig
		}
	}
	for name, fig := range first {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pictures := map[string][]byte{}
			formats := []string{"png", "svg", "pdf"}
			if second[name] == nil && dir == "" {
				formats = formats[:1]
			}
			for _, format := range formats {
				picture := encode(t, fig, format)
				pictures[format] = picture
				if second[name] != nil && !testing.Short() && !bytes.Equal(picture, encode(t, second[name], format)) {
					t.Errorf("%s: two drawings differ", format)
				}
				if len(picture) > 1<<20 {
					t.Errorf("%s: %d bytes", format, len(picture))
				}
				if dir != "" {
					if err := os.WriteFile(filepath.Join(dir, name+"."+format), picture, 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			cfg, kind, err := image.DecodeConfig(bytes.NewReader(pictures["png"]))
			w, h := fig.Size()
			if err != nil || kind != "png" || math.Abs(float64(cfg.Width)-2*w.Points()) > 1 || math.Abs(float64(cfg.Height)-2*h.Points()) > 1 {
				t.Errorf("PNG of %g×%g points: %d×%d pixels, %v", w, h, cfg.Width, cfg.Height, err)
			}
		})
	}
}

func encode(t *testing.T, f plots.Figure, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := plots.Encode(&b, f, format); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gallery(t *testing.T, language string) map[string]plots.Figure {
	t.Helper()
	figures := map[string]plots.Figure{}
	must := func(name string) func(plots.Figure, error) {
		return func(f plots.Figure, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			figures[name] = f
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))

	// curves
	one, tests := lossRun(rng, 3000, 2.3, 0.03)
	must("loss")(plots.Loss([]plots.Curve{{Points: one}}, plots.LossOptions{Validation: []plots.Curve{{Name: "test, each epoch", Points: tests}}, Language: language}))
	must("loss-log")(plots.Loss([]plots.Curve{{Points: one}}, plots.LossOptions{Log: true, Validation: []plots.Curve{{Name: "test, each epoch", Points: tests}}, Language: language}))
	var race []plots.Curve
	for i, name := range []string{"SGD", "Momentum", "AdaGrad", "Adam"} {
		c, _ := lossRun(rng, 2000, 2.3, 0.15/math.Pow(2, float64(i)))
		race = append(race, plots.Curve{Name: name, Points: c})
	}
	must("loss-race")(plots.Loss(race, plots.LossOptions{Title: "Optimizers on MNIST: five-layer network, learning rate 0.01 (Adam 0.001)", Language: language}))
	must("loss-steep")(plots.Loss([]plots.Curve{{Name: "training", Points: one}}, plots.LossOptions{Title: "Loss of simple", Classes: 10, Validation: []plots.Curve{{Name: "test", Points: tests}}, Language: language}))
	ill := plotter.XYs{}
	for i := range 700 {
		ill = append(ill, plotter.XY{X: float64(i + 1), Y: 2.32 + 370*math.Exp(-float64(i)/9) + 0.05*rng.NormFloat64()})
	}
	must("loss-ill")(plots.Loss([]plots.Curve{{Name: "training", Points: ill}}, plots.LossOptions{Classes: 10, Language: language}))
	spiky, _ := lossRun(rng, 20_000, 2.3, 0.03)
	spiky[500].Y, spiky[1000].Y, spiky[12_000].Y = 1e6, math.NaN(), math.Inf(1)
	must("loss-spiky")(plots.Loss([]plots.Curve{{Points: spiky}, {Name: "diverged", Points: plotter.XYs{{X: 1, Y: math.NaN()}}}}, plots.LossOptions{Language: language}))
	must("loss-point")(plots.Loss([]plots.Curve{{Points: plotter.XYs{{X: 1, Y: 2.3}}}}, plots.LossOptions{Log: true, Language: language}))
	must("loss-constant")(plots.Loss([]plots.Curve{{Points: plotter.XYs{{X: 1, Y: 2.3}, {X: 2, Y: 2.3}, {X: 3, Y: 2.3}}}}, plots.LossOptions{Log: true, Language: language}))
	must("loss-tiny")(plots.Loss([]plots.Curve{{Points: plotter.XYs{{X: 1, Y: 3e-12}, {X: 2, Y: 2e-12}, {X: 3, Y: 1e-13}}}}, plots.LossOptions{Language: language}))
	must("loss-huge")(plots.Loss([]plots.Curve{{Points: plotter.XYs{{X: 1, Y: 3e12}, {X: 2, Y: 2e30}, {X: 3, Y: 1e120}}}}, plots.LossOptions{Log: true, Language: language}))

	acc := func(from, to float64) (xys plotter.XYs) {
		for e := 1; e <= 20; e++ {
			xys = append(xys, plotter.XY{X: float64(e), Y: to - (to-from)*math.Exp(-float64(e-1)/3) + 0.0006*rng.NormFloat64()})
		}
		return xys
	}
	train, test := acc(0.93, 0.998), acc(0.965, 0.99)
	must("accuracy")(plots.Accuracy([]plots.Curve{{Name: "train", Points: train}, {Name: "test", Points: test}}, plots.AccuracyOptions{Language: language}))
	train[0].Y, test[0].Y = 0.11, 0.098
	must("accuracy-low")(plots.Accuracy([]plots.Curve{{Name: "train", Points: train}, {Name: "test", Points: test}}, plots.AccuracyOptions{Title: "The book's epoch 1 comes after one step", Language: language}))
	must("accuracy-one")(plots.Accuracy([]plots.Curve{{Name: "train", Points: train[5:6]}, {Name: "test", Points: test[5:6]}}, plots.AccuracyOptions{Language: language}))

	// charts of experiments
	bowl := func(x, y float64) float64 { return x*x/20 + y*y }
	var descents []plots.Figure
	for i, name := range []string{"SGD", "Momentum", "AdaGrad", "Adam"} {
		path := plotter.XYs{{X: -7, Y: 2}}
		for k := range 30 {
			p := path[k]
			path = append(path, plotter.XY{X: p.X + 0.1*(0.3*float64(i+1))*-p.X, Y: p.Y - 0.95*2*p.Y*(1-0.2*float64(i))})
		}
		f, err := plots.Chart(plots.ChartOptions{Title: name, X: plots.Axis{Label: "x", Min: -10, Max: 10}, Y: plots.Axis{Label: "y", Min: -5, Max: 5}, Width: 280, Height: 210, Language: language},
			plots.Contours{F: bowl}, plots.Curve{Points: path, Markers: true})
		if err != nil {
			t.Fatal(err)
		}
		descents = append(descents, f)
	}
	must("paths")(plots.Grid(plots.GridOptions{Title: "Paths over x²/20 + y² from (-7, 2), 30 steps", Language: language}, descents...))

	var at, by plotter.XYs
	for x := -2.0; x <= 2.25; x += 0.25 {
		for y := -2.0; y <= 2.25; y += 0.25 {
			at, by = append(at, plotter.XY{X: x, Y: y}), append(by, plotter.XY{X: -2 * x, Y: -2 * y})
		}
	}
	must("arrows")(plots.Chart(plots.ChartOptions{Title: "Negative gradient of x² + y²", X: plots.Axis{Label: "x"}, Y: plots.Axis{Label: "y"}, Width: 380, Height: 380, Language: language}, plots.Arrows{Points: at, Vectors: by}))

	var hist []plots.Figure
	for _, std := range []float64{1, 0.01, 0.3} {
		for layer := 1; layer <= 5; layer++ {
			values := make([]float32, 20_000)
			for i := range values {
				values[i] = float32(1 / (1 + math.Exp(-6*std*rng.NormFloat64()/math.Sqrt(float64(layer)))))
			}
			f, err := plots.Chart(plots.ChartOptions{Title: fmt.Sprintf("layer %d", layer), X: plots.Axis{Min: -0.02, Max: 1.02}, Width: 140, Height: 110, Language: language}, plots.Histogram{Values: values})
			if err != nil {
				t.Fatal(err)
			}
			hist = append(hist, f)
		}
	}
	must("histograms")(plots.Grid(plots.GridOptions{Title: "Activations of a sigmoid network", Columns: 5, Rows: []string{"std 1", "std 0.01", "Xavier"}, Language: language}, hist...))

	var multiples []plots.Figure
	for i := range 20 {
		f, err := plots.Chart(plots.ChartOptions{Title: fmt.Sprintf("trial %d: lr %.2g", i+1, math.Pow(10, -2-4*rng.Float64())), Y: plots.Axis{Min: 0, Max: 1}, Width: 135, Height: 105, Language: language},
			plots.Curve{Name: "train", Points: acc(0.1, 0.9-0.03*float64(i))}, plots.Curve{Name: "validation", Points: acc(0.1, 0.85-0.03*float64(i))})
		if err != nil {
			t.Fatal(err)
		}
		multiples = append(multiples, f)
	}
	must("multiples")(plots.Grid(plots.GridOptions{Title: "The twenty best of a hundred trials", Columns: 5, Language: language}, multiples...))

	must("bars")(plots.Chart(plots.ChartOptions{Title: "Digits shifted at test time", X: plots.Axis{Label: "shift (pixels)"}, Y: plots.Axis{Label: "test accuracy (%)"}, Language: language},
		plots.Bars{Groups: []string{"0", "1", "2", "3", "4"}, Series: []plots.Series{
			{Name: "affine", Values: []float64{98.1, 93, 70, 45, 30}, Errors: []float64{0.2, 1, 4, 5, 4}},
			{Name: "convolutional", Values: []float64{99.2, 98.7, 94, 79, math.NaN()}, Errors: []float64{0.1, 0.2, 1, 3, 0}}}}))

	must("bars-cut")(plots.Chart(plots.ChartOptions{Title: "Bars that are cut", Y: plots.Axis{Min: -3, Max: 10}, Language: language},
		plots.Level{Name: "guessing", Y: 5}, plots.Bars{Numbers: true, Groups: []string{"a", "b", "c", "d"}, Series: []plots.Series{{Name: "s", Values: []float64{7, 9.5, 20_315, -8}}}}))
	var marks []plots.Mark
	for d := range 10 {
		var xys plotter.XYs
		cx, cy := 6*rng.NormFloat64(), 6*rng.NormFloat64()
		for range 100 {
			xys = append(xys, plotter.XY{X: cx + rng.NormFloat64(), Y: cy + rng.NormFloat64()})
		}
		marks = append(marks, plots.Points{Name: fmt.Sprint(d), Points: xys})
	}
	must("points")(plots.Chart(plots.ChartOptions{Title: "Test digits on the last layer's two principal components", X: plots.Axis{Label: "first component"}, Y: plots.Axis{Label: "second component"}, Width: 440, Height: 400, Language: language}, marks...))

	var lr plotter.XYs
	for e := -6.0; e <= 0; e += 0.1 {
		lr = append(lr, plotter.XY{X: math.Pow(10, e), Y: 2.3 - 1.8/(1+math.Exp(-3*(e+3.2))) + math.Exp(4*(e+0.8))})
	}
	must("lr")(plots.Chart(plots.ChartOptions{Title: "Loss against learning rate, λ = 0.1 → 0", X: plots.Axis{Label: "learning rate", Log: true}, Y: plots.Axis{Label: "loss (nats)", Min: 0, Max: 4}, Language: language}, plots.Curve{Points: lr}))

	window := [][]int{{1, 1, 0}, {1, 1, 0}, {-1, -1, -1}}
	must("equation")(plots.Equation(plots.EquationOptions{Title: "A window of a matrix", Note: "and what does not fit a cell"},
		plots.Matrix{Name: "input", Values: [][]float64{{1, 2, 3}, {4, 5, 6}, {0, 0, 0}}, Marks: window, After: "⊛"},
		plots.Matrix{Name: "a name wider than its matrix", Values: [][]float64{{1, 0}, {0, -1}}, After: "="},
		plots.Matrix{Values: [][]float64{{-4, math.NaN()}, {-123456.789, math.Inf(1)}}, Marks: [][]int{{2, 3}, {4, 99}}, After: "Σ →"},
		plots.Matrix{Name: "out", Values: [][]float64{{0.001}}}))

	// tensors
	before, after := normal(rng, 30, nn.Shape{H: 5, W: 5, C: 1}, 0.1), edges(30)
	must("filters")(plots.Filters([]plots.Bank{{"before", before}, {"after", after}}, plots.FilterOptions{Title: "First convolution of SimpleConvNet", Language: language}))
	moved := nn.NewTensor(16, before.Shape)
	for i := range moved.Data {
		moved.Data[i] = before.Data[i] + 0.1*after.Data[i]
	}
	must("filters-change")(plots.Filters([]plots.Bank{{"before", &nn.Tensor{N: 16, Shape: before.Shape, Data: before.Data[:16*25]}}, {"after", moved}}, plots.FilterOptions{Title: "Filters of the first layer", Change: true, Language: language}))
	must("filters-book")(plots.Filters([]plots.Bank{{"before", before}, {"after", after}}, plots.FilterOptions{Book: true, Language: language}))
	must("filters-channels")(plots.Filters([]plots.Bank{{"before", normal(rng, 16, nn.Shape{H: 3, W: 3, C: 16}, 0.1)}, {"after", normal(rng, 16, nn.Shape{H: 3, W: 3, C: 16}, 0.2)}}, plots.FilterOptions{Title: "Second convolution", Language: language}))
	dead := nn.NewTensor(6, nn.Shape{H: 5, W: 5, C: 1})
	must("filters-dead")(plots.Filters([]plots.Bank{{"", dead}}, plots.FilterOptions{Language: language}))
	sick := normal(rng, 6, nn.Shape{H: 5, W: 5, C: 1}, 1e-9)
	sick.Data[7], sick.Data[60] = float32(math.NaN()), float32(math.Inf(1))
	must("filters-sick")(plots.Filters([]plots.Bank{{"a name much longer than the column of filters below it", sick}}, plots.FilterOptions{Language: language}))

	digit := glyph()
	maps := []*nn.Tensor{digit, normal(rng, 1, nn.Shape{H: 24, W: 24, C: 30}, 1), relu(normal(rng, 1, nn.Shape{H: 24, W: 24, C: 30}, 1)), relu(normal(rng, 1, nn.Shape{H: 12, W: 12, C: 30}, 1)), normal(rng, 1, nn.Shape{H: 1, W: 1, C: 100}, 2), relu(normal(rng, 1, nn.Shape{H: 1, W: 1, C: 450}, 2)), normal(rng, 1, nn.Shape{H: 1, W: 1, C: 10}, 3), softmax(normal(rng, 1, nn.Shape{H: 1, W: 1, C: 10}, 3)), nn.NewTensor(1, nn.Shape{H: 4, W: 4, C: 5})}
	must("features")(plots.FeatureMaps([]string{"input", "1 Convolution 30@5×5", "2 ReLU", "3 Pooling 2×2", "4 Affine", "5 ReLU", "6 Affine", "7 Softmax", "8 a dead layer with a long name"}, maps, plots.FeatureMapOptions{Title: "What SimpleConvNet makes of one digit", Language: language}))

	must("features-filters")(plots.FeatureMaps([]string{"input", "1 Convolution 30@5×5", "2 ReLU", "a wide one"}, append(maps[:3:3], relu(normal(rng, 1, nn.Shape{H: 7, W: 7, C: 128}, 1))), plots.FeatureMapOptions{Filters: []*nn.Tensor{nil, after, nil, nil}, Language: language}))
	must("confusion")(plots.Confusion(confusion(rng, 10, 1000, 0.008), nil, plots.ConfusionOptions{Title: "Confusion matrix, test set", Language: language}))
	letters := make([]string, 26)
	for i := range letters {
		letters[i] = string(rune('A' + i))
	}
	must("confusion-letters")(plots.Confusion(confusion(rng, 26, 800, 0.08), letters, plots.ConfusionOptions{Language: language}))
	must("confusion-fashion")(plots.Confusion(confusion(rng, 10, 1000, 0.1), []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot with a very long name indeed"}, plots.ConfusionOptions{Title: "Fashion-MNIST", Language: language}))
	must("confusion-256")(plots.Confusion(confusion(rng, 256, 100, 0.3), nil, plots.ConfusionOptions{Language: language}))
	must("confusion-2")(plots.Confusion([][]int{{1_234_567, 3}, {0, 0}}, []string{"cat", "dog"}, plots.ConfusionOptions{Language: language}))

	var mistakes []plots.Mistake
	for i := range 20 {
		mistakes = append(mistakes, plots.Mistake{Image: digit, True: fmt.Sprint(i % 10), Given: fmt.Sprint((i + 3) % 10), Probability: 1 - float64(i)*0.02})
	}
	var runs [][]float64
	for range 30 {
		rate, choice := math.Pow(10, -4+3*rng.Float64()), float64(rng.IntN(3))
		runs = append(runs, []float64{choice, float64(16 + rng.IntN(200)), rate, 97 - 3*math.Abs(math.Log10(rate)+2.5) - choice})
	}
	runs = append(runs, []float64{1, 100, 0.01, math.NaN()})
	must("parallel")(plots.Parallel([]plots.Coordinate{
		{Label: "--augment", Names: []string{"none", "shift:2,rotate:10,scale:0.1", "shift"}}, {Label: "--batch"}, {Label: "--lr", Log: true}, {Label: "accuracy (%)"},
	}, runs, plots.ParallelOptions{Title: "What mattered", Note: "A line is a run.", Language: language}))
	must("graph")(plots.Graph([]plots.Node{
		{Text: "price of an apple"}, {Text: "number of apples", Row: 1}, {Text: "×", Operation: true, Column: 1, Row: 0.5},
		{Text: "tax", Row: 2}, {Text: "×", Operation: true, Column: 2, Row: 1}, {Text: "to pay", Column: 3, Row: 1},
	}, []plots.Edge{
		{From: 0, To: 2, Forward: "100", Backward: "2.2"}, {From: 1, To: 2, Forward: "2", Backward: "110"},
		{From: 2, To: 4, Forward: "200", Backward: "1.1"}, {From: 3, To: 4, Forward: "1.1", Backward: "200"},
		{From: 4, To: 5, Forward: "220", Backward: "1"},
	}, plots.GraphOptions{Title: "Two apples and the tax", Note: "Values above, gradients below."}))
	must("mistakes")(plots.Mistakes(mistakes, plots.ImagesOptions{Title: "The 20 worst mistakes on the test set", Language: language}))
	mistakes[0].True, mistakes[0].Given = "Ankle boot", "T-shirt/top"
	must("mistakes-few")(plots.Mistakes(mistakes[:3], plots.ImagesOptions{Language: language}))
	must("mistakes-none")(plots.Mistakes(nil, plots.ImagesOptions{Language: language}))

	var frames []plots.Figure
	for k := range 4 {
		mixed := nn.NewTensor(30, before.Shape)
		for i := range mixed.Data {
			mixed.Data[i] = before.Data[i]*float32(3-k)/3 + after.Data[i]*float32(k)/3
		}
		must(fmt.Sprintf("frame-%d", k))(plots.Filters([]plots.Bank{{"", mixed}}, plots.FilterOptions{Language: language}))
		frames = append(frames, figures[fmt.Sprintf("frame-%d", k)])
		delete(figures, fmt.Sprintf("frame-%d", k))
	}
	var film bytes.Buffer
	if err := plots.Animate(&film, 200*time.Millisecond, frames...); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("TATAMI_GALLERY"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "film.gif"), film.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return figures
}

// lossRun falls from start towards end with the noise of batches; tests has a
// point each hundredth of it.
func lossRun(rng *rand.Rand, steps int, start, end float64) (run, tests plotter.XYs) {
	drift := 0.0
	for i := range steps {
		drift = 0.98*drift + 0.04*rng.NormFloat64()
		mean := end + (start-end)*math.Exp(-12*float64(i)/float64(steps)) + 0.1*math.Exp(-3*float64(i)/float64(steps))
		run = append(run, plotter.XY{X: float64(i + 1), Y: mean * math.Exp(drift+0.45*rng.NormFloat64())})
		if (i+1)%(steps/30) == 0 {
			tests = append(tests, plotter.XY{X: float64(i + 1), Y: mean*1.1 + 0.01})
		}
	}
	return run, tests
}

func normal(rng *rand.Rand, n int, shape nn.Shape, std float64) *nn.Tensor {
	t := nn.NewTensor(n, shape)
	for i := range t.Data {
		t.Data[i] = float32(std * rng.NormFloat64())
	}
	return t
}

func relu(t *nn.Tensor) *nn.Tensor {
	for i, v := range t.Data {
		t.Data[i] = max(v, 0)
	}
	return t
}

func softmax(t *nn.Tensor) *nn.Tensor {
	var sum float64
	for _, v := range t.Data {
		sum += math.Exp(float64(v))
	}
	for i, v := range t.Data {
		t.Data[i] = float32(math.Exp(float64(v)) / sum)
	}
	return t
}

// edges is filters of edges in all directions.
func edges(n int) *nn.Tensor {
	t := nn.NewTensor(n, nn.Shape{H: 5, W: 5, C: 1})
	for f := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(f) / float64(n))
		for i := range 25 {
			x, y := float64(i%5-2), float64(i/5-2)
			t.Sample(f)[i] = float32(0.4 * math.Tanh(cos*x+sin*y) * math.Exp(-(x*x+y*y)/9))
		}
	}
	return t
}

// glyph is a 28×28 image of a ring, much like a handwritten zero.
func glyph() *nn.Tensor {
	t := nn.NewTensor(1, nn.Shape{H: 28, W: 28, C: 1})
	for i := range t.Data {
		x, y := float64(i%28)-13.5, float64(i/28)-13.5
		d := math.Abs(math.Hypot(x*1.3, y)-8) - 1.2
		t.Data[i] = float32(min(max(1-d, 0), 1))
	}
	return t
}

func confusion(rng *rand.Rand, classes, each int, wrong float64) [][]int {
	counts := make([][]int, classes)
	for i := range counts {
		counts[i] = make([]int, classes)
		for range each {
			j := i
			if rng.Float64() < wrong {
				j = (i + int(float64(classes)*math.Pow(rng.Float64(), 3))) % classes
			}
			counts[i][j]++
		}
	}
	return counts
}
