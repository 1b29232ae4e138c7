package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"tatami/internal/files"
)

const (
	checkpointName = "checkpoint"
	modelName      = "model.safetensors"
)

// runFiles are all that a run leaves.
var runFiles = []string{
	modelName, checkpointName, "history.csv", "steps.csv", "run.json",
	"loss.png", "accuracy.png", "filters.png", "confusion.png", "mistakes.png",
	pageName,
}

// allFiles are those and what only some runs leave.
var allFiles = append(slices.Clone(runFiles), filtersFilm, mapFilm, framesName)

// prepareFolder makes the folder of a run. What is there of an earlier run is
// only replaced once there is something to replace it: see saveEpoch.
func prepareFolder(dir string, overwrite bool) error {
	for _, name := range allFiles {
		_, err := os.Lstat(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot write in %s: %w", dir, files.Cause(err))
		}
		if !overwrite {
			return fmt.Errorf("%s holds a run (%s): name another --out, or give --overwrite", dir, name)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make folder %s: %w", dir, files.Cause(err))
	}
	probe, err := os.CreateTemp(dir, ".probe")
	if err != nil {
		return fmt.Errorf("cannot write in %s: %w", dir, files.Cause(err))
	}
	probe.Close()
	os.Remove(probe.Name())
	clearHalfWritten(dir)
	return nil
}

// newFolder makes a folder in parent that was not there, even where several
// runs begin at once.
func newFolder(parent, name string) (string, error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", fmt.Errorf("cannot make folder %s: %w", parent, files.Cause(err))
	}
	dir := filepath.Join(parent, name)
	for i := 2; ; i++ {
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("cannot make folder %s: %w", dir, files.Cause(err))
		}
		dir = filepath.Join(parent, fmt.Sprintf("%s-%d", name, i))
	}
}

// dropEarlier removes the files of the run that --overwrite gave up, but for
// the checkpoint and what belongs to it, which are the new run's already.
func (r *runState) dropEarlier() error {
	earlier := r.given
	for _, name := range allFiles {
		if r.overwrite && name != checkpointName && (name != framesName || r.filmed == nil) {
			earlier = append(earlier, r.path(name))
		}
	}
	for _, path := range earlier {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot remove %s: %w", path, files.Cause(err))
		}
	}
	r.given = nil
	r.overwrite = false
	return nil
}

// halfWritten are the names that a run's files have before they are renamed.
var halfWritten = regexp.MustCompile(`^\.((model|frames)\.safetensors|checkpoint|[a-z]+\.(csv|json|png|html|gif)|probe)[0-9]+$`)

// clearHalfWritten removes what a killed run left.
func clearHalfWritten(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if halfWritten.MatchString(e.Name()) {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

func (r *runState) path(name string) string { return filepath.Join(r.out, name) }
