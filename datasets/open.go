package datasets

import (
	"errors"
	"fmt"
	"os"

	"tatami/internal/files"
)

// open opens a file for reading. Whatever is no regular file is refused before
// it is opened: a named pipe without a writer would hold the reader for ever,
// and a device has no end.
func open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	return f, nil
}
