package onnx_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"tatami/datasets"
	"tatami/layers/networks"
	"tatami/layers/onnx"
	"tatami/nn"
)

const bench = "../../bench/onnx"

// firstToLast are samples of H,W,C as C,H,W, and back.
func firstToLast(x *nn.Tensor) []float32 {
	return onnx.Turn(x.Data, x.N, nn.Shape{H: x.C, W: 1, C: x.H * x.W})
}

// onnxruntime gives the probabilities that tatami gives: named networks on
// digits, and every layer there is.
func TestRuntime(t *testing.T) {
	if _, err := os.Stat(filepath.Join(bench, "node_modules", "onnxruntime-node")); err != nil {
		t.Skip("EXPORT IS NOT TESTED AGAINST ONNXRUNTIME: run npm install --ignore-scripts in bench/onnx")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("EXPORT IS NOT TESTED AGAINST ONNXRUNTIME: no node in PATH")
	}
	_, test, err := datasets.MNIST()
	if err != nil {
		t.Fatal(err)
	}
	digits := nn.NewTensor(100, test.Shape)
	for i := range digits.N {
		for k, v := range test.Images[i] {
			digits.Sample(i)[k] = float32(v) / 255
		}
	}
	dir := t.TempDir()
	args := []string{filepath.Join(bench, "run.js"), "check"}
	var wants [][]float32
	for i, n := range all() {
		net := build(t, n.in, n.specs...)
		x := images(7, n.in)
		if _, err := networks.Find(n.name); err == nil && n.in == digits.Shape {
			x = digits
		}
		wants = append(wants, firstToLast(net.Predict(x)))
		file := func(kind string) string { return filepath.Join(dir, fmt.Sprint(i, kind)) }
		var b bytes.Buffer
		binary.Write(&b, binary.LittleEndian, firstToLast(x))
		for name, data := range map[string][]byte{file(".onnx"): export(t, &nn.Model{Sequential: net}), file(".in"): b.Bytes()} {
			if err := os.WriteFile(name, data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		dims := fmt.Sprintf("%d,%d,%d,%d", x.N, x.C, x.H, x.W)
		if x.H*x.W == 1 {
			dims = fmt.Sprintf("%d,%d", x.N, x.C)
		}
		args = append(args, file(".onnx"), file(".in"), dims, file(".out"))
	}
	if out, err := exec.Command(node, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for i, n := range all() {
		out, err := os.ReadFile(filepath.Join(dir, fmt.Sprint(i, ".out")))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(out)/4)
		for i := range got {
			got[i] = math.Float32frombits(binary.LittleEndian.Uint32(out[4*i:]))
		}
		t.Run(n.name, func(t *testing.T) { compare(t, got, wants[i], 1e-5) })
	}
}

// Debian's checker has nothing to say against what it knows: no GELU.
func TestChecker(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import onnx").Run(); err != nil {
		t.Skip("EXPORT IS NOT CHECKED BY ONNX'S CHECKER: Debian's python3-onnx is not installed")
	}
	dir := t.TempDir()
	args := []string{"-c", "import onnx, sys\nfor f in sys.argv[1:]: onnx.checker.check_model(onnx.load(f), full_check=True)"}
	for i, n := range all() {
		if n.name == "gelu" {
			continue
		}
		file := filepath.Join(dir, fmt.Sprint(i, ".onnx"))
		if err := os.WriteFile(file, export(t, &nn.Model{Sequential: build(t, n.in, n.specs...)}), 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if out, err := exec.Command(python, args...).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
