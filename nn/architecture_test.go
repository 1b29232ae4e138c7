package nn_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"tatami/internal/safetensors"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
)

// catalog is the layers of package layers and one of one's own.
func catalog() nn.Catalog {
	c := layers.Catalog()
	c["scale"], c["embedding"] = scale{}, embedding{}
	return c
}

// TestArchitectureText: the JSON is short and reads like the Go.
func TestArchitectureText(t *testing.T) {
	specs := []nn.Spec{
		layers.Convolution{Filters: 30, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 2, Average: true},
		layers.Affine{Units: 10, Init: nn.Normal{Std: 0.01}}, layers.Affine{Units: 3, Init: nn.He{}, Frozen: true},
		layers.Dropout{Ratio: 0.5}, layers.Softmax{},
	}
	const want = `{"input":{"H":28,"W":28,"C":1},"layers":[` +
		`{"type":"Convolution","Filters":30,"Kernel":5},{"type":"ReLU"},{"type":"Pooling","Size":2,"Average":true},` +
		`{"type":"Affine","Units":10,"Init":{"type":"Normal","Std":0.01}},{"type":"Affine","Units":3,"Init":{"type":"He"},"Frozen":true},` +
		`{"type":"Dropout","Ratio":0.5},{"type":"Softmax"}]}`
	in := nn.Shape{H: 28, W: 28, C: 1}
	got, err := nn.FormatArchitecture(in, specs)
	if err != nil || string(got) != want {
		t.Fatalf("%s, %v, wanted\n%s", got, err, want)
	}
	shape, parsed, err := nn.ParseArchitecture(got, catalog())
	if err != nil || shape != in || !reflect.DeepEqual(parsed, specs) {
		t.Errorf("read back as %v of %v, %v", parsed, shape, err)
	}
}

// TestArchitectureRoundTrip: every network by name, every initializer, and a
// user's layer, by value and by pointer.
func TestArchitectureRoundTrip(t *testing.T) {
	all := map[string][]nn.Spec{
		"initializers": {
			layers.Affine{Units: 3, Init: nn.Zero{}}, layers.Affine{Units: 3, Init: nn.Xavier{}},
			layers.Convolution{Filters: 1, Kernel: 1, Stride: 1, Init: nn.Normal{Std: 1e-300}},
		},
		"own": {scale{Factor: 0.1, Shuffle: true, Init: nn.Normal{Std: 3}, Labels: []string{"a", "é\n"}, More: map[string]string{"k": "v"}}, scale{}},
	}
	for _, n := range networks.All() {
		all[n.Name] = n.Specs(10)
	}
	for name, specs := range all {
		text, err := nn.FormatArchitecture(nn.Features(7), specs)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		shape, parsed, err := nn.ParseArchitecture(text, catalog())
		if err != nil || shape != nn.Features(7) || !reflect.DeepEqual(parsed, specs) {
			t.Errorf("%s: %s\nis read as %#v of %v, %v", name, text, parsed, shape, err)
		}
	}
	byPointer := nn.NewCatalog(&scale{})
	text, err := nn.FormatArchitecture(nn.Features(1), []nn.Spec{&scale{Factor: 2}})
	if err != nil {
		t.Fatal(err)
	}
	_, parsed, err := nn.ParseArchitecture(text, byPointer)
	if err != nil || !reflect.DeepEqual(parsed, []nn.Spec{&scale{Factor: 2}}) {
		t.Errorf("%s is read as %#v, %v", text, parsed, err)
	}
}

