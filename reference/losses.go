package reference

import "math"

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

// WeightedSoftmaxWithLoss is SoftmaxWithLoss with weights of the classes, mean by
// the weights of the samples:
//
//	loss = −Σ_nk w_k · target[n,k] · log y[n,k] / Σ_nk w_k · target[n,k]
func WeightedSoftmaxWithLoss(x, target *Tensor, weights []float64) (loss float64, dx *Tensor) {
	y, total := Softmax(x), 0.0
	dx = x.like()
	for n := range x.N {
		from, to := n*x.Size(), (n+1)*x.Size()
		sum, all := LogSumExp(x.Data[from:to]), 0.0
		for k := from; k < to; k++ {
			all += weights[k-from] * target.Data[k]
			loss += weights[k-from] * target.Data[k] * (sum - x.Data[k])
		}
		for k := from; k < to; k++ {
			dx.Data[k] = all*y.Data[k] - weights[k-from]*target.Data[k]
		}
		total += all
	}
	for k := range dx.Data {
		dx.Data[k] /= total
	}
	return loss / total, dx
}

// SigmoidWithLoss is the cross-entropy of the sigmoid of each value of x, in nats,
// mean over a batch of N:
//
//	loss = −Σ_nk (target · log y + (1 − target) · log(1 − y)) / N,  y = sigmoid(x)
//	dx   = (y − target) / N
func SigmoidWithLoss(x, target *Tensor) (loss float64, dx *Tensor) {
	dx = x.like()
	for k, v := range x.Data {
		y, _ := Sigmoid(v)
		t := target.Data[k]
		loss -= (t*math.Log(y) + (1-t)*math.Log(1-y)) / float64(x.N)
		dx.Data[k] = (y - t) / float64(x.N)
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
