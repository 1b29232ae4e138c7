package run

import (
	"time"

	"tatami/datasets"
	"tatami/internal/web/record"
	"tatami/layers/inspect"
	"tatami/nn"
	"tatami/train"
)

const (
	filmFrames = 48
	filmDelay  = 120 * time.Millisecond
	// filmImages of the test set are on the map, fewer where their features in
	// all frames would be more than filmValues.
	filmImages = 500
	filmValues = 1 << 23
)

// Film keeps the first filters and the features of test images as they change.
type Film struct {
	net     *inspect.Network
	classes []string
	images  datasets.Batch
	due     []int
	frames  []filmFrame
	path    string // of what is kept for a resume
}

type filmFrame struct {
	step     int
	filters  *nn.Tensor
	features *nn.Tensor
}

// NewFilm is a film of a run of so many updates. Of images without labels there
// is no map.
func NewFilm(net *nn.Sequential, test datasets.Source, steps int) (*Film, error) {
	looked := inspect.New(net)
	size := net.Input().Size()
	if k := looked.FeatureLayer(); k > 0 {
		size = net.Layers()[k-1].OutShape().Size()
	}
	images, err := datasets.First(test, min(filmImages, max(50, filmValues/filmFrames/size)))
	return &Film{net: looked, classes: test.Target().Classes, images: images, due: record.Schedule(steps, filmFrames)}, err
}

// Observe implements [train.Observer]: it keeps a frame whenever its step has come, and the last one as the
// run leaves the network.
func (f *Film) Observe(e train.Event) error {
	switch e.Kind {
	case train.Evaluated:
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
	f.frames = append(f.frames, filmFrame{e.Step, FirstFilters(f.net.Sequential), f.net.Features(f.images.X)})
	return nil
}
