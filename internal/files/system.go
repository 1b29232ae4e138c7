package files

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// System is what [Write] asks of an operating system.
type System interface {
	// Create makes a new file; it fails with fs.ErrExist where there is one.
	Create(name string, mode fs.FileMode) (File, error)
	Rename(from, to string) error
	Remove(name string) error
	// SyncDir returns once the names in dir are on disk.
	SyncDir(dir string) error
}

// File is a new file of a System.
type File interface {
	io.WriteCloser
	Chmod(fs.FileMode) error
	// Sync returns once the content is on disk.
	Sync() error
}

// mounts are the systems of tests, by folder: the one thing of the package
// that lasts, empty outside of tests.
var mounts sync.Map

// Mount has files in dir, and in folders below it, written to s until unmount
// is called: package filestest makes faults so.
func Mount(dir string, s System) (unmount func(), err error) {
	if dir, err = whole(dir); err != nil {
		return nil, err
	}
	mounts.Store(dir, s)
	return func() { mounts.Delete(dir) }, nil
}

func systemOf(path string) System {
	dir, err := whole(filepath.Dir(path))
	for err == nil {
		if s, ok := mounts.Load(dir); ok {
			return s.(System)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	return Computer{}
}

// whole is dir as an absolute path without links.
func whole(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// Computer is the operating system's own System.
type Computer struct{}

// Create implements [System].
func (Computer) Create(name string, mode fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Rename implements [System].
func (Computer) Rename(from, to string) error { return os.Rename(from, to) }

// Remove implements [System].
func (Computer) Remove(name string) error { return os.Remove(name) }

// SyncDir implements [System].
func (Computer) SyncDir(dir string) error { return syncDir(dir) }
