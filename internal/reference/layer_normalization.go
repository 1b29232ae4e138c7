package reference

import "math"

// layerNormalization normalizes each sample over all its values (Ba and others
// 2016, section 3):
//
//	x̂ = (x − mean)/√(variance + ε),  y = gamma·x̂ + beta
type layerNormalization struct{ epsilon float64 }

// normalized is sample n with mean 0 and deviation 1, and that deviation.
func (l layerNormalization) normalized(x *Tensor, n int) (hat []float64, deviation float64) {
	size := x.Size()
	values := x.Data[n*size : (n+1)*size]
	mean := average(size, func(i int) float64 { return values[i] })
	variance := average(size, func(i int) float64 { return (values[i] - mean) * (values[i] - mean) })
	deviation = math.Sqrt(variance + l.epsilon)
	for _, v := range values {
		hat = append(hat, (v-mean)/deviation)
	}
	return hat, deviation
}

func average(n int, value func(i int) float64) (mean float64) {
	for i := range n {
		mean += value(i) / float64(n)
	}
	return mean
}

func (l layerNormalization) forward(ws [][]float64, x *Tensor) *Tensor {
	gamma, beta := ws[0], ws[1]
	y := NewTensor(x.N, x.Shape)
	for n := range x.N {
		hat, _ := l.normalized(x, n)
		for i, v := range hat {
			y.Data[n*x.Size()+i] = gamma[i]*v + beta[i]
		}
	}
	return y
}

// backward: dx = (g − mean(g) − x̂·mean(g·x̂))/deviation with g = gamma·dy.
func (l layerNormalization) backward(ws, dws [][]float64, dy, x, _ *Tensor) *Tensor {
	gamma, dgamma, dbeta := ws[0], dws[0], dws[1]
	dx := NewTensor(x.N, x.Shape)
	size := x.Size()
	for n := range x.N {
		hat, deviation := l.normalized(x, n)
		d := dy.Data[n*size : (n+1)*size]
		g := func(i int) float64 { return gamma[i] * d[i] }
		mean, slope := average(size, g), average(size, func(i int) float64 { return g(i) * hat[i] })
		for i := range d {
			dgamma[i] += d[i] * hat[i]
			dbeta[i] += d[i]
			dx.Data[n*size+i] = (g(i) - mean - hat[i]*slope) / deviation
		}
	}
	return dx
}
