// Package suggest finds the name that a mistyped one was meant to be.
package suggest

import (
	"fmt"
	"slices"
	"strings"
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
// where those are more than two in five letters, since it is another word then.
// The beginning of a name stands for it, and so does a name with more behind it.
func Nearest(name string, names []string) (best string) {
	least := -1
	word := []rune(strings.ToLower(name))
	for _, n := range names {
		other := []rune(strings.ToLower(n))
		short, long := min(len(word), len(other)), max(len(word), len(other))
		most := max(1, long*2/5)
		made := most + 1
		if short >= 3 && slices.Equal(word[:short], other[:short]) {
			made = most
		}
		if long-short <= most { // a file's name may be long
			made = min(made, slips(word, other))
		}
		if made <= most && (least < 0 || made < least) {
			best, least = n, made
		}
	}
	return best
}

// slips is how many letters were changed, left out, added, or exchanged with
// their neighbour to make b of a: the optimal string alignment distance.
func slips(a, b []rune) int {
	var before, last []int // the rows for a without its last two letters, and its last
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range b {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
