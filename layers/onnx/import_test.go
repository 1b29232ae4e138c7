package onnx_test

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"google.golang.org/protobuf/encoding/protowire"

	"tatami/internal/budget"
	"tatami/layers"
	"tatami/layers/onnx"
	"tatami/nn"
)

// What other programs write is built here from text: a graph with its tensors,
// values counted up so that every order shows.
type file struct {
	opset   int64
	input   []int64  // 0 is the batch
	nodes   []string // "Op a b -> y | kernel_shape=3,3 alpha=0.5 auto_pad=VALID"
	tensors map[string][]int64
	ints    map[string][]int64 // whole numbers: shapes
	change  func(name string, tensor []byte) []byte
}

func tag(b []byte, n protowire.Number, data []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), data)
}

func number(b []byte, n protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), uint64(v))
}

// counted are a tensor's values.
func counted(name string, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(math.Sin(float64(i+len(name)))) / 4
		if name == "var" {
			v[i] = 0.5 + float32(i%3)/4
		}
	}
	return v
}

func (f file) encode() []byte {
	var g []byte
	for _, text := range f.nodes {
		text, attributes, _ := strings.Cut(text, "|")
		words := strings.Fields(text)
		arrow := slices.Index(words, "->")
		var n []byte
		for _, in := range words[1:arrow] {
			n = tag(n, 1, []byte(strings.Trim(in, "_")))
		}
		for _, out := range words[arrow+1:] {
			n = tag(n, 2, []byte(out))
		}
		n = tag(tag(n, 3, []byte("the_"+words[0])), 4, []byte(words[0]))
		for _, a := range strings.Fields(attributes) {
			key, value, _ := strings.Cut(a, "=")
			b := tag(nil, 1, []byte(key))
			var whole []int64
			var real float32
			for _, part := range strings.Split(value, ",") {
				var i int64
				if _, err := fmt.Sscanf(part, "%d", &i); err == nil {
					whole = append(whole, i)
				}
			}
			switch _, err := fmt.Sscanf(value, "%g", &real); {
			case strings.Contains(value, "."):
				b = number(protowire.AppendFixed32(protowire.AppendTag(b, 2, protowire.Fixed32Type), math.Float32bits(real)), 20, 1)
			case err != nil:
				b = number(tag(b, 4, []byte(value)), 20, 3)
			case strings.Contains(value, ","):
				for _, i := range whole {
					b = number(b, 8, i)
				}
				b = number(b, 20, 7)
			default:
				b = number(number(b, 3, whole[0]), 20, 2)
			}
			n = tag(n, 5, b)
		}
		g = tag(g, 1, n)
	}
	for name, dims := range f.tensors {
		var t, raw []byte
		n := 1
		for _, d := range dims {
			t, n = number(t, 1, d), n*int(d)
		}
		for _, v := range counted(name, n) {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
		t = tag(tag(number(t, 2, 1), 8, []byte(name)), 9, raw)
		if f.change != nil {
			t = f.change(name, t)
		}
		g = tag(g, 5, t)
	}
	for name, values := range f.ints {
		t := number(number(nil, 1, int64(len(values))), 2, 7)
		for _, v := range values {
			t = number(t, 7, v)
		}
		g = tag(g, 5, tag(t, 8, []byte(name)))
	}
	var shape []byte
	for _, d := range f.input {
		if d == 0 {
			shape = tag(shape, 1, tag(nil, 2, []byte("N")))
		} else {
			shape = tag(shape, 1, number(nil, 1, d))
		}
	}
	g = tag(g, 11, tag(tag(nil, 1, []byte("x")), 2, tag(nil, 1, tag(number(nil, 1, 1), 2, shape))))
	g = tag(g, 12, tag(nil, 1, []byte("y")))
	opset := f.opset
	if opset == 0 {
		opset = 13
	}
	return tag(tag(number(nil, 1, 8), 7, g), 8, number(tag(nil, 1, nil), 2, opset))
}

// The forms in which other programs write one network give the same network as
// the plain one.
func TestForms(t *testing.T) {
	for name, c := range map[string]struct{ a, b file }{
		"MatMul and Add": {
			file{input: []int64{0, 6}, nodes: []string{"Gemm x w b -> y"}, tensors: map[string][]int64{"w": {6, 4}, "b": {4}}},
			file{input: []int64{0, 6}, nodes: []string{"MatMul x w -> m", "Add m b -> y"}, tensors: map[string][]int64{"w": {6, 4}, "b": {4}}},
		},
		"entrance of Keras": {
			file{input: []int64{0, 3, 5, 4}, nodes: []string{"Conv x w b -> y"}, tensors: map[string][]int64{"w": {2, 3, 3, 3}, "b": {2}}},
			file{input: []int64{0, 5, 4, 3}, nodes: []string{"Transpose x -> t | perm=0,3,1,2", "Conv t w -> c | auto_pad=VALID", "Add c b1 -> y"}, tensors: map[string][]int64{"w": {2, 3, 3, 3}, "b1": {1, 2, 1, 1}},
				change: func(name string, t []byte) []byte {
					if name == "b1" {
						return tag(t, 9, raw(counted("b", 2)))
					}
					return t
				}},
		},
		"flattened as a view": {
			file{input: []int64{0, 2, 3, 4}, nodes: []string{"Flatten x -> f", "Gemm f w b -> y"}, tensors: map[string][]int64{"w": {24, 4}, "b": {4}}},
			file{input: []int64{0, 2, 3, 4}, nodes: []string{"Shape x -> s", "Gather s i -> g | axis=0", "Unsqueeze g z -> u", "Concat u m -> c | axis=0", "Reshape x c -> f", "Gemm f w b -> y"},
				tensors: map[string][]int64{"w": {24, 4}, "b": {4}}, ints: map[string][]int64{"i": {0}, "z": {0}, "m": {-1}}},
		},
		"GELU before opset 20": {
			file{input: []int64{0, 6}, opset: 20, nodes: []string{"Gelu x -> y"}},
			file{input: []int64{0, 6}, nodes: []string{"Constant -> r | value_float=1.4142135", "Div x r -> d", "Erf d -> e", "Constant -> one | value_float=1.0", "Add e one -> a", "Mul x a -> m", "Constant -> half | value_float=0.5", "Mul m half -> y"}},
		},
		"means": {
			file{input: []int64{0, 2, 3, 4}, nodes: []string{"GlobalAveragePool x -> g", "Flatten g -> f", "Gemm f w b -> y"}, tensors: map[string][]int64{"w": {2, 4}, "b": {4}}},
			file{input: []int64{0, 2, 3, 4}, nodes: []string{"ReduceMean x -> f | axes=2,3 keepdims=0", "Dropout f -> d", "Identity w -> v", "Gemm d v b -> y"}, tensors: map[string][]int64{"w": {2, 4}, "b": {4}}},
		},
		"pixels in a row": {
			file{input: []int64{0, 1, 28, 28}, nodes: []string{"Flatten x -> f", "Gemm f w b -> y"}, tensors: map[string][]int64{"w": {784, 10}, "b": {10}}},
			file{input: []int64{0, 784}, nodes: []string{"MatMul x w -> m", "Add m b -> y"}, tensors: map[string][]int64{"w": {784, 10}, "b": {10}}},
		},
		"pixels made an image": {
			file{input: []int64{0, 1, 5, 4}, nodes: []string{"MaxPool x -> p | kernel_shape=2,2 strides=2,2", "Softmax p -> y | axis=1"}},
			file{input: []int64{0, 5, 4, 1}, nodes: []string{"Reshape x s -> r", "MaxPool r -> p | kernel_shape=2,2 strides=2,2", "Softmax p -> y | axis=1"}, ints: map[string][]int64{"s": {-1, 1, 5, 4}}},
		},
		"shortcut first": {
			file{input: []int64{0, 2, 3, 4}, nodes: []string{"Relu x -> r", "Conv r w b -> c | pads=1,1,1,1", "Add c r -> a", "Relu a -> y"}, tensors: map[string][]int64{"w": {2, 2, 3, 3}, "b": {2}}},
			file{input: []int64{0, 2, 3, 4}, nodes: []string{"Relu x -> r", "Conv r w b -> c | auto_pad=SAME_UPPER", "Add r c -> a", "Relu a -> y"}, tensors: map[string][]int64{"w": {2, 2, 3, 3}, "b": {2}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := load(c.a.encode())
			if err != nil {
				t.Fatal(err)
			}
			b, err := load(c.b.encode())
			if err != nil {
				t.Fatal(err)
			}
			if a.String() != b.String() || a.SHA256() != b.SHA256() {
				t.Errorf("networks %v and %v with weights %s and %s", a, b, a.SHA256(), b.SHA256())
			}
		})
	}
}

func raw(values []float32) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// A network of Keras, channels last to its end: features come in the order
// H,W,C, as tatami has them.
func TestChannelsLastToTheEnd(t *testing.T) {
	f := file{input: []int64{0, 5, 4, 3}, nodes: []string{
		"Transpose x -> t | perm=0,3,1,2", "Conv t k b -> c | auto_pad=SAME_UPPER strides=2,2", "Relu c -> r",
		"Transpose r -> l | perm=0,2,3,1", "Reshape l s -> f", "MatMul f w -> y",
	}, tensors: map[string][]int64{"k": {2, 3, 3, 3}, "b": {2}, "w": {12, 4}}, ints: map[string][]int64{"s": {-1, 12}}}
	m, err := load(f.encode())
	if err != nil {
		t.Fatal(err)
	}
	want := counted("w", 48)
	got := m.Params()[2].Value // rows are units
	for i := range 12 {
		for j := range 4 {
			if got.Data[j*12+i] != want[i*4+j] {
				t.Fatalf("weight of input %d and unit %d is %g, wanted %g", i, j, got.Data[j*12+i], want[i*4+j])
			}
		}
	}
	if c := m.Specs()[0].(layers.Convolution); m.Input() != (nn.Shape{H: 5, W: 4, C: 3}) || c.PadBottom+c.Pad != 1 || c.PadRight != 1 || c.PadTop != 0+1-c.Pad {
		t.Errorf("input %v, convolution %+v", m.Input(), c)
	}
}

func TestDigits(t *testing.T) {
	f := file{input: []int64{0, 784}, nodes: []string{"MatMul x w -> m", "LogSoftmax m -> y"}, tensors: map[string][]int64{"w": {784, 10}}}
	m, err := load(f.encode())
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(m.Classes, ""); got != "0123456789" || m.Input() != (nn.Shape{H: 28, W: 28, C: 1}) || m.Facts["imported"] != "model.onnx" {
		t.Errorf("classes %q, input %v, facts %v", got, m.Input(), m.Facts)
	}
}

// Values come as double, float16 and in another file as well.
func TestTensors(t *testing.T) {
	f := file{input: []int64{0, 2}, nodes: []string{"MatMul x w -> y"}, tensors: map[string][]int64{"w": {2, 3}}}
	want := []float32{1, -2, 0.5, 65504, 0x1p-24, -0.25}
	head := number(number(tag(nil, 8, []byte("w")), 1, 2), 1, 3)
	outside := func(entries ...string) []byte {
		b := number(number(slices.Clone(head), 2, 1), 14, 1)
		for i := 0; i < len(entries); i += 2 {
			b = tag(b, 13, tag(tag(nil, 1, []byte(entries[i])), 2, []byte(entries[i+1])))
		}
		return b
	}
	var doubles []byte
	halves := number(slices.Clone(head), 2, 10)
	for i, v := range want {
		doubles = binary.LittleEndian.AppendUint64(doubles, math.Float64bits(float64(v)))
		halves = number(halves, 5, []int64{0x3c00, 0xc000, 0x3800, 0x7bff, 1, 0xb400}[i])
	}
	for name, c := range map[string]struct {
		tensor []byte
		fails  string
	}{
		"float":         {tag(number(slices.Clone(head), 2, 1), 4, raw(want)), ""},
		"double":        {tag(number(slices.Clone(head), 2, 11), 10, doubles), ""},
		"float16":       {halves, ""},
		"outside":       {outside("location", "more/w.bin", "offset", "4", "length", "24"), ""},
		"above":         {outside("location", "../w.bin"), `external data in "../w.bin", wanted a file in the model's folder`},
		"absolute":      {outside("location", "/etc/passwd"), "wanted a file in the model's folder"},
		"none":          {outside(), "wanted a file in the model's folder"},
		"folder":        {outside("location", "more"), "is not a file"},
		"missing":       {outside("location", "w.bin"), "external data in w.bin"},
		"behind":        {outside("location", "more/w.bin", "offset", "8"), "24 bytes from byte 8, in a file of 28"},
		"other length":  {outside("location", "more/w.bin", "length", "20"), "external data of 20 bytes, wanted 24"},
		"cut":           {tag(number(slices.Clone(head), 2, 1), 9, raw(want[:5])), "has 20 bytes of values, wanted 24"},
		"huge":          {number(tag(number(slices.Clone(head), 2, 1), 9, nil), 1, 1<<40), "wanted at most 268435456 values"},
		"whole numbers": {number(slices.Clone(head), 2, 7), "is int64, wanted float, double or float16"},
	} {
		t.Run(name, func(t *testing.T) {
			f := f
			f.change = func(string, []byte) []byte { return c.tensor }
			m, err := onnx.Import(fstest.MapFS{"a/m.onnx": {Data: f.encode()}, "a/more/w.bin": {Data: append(make([]byte, 4), raw(want)...)}, "w.bin": {Data: raw(want)}}, "a/m.onnx")
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Fatalf("error %v, wanted one with %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := m.Params()[0].Value.Data
			for i, v := range want {
				if got[i%3*2+i/3] != v {
					t.Fatalf("weights %v, wanted those of %v", got, want)
				}
			}
		})
	}
}

// Errors name the node, its operator and the attribute.
func TestRefuses(t *testing.T) {
	image := []int64{0, 2, 6, 6}
	conv := map[string][]int64{"w": {2, 2, 3, 3}, "b": {2}}
	for want, f := range map[string]file{
		`node 1 "the_Elu" (Elu): operator is not supported`:                                {input: image, nodes: []string{"Elu x -> y"}},
		`node 2 "the_Conv" (Conv): attribute dilations is [2 1], wanted two equal numbers`: {input: image, nodes: []string{"Relu x -> r", "Conv r w b -> y | dilations=2,1"}, tensors: conv},
		`(Conv): attribute colour is not supported`:                                        {input: image, nodes: []string{"Conv x w b -> y | colour=1"}, tensors: conv},
		`(Conv): attribute auto_pad is "SAME"`:                                             {input: image, nodes: []string{"Conv x w b -> y | auto_pad=SAME"}, tensors: conv},
		`(Conv): weights "w" in 2 groups`:                                                  {input: image, nodes: []string{"Conv x w b -> y | group=2"}, tensors: conv},
		`(Conv): input "w" is computed, wanted a constant`:                                 {input: image, nodes: []string{"Relu x -> w", "Conv x w -> y"}},
		`(MaxPool): attribute kernel_shape is missing`:                                     {input: image, nodes: []string{"MaxPool x -> y"}},
		`(MaxPool): attribute pads comes to [0 0] before and [1 1] behind`:                 {input: []int64{0, 2, 5, 5}, nodes: []string{"MaxPool x -> y | kernel_shape=2,2 strides=2,2 auto_pad=SAME_UPPER"}},
		`(Pad): pads are [0 0 1 1 0 0 1 1], wanted 0`:                                      {input: image, nodes: []string{"Pad x p -> y"}, ints: map[string][]int64{"p": {0, 0, 1, 1, 0, 0, 1, 1}}},
		`(Relu): input "z" is given by no node before`:                                     {input: image, nodes: []string{"Relu z -> y"}},
		`(Relu): output "x" is there already`:                                              {input: image, nodes: []string{"Relu x -> x"}},
		`(Add): input "q" is given by no node before`:                                      {input: []int64{0, 4}, nodes: []string{"Relu x -> r", "Add r q -> y"}},
		`(Add): adds a value to itself`:                                                    {input: image, nodes: []string{"Add x x -> y"}},
		`layer ReLU has a place in two branches`:                                           {input: image, nodes: []string{"Relu x -> a", "Tanh a -> b", "Add b x -> c", "Add c a -> y"}},
		`(LogSoftmax): attribute axis is 3`:                                                {input: image, nodes: []string{"LogSoftmax x -> y | axis=3"}},
		`(Relu): input "l" is a LogSoftmax`:                                                {input: image, nodes: []string{"LogSoftmax x -> l | axis=1", "Relu l -> y"}},
		`opset 21, wanted at most 20`:                                                      {input: image, opset: 21, nodes: []string{"Relu x -> y"}},
		`input "x": dimension 3 is 0N, wanted a number`:                                    {input: []int64{0, 1, 0, 5}, nodes: []string{"Relu x -> y"}},
		`output "y" is given by no layer`:                                                  {input: image, nodes: []string{"Relu x -> z"}},
		`blocks within blocks deeper than 16`:                                              {input: image, nodes: nested(18)},
	} {
		_, err := load(f.encode())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, wanted one with %q", err, want)
		}
	}
	_, err := onnx.Import(fstest.MapFS{"d": {Mode: fs.ModeDir}}, "d")
	if err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("error %v for a folder", err)
	}
}

// nested are blocks in each other's bodies.
func nested(n int) []string {
	list, last := []string{"Relu x -> v0"}, "v0"
	for i := range n {
		out := fmt.Sprint("a", i)
		if i == n-1 {
			out = "y"
		}
		list = append(list, fmt.Sprintf("Relu %s -> r%d", last, i), fmt.Sprintf("Add r%d x -> %s", i, out))
		last = out
	}
	return list
}

// Nothing that a file holds makes Import panic, or give what Export refuses.
func FuzzImport(f *testing.F) {
	for _, n := range all() {
		if n.in.Size() < 300 {
			f.Add(export(f, &nn.Model{Sequential: build(f, n.in, n.specs...)}))
		}
	}
	f.Add(file{input: []int64{0, 6}, nodes: []string{"MatMul x w -> m", "Add m b -> y"}, tensors: map[string][]int64{"w": {6, 4}, "b": {4}}}.encode())
	f.Add(file{input: []int64{0, 2, 3, 4}, nodes: []string{"Shape x -> s", "Gather s i -> g | axis=0", "Unsqueeze g z -> u", "Concat u m -> c | axis=0", "Reshape x c -> f", "Gemm f w b -> y"},
		tensors: map[string][]int64{"w": {24, 4}, "b": {4}}, ints: map[string][]int64{"i": {0}, "z": {0}, "m": {-1}}}.encode())
	f.Add(file{input: []int64{0, 5, 4, 3}, nodes: []string{"Transpose x -> t | perm=0,3,1,2", "Conv t k b -> c | auto_pad=SAME_UPPER", "LogSoftmax c -> y | axis=1"}, tensors: map[string][]int64{"k": {2, 3, 3, 3}, "b": {2}}}.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := load(data)
		if err != nil || budget.Check(m.Sequential, budget.Cost{Work: 1 << 24, Bytes: 1 << 24}) != nil {
			return
		}
		if y := m.Predict(nn.NewTensor(1, m.Input())); y.Shape != m.Output() {
			t.Errorf("output %v, wanted %v", y.Shape, m.Output())
		}
		export(t, m)
	})
}
