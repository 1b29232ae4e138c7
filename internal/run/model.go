package run

import (
	"fmt"
	"os"
	"path/filepath"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/layers"
	"tatami/nn"
)

// ModelPath is the model's file that a path means: the path itself, or the
// model in the folder of a run.
func ModelPath(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, ModelFile)
	}
	return path
}

// LoadModel reads a model of tatami's own layers from its file or the folder of
// its run.
func LoadModel(path string) (*nn.Model, error) { return nn.Load(ModelPath(path), layers.Catalog()) }

// ReadPicture is a file as an input of m.
func ReadPicture(path string, m *nn.Model) (*nn.Tensor, error) {
	if err := files.Regular(path); err != nil {
		return nil, err
	}
	img, err := datasets.ReadImage(path)
	if err != nil {
		return nil, err
	}
	x, err := datasets.Picture(m, img)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return x, nil
}
