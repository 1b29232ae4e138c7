// Package golden gives tests the numbers of another implementation: cases kept
// as JSON, with tensors and the tolerance they are compared by.
//
// A file is {"source": …, "notes": …, "cases": […]}; its notes state what the
// numbers mean, and whatever else stands beside the cases is for readers.
// Tests find it in testdata/golden of their own folder, or in the folder that
// TATAMI_GOLDEN names, so that the same tests run on other cases.
package golden

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"tatami/nn"
)

// Variable is the environment variable that names another folder of cases. A
// relative name counts from the module's root.
const Variable = "TATAMI_GOLDEN"

// Tolerance is the largest error that Close forgives float32 code: the
// difference from the golden value, as a share of the tensor's largest.
const Tolerance = 1e-5

// Load decodes the cases of the named file into the slice that cases points
// at. A missing file, no case, or a field that the case type does not know ends
// the test: nothing that a case demands is passed over.
func Load[Case any](t testing.TB, name string, cases *[]Case) {
	t.Helper()
	dir, err := folder()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name+".json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := decode(text, cases); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func decode[Case any](text []byte, cases *[]Case) error {
	var file struct{ Cases json.RawMessage }
	if err := json.Unmarshal(text, &file); err != nil {
		return err
	}
	if file.Cases == nil {
		return errors.New("no cases")
	}
	d := json.NewDecoder(bytes.NewReader(file.Cases))
	d.DisallowUnknownFields()
	if err := d.Decode(cases); err != nil {
		return err
	}
	if len(*cases) == 0 {
		return errors.New("no cases")
	}
	return nil
}

// folder is where the golden files are.
func folder() (string, error) {
	dir := os.Getenv(Variable)
	switch {
	case dir == "":
		return filepath.Join("testdata", "golden"), nil
	case filepath.IsAbs(dir):
		return dir, nil
	}
	root, err := Root()
	return filepath.Join(root, dir), err
}

// Root is the folder of the module that the test belongs to.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return dir, err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the test's folder")
		}
		dir = parent
	}
}

// Tensor is an array of any rank, the last index running fastest.
type Tensor struct {
	Shape []int     `json:"shape"`
	Data  []float64 `json:"data"`
}

// UnmarshalJSON refuses a shape that its data do not fill. A plain list is a
// tensor of rank 1.
func (t *Tensor) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("[")) {
		err := json.Unmarshal(text, &t.Data)
		t.Shape = []int{len(t.Data)}
		return err
	}
	type plain Tensor
	if err := json.Unmarshal(text, (*plain)(t)); err != nil {
		return err
	}
	size := 1
	for _, n := range t.Shape {
		size *= n
	}
	if size != len(t.Data) {
		return fmt.Errorf("tensor of shape %v with %d values", t.Shape, len(t.Data))
	}
	return nil
}

// Batch is t as a batch of samples: rank 2 is N,C and rank 4 is N,H,W,C.
func (t Tensor) Batch() *nn.Tensor {
	var b *nn.Tensor
	switch s := t.Shape; len(s) {
	case 2:
		b = nn.NewTensor(s[0], nn.Features(s[1]))
	case 4:
		b = nn.NewTensor(s[0], nn.Shape{H: s[1], W: s[2], C: s[3]})
	default:
		panic(fmt.Sprintf("golden: tensor of rank %d as a batch", len(s)))
	}
	copy(b.Data, Float32(t.Data))
	return b
}

// Float32 rounds the values.
func Float32(values []float64) []float32 {
	rounded := make([]float32, len(values))
	for i, v := range values {
		rounded[i] = float32(v)
	}
	return rounded
}

// Close reports an error unless got has as many values as want, none of them
// NaN, and the largest difference is at most tolerance of want's largest
// magnitude. It says where the largest difference is.
func Close[G, W float32 | float64](t testing.TB, name string, got []G, want []W, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", name, len(got), len(want))
		return
	}
	if e, i := Error(got, want); !(e <= tolerance) {
		t.Errorf("%s: value %d of %d is %v, want %v: error %.3g of the largest, tolerance %g",
			name, i, len(want), got[i], want[i], e, tolerance)
	}
}

// Error is the largest difference between got and want as a share of want's
// largest magnitude, and its position. It is NaN at the first NaN.
func Error[G, W float32 | float64](got []G, want []W) (relative float64, at int) {
	// Smaller values than the smallest normal float32 cannot be told apart.
	scale := 0x1p-126
	for _, w := range want {
		scale = max(scale, math.Abs(float64(w)))
	}
	for i, w := range want {
		e := math.Abs(float64(got[i])-float64(w)) / scale
		if math.IsNaN(e) {
			return e, i
		}
		if e > relative {
			relative, at = e, i
		}
	}
	return relative, at
}
