package layers_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tatami/layers"
	"tatami/nn"
	"tatami/nn/nntest"
)

// blocks are residual blocks of every kind: plain, projected, with batch
// normalization, nested at the start, within and at the end, frozen in parts.
func blocks() []layers.Residual {
	plain := layers.Residual{Body: []nn.Spec{layers.Convolution{Filters: 3, Kernel: 3, Pad: 1}, layers.Tanh{}}}
	normalized := layers.Residual{
		Body: []nn.Spec{
			layers.Convolution{Filters: 4, Kernel: 3, Stride: 2, Pad: 1}, layers.BatchNormalization{}, layers.Tanh{},
			layers.Convolution{Filters: 4, Kernel: 3, Pad: 1}, layers.BatchNormalization{},
		},
		Shortcut: []nn.Spec{layers.Convolution{Filters: 4, Kernel: 1, Stride: 2}, layers.BatchNormalization{}},
	}
	return []layers.Residual{
		plain,
		normalized,
		{Body: []nn.Spec{plain, layers.Tanh{}, plain}},
		{Body: []nn.Spec{layers.Residual{Body: []nn.Spec{plain}}}},
		{Body: []nn.Spec{normalized, layers.Tanh{}}, Shortcut: []nn.Spec{normalized}},
		{Body: []nn.Spec{layers.Convolution{Filters: 3, Kernel: 1, Frozen: true}}},
		{Body: []nn.Spec{layers.Convolution{Filters: 2, Kernel: 1, Frozen: true}}, Shortcut: []nn.Spec{layers.Convolution{Filters: 2, Kernel: 1}}},
		{Body: []nn.Spec{layers.Convolution{Filters: 2, Kernel: 1}}, Shortcut: []nn.Spec{layers.Convolution{Filters: 2, Kernel: 1, Frozen: true}}},
		{Body: []nn.Spec{layers.Affine{Units: 4}}, Shortcut: []nn.Spec{layers.Affine{Units: 4}, layers.Tanh{}}},
	}
}

func TestResidualLaws(t *testing.T) {
	for i, s := range blocks() {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			// Several layers of Tanh bend along the steps of a numeric gradient.
			nntest.Suite{Catalog: layers.Catalog(), Tolerance: 0.05}.Check(t, s, nn.Shape{H: 6, W: 5, C: 3})
		})
	}
}

// TestResidualTable: the table shows what stands within a block.
func TestResidualTable(t *testing.T) {
	inner := layers.Residual{Body: []nn.Spec{layers.Convolution{Filters: 4, Kernel: 3, Pad: 1}, layers.BatchNormalization{}}}
	net := network(t, nn.Shape{H: 4, W: 4, C: 2},
		layers.Residual{
			Body:     []nn.Spec{layers.Convolution{Filters: 4, Kernel: 3, Pad: 1}, inner},
			Shortcut: []nn.Spec{layers.Convolution{Filters: 4, Kernel: 1}},
		},
		layers.ReLU{}, layers.GlobalAveragePooling{})
	const want = `
layer                             output  parameters  multiply-adds
input                              4×4×2
1 Residual                         4×4×4         252          3,584
  body 1 Convolution 3×3 pad 1     4×4×4          76          1,152
  body 2 Residual                  4×4×4         164          2,304
    body 1 Convolution 3×3 pad 1   4×4×4         148          2,304
    body 2 BatchNormalization      4×4×4          16              0
  shortcut 1 Convolution 1×1       4×4×4          12            128
2 ReLU                             4×4×4           0              0
3 GlobalAveragePooling                 4           0              0
total                                            252          3,584
`
	if got := "\n" + net.String(); got != want {
		t.Errorf("the table is%s\nwanted%s", got, want)
	}
}

// TestResidualFile: a network of blocks is saved under names that tell where
// each parameter stands, and read again.
func TestResidualFile(t *testing.T) {
	inner := layers.Residual{Body: []nn.Spec{layers.LayerNormalization{}, layers.Convolution{Filters: 2, Kernel: 3, Pad: 1, Groups: 2}}}
	in := nn.Shape{H: 4, W: 4, C: 2}
	net := network(t, in,
		layers.ReLU{},
		layers.Residual{Body: []nn.Spec{layers.Tanh{}, inner}, Shortcut: []nn.Spec{layers.Convolution{Filters: 2, Kernel: 1}}},
		layers.Affine{Units: 3})
	var names []string
	for _, tensor := range net.NamedTensors() {
		names = append(names, fmt.Sprint(tensor.Name, tensor.Shape))
	}
	want := []string{
		"2.residual.body.2.residual.body.1.layernormalization.gamma[4 4 2]", "2.residual.body.2.residual.body.1.layernormalization.beta[4 4 2]",
		"2.residual.body.2.residual.body.2.convolution.weight[2 3 3 1]", "2.residual.body.2.residual.body.2.convolution.bias[2]",
		"2.residual.shortcut.1.convolution.weight[2 1 1 2]", "2.residual.shortcut.1.convolution.bias[2]",
		"3.affine.weight[3 4 4 2]", "3.affine.bias[3]",
	}
	if !slices.Equal(names, want) {
		t.Errorf("tensors are %q, wanted %q", names, want)
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := nn.Save(path, &nn.Model{Sequential: net}); err != nil {
		t.Fatal(err)
	}
	m, err := nn.Load(path, layers.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	x := random(rng(5), 3, in)
	if got, want := m.Predict(x).Data, net.Predict(x).Data; !slices.Equal(got, want) {
		t.Errorf("the model read answers %v, wanted %v", got, want)
	}
}

// TestResidualFaults: errors tell where within a block something is wrong, and
// too many parameters are refused before there is memory for them.
func TestResidualFaults(t *testing.T) {
	in := nn.Shape{H: 4, W: 4, C: 2}
	for want, spec := range map[string]layers.Residual{
		"layer 1 (Residual): body: a network needs at least one layer":                                               {},
		"layer 1 (Residual): the body gives 3 and the shortcut 4×4×2, wanted the same shape":                         {Body: []nn.Spec{layers.Affine{Units: 3}}},
		"layer 1 (Residual): shortcut: layer 2 (Affine 0): field Units is 0, wanted at least 1":                      {Body: []nn.Spec{layers.ReLU{}}, Shortcut: []nn.Spec{layers.ReLU{}, layers.Affine{}}},
		"layer 1 (Residual): body: layer 2 (Affine 16777216): 553648128 parameters for input 4×4×2, wanted at most ": {Body: []nn.Spec{layers.ReLU{}, layers.Affine{Units: 1 << 24}}},
	} {
		if _, err := nn.NewSequential(in, rng(1), spec); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, wanted %s", err, want)
		}
	}
}
