package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"tatami/internal/run"
	"tatami/nn"
)

// A model that leaves as ONNX comes back as itself.
func TestONNX(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	if got := succeeds(t, dir, "export", "run", "--out", "a.onnx"); got != "a.onnx\n" {
		t.Errorf("printed %q", got)
	}
	succeeds(t, dir, "import", "a.onnx", "--out", "b.safetensors")
	succeeds(t, dir, "export", "b.safetensors", "--out", "b.onnx")
	if !bytes.Equal(readTestFile(t, dir, "a.onnx"), readTestFile(t, dir, "b.onnx")) {
		t.Error("the file of the model read back differs")
	}
	if a, b := succeeds(t, dir, "eval", "run", "--json"), succeeds(t, dir, "eval", "b.safetensors", "--json"); a != b {
		t.Errorf("%s became %s", a, b)
	}
	// It goes on learning, as the model that it was would.
	for _, from := range []string{"run", "b.safetensors"} {
		trainQuietly(t, dir, "on-"+filepath.Base(from), "--from", from, "--epochs", "2")
	}
	if a, b := readTestFile(t, dir, "on-run/steps.csv"), readTestFile(t, dir, "on-b.safetensors/steps.csv"); !bytes.Equal(a, b) {
		t.Errorf("learning on gave\n%s\nwanted\n%s", b, a)
	}
	tatami(t, dir, "export", "run", "--out", "a.txt").refuses(t, 2, `"a.txt"`, ".onnx")
	tatami(t, dir, "import", "a.onnx", "--net", "mlp").refuses(t, 2, "--net", "a.onnx")
	tatami(t, dir, "import", "b.safetensors", "--mean", "0.5", "--out", "c").refuses(t, 2, "--mean", "ONNX")
	tatami(t, dir, "import", "a.onnx", "--std", "0", "--out", "c").refuses(t, 2, "--std is 0")
	tatami(t, dir, "import", "a.onnx", "--mean", "1,2,3", "--out", "c").refuses(t, 2, "--mean has 3 numbers, wanted 1")
	tatami(t, dir, "import", "none.onnx", "--out", "c").refuses(t, 1, "none.onnx", "no such file")
	writeTestFile(t, filepath.Join(dir, "bad.onnx"), []byte("no network"))
	tatami(t, dir, "import", "bad.onnx", "--out", "c").refuses(t, 1, "bad.onnx", "not an ONNX file")
	tatami(t, dir, "import", "../"+filepath.Base(dir)+"/bad.onnx", "--out", "c").refuses(t, 1, "/bad.onnx: not an ONNX file")
	if _, err := os.Stat(filepath.Join(dir, "c")); err == nil {
		t.Error("a refused import has left a file")
	}

	// What a network wants subtracted and divided by becomes its first layer.
	succeeds(t, dir, "import", "a.onnx", "--mean", "0.25", "--std", "0.5", "--out", "d.safetensors")
	plain, err := run.LoadModel(filepath.Join(dir, "b.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	standardized, err := run.LoadModel(filepath.Join(dir, "d.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	x, y := nn.NewTensor(1, plain.Input()), nn.NewTensor(1, plain.Input())
	for i := range x.Data {
		x.Data[i] = float32(i%7) / 7
		y.Data[i] = (x.Data[i] - 0.25) / 0.5
	}
	want := plain.Predict(y)
	for i, v := range standardized.Predict(x).Data {
		if math.Abs(float64(v-want.Data[i])) > 1e-5 {
			t.Errorf("output %d is %g, wanted %g", i, v, want.Data[i])
		}
	}
}
