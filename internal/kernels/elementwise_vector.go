//go:build (amd64 || arm64) && !purego

package kernels

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
