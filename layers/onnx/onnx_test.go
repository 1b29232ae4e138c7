package onnx_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"tatami/layers"
	"tatami/layers/networks"
	"tatami/layers/onnx"
	"tatami/nn"
)

// build makes a network whose parameters, running statistics too, are all
// different.
func build(t testing.TB, in nn.Shape, specs ...nn.Spec) *nn.Sequential {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	net, err := nn.NewSequential(in, rng, specs...)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range net.Params() {
		for i := range p.Value.Data {
			v := rng.Float32()
			switch p.Name {
			case "variance", "gamma":
				p.Value.Data[i] = 0.5 + v
			case "bias", "beta", "mean":
				p.Value.Data[i] = v - 0.5
			}
		}
	}
	return net
}

func images(n int, s nn.Shape) *nn.Tensor {
	rng := rand.New(rand.NewPCG(3, 4))
	x := nn.NewTensor(n, s)
	for i := range x.Data {
		x.Data[i] = rng.Float32()
	}
	return x
}

func export(t testing.TB, m *nn.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := onnx.Export(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func load(data []byte) (*nn.Model, error) {
	return onnx.Import(fstest.MapFS{"model.onnx": {Data: data}}, "model.onnx")
}

// network is one that a test sends out and takes back.
type network struct {
	name  string
	in    nn.Shape
	specs []nn.Spec
}

// all is every named network and one for every layer, option and nesting.
func all() []network {
	image, digit := nn.Shape{H: 9, W: 7, C: 4}, nn.Shape{H: 28, W: 28, C: 1}
	list := []network{}
	for _, n := range networks.All() {
		list = append(list, network{n.Name, n.Input, n.Specs(10)})
	}
	conv := func(filters, kernel, pad int) nn.Spec {
		return layers.Convolution{Filters: filters, Kernel: kernel, Pad: pad}
	}
	plain := layers.Residual{Body: []nn.Spec{conv(4, 3, 1), layers.BatchNormalization{}, layers.ReLU{}, conv(4, 3, 1)}}
	projected := layers.Residual{
		Body:     []nn.Spec{layers.Convolution{Filters: 6, Kernel: 3, Stride: 2, Pad: 1}, layers.Dropout{Ratio: 0.5}, layers.BatchNormalization{Epsilon: 1e-3, Momentum: 0.123456789}},
		Shortcut: []nn.Spec{layers.Convolution{Filters: 6, Kernel: 1, Stride: 2}},
	}
	for name, specs := range map[string][]nn.Spec{
		"activations":   {conv(3, 3, 0), layers.ReLU{}, layers.LeakyReLU{}, layers.LeakyReLU{Slope: 0.2}, layers.Sigmoid{}, layers.Tanh{}, layers.Softmax{}},
		"gelu":          {conv(3, 3, 0), layers.GELU{}, layers.Affine{Units: 5}, layers.GELU{}},
		"convolution":   {layers.Convolution{Filters: 6, Kernel: 3, KernelW: 2, Stride: 2, StrideW: 1, PadTop: 1, PadRight: 2, Pad: 1, Groups: 2}, layers.Convolution{Filters: 6, Kernel: 3, Dilation: 2, Pad: 2, Groups: 6}},
		"pooling":       {layers.Pooling{Size: 3, Stride: 2, Pad: 1}, layers.Pooling{Size: 2, Stride: 1, Average: true}, layers.Pooling{Size: 3, Stride: 1, Pad: 1, Average: true}},
		"global":        {conv(5, 3, 1), layers.GlobalAveragePooling{}, layers.Affine{Units: 3}, layers.Softmax{}},
		"normalization": {layers.BatchNormalization{Frozen: true}, layers.LayerNormalization{}, layers.Affine{Units: 6}, layers.BatchNormalization{Momentum: 1}, layers.LayerNormalization{Epsilon: 1e-3}, layers.Softmax{}},
		"standardize":   {layers.Standardize{Mean: []float64{0.49, 0.48, 0.45, 0.5}, Deviation: []float64{0.25, 1.4142, 0.26, 0.27}}, conv(4, 3, 0), layers.Standardize{Mean: []float64{0.1}, Deviation: []float64{2}}, layers.Affine{Units: 3}, layers.Standardize{Mean: []float64{0.1}, Deviation: []float64{0.3}}},
		"pixel":         {layers.Affine{Units: 6}, conv(4, 1, 0), layers.GlobalAveragePooling{}, layers.Affine{Units: 2}},
		"residual":      {conv(4, 3, 1), plain, layers.ReLU{}, projected, layers.Affine{Units: 3}},
		"nested":        {layers.Residual{Body: []nn.Spec{plain, layers.Residual{Body: []nn.Spec{layers.Tanh{}}}}, Shortcut: []nn.Spec{plain}}, layers.ReLU{}},
		"flat residual": {layers.Residual{Body: []nn.Spec{layers.Affine{Units: 4}}, Shortcut: []nn.Spec{layers.GlobalAveragePooling{}}}, layers.Residual{Body: []nn.Spec{layers.Affine{Units: 4}}}},
		"dropout alone": {conv(4, 3, 1), layers.Residual{Body: []nn.Spec{layers.Dropout{Ratio: 0.1}}, Shortcut: []nn.Spec{layers.Tanh{}}}, layers.Softmax{}},
	} {
		list = append(list, network{name, image, specs})
	}
	slices.SortFunc(list, func(a, b network) int { return strings.Compare(a.name, b.name) })
	return append(list, network{"features", nn.Features(12), []nn.Spec{layers.Affine{Units: 3}, layers.Softmax{}}},
		network{"one layer", digit, []nn.Spec{layers.ReLU{}}})
}

// What comes back gives the same outputs of the same weights, and the same file.
func TestThereAndBack(t *testing.T) {
	for _, n := range all() {
		t.Run(n.name, func(t *testing.T) {
			m := &nn.Model{Sequential: build(t, n.in, n.specs...), Facts: map[string]string{"seed": "1", "epochs": "2", "データ": "手書き"}}
			for i := range m.Output().Size() {
				m.Classes = append(m.Classes, fmt.Sprint("class ", i))
			}
			first := export(t, m)
			if !bytes.Equal(first, export(t, m)) {
				t.Fatal("two files of one model differ")
			}
			back, err := load(first)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first, export(t, back)) {
				t.Error("the file of the network read back differs")
			}
			if got, want := back.SHA256(), m.SHA256(); got != want && n.name != "dropout alone" {
				a, b := back.Params(), m.Params()
				for i := range a {
					if !slices.Equal(a[i].Value.Data, b[i].Value.Data) {
						t.Errorf("parameter %d (%s) differs", i, a[i].Name)
					}
				}
			}
			if !slices.Equal(back.Classes, m.Classes) || fmt.Sprint(back.Facts) != fmt.Sprint(m.Facts) || back.Input() != m.Input() {
				t.Errorf("classes %q, facts %v, input %v", back.Classes, back.Facts, back.Input())
			}
			x := images(3, n.in)
			compare(t, back.Predict(x).Data, m.Predict(x).Data, 1e-6)
		})
	}
}

func compare(t *testing.T, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, wanted %d", len(got), len(want))
	}
	for i := range got {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= tolerance*max(1, math.Abs(float64(want[i])))) {
			t.Fatalf("value %d is %g, wanted %g", i, got[i], want[i])
		}
	}
}

// ownLayer is a user's.
type ownLayer struct{ layers.ReLU }

func TestExportRefuses(t *testing.T) {
	digit := nn.Shape{H: 8, W: 8, C: 1}
	for want, specs := range map[string][]nn.Spec{
		"layer 2 (Dropout 0.5): field Unscaled":                           {layers.ReLU{}, layers.Dropout{Ratio: 0.5, Unscaled: true}},
		"layer 1 (ReLU): a onnx_test.ownLayer is not exported":            {ownLayer{}},
		"nothing but dropout":                                             {layers.Dropout{Ratio: 0.5}},
		"layer 1 (Residual): body: layer 2 (Dropout 0.5): field Unscaled": {layers.Residual{Body: []nn.Spec{layers.ReLU{}, layers.Dropout{Ratio: 0.5, Unscaled: true}}}},
	} {
		err := onnx.Export(new(bytes.Buffer), &nn.Model{Sequential: build(t, digit, specs...)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, wanted one with %q", err, want)
		}
	}
}
