//go:build browser

package datasets

// orientation is 1: in a page the browser has turned photographs already, and
// to read their tags takes a seventh of the module that a page carries.
func orientation([]byte) int { return 1 }