func TestArchitectureFaults(t *testing.T) {
	layer := func(text string) string {
		return `{"input":{"H":1,"W":1,"C":3},"layers":[{"type":"ReLU"},` + text + `]}`
	}
	for text, want := range map[string][]string{
		``:                             {"architecture: JSON ends early"},
		`null`:                         nil, // nothing: the network is refused when it is built
		`[]`:                           {"architecture: found array, wanted an object"},
		`{"input":[28,28,1]}`:          {"architecture: input is array, wanted an object"},
		`{"input":{"H":1,"W":1,"C":3}`: {"JSON ends early"},
		`{"input":{"H":1,"W":1,"C":3},"layers":[]} {}`:                                                          {"data after"},
		`{"inputs":{"H":1}}`:                                                                                    {`unknown key "inputs": did you mean "input"?`},
		`{"input":{"H":1,"D":3},"layers":[]}`:                                                                   {`unknown key "D"`},
		`{"input":{"H":1.5},"layers":[]}`:                                                                       {"1.5"},
		`{"input":{"H":99999999999999999999},"layers":[]}`:                                                      {"99999999999999999999"},
		layer(`{"type":"Afine","Units":3}`):                                                                     {`layer 2: unknown layer type "Afine": did you mean "Affine"?`, "Affine, BatchNormalization"},
		`{"Input":{"H":1,"W":1,"C":3},"layers":[]}`:                                                             {`unknown key "Input": did you mean "input"?`},
		layer(`{"type":"ReLU","type":"Affine","Units":3}`):                                                      {`key "type" appears twice`},
		layer(`{"type":"Affine","Units":3,"Init":{"type":"He","type":"Zero"}}`):                                 {`key "type" appears twice`},
		layer(`{"type":"Flatten"}`):                                                                             {`layer 2: unknown layer type "Flatten": not needed`},
		layer(`{"type":"Convolution","Filters":1,"Kernel":1,"Depth":2}`):                                        {`layer 2: Convolution has no field "Depth" (valid: Filters, `},
		layer(`{"type":"Residual","Body":[{"type":"ReLU"},{"type":"Flatten"}]}`):                                {`layer 2: Residual.Body: layer 2: unknown layer type "Flatten"`},
		layer(`{"type":"Residual","Body":{"type":"ReLU"}}`):                                                     {"layer 2: Residual.Body: "},
		layer(`{"type":"Residual","Body":[null]}`):                                                              {"layer 2: Residual.Body: layer 1: "},
		layer(strings.Repeat(`{"type":"Residual","Body":[`, 17) + `{"type":"ReLU"}` + strings.Repeat(`]}`, 17)): {"layers within layers deeper than 16"},
		layer(`{"Units":3}`):                                                                                    {"layer 2", `"type"`},
		layer(`{"type":7}`):                                                                                     {"layer 2", `"type"`},
		layer(`null`):                                                                                           {"layer 2", `"type"`},
		layer(`3`):                                                                                              {"layer 2"},
		layer(`{"type":"Affine","units":3}`):                                                                    {"layer 2", `Affine has no field "units": did you mean "Units"?`},
		layer(`{"type":"Affine","Units":"3"}`):                                                                  {"layer 2: Affine.Units: found string, wanted a whole number"},
		layer(`{"type":"Affine","Units":3.5}`):                                                                  {"Affine.Units", "3.5"},
		layer(`{"type":"Affine","Units":1e30}`):                                                                 {"Affine.Units", "1e30"},
		layer(`{"type":"Affine","Units":3,"Init":"He"}`):                                                        {"Affine.Init"},
		layer(`{"type":"Affine","Init":{"type":"Hi"}}`):                                                         {`Affine.Init: unknown initializer "Hi"`, `did you mean "He"? (valid: Dirac, He, Normal, Xavier, Zero)`},
		layer(`{"type":"Affine","Init":{"type":"Normal","Deviation":1}}`):                                       {`Normal has no field "Deviation"`},
		layer(`{"type":"LeakyReLU","Slope":1e300}`):                                                             {"LeakyReLU.Slope: found number 1e300, wanted a number that float32 can hold"},
		layer(`{"type":"embedding","Hidden":3}`):                                                                {`embedding has no field "Hidden"`},
		layer(`{"type":"scale","hidden":3}`):                                                                    {`scale has no field "hidden"`},
	} {
		_, _, err := nn.ParseArchitecture([]byte(text), catalog())
		if want == nil {
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		wantError(t, text, err, want...)
	}
}

// channel is a layer that JSON cannot hold, number one that is no struct.
type (
	channel struct {
		layers.ReLU
		C chan int
	}
	number int
)

// embedding has a field behind a pointer that is nil; branches, a layer of which
// JSON would forget the type.
type (
	Inner     struct{ Hidden int }
	embedding struct {
		*Inner
		layers.ReLU
	}
	branches struct {
		layers.ReLU
		First fmt.Stringer
	}
)

func (number) Build(in nn.Shape, r *rand.Rand) (nn.Layer, error) { return layers.ReLU{}.Build(in, r) }

// constant is an initializer that no file can name.
type constant struct{}

func (constant) Fill(w []float32, _ int, _ *rand.Rand) { clear(w) }

func TestFormatArchitectureFaults(t *testing.T) {
	for _, spec := range []nn.Spec{
		channel{C: make(chan int)}, number(3), branches{First: layers.Affine{}}, layers.Affine{Units: 2, Init: constant{}},
	} {
		_, err := nn.FormatArchitecture(nn.Features(1), []nn.Spec{layers.ReLU{}, spec})
		wantError(t, fmt.Sprintf("%#v", spec), err, "layer 2")
	}
}

// FuzzArchitecture: any text is an error or describes layers that are written
// and read the same; a network of them is built or refused, within what its
// tensors allow.
func FuzzArchitecture(f *testing.F) {
	for _, n := range networks.All() {
		text, err := nn.FormatArchitecture(n.Input, n.Specs(10))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		in, specs, err := nn.ParseArchitecture(text, catalog())
		if err != nil {
			return
		}
		first, err := nn.FormatArchitecture(in, specs)
		if err != nil {
			t.Fatalf("read but not written: %v", err)
		}
		again, parsed, err := nn.ParseArchitecture(first, catalog())
		if err != nil || again != in || !reflect.DeepEqual(parsed, specs) {
			t.Fatalf("%s\nis read as %#v of %v, %v", first, parsed, again, err)
		}
		if !json.Valid(first) {
			t.Fatalf("not JSON: %s", first)
		}
		for _, spec := range specs {
			if _, ok := spec.(nn.Counted); !ok && in.C > 1<<16 {
				return // a layer of one's own takes what memory it likes
			}
		}
		nn.DecodeModel(&safetensors.File{Metadata: map[string]string{
			"format": "tatami", "architecture": string(first),
		}}, catalog())
	})
}
