package golden

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorder is a testing.TB that remembers errors.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestClose(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name      string
		got, want []float64
		wrong     string
	}{
		{"equal", []float64{1, 2}, []float64{1, 2}, ""},
		{"within the largest's share", []float64{100, 0.0009}, []float64{100, 0}, ""},
		{"outside", []float64{100, 1, 0.0011}, []float64{100, 1, 0}, "value 2 of 3"},
		{"NaN", []float64{1, nan}, []float64{1, 2}, "value 1 of 2 is NaN"},
		{"infinite", []float64{1, math.Inf(1)}, []float64{1, 2}, "value 1 of 2"},
		{"short", []float64{1}, []float64{1, 2}, "1 values, want 2"},
		{"zeros", []float64{0, 1e-30}, []float64{0, 0}, "value 1 of 2"},
		{"nothing", nil, nil, ""},
	} {
		r := &recorder{TB: t}
		Close(r, "x", c.got, c.want, Tolerance)
		got := strings.Join(r.errors, "\n")
		if (c.wrong == "") != (got == "") || !strings.Contains(got, c.wrong) {
			t.Errorf("%s: reported %q, want %q", c.name, got, c.wrong)
		}
	}
}

func TestDecode(t *testing.T) {
	type Case struct{ X Tensor }
	for text, wrong := range map[string]string{
		`{"notes":"n","cases":[{"x":{"shape":[2],"data":[1,2]}}]}`: "",
		`{"cases":[{"x":[1,2]}]}`:                                  "",
		`{"seed":7,"made":{"by":["x"]},"cases":[{"x":[1,2]}]}`:     "",
		`{"cases":[]}`:  "no cases",
		`{"notes":"n"}`: "no cases",
		`{"cases":[{"x":{"shape":[3],"data":[1,2]}}]}`:              "shape [3] with 2 values",
		`{"cases":[{"y":{"shape":[2],"data":[1,2]}}]}`:              `unknown field "y"`,
		`{"cases":[{"x":{"shape":[2],"data":[1,2]}}]} {"cases":[]}`: "after top-level value",
	} {
		var cases []Case
		err := decode([]byte(text), &cases)
		if wrong == "" {
			if err != nil || len(cases) != 1 || cases[0].X.Data[1] != 2 || cases[0].X.Shape[0] != 2 {
				t.Errorf("%s: %v, %v", text, cases, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: error %v, want %q", text, err, wrong)
		}
	}
}

func TestFolder(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "internal", "golden")); err != nil {
		t.Error(err)
	}
	for value, want := range map[string]string{
		"": filepath.Join("testdata", "golden"), "more": filepath.Join(root, "more"), root: root,
	} {
		t.Setenv(Variable, value)
		if got, err := folder(); got != want || err != nil {
			t.Errorf("%s=%s: %s, %v, want %s", Variable, value, got, err, want)
		}
	}
}
