package plots_test

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"

	"tatami/nn"
	"tatami/plots"
)

func svgOf(t *testing.T) func(plots.Figure, error) string {
	return func(f plots.Figure, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return string(encode(t, f, "svg"))
	}
}

// The loss has a logarithmic axis where it spans more than a factor of 20, the
// line of guessing if the classes are known, and words for each of its lines.
func TestLossAxis(t *testing.T) {
	fall := func(end float64, o plots.LossOptions) string {
		return svgOf(t)(plots.Loss([]plots.Curve{{Name: "training", Points: line(2, 1, 0.5, end, end, end, end, end, end, end, end, end), Smooth: 1}}, o))
	}
	for end, log := range map[float64]bool{0.11: false, 0.09: true, 0: false} {
		if got := !strings.Contains(fall(end, plots.LossOptions{}), ">0<"); got != log {
			t.Errorf("from 2 to %g: logarithmic axis %t, wanted %t", end, got, log)
		}
	}
	picture := fall(0.09, plots.LossOptions{Classes: 10})
	if !strings.Contains(picture, ">guessing, ln 10 = 2.30<") || strings.Count(picture, "stroke-dasharray:4,3") != 2 {
		t.Error("wanted the dashed line of guessing in the chart and in the legend")
	}
	if smooth := svgOf(t)(plots.Loss([]plots.Curve{{Name: "training", Points: line(2, 1, 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1)}}, plots.LossOptions{})); strings.Count(smooth, ">each step<") != 1 || strings.Contains(picture, "each step") {
		t.Error("wanted the pale line named, where there is one")
	}
}

// Accuracy of one epoch is bars with their numbers; a curve that enters the
// axis from far below begins inside it.
func TestAccuracyShape(t *testing.T) {
	one := svgOf(t)(plots.Accuracy([]plots.Curve{{Name: "training", Points: line(0.924)}, {Name: "test", Points: line(0.9873)}}, plots.AccuracyOptions{}))
	for _, text := range []string{">92.4<", ">98.73<", ">training<", ">test<"} {
		if !strings.Contains(one, text) {
			t.Errorf("one epoch: no %s", text)
		}
	}
	ys := []float64{0.1, 0.97, 0.98, 0.985, 0.986, 0.987, 0.988, 0.989}
	cut := func(first float64) string {
		ys[0] = first
		return svgOf(t)(plots.Accuracy([]plots.Curve{{Points: line(ys...)}}, plots.AccuracyOptions{}))
	}
	low := cut(0.1)
	if !strings.Contains(low, "Points below the axis: 1, the lowest at 10 %.") {
		t.Error("no note of the point below")
	}
	if low != strings.ReplaceAll(cut(0.2), "lowest at 20 %", "lowest at 10 %") {
		t.Error("a point below the axis moves the line")
	}
}

// The bank of the change is the last minus the first, and has a scale of its
// own: a change of a hundredth fills it.
func TestFilterChange(t *testing.T) {
	first, last := nn.NewTensor(2, nn.Shape{H: 5, W: 5, C: 1}), nn.NewTensor(2, nn.Shape{H: 5, W: 5, C: 1})
	for i := range first.Data {
		first.Data[i] = 0.3
		last.Data[i] = 0.3
	}
	for i := range 25 {
		last.Sample(0)[i], last.Sample(1)[i] = 0.305, 0.295
	}
	count := func(o plots.FilterOptions, v float64) int {
		f, err := plots.Filters([]plots.Bank{{"before", first}, {"after", last}}, o)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(encode(t, f, "png")))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				if color.NRGBAModel.Convert(img.At(x, y)) == plots.Diverging(v) {
					n++
				}
			}
		}
		return n
	}
	if n := count(plots.FilterOptions{}, -1); n > 500 {
		t.Errorf("%d pixels of the lowest value without the change", n)
	}
	if n := count(plots.FilterOptions{Change: true}, -1); n < 78*78 {
		t.Errorf("%d pixels of the lowest value with the change, wanted a tile", n)
	}
	// a scale twice as long makes all values half as strong
	if n := count(plots.FilterOptions{Range: 2 * plots.MaxAbs(first, last)}, 0.305/0.61); n < 78*78 {
		t.Errorf("%d pixels of half the scale, wanted a tile", n)
	}
	wide := nn.NewTensor(3, first.Shape)
	if _, err := plots.Filters([]plots.Bank{{"a", first}, {"b", wide}}, plots.FilterOptions{Change: true}); err == nil {
		t.Error("the change between banks of two shapes: no error")
	}
}

