package kernels

import "iter"

// chunk is how many elements a function of an instruction set takes in one
// call, since assembly cannot be preempted: well under 100 µs, and long enough
// that the calls cost nothing.
const chunk = 1 << 15

// chunks cuts n elements into pieces [from, to) of whole rows: as many as most
// elements hold, but at least one.
func chunks(n, row, most int) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		for from := 0; from < n; {
			to := min(n, from+max(1, most/row)*row)
			if !yield(from, to) {
				return
			}
			from = to
		}
	}
}
