// Package files writes files as a whole, and names what went wrong with one.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// Write writes what write gives to a file beside path, syncs it, renames it to
// path and syncs the folder: at every moment, a loss of power included, path
// holds either its earlier content or all of the new, and the new once Write
// has returned nil. A link stays, and the file that it names is written; a
// device or folder is refused.
func Write(path string, write func(io.Writer) error) error {
	target := path
	if named, err := filepath.EvalSymlinks(path); err == nil {
		target = named
	}
	if err := replace(systemOf(target), target, write); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, Cause(err))
	}
	return nil
}

func replace(s System, target string, write func(io.Writer) error) (err error) {
	mode, exists := fs.FileMode(0o644), false // less what the umask takes
	if info, err := os.Stat(target); err == nil {
		if !info.Mode().IsRegular() {
			return errors.New("not a regular file")
		}
		mode, exists = info.Mode().Perm(), true
	}
	f, name, err := create(s, target, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.Remove(name)
		}
	}()
	err = write(f)
	if err == nil && exists {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = s.Rename(name, target)
	}
	if err != nil {
		return err
	}
	return s.SyncDir(filepath.Dir(target))
}

// create makes a new hidden file beside target, named after it with digits at
// the end.
func create(s System, target string, mode fs.FileMode) (File, string, error) {
	dir, base := filepath.Split(target)
	for {
		name := filepath.Join(dir, fmt.Sprintf(".%s%d", base, rand.Uint64()))
		f, err := s.Create(name, mode)
		if !errors.Is(err, fs.ErrExist) {
			return f, name, err
		}
	}
}

// RemoveUnfinished removes from a folder what Writes that were killed left
// beside the files of which ours is true.
func RemoveUnfinished(dir string, ours func(name string) bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		name, hidden := strings.CutPrefix(e.Name(), ".")
		whole := strings.TrimRight(name, "0123456789")
		if hidden && whole != name && ours(whole) {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// Cause strips the operation and the file, often a temporary one, off an error
// of the file system: the caller names the file that the user knows.
func Cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
