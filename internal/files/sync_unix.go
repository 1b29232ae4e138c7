//go:build unix

package files

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// syncDir leaves a folder alone that may be written and not read, and a file
// system that cannot sync folders: some over a network cannot.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
