package nn_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tatami/internal/toy"
	"tatami/nn"
	training "tatami/train" // a helper of these tests has that name
)

// costs fails the test where f takes more memory, added up, or processor time.
func costs(t *testing.T, name string, most uint64, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := toy.CPU()
	f()
	took := toy.CPU() - start
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > most || took > 10*time.Second {
		t.Errorf("%s: %d bytes and %v, wanted at most %d and 10 s", name, used, took, most)
	}
}

// A text that describes layers costs no more than its size pays for.
func TestArchitectureBudget(t *testing.T) {
	const size = 1 << 19
	for name, c := range map[string]struct{ before, again, after string }{
		"many layers":       {`{"input":{"H":9,"W":9,"C":1},"layers":[{"type":"ReLU"}`, `,{"type":"ReLU"}`, `]}`},
		"many keys":         {`{"input":{"H":9,"W":9,"C":1},"layers":[{"type":"ReLU"`, `,"x":1`, `}]}`},
		"nested lists":      {`{"input":`, `[`, ``},
		"nested objects":    {`{"input":{"H":1,"W":1,"C":1},"layers":`, `{"a":`, ``},
		"a long name":       {`{"input":{"H":1,"W":1,"C":1},"layers":[{"type":"`, `x`, `"}]}`},
		"large kernels":     {`{"input":{"H":1000,"W":1000,"C":1},"layers":[{"type":"ReLU"}`, `,{"type":"Convolution","Filters":1000000,"Kernel":999}`, `]}`},
		"as many as may be": {`{"input":{"H":9,"W":9,"C":1},"layers":[{"type":"ReLU"}` + strings.Repeat(`,{"type":"ReLU"}`, 4095) + `]}`, ` `, ``},
		"a long number":     {`{"input":{"H":1`, `0`, `,"W":1,"C":1},"layers":[]}`},
		"nothing but ink":   {``, `{"`, ``},
	} {
		text := []byte(c.before + strings.Repeat(c.again, size/len(c.again)) + c.after)
		costs(t, name, 128*size, func() {
			in, specs, err := nn.ParseArchitecture(text, catalog())
			if err == nil {
				_, err = nn.NewSequential(in, nil, specs...)
			}
			if err != nil && len(err.Error()) > 2000 {
				t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
			}
		})
	}
}

// The header of a model or checkpoint costs no more than its size pays for.
func TestHeaderBudget(t *testing.T) {
	const size = 1 << 19
	dir := t.TempDir()
	for name, header := range map[string]string{
		"many tensors":  "{" + strings.Repeat(`"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},`, size/52) + `"b":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`,
		"a long shape":  `{"a":{"dtype":"F32","shape":[` + strings.Repeat("1,", size/2) + `1],"data_offsets":[0,4]}}`,
		"nested lists":  `{"a":` + strings.Repeat("[", size),
		"many metadata": `{"__metadata__":{` + strings.Repeat(`"a":"",`, size/7) + `"b":""}}`,
		"spaces":        "{}" + strings.Repeat(" ", size),
		"a long name":   `{"` + strings.Repeat("x", size) + `":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}`,
	} {
		path := filepath.Join(dir, fmt.Sprint(len(name)))
		file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
		if err := os.WriteFile(path, append(file, 0, 0, 0, 0), 0o644); err != nil {
			t.Fatal(err)
		}
		for kind, read := range map[string]func() error{
			"model":      func() error { _, err := nn.Load(path, catalog()); return err },
			"checkpoint": func() error { _, err := training.Settings(path); return err },
		} {
			costs(t, name+" in a "+kind, 128*size, func() {
				if err := read(); err == nil || len(err.Error()) > 2000 {
					t.Errorf("%s in a %s: error of %d bytes", name, kind, len(fmt.Sprint(err)))
				}
			})
		}
	}
}
