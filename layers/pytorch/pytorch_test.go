package pytorch_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tatami/datasets"
	"tatami/internal/golden"
	"tatami/internal/safetensors"
	"tatami/internal/toy"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/layers/pytorch"
	"tatami/nn"
)

// names are PyTorch's, by the names here.
var names = map[string]string{"gamma": "weight", "beta": "bias", "mean": "running_mean", "variance": "running_var"}

// toPyTorch lays a network's parameters out as PyTorch does, with the names of
// an nn.Sequential: filters O,I,KH,KW; affine weights OUT,C·H·W.
func toPyTorch(net *nn.Sequential) []safetensors.Tensor {
	modules := 0
	return modulesOf(net, &modules)
}

// modulesOf numbers modules through, those of blocks included.
func modulesOf(net *nn.Sequential, modules *int) []safetensors.Tensor {
	var file []safetensors.Tensor
	for i, l := range net.Layers() {
		if b, ok := l.(nn.Block); ok {
			file = append(file, modulesOf(b.Body(), modules)...)
			if b.Shortcut() != nil {
				file = append(file, modulesOf(b.Shortcut(), modules)...)
			}
			continue
		}
		module := *modules
		*modules++
		for _, p := range l.Params() {
			v := p.Value
			name := cmp.Or(names[p.Name], p.Name)
			t := safetensors.Tensor{Name: fmt.Sprintf("net.%d.%s", module, name), Shape: []int{v.C}, Data: make([]float32, len(v.Data))}
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

// asPython is a file as Python's safetensors writes it: sorted by type and name,
// with the counters of batch normalization, which are I64.
func asPython(t *testing.T, tensors []safetensors.Tensor) (io.ReaderAt, int64) {
	t.Helper()
	slices.SortFunc(tensors, func(a, b safetensors.Tensor) int { return strings.Compare(a.Name, b.Name) })
	var header, values bytes.Buffer
	entry := func(name, dtype string, shape []int, data any) {
		from := values.Len()
		if err := binary.Write(&values, binary.LittleEndian, data); err != nil {
			t.Fatal(err)
		}
		sides, _ := json.Marshal(append([]int{}, shape...))
		fmt.Fprintf(&header, `,%q:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, name, dtype, sides, from, values.Len())
	}
	for _, tensor := range tensors {
		if of, ok := strings.CutSuffix(tensor.Name, "running_mean"); ok {
			entry(of+"num_batches_tracked", "I64", nil, int64(1875))
		}
	}
	for _, tensor := range tensors {
		entry(tensor.Name, "F32", tensor.Shape, tensor.Data)
	}
	text := []byte("{" + strings.TrimPrefix(header.String(), ",") + "}")
	file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	file = append(file, values.Bytes()...)
	return bytes.NewReader(file), int64(len(file))
}

// importPyTorch imports tensors from a file in Python's order.
func importPyTorch(t *testing.T, net *nn.Sequential, tensors []safetensors.Tensor) error {
	t.Helper()
	file, size := asPython(t, tensors)
	return pytorch.ImportFrom(net, file, size)
}

// TestImport: what is laid out as PyTorch does comes back, of every
// network, whose layers number more than nine.
func TestImport(t *testing.T) {
	nets := map[string]func(seed uint64) *nn.Sequential{
		"kernels of one pixel": func(seed uint64) *nn.Sequential {
			net, err := nn.NewSequential(nn.Shape{H: 3, W: 4, C: 5}, toy.RNG(seed), layers.Convolution{Filters: 2, Kernel: 1},
				layers.Convolution{Filters: 1, Kernel: 1}, layers.BatchNormalization{}, layers.Affine{Units: 1}, layers.Affine{Units: 3})
			if err != nil {
				t.Fatal(err)
			}
			return net
		},
	}
	for _, n := range networks.All() {
		nets[n.Name] = func(seed uint64) *nn.Sequential {
			net, err := nn.NewSequential(n.Input, toy.RNG(seed), n.Specs(10)...)
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
		if err := importPyTorch(t, got, toPyTorch(want)); err != nil {
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

// TestImportNames: shapes decide, whatever the names; among equal shapes the
// numbers in the names, as numbers; and nothing else does.
func TestImportNames(t *testing.T) {
	specs := []nn.Spec{layers.Affine{Units: 30}, layers.Affine{Units: 30}, layers.Affine{Units: 30}, layers.Affine{Units: 10}}
	for text, wants := range map[string][]string{
		"fc1 fc2 fc10 fc3":                       nil, // fc10 is of 30×30 and fc3 of 10×30
		"fc1 fc9 fc10 fc2":                       nil,
		"stem b.0.x b.1.x head":                  nil, // only the two in the middle are alike
		"block1.fc2 block1.fc10 block2.fc1 last": nil,
		"W1 W2 W3 W4":                            nil,
		"first encoder decoder last":             {`"decoder" and "encoder" fit layer 2 (Affine 30) and layer 3 (Affine 30) alike`, "fc1 and fc2"},
		"first a.1 b.2 last":                     {`"a.1" and "b.2"`},
	} {
		want, got := toy.Network(t, nn.Features(40), specs...), toy.Network(t, nn.Features(40), specs...)
		var file []safetensors.Tensor
		for i, name := range strings.Fields(text) {
			for _, p := range want.Layers()[i].Params() {
				for k := range p.Value.Data {
					p.Value.Data[k] = float32(100*i + k)
				}
				v := p.Value
				tensor := safetensors.Tensor{Name: name + "." + p.Name, Shape: []int{v.C}, Data: v.Data}
				if p.Name == "weight" {
					tensor.Shape = []int{v.N, v.C}
				}
				if strings.HasPrefix(name, "W") {
					tensor.Name = name
					if p.Name == "bias" {
						tensor.Name = "b" + name[1:]
					}
				}
				file = append(file, tensor)
			}
		}
		err := importPyTorch(t, got, file)
		if wants != nil {
			toy.WantError(t, text, err, wants...)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for i, p := range want.Params() {
			if !slices.Equal(got.Params()[i].Value.Data, p.Value.Data) {
				t.Errorf("%s: parameter %d is another", text, i)
			}
		}
	}
}

func TestImportFaults(t *testing.T) {
	simple := networks.All()[1]
	net := toy.Network(t, simple.Input, simple.Specs(10)...)
	type file = []safetensors.Tensor
	for name, fault := range map[string]struct {
		spoil func(f file) file
		want  []string
	}{
		"one more": {func(f file) file {
			return append(f, safetensors.Tensor{Name: "more", Shape: []int{1}, Data: []float32{1}})
		}, []string{`the network has no layer for "more" [1]`}},
		"a layer twice": {func(f file) file {
			return append(f, safetensors.Tensor{Name: "net.7.weight", Shape: f[4].Shape, Data: f[4].Data},
				safetensors.Tensor{Name: "net.7.bias", Shape: f[5].Shape, Data: f[5].Data})
		}, []string{"no fitting tensors for layer 6 (Affine 10): wanted weight [10 100], bias [10], found 2 such (net.5, net.7) for 1"}},
		"one fewer":                {func(f file) file { return f[:5] }, []string{"layer 6 (Affine 10)", "bias [10]", "found none", `"net.5.weight" [10 100]`}},
		"none":                     {func(file) file { return nil }, []string{"layer 1 (Convolution 5×5): wanted weight [30 1 5 5], bias [30], found none"}},
		"our layout":               {func(f file) file { f[0].Shape = []int{30, 5, 5, 1}; return f }, []string{"[30 5 5 1]", "weight [30 1 5 5]", "layer 1 "}},
		"transposed":               {func(f file) file { f[2].Shape = []int{4320, 100}; return f }, []string{"layer 4 (Affine 100)", `"net.3.weight" [4320 100]`, "[100 4320]"}},
		"a bias of two dimensions": {func(f file) file { f[5].Shape = []int{1, 10}; return f }, []string{`"net.5.bias" [1 10]`, "bias [10]"}},
		"one of two dtypes": {func(f file) file {
			f[5].Name, f[5].Shape, f[5].Data = "n.num_batches_tracked", nil, f[5].Data[:1]
			return f
		}, []string{"layer 6"}},
		"two of a kind": {func(f file) file { f[1].Name = "net.0_weight"; return f }, []string{`"net.0.weight" and "net.0_weight" are both the weight`}},
	} {
		before, other := toPyTorch(net), toy.Network(t, simple.Input, simple.Specs(10)...)
		for _, p := range other.Params() {
			p.Value.Data[0]++
		}
		toy.WantError(t, name, importPyTorch(t, net, fault.spoil(toPyTorch(other))), fault.want...)
		if !reflect.DeepEqual(toPyTorch(net), before) {
			t.Errorf("%s: the network is another", name)
		}
	}
	path := filepath.Join(t.TempDir(), "none.safetensors")
	toy.WantError(t, "no file", pytorch.Import(net, path), path)
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
		{"simple_convnet.safetensors", toy.Network(t, test.Shape, networks.All()[1].Specs(10)...), 9890},
		{"sample_weight.safetensors", toy.Network(t, test.Shape, layers.Affine{Units: 50}, layers.Sigmoid{},
			layers.Affine{Units: 100}, layers.Sigmoid{}, layers.Affine{Units: 10}, layers.Softmax{}), 9352},
	} {
		if err := pytorch.Import(c.net, filepath.Join(dir, c.file)); err != nil {
			t.Fatal(err)
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
