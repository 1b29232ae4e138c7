// Package suggest finds the name that a mistyped one was meant to be.
package suggest

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Unknown is the error for a name of the given kind that is none of names; it
// proposes the nearest.
func Unknown(kind, name string, names []string) error {
	return fmt.Errorf("unknown %s %q: did you mean %q? (valid: %s)", kind, name, Nearest(name, names), strings.Join(names, ", "))
}

// Nearest is the name that takes the fewest changes of a letter, the first of
// several.
func Nearest(name string, names []string) (best string) {
	least := -1
	for _, n := range names {
		if d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(n)); least < 0 || d < least {
			best, least = n, d
		}
	}
	return best
}
