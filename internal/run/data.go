package run

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tatami/datasets"
	"tatami/internal/files"
)

// LoadData is the training and test set in a folder of the IDX layout, MNIST
// without one.
func LoadData(dir string) (training, test *datasets.Dataset, err error) {
	if dir == "" {
		return datasets.MNIST()
	}
	if err := checkFolder(dir); err != nil {
		return nil, nil, err
	}
	return datasets.Folder(dir)
}

// checkFolder refuses what would keep a reader waiting, such as named pipes.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return nil // Folder tells
	}
	if !info.IsDir() {
		return fmt.Errorf("cannot read folder %s: not a directory", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if !strings.Contains(e.Name(), "ubyte") || e.IsDir() {
			continue
		}
		if err := files.Regular(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
