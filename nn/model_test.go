package nn_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"tatami/internal/safetensors"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
)

// everyLayer is a network with a layer of each kind.
func everyLayer(t testing.TB) *nn.Sequential {
	return network(t, nn.Shape{H: 9, W: 8, C: 2},
		layers.Convolution{Filters: 3, Kernel: 3, Stride: 2, Pad: 1, Init: nn.Normal{Std: 0.1}}, layers.BatchNormalization{Momentum: 0.3},
		layers.ReLU{}, layers.Pooling{Size: 2}, layers.Convolution{Filters: 4, Kernel: 1, Frozen: true}, layers.LeakyReLU{Slope: 0.2},
		layers.Pooling{Size: 2, Stride: 1, Average: true}, layers.Affine{Units: 5, Init: nn.Xavier{}}, layers.Sigmoid{},
		layers.Affine{Units: 4, Init: nn.Zero{}}, layers.Tanh{}, scale{Factor: 2, Init: nn.He{}}, layers.GELU{},
		layers.Dropout{Ratio: 0.25}, layers.Softmax{})
}

// sameModel compares networks by their bits, and what they predict.
func sameModel(t testing.TB, got, want *nn.Sequential) {
	t.Helper()
	if got.Input() != want.Input() || !reflect.DeepEqual(got.Specs(), want.Specs()) {
		t.Fatalf("the network is\n%vwanted\n%v", got, want)
	}
	for i, p := range want.Params() {
		q := got.Params()[i]
		if q.Name != p.Name || q.Decay != p.Decay || q.Fixed != p.Fixed || q.Value.String() != p.Value.String() {
			t.Fatalf("parameter %d is %+v, wanted %+v", i, q, p)
		}
		for k, v := range p.Value.Data {
			if math.Float32bits(q.Value.Data[k]) != math.Float32bits(v) {
				t.Fatalf("value %d of parameter %d is %v, wanted %v", k, i, q.Value.Data[k], v)
			}
		}
	}
	x := random(rng(9), 3, want.Input())
	if a, b := got.Predict(x).Data, want.Predict(x).Data; !slices.Equal(a, b) {
		t.Fatalf("predictions are %v, wanted %v", a, b)
	}
}

// TestSaveLoad: a file is the whole model, for every network.
func TestSaveLoad(t *testing.T) {
	nets := map[string]*nn.Sequential{"every layer": everyLayer(t)}
	for _, n := range networks.All() {
		nets[n.Name] = network(t, n.Input, n.Specs(10)...)
	}
	for name, net := range nets {
		t.Run(name, func(t *testing.T) {
			// Running statistics and biases are parameters too.
			for _, p := range net.Params() {
				for i := range p.Value.Data {
					p.Value.Data[i] += float32(i%7) / 8
				}
			}
			model := &nn.Model{Sequential: net, Facts: map[string]string{"epochs": "5", "note": "\"1\n2\""}}
			for i := range net.Output().Size() {
				model.Classes = append(model.Classes, fmt.Sprintf("class %d", i))
			}
			path := filepath.Join(t.TempDir(), "model.safetensors")
			if err := nn.Save(path, model); err != nil {
				t.Fatal(err)
			}
			got, err := nn.Load(path, catalog())
			if err != nil {
				t.Fatal(err)
			}
			sameModel(t, got.Sequential, net)
			if !slices.Equal(got.Classes, model.Classes) || !maps.Equal(got.Facts, model.Facts) {
				t.Errorf("classes %q and facts %q, wanted %q and %q", got.Classes, got.Facts, model.Classes, model.Facts)
			}

			// The same without a file.
			var b bytes.Buffer
			if err := nn.Encode(&b, model); err != nil {
				t.Fatal(err)
			}
			if file, err := os.ReadFile(path); err != nil || !bytes.Equal(b.Bytes(), file) {
				t.Errorf("Encode does not write what Save does; error %v", err)
			}
			if got, err = nn.Decode(bytes.NewReader(b.Bytes()), int64(b.Len()), catalog()); err != nil {
				t.Fatal(err)
			}
			sameModel(t, got.Sequential, net)
			if _, err := nn.Decode(bytes.NewReader(b.Bytes()), int64(b.Len()-1), catalog()); err == nil {
				t.Error("a model that is cut is decoded")
			}
		})
	}
}

