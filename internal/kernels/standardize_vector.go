//go:build (amd64 || arm64) && !purego

package kernels

// totals has the assembly of batch normalization take vector after vector for
// rows of channels.
func (k *normalization) totals(x []float32) (sum, squares float64) {
	const rows = 2048
	add := func(x []float32, rows, tail int) {
		a, b := k.momentsOf(&x[0], 4*k.lanes, rows, tail)
		for i := range tail {
			sum += a[i]
			squares += b[i]
		}
	}
	n := len(x) / k.lanes * k.lanes
	for i, j := range chunks(n, k.lanes, rows*k.lanes) {
		add(x[i:j], (j-i)/k.lanes, k.lanes)
	}
	if n < len(x) {
		add(x[n:], 1, len(x)-n)
	}
	return sum, squares
}

// lanewise is assembly that adds up standardSums lane by lane, so many of them.
type lanewise struct {
	lanes int
	sums  func(dgamma, dbeta, dy, x, gamma []float32, mean, inverse float32) (sum, products [16]float64)
}

func (k *lanewise) standardSums(dgamma, dbeta, dy, x, gamma []float32, mean, inverse float32) (sum, products float64) {
	a, b := k.sums(dgamma, dbeta, dy, x, gamma, mean, inverse)
	for i := range k.lanes {
		sum += a[i]
		products += b[i]
	}
	return sum, products
}
