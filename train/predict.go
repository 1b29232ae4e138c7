package train

import (
	"math"

	"tatami/nn"
)

// Predict is [nn.Sequential.Predict] for many samples, on all processors.
func Predict(net *nn.Sequential, x *nn.Tensor) *nn.Tensor {
	y := nn.NewTensor(x.N, net.Output())
	workers := newPool(math.MaxInt32)
	defer workers.close()
	workers.run((x.N+evaluationBatch-1)/evaluationBatch, func(b int) {
		from := b * evaluationBatch
		to := min(from+evaluationBatch, x.N)
		net.PredictInto(y.Slice(from, to), x.Slice(from, to))
	})
	return y
}
