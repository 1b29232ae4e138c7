package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"tatami/internal/toy"
)

// Data that are not whole are refused by the name of the file at fault, and a
// run that was to be replaced stays.
func TestWrongData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	gz := bars
	gz.gz = true
	const images, labels, testLabels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"
	change := func(name string, f func(data []byte) []byte) func(t *testing.T, data string) {
		return func(t *testing.T, data string) {
			path := filepath.Join(data, name)
			writeTestFile(t, path, f(readTestFile(t, path)))
		}
	}
	count := func(n uint32) func(data []byte) []byte {
		return func(data []byte) []byte {
			binary.BigEndian.PutUint32(data[4:], n)
			return data
		}
	}
	for i, c := range []struct {
		set   idxSet
		spoil func(t *testing.T, data string)
		want  []string
	}{
		{bars, func(t *testing.T, data string) { os.Remove(filepath.Join(data, labels)) }, []string{"train-labels-idx1-ubyte"}},
		{bars, func(t *testing.T, data string) { os.RemoveAll(data) }, []string{"no such file"}},
		{bars, func(t *testing.T, data string) { os.RemoveAll(data); writeTestFile(t, data, nil) }, []string{"not a directory"}},
		{bars, change(images, func(d []byte) []byte { return d[:len(d)-1] }), []string{images, "truncated"}},
		{bars, change(images, func(d []byte) []byte { return d[:6] }), []string{images, "truncated"}},
		{bars, change(images, func(d []byte) []byte { return nil }), []string{images, "truncated"}},
		{bars, change(images, func(d []byte) []byte { return append(d, 0) }), []string{images, "more than"}},
		{bars, change(images, count(2_000_000_000)), []string{images, "truncated"}},
		{bars, change(labels, count(0)), []string{labels, "zero"}},
		{bars, change(labels, func(d []byte) []byte { return toy.IDX(d[8:len(d)-1], len(d)-9) }), []string{labels, "229 labels, wanted 230"}},
		{bars, change(labels, func(d []byte) []byte { d[20] = 77; return d }), []string{labels, "label 77 of image 12", "outside the classes"}},
		{bars, change(testLabels, func(d []byte) []byte { d[10] = 3; return d }), []string{testLabels, "label 3 of image 2", "outside the classes 0 to 2"}},
		{bars, change(labels, func(d []byte) []byte { d[2] = 13; return d }), []string{labels, "magic number 0x00000d01", "0x00000801"}},
		{bars, change(images, func(d []byte) []byte { return toy.Zipped(d) }), []string{images, "magic number"}},
		{gz, change(images+".gz", func(d []byte) []byte { return d[:len(d)/2] }), []string{images + ".gz", "truncated"}},
		{gz, change(images+".gz", func(d []byte) []byte { return []byte("not zipped at all") }), []string{images + ".gz", "not gzip"}},
		{gz, change(images+".gz", func(d []byte) []byte { d[len(d)/2] ^= 0xff; return d }), []string{images + ".gz"}},
	} {
		name := fmt.Sprint("wrong", i)
		data := c.set.write(t, filepath.Join(dir, name))
		c.spoil(t, data)
		untouched(t, filepath.Join(dir, "run"), func() {
			tatami(t, dir, "train", "--data", name, "--out", "run", "--overwrite").refuses(t, 1, append(c.want, name)...)
			tatami(t, dir, "eval", "run/model.safetensors", "--data", name).refuses(t, 1, append(c.want, name)...)
		})
	}
	// A whole set, but of other images or classes than the model's.
	other := bars
	other.width = 11
	other.write(t, filepath.Join(dir, "wide"))
	tatami(t, dir, "eval", "run/model.safetensors", "--data", "wide").refuses(t, 1, "run/model.safetensors", "12×10×1", "12×11×1")
	other = bars
	other.class = 4
	other.write(t, filepath.Join(dir, "four"))
	tatami(t, dir, "eval", "run/model.safetensors", "--data", "four").refuses(t, 1, "run/model.safetensors", "3", "4 classes")
	tatami(t, dir, "eval", "run/model.safetensors", "--data", "").refuses(t, 1, "run/model.safetensors", "12×10×1", "28×28×1")
	writeTestFile(t, filepath.Join(dir, "net.json"), []byte(`{"input":{"H":12,"W":10,"C":1},"layers":[{"type":"Convolution","Filters":1,"Kernel":10},{"type":"Softmax"}]}`))
	tatami(t, dir, "train", "--data", "data", "--net", "net.json").refuses(t, 1, "net.json", "3×1×1", "3 classes")
	// What the model was trained on has gone.
	if err := os.Rename(filepath.Join(dir, "data"), filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	tatami(t, dir, "eval", "run/model.safetensors").refuses(t, 1, "run/model.safetensors", "give --data", filepath.Join(dir, "data"))
	succeeds(t, dir, "eval", "run/model.safetensors", "--data", "elsewhere")
}
