//go:build browser

package datasets

import "io"

// orientation is 1: a page's browser makes PNGs of photographs, the right way
// up. To read them otherwise takes a fifth of the module that a page carries.
func orientation(io.ReadSeeker, *imageHead) (int, error) { return 1, nil }
