package plots

import (
	"math"

	"tatami/internal/smooth"
)

// Smooth averages each value with its neighbours under a Kaiser window (β 2)
// of an odd number of taps, as the book does with 11: the values are mirrored
// at both ends, at the front without and at the back with the last one. Values
// that are not finite stay as they are and do not weigh on their neighbours.
func Smooth(values []float64, taps int) []float64 { return smooth.Values(values, taps) }

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// window is the number of taps that makes n values readable: the book's 11,
// fewer than a third of a short run, a fiftieth of a long one.
func window(n int) int { return min(max(min(11, n/3-1|1), n/50|1), 1001) }
