package serve

import (
	"fmt"
	"maps"
	"net/url"
	"slices"

	"tatami/internal/suggest"
	"tatami/internal/web/answers"
)

// checkQuery refuses what a call has no parameter for, and what is given twice.
func checkQuery(call string, query url.Values) error {
	known := []string{"model"}
	switch call {
	case "attention":
		known = append(known, "class")
	case "convolution":
		known = append(known, "layer")
	case "neighbours":
		known = append(known, "k")
	case "sample":
		known = append(known, "index", "label")
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(known, name) {
			return &answers.Refusal{Status: answers.Bad, Text: suggest.Unknown("parameter", name, known).Error()}
		}
		if n := len(query[name]); n > 1 {
			return &answers.Refusal{Status: answers.Bad, Text: fmt.Sprintf("%s is given %d times, wanted once", name, n)}
		}
	}
	return nil
}