// Every map has its number, and each filter that is given stands beside its own.
func TestMapNumbers(t *testing.T) {
	maps := nn.NewTensor(1, nn.Shape{H: 4, W: 4, C: 30})
	filters := nn.NewTensor(30, nn.Shape{H: 3, W: 3, C: 1})
	draw := func(o plots.FeatureMapOptions) string {
		return svgOf(t)(plots.FeatureMaps([]string{"convolution"}, []*nn.Tensor{maps}, o))
	}
	picture := draw(plots.FeatureMapOptions{})
	for k := 1; k <= 30; k++ {
		if strings.Count(picture, fmt.Sprintf(">%d<", k)) != 1 {
			t.Errorf("map %d has no number", k)
		}
	}
	if n := strings.Count(draw(plots.FeatureMapOptions{Filters: []*nn.Tensor{filters}}), "<image"); n != 60 {
		t.Errorf("%d pictures, wanted 30 maps and 30 filters", n)
	}
	if _, err := plots.FeatureMaps([]string{"a"}, []*nn.Tensor{maps}, plots.FeatureMapOptions{Filters: []*nn.Tensor{maps}}); err == nil || !strings.Contains(err.Error(), "wanted one of one channel for each") {
		t.Errorf("one filter for 30 maps: %v", err)
	}
}

// A bar that leaves the axis says so, in words and by a notch; in a grid of
// small charts the words stand once.
func TestCutBars(t *testing.T) {
	draw := func(top float64, width float64) (plots.Figure, error) {
		return plots.Chart(plots.ChartOptions{Y: plots.Axis{Max: 10}, Width: plots.Length(width), Height: 120},
			plots.Bars{Groups: []string{"a"}, Series: []plots.Series{{Name: "s", Values: []float64{top}}}})
	}
	const note = "A notch marks bars that are cut."
	for top, want := range map[float64]int{10: 0, 10.5: 1} {
		if n := strings.Count(svgOf(t)(draw(top, 500)), note); n != want {
			t.Errorf("a bar to %g under 10: %d notes, wanted %d", top, n, want)
		}
	}
	small, err := draw(99, 140)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(svgOf(t)(plots.Grid(plots.GridOptions{Title: "Histograms"}, small, small)), note); n != 1 {
		t.Errorf("a grid of cut bars: %d notes, wanted 1", n)
	}
}

// Rows of tiles are full where they can be, with no one left alone.
func TestFullRows(t *testing.T) {
	for n, want := range map[int]int{1: 1, 10: 5, 16: 4, 20: 5, 30: 6, 32: 8, 64: 8} {
		if got := plots.FullRows(n, math.Sqrt(1.1*float64(n)), 12); got != want {
			t.Errorf("%d filters in rows of %d, wanted %d", n, got, want)
		}
	}
}

// The ticks of a logarithmic axis are written alike: 1e−5 is not beside 0.0001.
func TestLogLabels(t *testing.T) {
	rates := svgOf(t)(plots.Chart(plots.ChartOptions{X: plots.Axis{Log: true}},
		plots.Curve{Points: plotter.XYs{{X: 1e-6, Y: 1}, {X: 0.1, Y: 2}, {X: 1, Y: 1}}}))
	if !strings.Contains(rates, ">1e−5<") || !strings.Contains(rates, ">1e−4<") || strings.Contains(rates, ">0.0001<") {
		t.Error("wanted 1e−5 and 1e−4")
	}
}
