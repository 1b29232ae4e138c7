package plots_test

import (
	"bytes"
	"image/color"
	"image/gif"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"tatami/internal/toy"
	"tatami/nn"
	"tatami/plots"
)

func line(ys ...float64) plotter.XYs {
	var xys plotter.XYs
	for i, y := range ys {
		xys = append(xys, plotter.XY{X: float64(i + 1), Y: y})
	}
	return xys
}

func loss(t *testing.T) plots.Figure {
	t.Helper()
	f, err := plots.Loss([]plots.Curve{{Points: line(2.3, 1.1, 0.7, 0.5)}}, plots.LossOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	for name, head := range map[string]string{"a.png": "\x89PNG", "a.SVG": "<?xml", "a.pdf": "%PDF-1.4"} {
		path := filepath.Join(dir, name)
		if err := plots.Save(path, loss(t)); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(data, []byte(head)) {
			t.Errorf("%s begins with %q, %v", name, data[:min(8, len(data))], err)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 3 {
		t.Errorf("%d files, wanted 3", len(files))
	}
}

func TestSaveErrors(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.jpg", "a", "png", ".hidden", "a.png.gz"} {
		err := plots.Save(filepath.Join(dir, name), loss(t))
		if err == nil || !strings.Contains(err.Error(), ".png, .svg or .pdf") || !strings.Contains(err.Error(), filepath.Ext(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := plots.Save(filepath.Join(dir, "missing", "a.png"), loss(t)); err == nil || !strings.Contains(err.Error(), "a.png") {
		t.Errorf("missing folder: %v", err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("%d files left behind", len(files))
	}
}

// sized is a figure of any size that draws nothing.
type sized struct{ w, h vg.Length }

func (s sized) Size() (w, h vg.Length) { return s.w, s.h }
func (s sized) Draw(draw.Canvas)       {}

func TestFailedSaveLeavesTheEarlierFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, []byte("earlier"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range []plots.Figure{nil, sized{0, 10}, sized{vg.Length(math.NaN()), 10}, sized{1e6, 1e6}, sized{vg.Inch, vg.Length(math.Inf(1))}} {
		if err := plots.Save(path, f); err == nil {
			t.Errorf("%v: no error", f)
		}
	}
	if data, _ := os.ReadFile(path); string(data) != "earlier" {
		t.Errorf("the file became %q", data)
	}
}

func TestFigureErrors(t *testing.T) {
	nan := math.NaN()
	short := &nn.Tensor{N: 2, Shape: nn.Shape{H: 5, W: 5, C: 1}, Data: make([]float32, 49)}
	ok := nn.NewTensor(1, nn.Shape{H: 5, W: 5, C: 1})
	two := nn.NewTensor(2, nn.Shape{H: 5, W: 5, C: 2})
	for name, draw := range map[string]func() (plots.Figure, error){
		"no curves":  func() (plots.Figure, error) { return plots.Loss(nil, plots.LossOptions{}) },
		"nil points": func() (plots.Figure, error) { return plots.Loss([]plots.Curve{{}}, plots.LossOptions{}) },
		"only NaN": func() (plots.Figure, error) {
			return plots.Loss([]plots.Curve{{Points: line(nan, math.Inf(1))}}, plots.LossOptions{})
		},
		"nothing above 0": func() (plots.Figure, error) {
			return plots.Loss([]plots.Curve{{Points: line(0, -1)}}, plots.LossOptions{Log: true})
		},
		"no accuracy": func() (plots.Figure, error) { return plots.Accuracy(nil, plots.AccuracyOptions{}) },
		"falling axis": func() (plots.Figure, error) {
			return plots.Chart(plots.ChartOptions{X: plots.Axis{Min: 2, Max: 1}}, plots.Curve{Points: line(1, 2)})
		},
		"log axis from 0": func() (plots.Figure, error) {
			return plots.Chart(plots.ChartOptions{Y: plots.Axis{Log: true, Max: 1}}, plots.Curve{Points: line(1, 2)})
		},
		"tiny chart": func() (plots.Figure, error) {
			return plots.Chart(plots.ChartOptions{Width: 3}, plots.Curve{Points: line(1, 2)})
		},
		"uneven bars": func() (plots.Figure, error) {
			return plots.Chart(plots.ChartOptions{}, plots.Bars{Groups: []string{"a"}, Series: []plots.Series{{Name: "s"}}})
		},
		"bins": func() (plots.Figure, error) {
			return plots.Chart(plots.ChartOptions{}, plots.Histogram{Values: []float32{1}, Bins: -1})
		},
		"one coordinate": func() (plots.Figure, error) {
			return plots.Parallel([]plots.Coordinate{{}}, [][]float64{{1}}, plots.ParallelOptions{})
		},
		"uneven rows": func() (plots.Figure, error) {
			return plots.Parallel([]plots.Coordinate{{}, {}}, [][]float64{{1, 2}, {1}}, plots.ParallelOptions{})
		},
		"no row above 0": func() (plots.Figure, error) {
			return plots.Parallel([]plots.Coordinate{{Log: true}, {}}, [][]float64{{0, 2}, {1, nan}}, plots.ParallelOptions{})
		},
		"no function":  func() (plots.Figure, error) { return plots.Chart(plots.ChartOptions{}, plots.Contours{}) },
		"arrows":       func() (plots.Figure, error) { return plots.Chart(plots.ChartOptions{}, plots.Arrows{Points: line(1)}) },
		"no panels":    func() (plots.Figure, error) { return plots.Grid(plots.GridOptions{}) },
		"nil panel":    func() (plots.Figure, error) { return plots.Grid(plots.GridOptions{}, nil) },
		"no banks":     func() (plots.Figure, error) { return plots.Filters(nil, plots.FilterOptions{}) },
		"no tensor":    func() (plots.Figure, error) { return plots.Filters([]plots.Bank{{}}, plots.FilterOptions{}) },
		"short tensor": func() (plots.Figure, error) { return plots.Filters([]plots.Bank{{"b", short}}, plots.FilterOptions{}) },
		"limit": func() (plots.Figure, error) {
			return plots.Filters([]plots.Bank{{"b", ok}}, plots.FilterOptions{Filters: -1})
		},
		"no maps": func() (plots.Figure, error) { return plots.FeatureMaps(nil, nil, plots.FeatureMapOptions{}) },
		"two samples": func() (plots.Figure, error) {
			return plots.FeatureMaps([]string{"a"}, []*nn.Tensor{two}, plots.FeatureMapOptions{})
		},
		"wide tiles": func() (plots.Figure, error) {
			return plots.FeatureMaps([]string{"a"}, []*nn.Tensor{ok}, plots.FeatureMapOptions{Tile: 1000})
		},
		"no classes": func() (plots.Figure, error) { return plots.Confusion(nil, nil, plots.ConfusionOptions{}) },
		"ragged matrix": func() (plots.Figure, error) {
			return plots.Confusion([][]int{{1, 2}, {1}}, nil, plots.ConfusionOptions{})
		},
		"negative count": func() (plots.Figure, error) { return plots.Confusion([][]int{{-1}}, nil, plots.ConfusionOptions{}) },
		"class names": func() (plots.Figure, error) {
			return plots.Confusion([][]int{{1}}, []string{"a", "b"}, plots.ConfusionOptions{})
		},
		"no nodes": func() (plots.Figure, error) { return plots.Graph(nil, nil, plots.GraphOptions{}) },
		"node left of the graph": func() (plots.Figure, error) {
			return plots.Graph([]plots.Node{{Column: -1}}, nil, plots.GraphOptions{})
		},
		"edge to nowhere": func() (plots.Figure, error) {
			return plots.Graph(make([]plots.Node, 1), []plots.Edge{{To: 1}}, plots.GraphOptions{})
		},
		"edge back": func() (plots.Figure, error) {
			return plots.Graph([]plots.Node{{Column: 1}, {}}, []plots.Edge{{To: 1}}, plots.GraphOptions{})
		},
		"no pictures":   func() (plots.Figure, error) { return plots.Images(nil, plots.ImagesOptions{}) },
		"empty picture": func() (plots.Figure, error) { return plots.Images(make([]plots.Picture, 1), plots.ImagesOptions{}) },
		"no matrices":   func() (plots.Figure, error) { return plots.Equation(plots.EquationOptions{}) },
		"empty matrix": func() (plots.Figure, error) {
			return plots.Equation(plots.EquationOptions{}, plots.Matrix{Values: [][]float64{{}}})
		},
		"uneven matrix": func() (plots.Figure, error) {
			return plots.Equation(plots.EquationOptions{}, plots.Matrix{Values: [][]float64{{1, 2}, {1}}})
		},
		"marks of another size": func() (plots.Figure, error) {
			return plots.Equation(plots.EquationOptions{}, plots.Matrix{Values: [][]float64{{1, 2}}, Marks: [][]int{{1}}})
		},
		"negative cells": func() (plots.Figure, error) {
			return plots.Equation(plots.EquationOptions{Cell: -1}, plots.Matrix{Values: [][]float64{{1}}})
		},
		"two channels": func() (plots.Figure, error) {
			return plots.Mistakes([]plots.Mistake{{Image: two}}, plots.ImagesOptions{})
		},
	} {
		if f, err := draw(); err == nil || f != nil {
			t.Errorf("%s: figure %v, error %v", name, f, err)
		}
	}
}

// Odd numbers that still give a picture, in all formats, without a panic.
func TestOddInput(t *testing.T) {
	toy.Alone(t)
	nan, inf := math.NaN(), math.Inf(1)
	dead := nn.NewTensor(1, nn.Shape{H: 1, W: 1, C: 3})
	lost := nn.NewTensor(1, nn.Shape{H: 1, W: 1, C: 300})
	for i := range lost.Data {
		lost.Data[i] = float32(nan)
	}
	for name, draw := range map[string]func() (plots.Figure, error){
		"gaps": func() (plots.Figure, error) {
			return plots.Loss([]plots.Curve{{Points: line(nan, 1, inf, 2, 3, nan)}}, plots.LossOptions{Log: true})
		},
		"extremes": func() (plots.Figure, error) {
			return plots.Loss([]plots.Curve{{Points: line(1e149, -1e149, 1e308, 5e-324), Smooth: 1}}, plots.LossOptions{})
		},
		"denormal": func() (plots.Figure, error) {
			return plots.Loss([]plots.Curve{{Points: line(5e-324, 1e-323)}}, plots.LossOptions{})
		},
		"denormal settings": func() (plots.Figure, error) {
			return plots.Parallel([]plots.Coordinate{{Log: true}, {}}, [][]float64{{5e-324, 1}, {1e-300, 1}, {0.003, 2}, {0.03, 3}}, plots.ParallelOptions{})
		},
		"denormal on a logarithmic axis": func() (plots.Figure, error) {
			return plots.Loss([]plots.Curve{{Points: line(5e-324, 1e-320, 1, 1e149)}}, plots.LossOptions{Log: true})
		},
		"wide window": func() (plots.Figure, error) {
			return plots.Loss([]plots.Curve{{Points: line(1, 2), Smooth: 99}}, plots.LossOptions{})
		},
		"neighbours": func() (plots.Figure, error) {
			return plots.Loss([]plots.Curve{{Points: line(1, math.Nextafter(1, 2))}}, plots.LossOptions{Log: true})
		},
		"one axis": func() (plots.Figure, error) {
			return plots.Accuracy([]plots.Curve{{Points: line(1, 1, 1)}, {}}, plots.AccuracyOptions{})
		},
		"odd shares": func() (plots.Figure, error) {
			return plots.Accuracy([]plots.Curve{{Points: line(-3, 1e9, nan)}}, plots.AccuracyOptions{})
		},
		"histogram": func() (plots.Figure, error) {
			return plots.Chart(plots.ChartOptions{Y: plots.Axis{Log: true}}, plots.Histogram{Values: []float32{1, 1, float32(nan)}})
		},
		"holes": func() (plots.Figure, error) {
			return plots.Chart(plots.ChartOptions{X: plots.Axis{Min: -1, Max: 1}, Y: plots.Axis{Min: -1, Max: 1}}, plots.Contours{F: func(x, y float64) float64 { return math.Log(x) / y }}, plots.Contours{F: func(x, y float64) float64 { return nan }})
		},
		"still field": func() (plots.Figure, error) {
			return plots.Chart(plots.ChartOptions{}, plots.Arrows{Points: line(1, 2), Vectors: plotter.XYs{{}, {}}})
		},
		"log bars": func() (plots.Figure, error) {
			return plots.Chart(plots.ChartOptions{Y: plots.Axis{Log: true}}, plots.Bars{Groups: []string{"a", "b", "c"}, Series: []plots.Series{{Name: "s", Values: []float64{0, 10, -1}, Errors: []float64{1, 20, nan}}}})
		},
		"features": func() (plots.Figure, error) {
			return plots.FeatureMaps([]string{"dead", "lost\x00\xff\n"}, []*nn.Tensor{dead, lost}, plots.FeatureMapOptions{})
		},
		"no images": func() (plots.Figure, error) {
			return plots.Confusion([][]int{{0, 0}, {0, 0}}, nil, plots.ConfusionOptions{Title: strings.Repeat("long ", 200)})
		},
		"a long word": func() (plots.Figure, error) {
			return plots.Chart(plots.ChartOptions{Title: strings.Repeat("x", 5000), Width: 60, Height: 60}, plots.Curve{Name: strings.Repeat("畳", 99), Points: line(1)})
		},
	} {
		f, err := draw()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, format := range []string{"png", "svg", "pdf"} {
			if data := encode(t, f, format); format == "svg" && bytes.Contains(data, []byte("NaN")) {
				t.Errorf("%s: NaN in the drawing", name)
			}
		}
	}
}

// A value between two missing ones has no line, but is seen.
func TestLonePoint(t *testing.T) {
	toy.Alone(t)
	nan := math.NaN()
	for _, smooth := range []int{0, 3} {
		draw := func(middle float64) []byte {
			f, err := plots.Chart(plots.ChartOptions{X: plots.Axis{Max: 9}, Y: plots.Axis{Max: 4}}, plots.Curve{Points: line(1, 2, nan, middle, nan, 3, 3), Smooth: smooth})
			if err != nil {
				t.Fatal(err)
			}
			return encode(t, f, "png")
		}
		if bytes.Equal(draw(1.5), draw(nan)) {
			t.Errorf("smoothed over %d: the point is not there", smooth)
		}
	}
}

// No accuracy is below zero, and none of the axis.
func TestAccuracyOfZero(t *testing.T) {
	f, err := plots.Accuracy([]plots.Curve{{Points: line(0, 0, 0)}}, plots.AccuracyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if svg := encode(t, f, "svg"); bytes.Contains(svg, []byte(">−0.1<")) || !bytes.Contains(svg, []byte(">0.1<")) {
		t.Error("the axis is not from 0 up")
	}
}

func TestDivergingScale(t *testing.T) {
	if c := plots.Diverging(0); c.R != 255 || c.G != 255 || c.B != 255 {
		t.Errorf("zero is %v, wanted white", c)
	}
	for _, v := range []float64{0.1, 0.3, 0.5, 0.8, 1, 9} {
		plus, minus := plots.Diverging(v), plots.Diverging(-v)
		if plus.R <= plus.B || minus.B <= minus.R {
			t.Errorf("±%g are %v and %v, wanted orange and blue", v, plus, minus)
		}
		if a, b := luminance(plus.R, plus.G, plus.B), luminance(minus.R, minus.G, minus.B); math.Abs(a-b) > 25 {
			t.Errorf("±%g have luminances %.0f and %.0f", v, a, b)
		}
	}
	if plots.Diverging(math.NaN()) == plots.Diverging(0) {
		t.Error("NaN looks like zero")
	}
}

// Filters of zeros, of the largest value and of its opposite fill their tiles
// with exactly the scale's colours: nothing is blurred.
func TestFiltersAreCrisp(t *testing.T) {
	filters := nn.NewTensor(3, nn.Shape{H: 5, W: 5, C: 1})
	for i := range 25 {
		filters.Sample(1)[i], filters.Sample(2)[i] = 0.3, -0.3
	}
	f, err := plots.Filters([]plots.Bank{{"", filters}}, plots.FilterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(encode(t, f, "png")))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[color.Color]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			counts[color.NRGBAModel.Convert(img.At(x, y))]++
		}
	}
	// 40 points are 80 pixels; the frame covers a pixel of each side
	for _, v := range []float64{1, -1} {
		if n := counts[plots.Diverging(v)]; n < 78*78 || n > 81*81 {
			t.Errorf("%d pixels of the colour of %+g, wanted about %d", n, v, 79*79)
		}
	}
}

// The cells of a matrix have the colours of their marks and nothing else moves
// them: two marks differ, equal ones do not, and an empty cell holds no ink.
func TestEquationMarks(t *testing.T) {
	nan := math.NaN()
	f, err := plots.Equation(plots.EquationOptions{Cell: 20}, plots.Matrix{Values: [][]float64{{nan, nan, nan, nan}}, Marks: [][]int{{0, 1, 2, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(encode(t, f, "png")))
	if err != nil {
		t.Fatal(err)
	}
	var ground [4]color.Color
	for i := range ground { // two pixels a point, from a margin of 10 points
		x0 := 20 + 40*i
		ground[i] = img.At(x0+20, 40)
		for y := 23; y < 57; y++ {
			for x := x0 + 3; x < x0+37; x++ {
				if img.At(x, y) != ground[i] {
					t.Fatalf("cell %d is not of one colour at %d, %d", i+1, x, y)
				}
			}
		}
	}
	if r, g, b, _ := ground[0].RGBA(); r&g&b != 0xffff {
		t.Errorf("the cell without a mark is %v", ground[0])
	}
	if ground[1] == ground[0] || ground[2] == ground[1] || ground[3] != ground[1] {
		t.Errorf("marks 0 1 2 1 have the colours %v", ground)
	}
}

func luminance(r, g, b uint8) float64 { return 0.299*float64(r) + 0.587*float64(g) + 0.114*float64(b) }

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.001: "0.001", 12500: "12,500", -1234567: "−1.2e6", 3e-7: "3e−7", 1000: "1,000", 0.5: "0.5", -0.25: "−0.25"} {
		digits := 2
		if v == 12500 {
			digits = 3
		}
		if got := plots.Number(v, digits); got != want {
			t.Errorf("%g: %s, wanted %s", v, got, want)
		}
	}
}

func TestGraph(t *testing.T) {
	f, err := plots.Graph([]plots.Node{{Text: "price"}, {Text: "+", Operation: true, Column: 1, Row: 0.5}, {Text: "sum", Column: 2, Row: 0.5}},
		[]plots.Edge{{From: 0, To: 1, Forward: "4.25", Backward: "1.75"}, {From: 1, To: 2, Forward: "8.5"}}, plots.GraphOptions{Title: "Sum"})
	if err != nil {
		t.Fatal(err)
	}
	picture := string(encode(t, f, "svg"))
	for _, text := range []string{"Sum", "price", "+", "sum", "4.25", "1.75", "8.5"} {
		if strings.Count(picture, ">"+text+"<") != 1 {
			t.Errorf("%q is drawn %d times", text, strings.Count(picture, ">"+text+"<"))
		}
	}
	// a head for each value, and for the gradient that there is
	if heads := strings.Count(picture, "Z\" style=\"fill:#0068A8"); heads != 2 {
		t.Errorf("%d arrows forward, wanted 2", heads)
	}
}

func TestImage(t *testing.T) {
	img, err := plots.Image(&nn.Tensor{N: 1, Shape: nn.Shape{H: 1, W: 3, C: 1}, Data: []float32{0, 1, 2}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range []uint32{0xffff, 0, 0} {
		if r, _, _, _ := img.At(x, 0).RGBA(); r != want {
			t.Errorf("ink %d is %x, wanted %x", x, r, want)
		}
	}
	img, err = plots.Image(&nn.Tensor{N: 1, Shape: nn.Shape{H: 1, W: 1, C: 3}, Data: []float32{1, 0, 0.5}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, _ := img.At(0, 0).RGBA(); r>>8 != 255 || g != 0 || b>>8 != 128 {
		t.Errorf("colour %d %d %d", r>>8, g>>8, b>>8)
	}
}

func TestAnimate(t *testing.T) {
	var b bytes.Buffer
	if err := plots.Animate(&b, 100*time.Millisecond, loss(t), loss(t)); err != nil {
		t.Fatal(err)
	}
	film, err := gif.DecodeAll(&b)
	if err != nil || len(film.Image) != 2 || film.Config.Width != 1008 || film.Delay[0] != 10 {
		t.Fatalf("film %+v, %v", film.Config, err)
	}
	if r, g, bl, _ := film.Image[0].At(0, 0).RGBA(); r != 0xffff || g != 0xffff || bl != 0xffff {
		t.Error("the ground is not white")
	}
	for name, err := range map[string]error{
		"no frames": plots.Animate(&b, time.Second),
		"nil frame": plots.Animate(&b, time.Second, nil),
		"two sizes": plots.Animate(&b, time.Second, sized{10, 10}, sized{10, 11}),
		"no time":   plots.Animate(&b, 0, loss(t)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