// TestLoadKeepsEveryValue: also those that are no numbers, and no classes.
func TestLoadKeepsEveryValue(t *testing.T) {
	net := network(t, nn.Features(2), layers.Affine{Units: 2})
	for i, bits := range []uint32{0x7fc00123, 0xff800000, 0x80000000, 1} {
		net.Params()[0].Value.Data[i] = math.Float32frombits(bits)
	}
	f, err := nn.EncodeModel(&nn.Model{Sequential: net})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := safetensors.Encode(&file, f); err != nil {
		t.Fatal(err)
	}
	read, err := safetensors.Decode(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := nn.DecodeModel(read, layers.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range net.Params()[0].Value.Data {
		if w := got.Params()[0].Value.Data[i]; math.Float32bits(w) != math.Float32bits(v) {
			t.Errorf("value %d is %x, wanted %x", i, math.Float32bits(w), math.Float32bits(v))
		}
	}
	if got.Classes != nil || len(got.Facts) != 0 {
		t.Errorf("classes %v, facts %v", got.Classes, got.Facts)
	}
}

// TestTensorNames: positions from 1, the layer's type, the parameter; shapes
// that other programs can read.
func TestTensorNames(t *testing.T) {
	net := network(t, nn.Shape{H: 5, W: 4, C: 2}, layers.Convolution{Filters: 3, Kernel: 3, Pad: 1}, layers.ReLU{},
		layers.BatchNormalization{}, layers.Affine{Units: 6}, layers.Affine{Units: 1}, scale{},
		layers.Convolution{Filters: 2, Kernel: 1}, layers.Convolution{Filters: 1, Kernel: 1})
	f, err := nn.EncodeModel(&nn.Model{Sequential: net})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tensor := range f.Tensors {
		got = append(got, fmt.Sprint(tensor.Name, tensor.Shape))
	}
	want := []string{
		"1.convolution.weight[3 3 3 2]", "1.convolution.bias[3]",
		"3.batchnormalization.gamma[3]", "3.batchnormalization.beta[3]", "3.batchnormalization.mean[3]", "3.batchnormalization.variance[3]",
		"4.affine.weight[6 5 4 3]", "4.affine.bias[6]", "5.affine.weight[1 6]", "5.affine.bias[1]", "6.scale.factors[1]",
		"7.convolution.weight[2 1 1 1]", "7.convolution.bias[2]", "8.convolution.weight[1 1 1 2]", "8.convolution.bias[1]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("tensors are %q, wanted %q", got, want)
	}
}

// small is a file of a model, to be broken.
func small(t testing.TB) *safetensors.File {
	f, err := nn.EncodeModel(&nn.Model{
		Sequential: network(t, nn.Shape{H: 3, W: 3, C: 1}, layers.Convolution{Filters: 2, Kernel: 2}, layers.Affine{Units: 2}),
		Classes:    []string{"no", "yes"},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Tensors = slices.Clone(f.Tensors)
	return f
}

func architecture(layers string) string {
	return `{"input":{"H":3,"W":3,"C":1},"layers":[` + layers + `]}`
}

// faults are models that must be refused, each with a word of the reason.
var faults = []struct {
	name  string
	spoil func(f *safetensors.File)
	want  []string
}{
	{"no format", func(f *safetensors.File) { delete(f.Metadata, "format") }, []string{"not a tatami model"}},
	{"another format", func(f *safetensors.File) { f.Metadata["format"] = "pt" }, []string{"not a tatami model", `"pt"`}},
	{"no metadata", func(f *safetensors.File) { f.Metadata = nil }, []string{"not a tatami model"}},
	{"no architecture", func(f *safetensors.File) { delete(f.Metadata, "architecture") }, []string{"architecture"}},
	{"architecture cut", func(f *safetensors.File) { f.Metadata["architecture"] = f.Metadata["architecture"][:50] }, []string{"architecture", "ends early"}},
	{"unknown layer", func(f *safetensors.File) { f.Metadata["architecture"] = architecture(`{"type":"scale"}`) }, []string{`unknown layer type "scale"`}},
	{"no layers", func(f *safetensors.File) { f.Metadata["architecture"] = architecture("") }, []string{"at least one layer"}},
	{"damaged value", func(f *safetensors.File) {
		f.Tensors[0].Data = slices.Clone(f.Tensors[0].Data)
		f.Tensors[0].Data[1] += 1e-7
	}, []string{"damaged"}},
	{"null", func(f *safetensors.File) { f.Metadata["architecture"] = "null" }, []string{"network input"}},
	{"impossible", func(f *safetensors.File) {
		f.Metadata["architecture"] = architecture(`{"type":"Convolution","Filters":1,"Kernel":4}`)
	}, []string{"layer 1 (Convolution 4×4)", "smaller than the kernel"}},
	{"fewer units", func(f *safetensors.File) {
		f.Metadata["architecture"] = architecture(`{"type":"Convolution","Filters":2,"Kernel":2},{"type":"Affine","Units":1}`)
	}, []string{`tensor "2.affine.weight" has shape [2 2 2 2], wanted [1 2 2 2]`}},
	{"more units", func(f *safetensors.File) {
		f.Metadata["architecture"] = architecture(`{"type":"Convolution","Filters":2,"Kernel":2},{"type":"Affine","Units":3}`)
	}, []string{"layer 2 (Affine 3)", "27 parameters", "at most 18"}},
	{"another kernel", func(f *safetensors.File) {
		f.Metadata["architecture"] = architecture(`{"type":"Convolution","Filters":2,"Kernel":1},{"type":"Affine","Units":1}`)
	}, []string{`tensor "1.convolution.weight" has shape [2 2 2 1], wanted [2 1 1 1]`}},
	{"a layer more", func(f *safetensors.File) {
		f.Metadata["architecture"] = architecture(`{"type":"ReLU"},{"type":"Convolution","Filters":2,"Kernel":2},{"type":"Affine","Units":2}`)
	}, []string{`tensor "2.convolution.weight" is missing`}},
	{"tensor missing", func(f *safetensors.File) { f.Tensors = f.Tensors[:3] }, []string{"tensors are missing", "layer 2 (Affine 2)"}},
	{"bias missing, weight too long", func(f *safetensors.File) {
		f.Tensors = slices.Delete(f.Tensors, 1, 2)
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: "extra", Shape: []int{2}, Data: make([]float32, 2)})
	}, []string{`tensor "1.convolution.bias" is missing`}},
	{"tensor of another name", func(f *safetensors.File) { f.Tensors[1].Name = "1.convolution.Bias" }, []string{`tensor "1.convolution.bias" is missing`}},
	{"tensor extra", func(f *safetensors.File) {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: "3.affine.bias", Shape: []int{1}, Data: make([]float32, 1)})
	}, []string{`tensor "3.affine.bias" belongs to no layer`}},
	{"empty tensor extra", func(f *safetensors.File) {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: "", Shape: []int{0}})
	}, []string{`tensor "" belongs to no layer`}},
	{"another shape of the same size", func(f *safetensors.File) { f.Tensors[2].Shape = []int{2, 8} }, []string{`tensor "2.affine.weight" has shape [2 8], wanted [2 2 2 2]`}},
	{"transposed", func(f *safetensors.File) { f.Tensors[0].Shape = []int{2, 1, 2, 2} }, []string{"[2 1 2 2], wanted [2 2 2 1]"}},
	{"classes missing", func(f *safetensors.File) { f.Metadata["classes"] = `["no"]` }, []string{`"classes": 1 class names, wanted 2`}},
	{"classes that move a cursor", func(f *safetensors.File) { f.Metadata["classes"] = `["yes","no\u001b[2J"]` }, []string{`metadata "classes": class 1 is named "no\x1b[2J", wanted a name without control characters`}},
	{"classes no list", func(f *safetensors.File) { f.Metadata["classes"] = `7` }, []string{`metadata "classes"`}},
	{"units beyond memory", func(f *safetensors.File) {
		f.Metadata["architecture"] = architecture(`{"type":"Affine","Units":1000000000000}`)
	}, []string{"layer 1 (Affine 1000000000000)", "at most 28"}},
	{"units that wrap", func(f *safetensors.File) {
		f.Metadata["architecture"] = `{"input":{"H":1,"W":1,"C":3},"layers":[{"type":"Affine","Units":4611686018427387904}]}`
	}, []string{"parameters"}},
	{"filters beyond memory", func(f *safetensors.File) {
		f.Metadata["architecture"] = architecture(`{"type":"Convolution","Filters":100000000,"Kernel":3}`)
	}, []string{"layer 1", "parameters"}},
	{"channels beyond memory", func(f *safetensors.File) {
		f.Metadata["architecture"] = `{"input":{"H":1,"W":1,"C":200000000},"layers":[{"type":"BatchNormalization"}]}`
	}, []string{"layer 1 (BatchNormalization)", "800000000 parameters"}},
	{"image beyond memory", func(f *safetensors.File) {
		f.Metadata["architecture"] = `{"input":{"H":16384,"W":16384,"C":1},"layers":[{"type":"Convolution","Filters":1,"Kernel":1},{"type":"Pooling","Size":16384}]}`
	}, []string{`"1.convolution.weight" has shape [2 2 2 1], wanted [1 1 1 1]`}},
	{"side beyond numbers", func(f *safetensors.File) {
		f.Metadata["architecture"] = `{"input":{"H":4294967296,"W":4294967296,"C":1},"layers":[{"type":"ReLU"}]}`
	}, []string{"network input"}},
}

