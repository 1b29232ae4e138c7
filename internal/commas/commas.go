// Package commas writes long numbers so that people can read them.
package commas

import "strings"

// Group puts commas between the thousands of a decimal number: -1234.5 becomes
// -1,234.5.
func Group(s string) string {
	whole, rest, point := strings.Cut(s, ".")
	sign := strings.HasPrefix(whole, "-")
	whole = strings.TrimPrefix(whole, "-")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if sign {
		whole = "-" + whole
	}
	if point {
		whole += "." + rest
	}
	return whole
}
