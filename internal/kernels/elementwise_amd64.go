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

// vectorSquares is assembly that adds up the squares of whole vectors.
type vectorSquares func(x []float32) float64

func (sum vectorSquares) sumSquares(x []float32) float64 {
	const vectors = 32 // elements
	var total float64
	n := len(x) &^ (vectors - 1)
	for i, j := range chunks(n, vectors, chunk) {
		total += sum(x[i:j])
	}
	return total + sumSquaresPortable(x[n:])
}
