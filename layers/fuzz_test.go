package layers_test

import (
	"bytes"
	"math"
	"testing"

	"tatami/internal/budget"
	"tatami/layers"
	"tatami/nn"
)

// FuzzPredict: an architecture is an error, or a model that is written, loaded,
// refused for what it would cost, or answers, alone as among others, and shows
// its layers and a way back. The weights are a seed's, times a power of 2.
func FuzzPredict(f *testing.F) {
	for _, text := range []string{
		`{"input":{"H":6,"W":6,"C":1},"layers":[{"type":"Convolution","Filters":2,"Kernel":3,"Pad":1},{"type":"ReLU"},{"type":"Pooling","Size":2},{"type":"Affine","Units":3},{"type":"Softmax"}]}`,
		`{"input":{"H":3,"W":4,"C":16},"layers":[{"type":"Convolution","Filters":16,"Kernel":3,"Pad":1},{"type":"BatchNormalization"},{"type":"GELU"},{"type":"Pooling","Size":3,"Stride":1,"Pad":1,"Average":true}]}`,
		`{"input":{"H":1,"W":1,"C":5},"layers":[{"type":"Affine","Units":2},{"type":"Dropout","Ratio":0.5},{"type":"LeakyReLU","Slope":0.2},{"type":"Sigmoid"},{"type":"Tanh"}]}`,
		`{"input":{"H":512,"W":512,"C":1},"layers":[{"type":"Pooling","Size":255,"Stride":1},{"type":"Pooling","Size":255,"Stride":1}]}`,
	} {
		f.Add(text, int8(0), uint64(1))
	}
	most := budget.Cost{Work: 500_000, Bytes: 1 << 20} // for many executions
	f.Fuzz(func(t *testing.T, text string, scale int8, seed uint64) {
		in, specs, err := nn.ParseArchitecture([]byte(text), layers.Catalog())
		if err != nil || !fewParameters(in, specs) {
			return
		}
		net, err := nn.NewSequential(in, rng(seed), specs...)
		if err != nil {
			return
		}
		for _, p := range net.Params() {
			for i, v := range p.Value.Data {
				p.Value.Data[i] = float32(math.Ldexp(float64(v), int(scale)))
			}
		}
		var file bytes.Buffer
		if err := nn.Encode(&file, &nn.Model{Sequential: net}); err != nil {
			t.Fatal(err)
		}
		m, err := nn.Decode(bytes.NewReader(file.Bytes()), int64(file.Len()), layers.Catalog())
		if err != nil {
			t.Fatalf("written but not read: %v", err)
		}
		if budget.Check(m.Sequential, most) != nil {
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

// fewParameters reports whether little memory is taken for the weights.
func fewParameters(shape nn.Shape, specs []nn.Spec) bool {
	for _, s := range specs {
		if c, ok := s.(nn.Counted); ok {
			if n := c.CountParams(shape); n < 0 || n > 20_000 {
				return false
			}
		}
		l, err := s.Build(shape, rng(1))
		if err != nil {
			return false
		}
		shape = l.OutShape()
	}
	return true
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
