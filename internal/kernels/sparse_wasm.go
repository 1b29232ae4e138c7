//go:build simd

package kernels

// sparseWidth is the greatest number of vectors of a row at a time.
const sparseWidth = 8

func sparseRun(v int, c []float32, crow []int32, list []uint64, room int, n []int32, b []float32, add bool) {
	sparseWASM(int32(v), int32(len(crow)), &c[0], &crow[0], &list[0], int32(8*room), &n[0], &b[0], add)
}
