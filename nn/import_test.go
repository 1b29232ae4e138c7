package nn_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"tatami/datasets"
	"tatami/internal/golden"
	"tatami/internal/safetensors"
	"tatami/layers"
	"tatami/nn"
)

// toPyTorch lays a network's parameters out as PyTorch does: filters O,I,KH,KW;
// affine weights OUT,C·H·W.
func toPyTorch(net *nn.Sequential) []safetensors.Tensor {
	var file []safetensors.Tensor
	for i, l := range net.Layers() {
		for _, p := range l.Params() {
			v := p.Value
			t := safetensors.Tensor{Name: net.LayerName(i) + p.Name, Shape: []int{v.C}, Data: make([]float32, len(v.Data))}
			for n := range v.N {
				for y := range v.H {
					for x := range v.W {
						for c := range v.C {
							t.Data[((n*v.C+c)*v.H+y)*v.W+x] = v.Data[((n*v.H+y)*v.W+x)*v.C+c]
						}
					}
				}
			}
			if p.Name == "weight" {
				t.Shape = []int{v.N, v.Size()}
				if _, ok := net.Specs()[i].(layers.Convolution); ok {
					t.Shape = []int{v.N, v.C, v.H, v.W}
				}
			}
			file = append(file, t)
		}
	}
	return file
}

// TestImportPyTorch: what is laid out as PyTorch does comes back.
func TestImportPyTorch(t *testing.T) {
	nets := map[string]func(seed uint64) *nn.Sequential{
		"kernels of one pixel": func(seed uint64) *nn.Sequential {
			net, err := nn.NewSequential(nn.Shape{H: 3, W: 4, C: 5}, rng(seed), layers.Convolution{Filters: 2, Kernel: 1},
				layers.Convolution{Filters: 1, Kernel: 1}, layers.BatchNormalization{}, layers.Affine{Units: 1}, layers.Affine{Units: 3})
			if err != nil {
				t.Fatal(err)
			}
			return net
		},
	}
	for _, n := range layers.Networks() {
		nets[n.Name] = func(seed uint64) *nn.Sequential {
			net, err := nn.NewSequential(n.Input, rng(seed), n.Specs(10)...)
			if err != nil {
				t.Fatal(err)
			}
			return net
		}
	}
	for name, build := range nets {
		want, got := build(1), build(2)
		for _, p := range want.Params() {
			for i := range p.Value.Data {
				p.Value.Data[i] += float32(i % 5)
			}
		}
		if err := got.ImportPyTorch(toPyTorch(want)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, p := range want.Params() {
			if !slices.Equal(got.Params()[i].Value.Data, p.Value.Data) {
				t.Errorf("%s: parameter %d is another", name, i)
			}
		}
	}
}

func TestImportPyTorchFaults(t *testing.T) {
	simple := layers.Networks()[1]
	net := network(t, simple.Input, simple.Specs(10)...)
	for name, fault := range map[string]struct {
		spoil func(file []safetensors.Tensor) []safetensors.Tensor
		want  []string
	}{
		"one more": {func(file []safetensors.Tensor) []safetensors.Tensor {
			return append(file, safetensors.Tensor{Name: "more", Shape: []int{1}, Data: []float32{1}})
		}, []string{`"more"`, "6"}},
		"one fewer":                {func(file []safetensors.Tensor) []safetensors.Tensor { return file[:5] }, []string{"5 tensors", "6.affine.bias", "6"}},
		"none":                     {func([]safetensors.Tensor) []safetensors.Tensor { return nil }, []string{"0 tensors", "1.convolution.weight"}},
		"our layout":               {func(file []safetensors.Tensor) []safetensors.Tensor { file[0].Shape = []int{30, 5, 5, 1}; return file }, []string{"[30 5 5 1]", "[30 1 5 5]", "1.convolution.weight"}},
		"transposed":               {func(file []safetensors.Tensor) []safetensors.Tensor { file[2].Shape = []int{4320, 100}; return file }, []string{"layer 4 (Affine 100)weight", "[4320 100]", "[100 4320]"}},
		"swapped":                  {func(file []safetensors.Tensor) []safetensors.Tensor { file[0], file[1] = file[1], file[0]; return file }, []string{"layer 1 (Convolution 5×5)bias", "[30]", "[30 1 5 5]"}},
		"a bias of two dimensions": {func(file []safetensors.Tensor) []safetensors.Tensor { file[5].Shape = []int{1, 10}; return file }, []string{"layer 6 (Affine 10)bias", "[1 10]", "[10]"}},
	} {
		before, other := toPyTorch(net), network(t, simple.Input, simple.Specs(10)...)
		for _, p := range other.Params() {
			p.Value.Data[0]++
		}
		wantError(t, name, net.ImportPyTorch(fault.spoil(toPyTorch(other))), fault.want...)
		if !reflect.DeepEqual(toPyTorch(net), before) {
			t.Errorf("%s: the network is another", name)
		}
	}
}

// TestBookWeights: the book's own weights, imported, get as many of the test
// images right as they do where they come from.
func TestBookWeights(t *testing.T) {
	root, err := golden.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "..", "shared", "book")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the book's weights are not there: %v", err)
	}
	_, test, err := datasets.MNIST()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file  string
		net   *nn.Sequential
		right int
	}{
		{"simple_convnet.safetensors", network(t, test.Shape, layers.Networks()[1].Specs(10)...), 9890},
		{"sample_weight.safetensors", network(t, test.Shape, layers.Affine{Units: 50}, layers.Sigmoid{},
			layers.Affine{Units: 100}, layers.Sigmoid{}, layers.Affine{Units: 10}, layers.Softmax{}), 9352},
	} {
		f, err := safetensors.Read(filepath.Join(dir, c.file))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.net.ImportPyTorch(f.Tensors); err != nil {
			t.Fatalf("%s: %v", c.file, err)
		}
		right := 0
		const batch = 500
		for i := 0; i < test.Len(); i += batch {
			to := min(i+batch, test.Len())
			y := c.net.Predict(datasets.Tensor(test.Shape, test.Images[i:to]...))
			for n := range y.N {
				p := y.Sample(n)
				if slices.Index(p, slices.Max(p)) == int(test.Labels[i+n]) {
					right++
				}
			}
		}
		if right != c.right || test.Len() != 10_000 {
			t.Errorf("%s gets %d of %d right, wanted %d", c.file, right, test.Len(), c.right)
		}
	}
}
