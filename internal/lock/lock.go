// Package lock keeps two processes from writing in one folder.
package lock

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"tatami/internal/files"
)

// Name is that of the file that is locked, in the folder that is meant. It is
// there while the lock is held, and stays if the process was killed, which does
// no harm: the lock itself has gone with the process.
const Name = ".lock"

// Lock is a folder held by this process. One that is nil holds nothing.
type Lock struct{ file *flock.Flock }

// Folder holds a folder for this process until Release, or until the process
// ends in any way. An error that is [ErrInUse] names the process that holds it.
// Where the system or the folder's disk has no locks, nothing is held.
func Folder(dir string) (*Lock, error) {
	path := filepath.Join(dir, Name)
	for {
		f := flock.New(path, flock.SetPermissions(0o644))
		ok, err := f.TryLock()
		if errors.Is(err, errors.ErrUnsupported) {
			f.Close()
			os.Remove(path)
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("cannot write in %s: %w", dir, files.Cause(err))
		}
		if !ok {
			return nil, inUse(dir)
		}
		// Whoever held it before may have removed the file since it was opened.
		mine, err := f.Stat()
		there, err2 := os.Stat(path)
		if err == nil && err2 == nil && os.SameFile(mine, there) {
			sign(path)
			return &Lock{f}, nil
		}
		f.Close()
	}
}

// Free fails with [ErrInUse] if a process holds the folder.
func Free(dir string) error {
	f := flock.New(filepath.Join(dir, Name), flock.SetFlag(os.O_RDONLY))
	defer f.Close()
	if ok, err := f.TryRLock(); !ok && err == nil {
		return inUse(dir)
	}
	return nil // also where there is no lock, or no folder
}

// Release gives the folder free.
func (l *Lock) Release() {
	if l == nil {
		return
	}
	// Removed while it is held, so that nobody holds a file that has gone. An
	// open file cannot be removed on Windows, and one that is held again neither.
	if os.Remove(l.file.Path()) == nil {
		l.file.Close()
		return
	}
	l.file.Close()
	os.Remove(l.file.Path())
}

// ErrInUse is in the error for a folder that another process holds.
var ErrInUse = errors.New("is at work there")

func inUse(dir string) error {
	who := "another process"
	if id := holder(dir); id > 0 {
		who = fmt.Sprintf("process %d", id)
	}
	return fmt.Errorf("cannot write in %s: %s %w", dir, who, ErrInUse)
}

// The number of the process stands behind the first byte, which Windows lets
// nobody but the holder read.
const at = 1

// sign writes this process's number. Without it, on a full disk, the lock is as
// good.
func sign(path string) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.WriteAt(fmt.Appendf(nil, "%-10d\n", os.Getpid()), at)
}

// holder is the process that holds a folder, 0 if unknown.
func holder(dir string) (id int) {
	f, err := os.Open(filepath.Join(dir, Name))
	if err != nil {
		return 0
	}
	defer f.Close()
	_, _ = fmt.Fscan(io.NewSectionReader(f, at, 16), &id)
	return id
}
