package record

import (
	"slices"
	"testing"
)

// A bar of one value among thousands is to be seen; one of none is not.
func TestRareValues(t *testing.T) {
	values := slices.Concat(slices.Repeat([]float32{1}, 5000), slices.Repeat([]float32{-1}, 5000), []float32{0.2})
	s := spreadOf(values)
	seen := 0
	for _, bar := range s.Bars {
		if bar > 0 {
			seen++
		}
	}
	if seen != 3 {
		t.Errorf("%d bars are seen, wanted 3: %v", seen, s.Bars)
	}
}
