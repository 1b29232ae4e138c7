package run

import (
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot/plotter"

	"tatami/internal/files"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/plots"
)

// legendMost is how many classes a map's legend has room for.
const legendMost = 20

// Write writes the films as files, path(name) each.
func (f *Film) Write(path func(name string) string, l words.Language) error {
	var filters, maps []plots.Figure
	var project func([]float32) plotter.XY
	var low, high plotter.XY
	if f.images.Labels != nil {
		var err error
		if project, low, high, err = f.projection(); err != nil {
			return err
		}
	}
	var all []*nn.Tensor
	for _, frame := range f.frames {
		if frame.filters != nil {
			all = append(all, frame.filters)
		}
	}
	strongest := plots.MaxAbs(all...) // one scale for all frames
	for _, frame := range f.frames {
		when := words.Text{EN: "after step %d", JA: "ステップ %d の後"}.With(frame.step)
		if frame.step == 0 {
			when = beforeTraining
		}
		if frame.filters != nil {
			figure, err := plots.Filters([]plots.Bank{{Filters: frame.filters}}, plots.FilterOptions{
				Title: words.Text{EN: "The first layer's filters %v", JA: "第 1 層のフィルター（%v）"}.In(l, when), Range: strongest, Language: string(l), Colors: f.net.Input().C == 3,
			})
			if err != nil {
				return err
			}
			filters = append(filters, figure)
		}
		if project == nil {
			continue
		}
		groups := make([]plots.Points, len(f.classes))
		for i := range groups {
			if len(groups) <= legendMost {
				groups[i].Name = f.classes[i]
			}
		}
		points := make([]plotter.XYs, len(groups))
		for i := range frame.features.N {
			label := f.images.Labels[i]
			points[label] = append(points[label], project(frame.features.Sample(i)))
		}
		var marks []plots.Mark
		for i, g := range groups {
			if len(points[i]) > 0 {
				g.Points = points[i]
				marks = append(marks, g)
			}
		}
		figure, err := plots.Chart(plots.ChartOptions{
			Title: words.Text{EN: "Test images as the last layer sees them, %v", JA: "最終層から見たテスト画像（%v）"}.In(l, when),
			Note: words.Text{
				EN: "Principal components of its input at the end; the axes never move.",
				JA: "学習後の最終層の入力を主成分に射影したもの。軸は動きません。",
			}.In(l),
			X:     plots.Axis{Label: words.Text{EN: "first component", JA: "第 1 主成分"}.In(l), Min: low.X, Max: high.X},
			Y:     plots.Axis{Label: words.Text{EN: "second component", JA: "第 2 主成分"}.In(l), Min: low.Y, Max: high.Y},
			Width: 420, Height: 360, Language: string(l),
		}, marks...)
		if err != nil {
			return err
		}
		maps = append(maps, figure)
	}
	for name, figures := range map[string][]plots.Figure{filtersFilmFile: filters, mapFilmFile: maps} {
		if len(figures) == 0 {
			continue
		}
		if err := files.Write(path(name), func(w io.Writer) error { return plots.Animate(w, filmDelay, figures...) }); err != nil {
			return err
		}
	}
	return nil
}

// projection takes features to the plane in which those of the last frame are
// spread most, around their mean. All points of all frames are between low and high.
func (f *Film) projection() (project func([]float32) plotter.XY, low, high plotter.XY, err error) {
	last := f.frames[len(f.frames)-1].features
	size := last.Size()
	values := mat.NewDense(last.N, size, nil)
	mean := make([]float64, size)
	for i := range last.N {
		for k, v := range last.Sample(i) {
			values.Set(i, k, float64(v))
			mean[k] += float64(v) / float64(last.N)
		}
	}
	var pc stat.PC
	if !pc.PrincipalComponents(values, nil) {
		return nil, low, high, fmt.Errorf("the map's film: the last layer's input has no principal components")
	}
	var vectors mat.Dense
	pc.VectorsTo(&vectors)
	_, columns := vectors.Dims()
	project = func(sample []float32) plotter.XY {
		var xy [2]float64
		for axis := range min(2, columns) {
			for k, v := range sample {
				xy[axis] += (float64(v) - mean[k]) * vectors.At(k, axis)
			}
		}
		return plotter.XY{X: xy[0], Y: xy[1]}
	}
	for _, frame := range f.frames {
		for i := range frame.features.N {
			xy := project(frame.features.Sample(i))
			low.X, high.X = math.Min(low.X, xy.X), math.Max(high.X, xy.X)
			low.Y, high.Y = math.Min(low.Y, xy.Y), math.Max(high.Y, xy.Y)
		}
	}
	const edge = 0.03 // of the range, so that no point lies on an axis
	dx, dy := math.Max(edge*(high.X-low.X), 1e-6), math.Max(edge*(high.Y-low.Y), 1e-6)
	return project, plotter.XY{X: low.X - dx, Y: low.Y - dy}, plotter.XY{X: high.X + dx, Y: high.Y + dy}, nil
}
