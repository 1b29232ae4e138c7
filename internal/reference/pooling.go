package reference

import (
	"math"

	"tatami/nn"
)

// pooling takes the maximum or the average of the pixels of a window that are
// inside the image.
type pooling struct {
	size, stride, pad int
	average           bool
}

// window lists the pixels inside the image of the window of output (i, j).
func (l pooling) window(x *Tensor, i, j int) (pixels [][2]int) {
	for u := i*l.stride - l.pad; u < i*l.stride-l.pad+l.size; u++ {
		for v := j*l.stride - l.pad; v < j*l.stride-l.pad+l.size; v++ {
			if u >= 0 && u < x.H && v >= 0 && v < x.W {
				pixels = append(pixels, [2]int{u, v})
			}
		}
	}
	return pixels
}

// each visits the outputs, with the weight of each of the window's pixels.
func (l pooling) each(y, x *Tensor, visit func(n, i, j, c int, pixels [][2]int, weights []float64)) {
	for n := range x.N {
		for i := range y.H {
			for j := range y.W {
				pixels := l.window(x, i, j)
				for c := range x.C {
					visit(n, i, j, c, pixels, l.weights(x, n, c, pixels))
				}
			}
		}
	}
}

func (l pooling) weights(x *Tensor, n, c int, pixels [][2]int) []float64 {
	weights := make([]float64, len(pixels))
	best, top := 0, math.Inf(-1)
	for k, p := range pixels {
		weights[k] = 1 / float64(len(pixels))
		if v := x.at(n, p[0], p[1], c); v > top {
			best, top = k, v
		}
	}
	if !l.average {
		clear(weights)
		weights[best] = 1
	}
	return weights
}

func (l pooling) forward(_ [][]float64, x *Tensor) *Tensor {
	y := NewTensor(x.N, nn.Shape{
		H: (x.H+2*l.pad-l.size)/l.stride + 1,
		W: (x.W+2*l.pad-l.size)/l.stride + 1,
		C: x.C,
	})
	l.each(y, x, func(n, i, j, c int, pixels [][2]int, weights []float64) {
		for k, p := range pixels {
			y.add(n, i, j, c, weights[k]*x.at(n, p[0], p[1], c))
		}
	})
	return y
}

func (l pooling) backward(_, _ [][]float64, dy, x, y *Tensor) *Tensor {
	dx := NewTensor(x.N, x.Shape)
	l.each(y, x, func(n, i, j, c int, pixels [][2]int, weights []float64) {
		for k, p := range pixels {
			dx.add(n, p[0], p[1], c, weights[k]*dy.at(n, i, j, c))
		}
	})
	return dx
}
