package run

import (
	"os"
	"path/filepath"

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
