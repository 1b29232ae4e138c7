//go:build !race

package toy

// Race is whether the race detector is at work.
const Race = false
