//go:build !purego

package kernels

// sparseWidth is the greatest number of vectors of a row at a time.
const sparseWidth = 16

// run calls the assembly by its name, so that lists need not be on the heap. The
// last of the v vectors has tail lanes: where those are not all, it is computed
// lane by lane.
func (s sparse) run(v int, c []float32, crow []int32, list []uint64, room int, n []int32, b []float32, _, _, tail int, add bool) {
	whole := v
	if tail < int(s) {
		whole--
	}
	at, end := 0, (v-1)*int(s)+tail
	for step := 0; at < end; at += step {
		for v > whole-at/int(s) {
			v /= 2
		}
		step = max(v*int(s), 1)
		sparseNEON(v, len(crow), &c[at], &crow[0], &list[0], 8*room, &n[0], &b[at], add)
	}
}
