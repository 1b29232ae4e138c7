//go:build !purego

package kernels

// sparseWidth is the greatest number of vectors of a row at a time: so many that
// a value of a, which is loaded too, meets many of b, and so few that the rows
// of b stay in the first-level cache.
const sparseWidth = 8

// run calls the assembly by its name, so that lists need not be on the heap. The
// last of the v vectors has tail lanes.
func (s sparse) run(v int, c []float32, crow []int32, list []uint64, room int, n []int32, b []float32, stride, ahead, tail int, add bool) {
	if s == 16 {
		sparseAVX512(v, len(crow), &c[0], &crow[0], &list[0], 8*room, &n[0], &b[0], 4*stride, ahead, tail, add)
	} else {
		sparseAVX2(v, len(crow), &c[0], &crow[0], &list[0], 8*room, &n[0], &b[0], 4*stride, ahead, tail, add)
	}
}
