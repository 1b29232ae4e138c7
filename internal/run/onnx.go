package run

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"tatami/internal/files"
	"tatami/layers"
	"tatami/layers/onnx"
	"tatami/nn"
)

// ExportONNX writes a model as an ONNX file.
func ExportONNX(path string, m *nn.Model) error {
	return files.Write(path, func(w io.Writer) error { return onnx.Export(w, m) })
}

// ImportONNX reads a model from an ONNX file and from nothing outside of its
// folder.
func ImportONNX(path string) (*nn.Model, error) {
	target, err := filepath.EvalSymlinks(path) // a link may lead to another folder
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	root, err := os.OpenRoot(filepath.Dir(target))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	m, err := onnx.Import(root.FS(), filepath.Base(target))
	if dir, _ := filepath.Split(target); err != nil && dir != "" {
		return nil, fmt.Errorf("%s%w", dir, err) // whose text begins with the name
	}
	return m, err
}

// Standardized is a network that takes pixels from 0 to 1, of one that takes
// (pixel − mean)/std, a value a channel or one for all. Its first layer is a
// frozen batch normalization with these statistics.
func Standardized(m *nn.Model, mean, std []float64) (*nn.Model, error) {
	const epsilon = 1e-12
	in := m.Input()
	for name, values := range map[string][]float64{"mean": mean, "std": std} {
		if len(values) != 1 && len(values) != in.C {
			return nil, SettingError{fmt.Errorf("--%s has %d numbers, wanted 1 or %d", name, len(values), in.C)}
		}
		for _, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) || name == "std" && v < 1e-5 {
				return nil, SettingError{fmt.Errorf("--%s is %g, wanted finite numbers, deviations from 1e-5", name, v)}
			}
		}
	}
	specs := append([]nn.Spec{layers.BatchNormalization{Epsilon: epsilon, Frozen: true}}, m.Specs()...)
	net, err := nn.NewSequential(in, rand.New(new(nn.Stream)), specs...) // its weights are overwritten
	if err != nil {
		return nil, err
	}
	params := net.Params()
	for k := range in.C {
		params[2].Value.Data[k] = float32(mean[k%len(mean)])
		params[3].Value.Data[k] = float32(std[k%len(std)] * std[k%len(std)])
	}
	for i, p := range m.Params() {
		copy(params[4+i].Value.Data, p.Value.Data)
	}
	return &nn.Model{Sequential: net, Classes: m.Classes, Facts: m.Facts}, nil
}
