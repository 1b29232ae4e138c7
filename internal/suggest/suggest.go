// Package suggest finds the name that a mistyped one was meant to be.
package suggest

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Unknown is the error for a name of the given kind that is none of names; it
// proposes the nearest, if one is near.
func Unknown(kind, name string, names []string) error {
	return fmt.Errorf("unknown %s %.99q%s (valid: %s)", kind, name, DidYouMean(name, names), strings.Join(names, ", "))
}

// DidYouMean ends an error with a question for the nearest name; it is empty
// where none is near.
func DidYouMean(name string, names []string) string {
	if best := Nearest(name, names); best != "" {
		return fmt.Sprintf(": did you mean %q?", best)
	}
	return ""
}

// Nearest is the name that takes the fewest changes of a letter, the first of
// several; empty where those are more than half of the letters, since it is
// another word then. The beginning of a name stands for it, and so does a name
// with more behind it.
func Nearest(name string, names []string) (best string) {
	least := -1
	name = strings.ToLower(name)
	for _, n := range names {
		other := strings.ToLower(n)
		letters, others := utf8.RuneCountInString(name), utf8.RuneCountInString(other)
		most := max(1, max(letters, others)/2)
		changes := most
		if min(letters, others) < 3 || !strings.HasPrefix(name, other) && !strings.HasPrefix(other, name) {
			changes = levenshtein.ComputeDistance(name, other)
		}
		if changes <= most && (least < 0 || changes < least) {
			best, least = n, changes
		}
	}
	return best
}
