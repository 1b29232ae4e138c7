//go:build long

package onnx_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tatami/layers"
	"tatami/layers/networks"
	"tatami/layers/onnx"
	"tatami/nn"
)

// Networks that PyTorch exports give its outputs.
func TestPyTorch(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import torch").Run(); err != nil {
		t.Skip("IMPORT IS NOT TESTED AGAINST PYTORCH: Debian's python3-torch is not installed")
	}
	dir := t.TempDir()
	out, err := exec.Command(python, "testdata/pytorch.py", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if len(words) < 4 || words[0] != "case" {
			continue
		}
		seen++
		t.Run(words[1], func(t *testing.T) {
			m, err := onnx.Import(os.DirFS(dir), words[1]+".onnx")
			if err != nil {
				t.Fatal(err)
			}
			n, _ := strconv.Atoi(words[2])
			in := m.Input()
			x := &nn.Tensor{N: n, Shape: in, Data: onnx.Turn(values(t, filepath.Join(dir, words[1]+".in")), n, in)}
			want := values(t, filepath.Join(dir, words[1]+".out"))
			if strings.HasPrefix(words[1], "view") { // ends in a LogSoftmax
				for i, v := range want {
					want[i] = float32(math.Exp(float64(v)))
				}
			}
			compare(t, m.Predict(x).Data, want, 1e-5)
		})
	}
	if seen != 32 {
		t.Errorf("%d cases, wanted 32", seen)
	}
}

func values(t *testing.T, name string) []float32 {
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	list := make([]float32, len(data)/4)
	for i := range list {
		list[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return list
}

// The script of docs/interop.md loads models into PyTorch, which then gives
// tatami's probabilities.
func TestModelInPyTorch(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import torch").Run(); err != nil {
		t.Skip("MODELS ARE NOT LOADED INTO PYTORCH: Debian's python3-torch is not installed")
	}
	uneven := networks.Network{Name: "uneven", Input: nn.Shape{H: 19, W: 23, C: 2}, Specs: func(classes int) []nn.Spec {
		return []nn.Spec{
			layers.Convolution{Filters: 6, Kernel: 3, KernelW: 5, Stride: 1, StrideW: 2, Pad: 1, PadRight: 2, PadTop: 1}, layers.LeakyReLU{},
			layers.LayerNormalization{}, layers.Pooling{Size: 3, Stride: 2, Pad: 1, Average: true},
			layers.Convolution{Filters: 8, Kernel: 3, Groups: 2, Dilation: 2, Pad: 2}, layers.GELU{},
			layers.Affine{Units: 12}, layers.LayerNormalization{Epsilon: 1e-3}, layers.Tanh{}, layers.Affine{Units: classes}, layers.Softmax{},
		}
	}}
	for _, n := range append(networks.All(), uneven) {
		t.Run(n.Name, func(t *testing.T) {
			dir := t.TempDir()
			m := &nn.Model{Sequential: build(t, n.Input, append([]nn.Spec{layers.Standardize{Mean: []float64{0.13}, Deviation: []float64{0.31}}}, n.Specs(10)...)...)}
			if err := nn.Save(filepath.Join(dir, "model.safetensors"), m); err != nil {
				t.Fatal(err)
			}
			x := images(5, n.Input)
			if err := os.WriteFile(filepath.Join(dir, "in"), raw(firstToLast(x)), 0o666); err != nil {
				t.Fatal(err)
			}
			script := `import sys; sys.path.insert(0, '../../docs')
import numpy, torch
from tatami_in_pytorch import load
d = sys.argv[1]
model, classes = load(d + '/model.safetensors')
x = torch.from_numpy(numpy.fromfile(d + '/in', '<f4').reshape(5, *map(int, sys.argv[2:])))
model(x).detach().numpy().astype('<f4').tofile(d + '/out')`
			if out, err := exec.Command(python, "-B", "-c", script, dir, fmt.Sprint(n.Input.C), fmt.Sprint(n.Input.H), fmt.Sprint(n.Input.W)).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			compare(t, values(t, filepath.Join(dir, "out")), m.Predict(x).Data, 1e-5)
		})
	}
}
