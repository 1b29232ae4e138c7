package nn_test

import (
	"math"
	"testing"

	"tatami/internal/golden"
	"tatami/nn"
)

func TestSoftmax(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	e := math.E
	for _, c := range []struct {
		x      []float32
		y      []float64
		logSum float64
	}{
		{[]float32{3}, []float64{1}, 3},
		{[]float32{0, 0}, []float64{0.5, 0.5}, math.Log(2)},
		{[]float32{0, 1}, []float64{1 / (1 + e), e / (1 + e)}, math.Log(1 + e)},
		{[]float32{1e4, -1e4}, []float64{1, 0}, 1e4},
		{[]float32{-1e4, -1e4}, []float64{0.5, 0.5}, -1e4 + math.Log(2)},
		{[]float32{math.MaxFloat32, -math.MaxFloat32}, []float64{1, 0}, math.MaxFloat32},
		{[]float32{0, -inf}, []float64{1, 0}, 0},
	} {
		y := make([]float32, len(c.x))
		logSum := nn.Softmax(y, c.x)
		golden.Close(t, "softmax", y, c.y, 1e-6)
		golden.Close(t, "log sum", []float64{logSum}, []float64{c.logSum}, 1e-12)
		nn.Softmax(c.x, c.x)
		golden.Close(t, "in place", c.x, c.y, 1e-6)
	}
	for _, x := range [][]float32{{0, nan, 1}, {nan, 0}, {0, inf}} {
		logSum := nn.Softmax(x, x)
		if !math.IsNaN(logSum) && !math.IsInf(logSum, 1) {
			t.Errorf("log sum is %v", logSum)
		}
		for _, v := range x {
			if v == v {
				t.Errorf("a NaN or Inf among the inputs gives %v", x)
			}
		}
	}
}
