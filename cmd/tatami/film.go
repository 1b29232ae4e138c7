package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot/plotter"

	"tatami/datasets"
	"tatami/inspect"
	"tatami/internal/files"
	"tatami/internal/safetensors"
	"tatami/internal/web/record"
	"tatami/nn"
	"tatami/plots"
	"tatami/train"
)

const (
	filtersFilm = "filters.gif"
	mapFilm     = "map.gif"
	framesName  = "frames.safetensors" // of the films of a run that is not complete
	filmFrames  = 48
	filmDelay   = 120 * time.Millisecond
	// filmImages of the test set are on the map, fewer where their features in
	// all frames would be more than filmValues.
	filmImages = 500
	filmValues = 1 << 23
)

// film keeps the first filters and the features of test images as they change.
type film struct {
	net    *inspect.Network
	data   *datasets.Dataset
	images *nn.Tensor
	due    []int
	frames []filmFrame
	path   string // of what is kept for a resume
}

type filmFrame struct {
	step     int
	filters  *nn.Tensor
	features *nn.Tensor
}

func newFilm(net *nn.Sequential, test *datasets.Dataset, steps int) (*film, error) {
	looked := inspect.New(net)
	size := net.Input().Size()
	if k := looked.FeatureLayer(); k > 0 {
		size = net.Layers()[k-1].OutShape().Size()
	}
	n := min(filmImages, test.Len(), max(50, filmValues/filmFrames/size))
	f := &film{net: looked, data: test, images: nn.NewTensor(n, test.Shape), due: record.Schedule(steps, filmFrames)}
	(&datasets.Loader{Data: test, BatchSize: n, Ordered: true}).Epoch(0).Fill(0, 0, n, f.images, make([]int, n))
	return f, nil
}

// Observe keeps a frame whenever its step has come, and the last one as the
// run leaves the network.
func (f *film) Observe(e train.Event) error {
	switch e.Kind {
	case train.Epoch:
		return f.save()
	case train.Finished:
		if !e.Trainer.Done() {
			if err := f.save(); err != nil {
				return err
			}
		}
		if n := len(f.frames); n > 0 && f.frames[n-1].step == e.Step {
			f.frames = f.frames[:n-1] // the best epoch's parameters may be others
		}
	default:
		for len(f.due) > 0 && f.due[0] < e.Step {
			f.due = f.due[1:]
		}
		if len(f.due) == 0 || f.due[0] != e.Step {
			return nil
		}
		f.due = f.due[1:]
	}
	f.frames = append(f.frames, filmFrame{e.Step, firstFilters(f.net.Sequential), f.net.Features(f.images)})
	return nil
}

// save keeps the frames for a resume: their steps, a tensor of all filters and
// one of all features.
func (f *film) save() error {
	var steps []int
	filters, features := safetensors.Tensor{Name: "filters"}, safetensors.Tensor{Name: "features"}
	add := func(all *safetensors.Tensor, t *nn.Tensor) {
		if t != nil {
			all.Shape = []int{len(steps), t.N, t.H, t.W, t.C}
			all.Data = append(all.Data, t.Data...)
		}
	}
	for _, frame := range f.frames {
		steps = append(steps, frame.step)
		add(&filters, frame.filters)
		add(&features, frame.features)
	}
	text, err := json.Marshal(steps)
	if err != nil {
		return err
	}
	file := &safetensors.File{Metadata: map[string]string{"steps": string(text)}}
	for _, t := range []safetensors.Tensor{filters, features} {
		if t.Shape != nil {
			file.Tensors = append(file.Tensors, t)
		}
	}
	file.Seal()
	return safetensors.Write(f.path, file)
}

// load takes the frames before a step from where save left them, if it did.
func (f *film) load(path string, step int) error {
	file, err := safetensors.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := file.CheckSeal(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var steps []int
	if err := json.Unmarshal([]byte(file.Metadata["steps"]), &steps); err != nil {
		return fmt.Errorf("%s: steps: %w", path, err)
	}
	cut := func(name string, like *nn.Tensor) ([]*nn.Tensor, error) {
		parts := make([]*nn.Tensor, len(steps))
		if like == nil {
			return parts, nil
		}
		var t safetensors.Tensor
		if i := slices.IndexFunc(file.Tensors, func(t safetensors.Tensor) bool { return t.Name == name }); i >= 0 {
			t = file.Tensors[i]
		}
		if want := []int{len(steps), like.N, like.H, like.W, like.C}; !slices.Equal(t.Shape, want) {
			return nil, fmt.Errorf("%s: tensor %s has shape %v, wanted %v", path, name, t.Shape, want)
		}
		for i := range parts {
			parts[i] = &nn.Tensor{N: like.N, Shape: like.Shape, Data: t.Data[i*len(like.Data) : (i+1)*len(like.Data)]}
		}
		return parts, nil
	}
	filters, err := cut("filters", firstFilters(f.net.Sequential))
	if err != nil {
		return err
	}
	features, err := cut("features", f.net.Features(f.images))
	if err != nil {
		return err
	}
	for i, s := range steps {
		if s < step {
			f.frames = append(f.frames, filmFrame{s, filters[i], features[i]})
		}
	}
	return nil
}

func (f *film) write(path func(name string) string) error {
	var filters, maps []plots.Figure
	project, low, high, err := f.projection()
	if err != nil {
		return err
	}
	for _, frame := range f.frames {
		when := fmt.Sprintf("after step %d", frame.step)
		if frame.step == 0 {
			when = "before training"
		}
		if frame.filters != nil {
			figure, err := plots.Filters([]plots.Bank{{Filters: frame.filters}}, plots.FilterOptions{Title: "The first layer's filters " + when})
			if err != nil {
				return err
			}
			filters = append(filters, figure)
		}
		groups := make([]plots.Points, len(f.data.Classes))
		for i := range groups {
			groups[i].Name = f.data.Classes[i]
		}
		points := make([]plotter.XYs, len(groups))
		for i := range frame.features.N {
			label := f.data.Labels[i]
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
			Title: "Test images as the last layer sees them, " + when,
			Note:  "Principal components of its input at the end; the axes never move.",
			X:     plots.Axis{Label: "first component", Min: low.X, Max: high.X},
			Y:     plots.Axis{Label: "second component", Min: low.Y, Max: high.Y},
			Width: 420, Height: 360,
		}, marks...)
		if err != nil {
			return err
		}
		maps = append(maps, figure)
	}
	for name, figures := range map[string][]plots.Figure{filtersFilm: filters, mapFilm: maps} {
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
func (f *film) projection() (project func([]float32) plotter.XY, low, high plotter.XY, err error) {
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
