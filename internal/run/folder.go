package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"tatami/internal/files"
	"tatami/internal/lock"
	"tatami/internal/tensorboard"
	"tatami/train"
)

// The files of a run's folder.
const (
	ModelFile       = "model.safetensors"
	checkpointFile  = "checkpoint"
	ResultFile      = "run.json"
	historyFile     = "history.csv"
	stepsFile       = "steps.csv"
	pageFile        = "index.html"
	lossFile        = "loss.png"
	accuracyFile    = "accuracy.png"
	filtersFile     = "filters.png"
	confusionFile   = "confusion.png"
	mistakesFile    = "mistakes.png"
	filtersFilmFile = "filters.gif"
	mapFilmFile     = "map.gif"
	framesFile      = "frames.safetensors" // of the films of a run that is not complete
)

var allFiles = []string{
	ModelFile, checkpointFile, historyFile, stepsFile, ResultFile, lossFile, accuracyFile, filtersFile, confusionFile, mistakesFile,
	pageFile, filtersFilmFile, mapFilmFile, framesFile,
}

// IsOfRun reports whether the path is that of a run's file, its model excepted.
func IsOfRun(path string) bool {
	name := filepath.Base(path)
	if name == ModelFile || !slices.Contains(allFiles, name) {
		return false
	}
	for _, sign := range []string{checkpointFile, ResultFile} {
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), sign)); err == nil {
			return true
		}
	}
	return false
}

// Folder is where a run leaves its files, held for this process until Release.
type Folder struct {
	dir  string
	lock *lock.Lock
	// earlier are the files of the run that this one replaces, until it has
	// something to put in their place.
	earlier []string
}

// SharedFolder is the run's folder, which rank 0 makes or opens.
func (o *Options) SharedFolder(open func() (*Folder, error)) (folder *Folder, err error) {
	if o.Ranks == nil {
		return open()
	}
	dir := ""
	if o.Ranks.Rank() == 0 {
		if folder, err = open(); err == nil {
			dir = folder.String()
		}
	}
	if err := o.Agree(err); err != nil {
		return nil, err
	}
	dirs, err := train.Texts(o.Ranks, dir)
	if folder == nil && err == nil {
		folder = othersFolder(dirs[0])
	}
	return folder, err
}

// othersFolder is the folder of a run that another process holds and writes to.
func othersFolder(dir string) *Folder { return &Folder{dir: dir} }

// Checkpoint is the path of the run's checkpoint.
func (f *Folder) Checkpoint() string { return f.path(checkpointFile) }

// NewFolder makes a folder in parent that was not there, even where several
// runs begin at once.
func NewFolder(parent, name string) (*Folder, error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make folder %s: %w", parent, files.Cause(err))
	}
	dir := filepath.Join(parent, name)
	for i := 2; ; i++ {
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			f := &Folder{dir: dir}
			return f, f.hold()
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("cannot make folder %s: %w", dir, files.Cause(err))
		}
		dir = filepath.Join(parent, fmt.Sprintf("%s-%d", name, i))
	}
}

// MakeFolder makes the folder of a run where there is none. A run that is there
// is refused, or else replaced once there is something to replace it.
func MakeFolder(dir string, overwrite bool) (*Folder, error) {
	f := &Folder{dir: dir}
	if err := f.inspect(overwrite); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make folder %s: %w", dir, files.Cause(err))
	}
	if err := f.hold(); err != nil {
		return nil, err
	}
	if err := f.inspect(overwrite); err != nil { // of a run that has ended meanwhile
		f.Release()
		return nil, err
	}
	return f, nil
}

// inspect notes the files of a run that is there, or refuses them.
func (f *Folder) inspect(overwrite bool) error {
	f.earlier = nil
	for _, name := range allFiles {
		_, err := os.Lstat(f.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot write in %s: %w", f, files.Cause(err))
		}
		if !overwrite {
			return fmt.Errorf("%s holds a run (%s): name another --out, or give --overwrite", f, name)
		}
		f.earlier = append(f.earlier, f.path(name))
	}
	if overwrite {
		events, _ := filepath.Glob(f.path(tensorboard.Pattern))
		f.earlier = append(f.earlier, events...)
	}
	return nil
}

// hold keeps other processes from writing in the folder.
func (f *Folder) hold() (err error) {
	f.lock, err = lock.Folder(f.dir)
	return err
}

// OpenFolder is the folder of a run that is to be continued. One that cannot be
// held, since nothing can be written there or it is none, can still be read.
func OpenFolder(dir string) (*Folder, error) {
	f := &Folder{dir: dir}
	if err := f.hold(); errors.Is(err, lock.ErrInUse) {
		return nil, err
	}
	return f, nil
}

// Release lets other processes write in the folder.
func (f *Folder) Release() { f.lock.Release() }

// String is the folder's name.
func (f *Folder) String() string { return f.dir }

func (f *Folder) path(name string) string { return filepath.Join(f.dir, name) }

// dropEarlier removes the files of the run that is replaced, but for those that
// are already the new run's.
func (f *Folder) dropEarlier(own ...string) error {
	for _, path := range f.earlier {
		if slices.Contains(own, filepath.Base(path)) {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot remove %s: %w", path, files.Cause(err))
		}
	}
	f.earlier = nil
	return nil
}

// replaceResults has what a run leaves at its end replaced, since it goes on.
func (f *Folder) replaceResults() {
	for _, name := range allFiles {
		info, err := os.Lstat(f.path(name))
		left := err == nil && info.Mode().IsRegular()
		if left && !slices.Contains([]string{ModelFile, checkpointFile, historyFile, stepsFile, pageFile, framesFile}, name) {
			f.earlier = append(f.earlier, f.path(name))
		}
	}
}
