//go:build (amd64 || arm64) && !purego

package kernels

// peakOf runs a loop that multiplies and adds vectors of so many lanes.
func peakOf(run func(rounds int), lanes int) func() int {
	return func() int {
		run(peakRounds)
		return 2 * lanes * peakSums * peakRounds
	}
}