// TestLoadFaults: each fault is an error that says what is wrong, found before
// memory is taken for what a file only promises.
func TestLoadFaults(t *testing.T) {
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			f := small(t)
			fault.spoil(f)
			path := filepath.Join(t.TempDir(), "model.safetensors")
			if err := safetensors.Write(path, f); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := nn.Load(path, layers.Catalog())
			runtime.ReadMemStats(&after)
			wantError(t, fault.name, err, append(fault.want, path)...)
			if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
				t.Errorf("%d bytes are allocated", n)
			}
		})
	}
}

func TestLoadOtherFiles(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	_, err := nn.Load(missing, catalog())
	if wantError(t, "missing", err, missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v is not %v", err, fs.ErrNotExist)
	}
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("not a model at all"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = nn.Load(text, catalog())
	wantError(t, "text", err, text)
	_, err = nn.Load(dir, catalog())
	wantError(t, "folder", err, dir)
}

// TestSaveKeepsTheEarlierFile where the new one cannot be written, and leaves
// nothing beside it.
func TestSaveKeepsTheEarlierFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	good := &nn.Model{Sequential: network(t, nn.Features(2), layers.Affine{Units: 2})}
	if err := nn.Save(path, good); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := &nn.Model{Sequential: network(t, nn.Features(2), channel{C: make(chan int)})}
	wantError(t, "a layer that JSON cannot hold", nn.Save(path, bad), path, "layer 1")
	wantError(t, "names of other classes", nn.Save(path, &nn.Model{Sequential: good.Sequential, Classes: []string{"a"}}), path, "1 class names, wanted 2")
	inside := filepath.Join(path, "model") // the model's file is no folder
	wantError(t, "a folder that is none", nn.Save(inside, good), inside)
	wantError(t, "a folder as the file", nn.Save(dir, good), dir)

	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the earlier file is changed: %v", err)
	}
	var names []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		names = append(names, d.Name())
		return err
	})
	if len(names) != 2 {
		t.Errorf("left behind: %v", names)
	}
}

