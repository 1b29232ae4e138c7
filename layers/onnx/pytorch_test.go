//go:build long

package onnx_test

import (
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

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
