package layers_test

import (
	"bytes"
	"math"
	"testing"

	"tatami/layers"
	"tatami/nn"
)

// FuzzPredict: a file is an error, or a model that is built, or refused for
// what it would cost, or answers, alone as among others, and shows its layers
// and a way back.
func FuzzPredict(f *testing.F) {
	for _, c := range []struct {
		in    nn.Shape
		specs []nn.Spec
	}{
		{nn.Shape{H: 6, W: 6, C: 1}, []nn.Spec{layers.Convolution{Filters: 2, Kernel: 3, Pad: 1}, layers.ReLU{}, layers.Pooling{Size: 2}, layers.Affine{Units: 3}, layers.Softmax{}}},
		{nn.Shape{H: 3, W: 4, C: 16}, []nn.Spec{layers.Convolution{Filters: 16, Kernel: 3, Pad: 1}, layers.BatchNormalization{}, layers.GELU{}, layers.Pooling{Size: 3, Stride: 1, Pad: 1, Average: true}}},
		{nn.Features(5), []nn.Spec{layers.Affine{Units: 2}, layers.Dropout{Ratio: 0.5}, layers.LeakyReLU{}, layers.Sigmoid{}, layers.Tanh{}}},
		{nn.Shape{H: 512, W: 512, C: 1}, []nn.Spec{layers.Pooling{Size: 255, Stride: 1}, layers.Pooling{Size: 255, Stride: 1}}},
	} {
		var b bytes.Buffer
		if err := nn.Encode(&b, &nn.Model{Sequential: network(f, c.in, c.specs...)}); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes(), uint64(1))
	}
	most := nn.Cost{Work: 2_000_000, Bytes: 4 << 20} // for many executions
	f.Fuzz(func(t *testing.T, file []byte, seed uint64) {
		m, err := nn.Decode(bytes.NewReader(file), int64(len(file)), layers.Catalog())
		if err != nil || m.Within(most) != nil {
			return
		}
		x := random(rng(seed), 3, m.Input())
		y := m.Predict(x)
		for n := range x.N {
			alike(t, "alone", m.Predict(x.Slice(n, n+1)).Data, y.Sample(n))
		}
		layerwise := m.Activations(x)
		if len(layerwise) != len(m.Specs()) {
			t.Errorf("%d activations of %d layers", len(layerwise), len(m.Specs()))
		}
		for _, training := range []bool{false, true} {
			p := m.NewPass(both(x.N, training))
			p.Forward(x)
			if dx := p.Backward(random(rng(seed+1), x.N, m.Output())); dx.N != x.N || dx.Shape != x.Shape {
				t.Errorf("gradient of %v", dx)
			}
		}
	})
}

// alike compares finite answers by what a few roundings may differ.
func alike(t *testing.T, name string, got, want []float32) {
	t.Helper()
	scale := float64(0)
	for _, v := range want {
		if v != v || math.IsInf(float64(v), 0) {
			return // weights so large tell nothing
		}
		scale = max(scale, math.Abs(float64(v)))
	}
	for i, v := range want {
		if d := math.Abs(float64(got[i] - v)); !(d <= 1e-3*scale) {
			t.Fatalf("%s: answer %d is %g, among others %g", name, i, got[i], v)
		}
	}
}
