//go:build unix

package kernels_test

import (
	"syscall"
	"testing"
)

// region returns n bytes that touch a page which nobody may read or write: the page after them with end set, else the
// page before.
func region(t testing.TB, n int, end bool) (data []byte, release func()) {
	page := syscall.Getpagesize()
	size := (n+page-1)/page*page + 2*page
	all, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	for _, guard := range [][]byte{all[:page], all[size-page:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	data = all[page : page+n : page+n]
	if end {
		data = all[size-page-n : size-page : size-page]
	}
	return data, func() {
		if err := syscall.Munmap(all); err != nil {
			t.Fatal(err)
		}
	}
}
