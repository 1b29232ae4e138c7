// Package smooth averages noisy curves.
package smooth

import "math"

// Values averages each value with its neighbours under a Kaiser window (β 2)
// of an odd number of taps, as the book does with 11: the values are mirrored
// at both ends, at the front without and at the back with the last one. Values
// that are not finite stay as they are and do not weigh on their neighbours.
func Values(values []float64, taps int) []float64 {
	half := max(taps, 1) / 2
	window := Kaiser(2*half+1, 2)
	n := len(values)
	out := make([]float64, n)
	for i, v := range values {
		if !isFinite(v) {
			out[i] = v
			continue
		}
		var sum, weight float64
		for k, w := range window {
			j := i + k - half
			for j < 0 || j >= n {
				if j < 0 {
					j = -j
				}
				if j >= n {
					j = 2*n - 1 - j
				}
			}
			if u := values[j]; isFinite(u) {
				sum += w * u
				weight += w
			}
		}
		out[i] = sum / weight
	}
	return out
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Kaiser is NumPy's kaiser(n, beta).
func Kaiser(n int, beta float64) []float64 {
	w := make([]float64, n)
	for i := range w {
		r := 0.0
		if n > 1 {
			r = 2*float64(i)/float64(n-1) - 1
		}
		w[i] = bessel0(beta*math.Sqrt(1-r*r)) / bessel0(beta)
	}
	return w
}

// bessel0 is the modified Bessel function I₀ for small arguments, by its series.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-17*sum; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}