// FuzzLoad: any bytes are an error or a model that is written and read the
// same; reading takes no memory that the file does not pay for.
func FuzzLoad(f *testing.F) {
	add := func(file *safetensors.File) {
		var b bytes.Buffer
		if err := safetensors.Encode(&b, file); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	add(small(f))
	for _, fault := range faults {
		file := small(f)
		fault.spoil(file)
		add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		read := func(b []byte) (*nn.Model, error) {
			f, err := safetensors.Decode(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				return nil, err
			}
			return nn.DecodeModel(f, layers.Catalog())
		}
		write := func(m *nn.Model) []byte {
			f, err := nn.EncodeModel(m)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := safetensors.Encode(&b, f); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
		model, err := read(file)
		if err != nil {
			return
		}
		first := write(model)
		again, err := read(first)
		if err != nil {
			t.Fatalf("written but not read: %v", err)
		}
		if !bytes.Equal(write(again), first) {
			t.Error("written again, the file is another")
		}
	})
}

// A model of an earlier version is read: it carries both checksums.
func TestLoadEarlierVersion(t *testing.T) {
	m, err := nn.Load("testdata/model-version1.safetensors", layers.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	if m.Input() != (nn.Shape{H: 6, W: 6, C: 1}) || m.Output() != nn.Features(3) {
		t.Errorf("it takes %v and gives %v", m.Input(), m.Output())
	}
}
