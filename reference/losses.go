package reference

// SoftmaxWithLoss is the cross-entropy of the softmax of x, in nats (the book's
// sections 4.2.2 and 5.6.3), mean over a batch of N:
//
//	loss = −Σ_nk target[n,k] · log y[n,k] / N,  y = softmax(x)
//	dx   = (y − target) / N
//
// The targets of a sample sum to 1.
func SoftmaxWithLoss(x, target *Tensor) (loss float64, dx *Tensor) {
	dx = Softmax(x)
	for n := range x.N {
		from, to := n*x.Size(), (n+1)*x.Size()
		sum := LogSumExp(x.Data[from:to]) // log y = x − sum
		for k := from; k < to; k++ {
			loss += target.Data[k] * (sum - x.Data[k]) / float64(x.N)
			dx.Data[k] = (dx.Data[k] - target.Data[k]) / float64(x.N)
		}
	}
	return loss, dx
}

// MeanSquaredError is half the squared distance (the book's section 4.2.1),
// mean over a batch of N:
//
//	loss = ½ Σ_nk (x[n,k] − target[n,k])² / N
//	dx   = (x − target) / N
func MeanSquaredError(x, target *Tensor) (loss float64, dx *Tensor) {
	dx = x.like()
	for k, v := range x.Data {
		d := v - target.Data[k]
		loss += d * d / 2 / float64(x.N)
		dx.Data[k] = d / float64(x.N)
	}
	return loss, dx
}
