package reference

import "math"

// LayerNormalization normalizes each sample by itself, over all its values, and
// gives each value a factor and a summand of its own (Ba, Kiros and Hinton 2016,
// section 3):
//
//	y = gamma·x̂ + beta,  x̂ = (x − mean)/√(variance + epsilon)
func LayerNormalization(x *Tensor, gamma, beta []float64, epsilon float64) (y *Tensor) {
	y = x.like()
	for n := range x.N {
		hat, _ := normalized(x.sample(n), epsilon)
		for k := range hat {
			y.sample(n)[k] = gamma[k]*hat[k] + beta[k]
		}
	}
	return y
}

// LayerNormalizationBackward is the way back. With g = gamma·dy
//
//	dbeta  = Σ_n dy
//	dgamma = Σ_n dy·x̂
//	dx     = (g − mean(g) − x̂·mean(g·x̂)) / √(variance + epsilon)
//
// where the means, like those of x, are over the values of a sample.
func LayerNormalizationBackward(dy, x *Tensor, gamma []float64, epsilon float64) (dx *Tensor, dgamma, dbeta []float64) {
	dx, dgamma, dbeta = x.like(), make([]float64, x.Size()), make([]float64, x.Size())
	size := float64(x.Size())
	for n := range x.N {
		hat, deviation := normalized(x.sample(n), epsilon)
		var mean, slope float64
		for k, d := range dy.sample(n) {
			dbeta[k] += d
			dgamma[k] += d * hat[k]
			mean += gamma[k] * d / size
			slope += gamma[k] * d * hat[k] / size
		}
		for k, d := range dy.sample(n) {
			dx.sample(n)[k] = (gamma[k]*d - mean - hat[k]*slope) / deviation
		}
	}
	return dx, dgamma, dbeta
}

// normalized is x with mean 0 and deviation 1, and the deviation that it had.
func normalized(x []float64, epsilon float64) (hat []float64, deviation float64) {
	var mean, variance float64
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	deviation = math.Sqrt(variance + epsilon)
	for _, v := range x {
		hat = append(hat, (v-mean)/deviation)
	}
	return hat, deviation
}

func (t *Tensor) sample(n int) []float64 { return t.Data[n*t.Size() : (n+1)*t.Size()] }
