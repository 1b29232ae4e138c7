package nn_test

import (
	"slices"
	"testing"

	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
)

func body() []nn.Spec {
	return []nn.Spec{
		layers.Convolution{Filters: 3, Kernel: 3}, &layers.BatchNormalization{}, layers.ReLU{}, layers.Affine{Units: 4}, layers.Softmax{},
	}
}

// learn makes steps of training and returns which parameters have moved.
func learn(t *testing.T, net *nn.Sequential) (moved []bool) {
	t.Helper()
	var before [][]float32
	for _, p := range net.Params() {
		before = append(before, slices.Clone(p.Value.Data))
	}
	loss := layers.SoftmaxWithLoss{}
	pass := net.NewPass(nn.PassConfig{Capacity: 8, Training: true, NeedsBackward: true, Loss: loss})
	optimizer := optim.New(optim.SGD{WeightDecay: 0.1}, net.Params())
	x := random(rng(5), 8, net.Input())
	for range 3 {
		y := pass.Forward(x)
		loss.Loss(pass.OutputGradient(), y, nn.Targets{Labels: []int{0, 1, 2, 0, 1, 2, 0, 1}}, x.N)
		pass.ClearGradients()
		pass.Backward(pass.OutputGradient())
		optimizer.Step(0.1, pass.Gradients())
	}
	for i, p := range net.Params() {
		moved = append(moved, !slices.Equal(p.Value.Data, before[i]))
	}
	return moved
}

// TestFreeze: nothing of a frozen layer moves, running statistics included; the
// description says so, and a saved network remembers.
func TestFreeze(t *testing.T) {
	in := nn.Shape{H: 5, W: 5, C: 1}
	net := network(t, in, body()...)
	frozen, err := net.Freeze(2)
	if err != nil {
		t.Fatal(err)
	}
	const convolution, normalization = 2, 4 // parameters
	want := slices.Concat(make([]bool, convolution+normalization), []bool{true, true})
	if moved := learn(t, frozen); !slices.Equal(moved, want) {
		t.Errorf("of two frozen layers and one more %v move", moved)
	}
	if !slices.Equal(net.Params()[6].Value.Data, frozen.Params()[6].Value.Data) {
		t.Error("the networks' values are not the same")
	}
	if s := frozen.Specs()[1]; s != (layers.BatchNormalization{Frozen: true}) {
		t.Errorf("the frozen layer is described as %#v", s)
	}
	thawed, err := frozen.Freeze(0)
	if err != nil {
		t.Fatal(err)
	}
	for i, moved := range learn(t, thawed) {
		if !moved {
			t.Errorf("parameter %d of a network of none frozen stays", i)
		}
	}
	_, err = net.Freeze(6)
	wantError(t, "too many", err, "6 layers to freeze", "0 to 5")
	own := network(t, in, layers.ReLU{}, scale{Factor: 1})
	if _, err := own.Freeze(1); err != nil {
		t.Error(err)
	}
	_, err = own.Freeze(2)
	wantError(t, "a layer of one's own", err, "layer 2 (scale) cannot be frozen")
}

// TestTransfer: the first layers with their values and new ones after them.
func TestTransfer(t *testing.T) {
	in := nn.Shape{H: 5, W: 5, C: 1}
	net := network(t, in, body()...)
	part := net.Part(0, 3)
	longer, err := part.Append(rng(3), layers.Affine{Units: 3}, layers.Softmax{})
	if err != nil {
		t.Fatal(err)
	}
	x := random(rng(2), 2, in)
	if !slices.Equal(longer.Activations(x)[2].Data, net.Activations(x)[2].Data) || !slices.Equal(part.Predict(x).Data, net.Activations(x)[2].Data) {
		t.Error("the part gives something else")
	}
	tail := net.Part(3, 5)
	if !slices.Equal(tail.Predict(part.Predict(x)).Data, net.Predict(x).Data) {
		t.Error("two parts are not the whole")
	}
	if longer.Output() != nn.Features(3) || longer.Specs()[0] != body()[0] {
		t.Errorf("the longer network is\n%v", longer)
	}
	if moved := learn(t, longer); slices.Contains(moved, false) {
		t.Errorf("of the longer network %v move", moved)
	}
	_, err = part.Append(rng(3), layers.Affine{})
	wantError(t, "no units", err, "layer 4 (Affine 0)", "Units")
	for name, f := range map[string]func(){
		"nothing": func() { net.Part(2, 2) }, "before": func() { net.Part(-1, 2) }, "after": func() { net.Part(2, 6) },
	} {
		mustPanic(t, name, f)
	}
	path := t.TempDir() + "/model.safetensors"
	if err := nn.Save(path, &nn.Model{Sequential: longer}); err != nil {
		t.Fatal(err)
	}
	if m, err := nn.Load(path, layers.Catalog()); err != nil || m.SHA256() != longer.SHA256() {
		t.Errorf("loaded: %v", err)
	}
}

// TestForClasses: other classes draw the last layer anew and share the rest; the
// same ones take all.
func TestForClasses(t *testing.T) {
	in := nn.Shape{H: 5, W: 5, C: 1}
	m := &nn.Model{Sequential: network(t, in, body()...), Classes: []string{"a", "b", "c", "d"}}
	value := func(net *nn.Sequential, param int) []float32 { return net.Params()[param].Value.Data }
	for name, test := range map[string]struct {
		classes []string
		taken   int
	}{
		"the same": {[]string{"a", "b", "c", "d"}, 5}, "other names": {[]string{"e", "f", "g", "h"}, 3},
		"more": {[]string{"a", "b", "c", "d", "e"}, 3},
	} {
		net, taken, err := m.ForClasses(rng(3), test.classes)
		if err != nil || taken != test.taken || net.Output() != nn.Features(len(test.classes)) || len(net.Layers()) != 5 {
			t.Fatalf("%s: %d layers taken, error %v", name, taken, err)
		}
		if &value(net, 0)[0] != &value(m.Sequential, 0)[0] {
			t.Errorf("%s: the first layer is not the model's", name)
		}
		if shared := slices.Equal(value(net, 6), value(m.Sequential, 6)); shared != (taken == 5) {
			t.Errorf("%s: the last layer is the model's: %v", name, shared)
		}
		if moved := learn(t, net); !moved[0] || !moved[6] {
			t.Errorf("%s: nothing learns", name)
		}
	}
	m = &nn.Model{Sequential: network(t, nn.Features(3), scale{Factor: 1})}
	_, _, err := m.ForClasses(rng(3), []string{"a", "b"})
	wantError(t, "a layer of one's own", err, "layer 1 (scale) cannot be drawn for 2 classes")
	m = &nn.Model{Sequential: network(t, nn.Features(3), layers.ReLU{})}
	_, _, err = m.ForClasses(rng(3), []string{"a", "b"})
	wantError(t, "no parameters", err, "no layer has parameters")
}
