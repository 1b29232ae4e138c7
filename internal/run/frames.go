package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"tatami/internal/safetensors"
	"tatami/nn"
)

// save keeps the frames for a resume: their steps, a tensor of all filters and
// one of all features.
func (f *Film) save() error {
	if f.path == "" {
		return nil
	}
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
// Before the first step there are none.
func (f *Film) load(step int) error {
	if step == 0 {
		return nil
	}
	file, err := safetensors.Read(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := file.CheckSeal(); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	var steps []int
	if err := json.Unmarshal([]byte(file.Metadata["steps"]), &steps); err != nil {
		return fmt.Errorf("%s: steps: %w", f.path, err)
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
			return nil, fmt.Errorf("%s: tensor %s has shape %v, wanted %v", f.path, name, t.Shape, want)
		}
		for i := range parts {
			parts[i] = &nn.Tensor{N: like.N, Shape: like.Shape, Data: t.Data[i*len(like.Data) : (i+1)*len(like.Data)]}
		}
		return parts, nil
	}
	filters, err := cut("filters", FirstFilters(f.net.Sequential))
	if err != nil {
		return err
	}
	features, err := cut("features", f.net.Features(f.images.X))
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
