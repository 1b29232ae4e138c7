package layers

import "tatami/nn"

// MeanSquaredError is half the squared distance, ½·Σ(x−t)², of a sample, mean
// over the batch (the book's section 4.2.1, there for one sample). A label is
// taken as the target 1 at its class and 0 elsewhere.
//
// In plain loops: reference/losses.go.
type MeanSquaredError struct{}

// Logits implements [nn.Loss]: it works on the network's own outputs.
func (MeanSquaredError) Logits() bool { return false }

// Loss implements [nn.Loss]. It panics if a label is not a class.
func (MeanSquaredError) Loss(dx, x *nn.Tensor, t nn.Targets, batch int) float64 {
	checkLabels(t, x)
	var sum float64
	for n := range x.N {
		for k, v := range x.Sample(n) {
			d := v - float32(targetOf(t, n, k))
			sum += float64(d) * float64(d) / 2
			if dx != nil {
				dx.Sample(n)[k] = d / float32(batch)
			}
		}
	}
	return sum
}
