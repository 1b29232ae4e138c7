// Package suggest finds the name that a mistyped one was meant to be.
package suggest

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
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

// Nearest is the name that takes the fewest slips, the first of several; empty
// where those are more than two in five letters, since it is another word then. A
// slip is a letter changed, left out, added, or exchanged with its neighbour. The
// beginning of a name stands for it, and so does a name with more behind it.
func Nearest(name string, names []string) (best string) {
	least := -1
	name = strings.ToLower(name)
	for _, n := range names {
		other := strings.ToLower(n)
		short, long := utf8.RuneCountInString(name), utf8.RuneCountInString(other)
		short, long = min(short, long), max(short, long)
		most := max(1, long*2/5)
		slips := most + 1
		if short >= 3 && (strings.HasPrefix(name, other) || strings.HasPrefix(other, name)) {
			slips = most
		}
		if long-short <= most { // a file's name may be long
			slips = min(slips, edlib.OSADamerauLevenshteinDistance(name, other))
		}
		if slips <= most && (least < 0 || slips < least) {
			best, least = n, slips
		}
	}
	return best
}
