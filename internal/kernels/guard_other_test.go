//go:build !unix

package kernels_test

import "testing"

// region returns n bytes; this system has no guard pages to put around them.
func region(t testing.TB, n int, end bool) (data []byte, release func()) {
	return make([]byte, n), func() {}
}
