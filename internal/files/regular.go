package files

import (
	"fmt"
	"os"
)

// Regular refuses a path that leads to anything but a file, such as a named
// pipe, which would keep its reader waiting. What is not there at all is left
// to whoever opens it.
func Regular(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("cannot read %s: not a regular file", path)
	}
	return nil
}
