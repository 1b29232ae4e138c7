//go:build !purego

package kernels

// sparseWidth is the greatest number of vectors of a row at a time.
const sparseWidth = 16

// sparseRun calls the assembly by its name, so that lists need not be on the
// heap.
func sparseRun(v int, c []float32, crow []int32, list []uint64, room int, n []int32, b []float32, add bool) {
	sparseNEON(v, len(crow), &c[0], &crow[0], &list[0], 8*room, &n[0], &b[0], add)
}
