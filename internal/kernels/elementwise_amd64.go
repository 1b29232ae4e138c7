//go:build !purego

package kernels

// fromBytesByEights leaves to Go what the assembly does not take.
func fromBytesByEights(dst []float32, src []byte, scale float32) {
	n := len(dst) &^ 7
	if n > 0 {
		fromBytesAVX2(dst[:n], src[:n], scale)
	}
	fromBytesPortable(dst[n:], src[n:], scale)
}
