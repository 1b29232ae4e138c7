package reference

import "math"

// BatchNormalization is the book's section 6.3, channel by channel:
//
//	y = gamma·x̂ + beta,  x̂ = (x − mean)/√(variance + epsilon)
//
// In training mean and variance are the batch's own [Statistics], in inference
// running ones.
func BatchNormalization(x *Tensor, gamma, beta, mean, variance []float64, epsilon float64) (y *Tensor) {
	y = x.like()
	for k, v := range x.Data {
		c := k % x.C
		y.Data[k] = gamma[c]*(v-mean[c])/math.Sqrt(variance[c]+epsilon) + beta[c]
	}
	return y
}

// Statistics are the mean and the (biased) variance of each channel, over all
// pixels of all images:
//
//	mean = Σx/m,  variance = Σ(x − mean)²/m
func Statistics(x *Tensor) (mean, variance []float64) {
	mean, variance = make([]float64, x.C), make([]float64, x.C)
	m := float64(x.N * x.H * x.W)
	for k, v := range x.Data {
		mean[k%x.C] += v / m
	}
	for k, v := range x.Data {
		d := v - mean[k%x.C]
		variance[k%x.C] += d * d / m
	}
	return mean, variance
}

// BatchNormalizationBackward is the way back (Ioffe and Szegedy 2015):
//
//	dbeta  = Σ dy
//	dgamma = Σ dy·x̂
//	dx     = gamma/√(variance + epsilon) · (dy − dbeta/m − x̂·dgamma/m)
//
// with sums over the m values of a channel. The two terms that are subtracted
// come from mean and variance, which x moves too; running ones do not move, and
// then the terms fall away.
func BatchNormalizationBackward(dy, x *Tensor, gamma, mean, variance []float64, epsilon float64, running bool) (dx *Tensor, dgamma, dbeta []float64) {
	dx, dgamma, dbeta = x.like(), make([]float64, x.C), make([]float64, x.C)
	hat := func(k int) float64 { return (x.Data[k] - mean[k%x.C]) / math.Sqrt(variance[k%x.C]+epsilon) }
	for k, d := range dy.Data {
		dbeta[k%x.C] += d
		dgamma[k%x.C] += d * hat(k)
	}
	m := float64(x.N * x.H * x.W)
	for k, d := range dy.Data {
		c := k % x.C
		if !running {
			d -= dbeta[c]/m + hat(k)*dgamma[c]/m
		}
		dx.Data[k] = d * gamma[c] / math.Sqrt(variance[c]+epsilon)
	}
	return dx, dgamma, dbeta
}
