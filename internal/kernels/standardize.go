package kernels

// The kernels of layer normalization take the values of one sample, x̂ being (x - mean)*inverse.

// Totals returns the sum of x and that of its squares, added up in float64.
func Totals(x []float32) (sum, squares float64) { return active.totals(x) }

// Standardize sets y = gamma*x̂ + beta. y may be x itself.
func Standardize(y, x, gamma, beta []float32, mean, inverse float32) {
	if len(y) != len(x) || len(gamma) != len(x) || len(beta) != len(x) {
		panic("kernels: Standardize: lengths differ")
	}
	for i, j := range chunks(len(x), 1, chunk) {
		active.standardize(y[i:j], x[i:j], gamma[i:j], beta[i:j], mean, inverse)
	}
}

// StandardSums adds dy*x̂ to dgamma and dy to dbeta, and returns the sums of gamma*dy and of gamma*dy*x̂, added up in
// float64.
func StandardSums(dgamma, dbeta, dy, x, gamma []float32, mean, inverse float32) (sum, products float64) {
	if len(dgamma) != len(x) || len(dbeta) != len(x) || len(dy) != len(x) || len(gamma) != len(x) {
		panic("kernels: StandardSums: lengths differ")
	}
	for i, j := range chunks(len(x), 1, chunk) {
		s, p := active.standardSums(dgamma[i:j], dbeta[i:j], dy[i:j], x[i:j], gamma[i:j], mean, inverse)
		sum += s
		products += p
	}
	return sum, products
}

// StandardBackward sets dx = inverse*(gamma*dy - shift - x̂*slope). dx may be dy itself.
func StandardBackward(dx, dy, x, gamma []float32, mean, inverse, shift, slope float32) {
	if len(dx) != len(x) || len(dy) != len(x) || len(gamma) != len(x) {
		panic("kernels: StandardBackward: lengths differ")
	}
	for i, j := range chunks(len(x), 1, chunk) {
		active.standardBackward(dx[i:j], dy[i:j], x[i:j], gamma[i:j], mean, inverse, shift, slope)
	}
}
