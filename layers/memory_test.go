package layers_test

import (
	"runtime"
	"testing"

	"tatami/layers"
	"tatami/nn"
)

// TestResidualMemory: shortcuts cost a pass at most a fifth more memory than the
// same layers without them, with batch normalization and without.
func TestResidualMemory(t *testing.T) {
	in := nn.Shape{H: 14, W: 14, C: 16}
	conv := layers.Convolution{Filters: 16, Kernel: 3, Pad: 1}
	bodies := map[string][]nn.Spec{
		"plain":      {conv, layers.ReLU{}, conv},
		"normalized": {conv, layers.BatchNormalization{}, layers.ReLU{}, conv, layers.BatchNormalization{}},
	}
	for name, body := range bodies {
		var plain, residual []nn.Spec
		for range 6 {
			plain = append(append(plain, body...), layers.ReLU{})
			residual = append(residual, layers.Residual{Body: body}, layers.ReLU{})
		}
		end := []nn.Spec{layers.GlobalAveragePooling{}, layers.Affine{Units: 10}}
		without := passBytes(network(t, in, append(plain, end...)...))
		with := passBytes(network(t, in, append(residual, end...)...))
		t.Logf("%s: %d bytes, %d without shortcuts: %.3f times", name, with, without, float64(with)/float64(without))
		if float64(with) > 1.2*float64(without) {
			t.Errorf("%s: a pass takes %d bytes, wanted at most 1.2 times the %d without shortcuts", name, with, without)
		}
	}
}

// passBytes is what a training pass of 64 samples allocates until it has been
// used, packed weights and scratch included.
func passBytes(net *nn.Sequential) uint64 {
	const n = 64
	x, dy := nn.NewTensor(n, net.Input()), nn.NewTensor(n, net.Output())
	run(net, both(n, true), x, dy) // plans are made once and stay
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p := net.NewPass(nn.PassConfig{Capacity: n, Training: true, NeedsBackward: true})
	p.Forward(x)
	p.Backward(dy)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
