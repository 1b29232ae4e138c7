// Package files writes files as a whole, and names what went wrong with one.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// Write writes what write gives beside path, syncs it and renames it to path,
// so path holds either its earlier content or all of the new. A link stays, and
// the file that it names is written; a device or folder is refused.
func Write(path string, write func(io.Writer) error) error {
	err := func() error {
		target := path
		if named, err := filepath.EvalSymlinks(path); err == nil {
			target = named
		}
		if info, err := os.Stat(target); err == nil && !info.Mode().IsRegular() {
			return errors.New("not a regular file")
		}
		f, err := renameio.NewPendingFile(target, renameio.WithTempDir(filepath.Dir(target)),
			renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
		if err != nil {
			return err
		}
		defer f.Cleanup() // does nothing once the file is in place
		if err := write(f); err != nil {
			return err
		}
		return f.CloseAtomicallyReplace()
	}()
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, Cause(err))
	}
	return nil
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
