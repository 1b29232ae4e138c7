package run

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

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

// ModelNames are names of files of models, short and different from each other: a run's folder, or the
// file's name.
func ModelNames(paths []string) []string {
	used := map[string]bool{}
	var names []string
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		if dir := filepath.Base(filepath.Dir(path)); filepath.Base(path) == ModelFile && dir != "." && dir != string(filepath.Separator) {
			name = dir
		}
		unique := name
		for i := 2; used[unique]; i++ {
			unique = fmt.Sprintf("%s-%d", name, i)
		}
		used[unique] = true
		names = append(names, unique)
	}
	return names
}
