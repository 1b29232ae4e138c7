//go:build unix

package datasets_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tatami/datasets"
)

// A named pipe, into which nobody writes, is refused and not waited for.
func TestNamedPipes(t *testing.T) {
	dir := folder(t, small())
	path := filepath.Join(dir, "t10k-labels-idx1-ubyte")
	os.Remove(path)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	for name, read := range map[string]func() error{
		"folder":  func() error { _, _, err := datasets.Folder(dir); return err },
		"picture": func() error { _, err := datasets.ReadImage(path); return err },
	} {
		done := make(chan error, 1)
		go func() { done <- read() }()
		select {
		case err := <-done:
			if err == nil || err.Error() != "cannot read "+path+": not a regular file" {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: waits", name)
		}
	}
	// The pipe in place of the folder itself.
	done := make(chan error, 1)
	go func() { _, _, err := datasets.Folder(path); done <- err }()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a pipe is taken for a folder")
		}
	case <-time.After(10 * time.Second):
		t.Error("waits for a pipe in place of a folder")
	}
}
