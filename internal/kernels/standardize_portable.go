package kernels

func totalsPortable(x []float32) (sum, squares float64) {
	for _, v := range x {
		v := float64(v)
		sum += v
		squares += v * v
	}
	return sum, squares
}

func standardizePortable(y, x, gamma, beta []float32, mean, inverse float32) {
	y, gamma, beta = y[:len(x)], gamma[:len(x)], beta[:len(x)]
	for i, v := range x {
		y[i] = (v-mean)*inverse*gamma[i] + beta[i]
	}
}

func standardSumsPortable(dgamma, dbeta, dy, x, gamma []float32, mean, inverse float32) (sum, products float64) {
	dgamma, dbeta, dy, gamma = dgamma[:len(x)], dbeta[:len(x)], dy[:len(x)], gamma[:len(x)]
	for i, v := range x {
		hat, d := (v-mean)*inverse, dy[i]
		dgamma[i] += d * hat
		dbeta[i] += d
		g := d * gamma[i]
		sum += float64(g)
		products += float64(g * hat)
	}
	return sum, products
}

func standardBackwardPortable(dx, dy, x, gamma []float32, mean, inverse, shift, slope float32) {
	dx, dy, gamma = dx[:len(x)], dy[:len(x)], gamma[:len(x)]
	for i, v := range x {
		dx[i] = inverse * (dy[i]*gamma[i] - shift - (v-mean)*inverse*slope)
	}
}
