package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tatami/internal/run"
	"tatami/nn"
)

// Files that are no models, cut or damaged ones, and ones of another kind.
func TestWrongModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	whole := readTestFile(t, dir, "run", "model.safetensors")
	header := int(8 + binary.LittleEndian.Uint64(whole))
	for i, c := range []struct {
		data []byte
		want string
	}{
		{nil, "not a safetensors file"},
		{[]byte("PK\x03\x04 and so on"), "not a safetensors file"},
		{readTestFile(t, dir, "run", "loss.png"), "not a safetensors file"},
		{whole[:7], "not a safetensors file"},
		{whole[:header/2], "cut short"},
		{whole[:header], "cut short"},
		{whole[:len(whole)-1], "cut short"},
		{append(bytes.Clone(whole), 0), "trailing data"},
		{bytes.Replace(whole, []byte(`"Affine`), []byte("\"\xff\xfe\xfd\xfc\xfb\xfa"), 1), ""},
		{bytes.Replace(whole, []byte(`1.affine.weight`), []byte("2.affine.weight"), 1), "1.affine.weight"},
		{bytes.Replace(whole, []byte(`Units\":50`), []byte(`Units\":51`), 1), "51"},
		{bytes.Replace(whole, []byte(`\"H\":12`), []byte(`\"H\":10`), 1), "1.affine.weight"},
		{bytes.Replace(whole, []byte(`\"ReLU\"`), []byte(`\"RelU\"`), 1), `unknown layer type "RelU"`},
		{append(bytes.Clone(whole[:len(whole)-9]), "123456789"...), "damaged"},
		{readTestFile(t, dir, "run", "checkpoint"), "not a tatami model"},
	} {
		name := fmt.Sprint("wrong", i)
		writeTestFile(t, filepath.Join(dir, name), c.data)
		for _, args := range [][]string{{"eval", name}, {"predict", name, "run/loss.png"}, {"filters", name}, {"summary", name}} {
			tatami(t, dir, args...).refuses(t, 1, name, c.want)
		}
	}
	// A name moves no cursor and forges no line.
	const escape, shown = "a\x1b[2J\ntatami: all is well", `a\x1b[2J\ntatami: all is well`
	tatami(t, dir, "predict", "run", escape).refuses(t, 1, shown)
	if runtime.GOOS != "windows" {
		writeTestFile(t, filepath.Join(dir, escape), readTestFile(t, dir, "run", "loss.png"))
		if o := tatami(t, dir, "predict", "run", escape); o.code != 0 || !strings.HasPrefix(o.stdout, shown+": ") || strings.Count(o.stdout, "\n") != 1 || strings.Contains(o.stderr, "\x1b") {
			t.Errorf("%+v", o)
		}
	}
	// Whole, but of no use.
	m, err := run.LoadModel(filepath.Join(dir, "run", "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	m.Params()[0].Value.Data[7] = float32(math.NaN())
	if err := nn.Save(filepath.Join(dir, "nan"), m); err != nil {
		t.Fatal(err)
	}
	tatami(t, dir, "eval", "nan", "--data", "data", "--json").refuses(t, 1, "nan: damaged")
	tatami(t, dir, "predict", "nan", "run/loss.png", "--json").refuses(t, 1, "nan: damaged")
	succeeds(t, dir, "filters", "nan", "--image", "run/loss.png", "--out", "n.png", "--maps", "m.png")
	for name, file := range map[string]string{"nowhere": "nowhere", "/dev/null": "/dev/null", "data": "data/model.safetensors"} {
		for _, args := range [][]string{{"eval", name}, {"predict", name, "run/loss.png"}, {"filters", name}, {"summary", name + "/"}, {"serve", name}} {
			if args[0] != "summary" || name == "data" {
				tatami(t, dir, args...).refuses(t, 1, "cannot read "+file+": ")
			}
		}
	}
	tatami(t, dir, "summary", "nowhere.safetensors").refuses(t, 1, "nowhere.safetensors", "no such file")
	tatami(t, dir, "summary", "nowhere.json").refuses(t, 1, "cannot read nowhere.json", "no such file")
}
