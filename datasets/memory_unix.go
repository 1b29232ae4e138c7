//go:build unix

package datasets

import (
	"os"

	"golang.org/x/sys/unix"
)

// temporary is a file without a name, so that it goes with whoever holds it.
func temporary() (*os.File, error) {
	f, err := os.CreateTemp("", "tatami-pixels-")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

func mapped(f *os.File, n int) (data []byte, unmap func() error, err error) {
	data, err = unix.Mmap(int(f.Fd()), 0, n, unix.PROT_READ, unix.MAP_SHARED)
	return data, func() error { return unix.Munmap(data) }, err
}
