package reference

import "math"

// batchNormalization normalizes channels by the batch's statistics in
// training, by the running ones otherwise. Its parameters are gamma, beta,
// mean and variance.
type batchNormalization struct {
	n       *Network
	epsilon float64
	frozen  bool
}

// Statistics are the mean and the biased variance of each channel.
func Statistics(x *Tensor) (mean, variance []float64) {
	mean, variance = make([]float64, x.C), make([]float64, x.C)
	count := float64(x.N * x.H * x.W)
	for i, v := range x.Data {
		mean[i%x.C] += v / count
	}
	for i, v := range x.Data {
		d := v - mean[i%x.C]
		variance[i%x.C] += d * d / count
	}
	return mean, variance
}

// own reports whether the batch's own statistics are taken.
func (l batchNormalization) own() bool { return l.n.Training && !l.frozen }

func (l batchNormalization) statistics(ws [][]float64, x *Tensor) (mean, variance []float64) {
	if l.own() {
		return Statistics(x)
	}
	return ws[2], ws[3]
}

// normalized is x with mean 0 and deviation 1, and that deviation.
func (l batchNormalization) normalized(ws [][]float64, x *Tensor) (hat, deviation []float64) {
	mean, variance := l.statistics(ws, x)
	for _, v := range variance {
		deviation = append(deviation, math.Sqrt(v+l.epsilon))
	}
	for i, v := range x.Data {
		hat = append(hat, (v-mean[i%x.C])/deviation[i%x.C])
	}
	return hat, deviation
}

func (l batchNormalization) forward(ws [][]float64, x *Tensor) *Tensor {
	gamma, beta := ws[0], ws[1]
	hat, _ := l.normalized(ws, x)
	y := NewTensor(x.N, x.Shape)
	for i, v := range hat {
		y.Data[i] = gamma[i%x.C]*v + beta[i%x.C]
	}
	return y
}

// backward: with the batch's statistics,
// dx = gamma/deviation · (dy − mean(dy) − x̂·mean(dy·x̂)).
func (l batchNormalization) backward(ws, dws [][]float64, dy, x, _ *Tensor) *Tensor {
	gamma, dgamma, dbeta := ws[0], dws[0], dws[1]
	hat, deviation := l.normalized(ws, x)
	for i, d := range dy.Data {
		dgamma[i%x.C] += d * hat[i]
		dbeta[i%x.C] += d
	}
	dx := NewTensor(x.N, x.Shape)
	count := float64(x.N * x.H * x.W)
	for i, d := range dy.Data {
		c := i % x.C
		if l.own() {
			d -= dbeta[c]/count + hat[i]*dgamma[c]/count
		}
		dx.Data[i] = d * gamma[c] / deviation[c]
	}
	return dx
}
