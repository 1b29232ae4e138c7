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
	cifar := t.TempDir()
	if err := os.WriteFile(filepath.Join(cifar, "data_batch_1.bin"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	names := filepath.Join(cifar, "batches.meta.txt")
	if err := syscall.Mkfifo(names, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path string
		read func() error
	}{
		"classes": {names, func() error { _, _, err := datasets.CIFAR(cifar); return err }},
		"folder":  {path, func() error { _, _, err := datasets.Folder(dir); return err }},
		"picture": {path, func() error { _, err := datasets.ReadImage(path); return err }},
	} {
		done := make(chan error, 1)
		go func() { done <- c.read() }()
		select {
		case err := <-done:
			if err == nil || err.Error() != "cannot read "+c.path+": not a regular file" {
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
