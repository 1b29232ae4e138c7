package main

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrongImage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp", "--fit", "digit")
	encode := func(img image.Image) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	blank := image.NewGray(image.Rect(0, 0, 30, 30))
	digit := image.NewGray(blank.Rect)
	for i := 10; i < 20; i++ {
		digit.SetGray(15, i, color.Gray{Y: 255})
	}
	whole := encode(digit)
	huge := bytes.Clone(whole)
	copy(huge[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0})                        // 65,536 pixels a side
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29])) // of the header
	writeTestFile(t, filepath.Join(dir, "whole.png"), whole)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty.png": {nil, "not a PNG, JPEG, GIF, BMP or WebP"},
		"text.png":  {[]byte("a digit"), "not a PNG, JPEG, GIF, BMP or WebP"},
		"cut.png":   {whole[:len(whole)-20], "damaged"},
		"head.png":  {whole[:20], "damaged"},
		"jpeg.jpg":  {[]byte("\xff\xd8\xff\xe0\x00\x10JFIF"), "damaged"},
		"gif.gif":   {[]byte("GIF89a\x02\x00\x02\x00\x80\x00\x00"), "damaged"},
		"huge.png":  {huge, "65536×65536"},
		"blank.png": {encode(blank), "blank"},
		"pdf.png":   {[]byte("%PDF-1.4"), "not a PNG, JPEG, GIF, BMP or WebP"},
	} {
		writeTestFile(t, filepath.Join(dir, name), c.data)
		untouched(t, dir, func() {
			tatami(t, dir, "predict", "run/model.safetensors", name).refuses(t, 1, name, c.want)
			tatami(t, dir, "filters", "run/model.safetensors", "--image", name).refuses(t, 1, name, c.want)
		})
	}
	tatami(t, dir, "predict", "run/model.safetensors", "nowhere.png").refuses(t, 1, "cannot read nowhere.png")
	tatami(t, dir, "predict", "run/model.safetensors", "run").refuses(t, 1, "run")
	if o := tatami(t, dir, "predict", "run/model.safetensors", "whole.png"); o.code != 0 || o.stdout == "" || o.stderr != "" && !strings.HasPrefix(o.stderr, "whole.png: the model is unsure") {
		t.Errorf("of the whole picture: exit %d, %q, %q", o.code, o.stdout, o.stderr)
	}
}

// A place that cannot be written to is named, without a trace of temporary
// files.
func TestWrongPlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	writeTestFile(t, filepath.Join(dir, "file"), []byte("mine"))
	places := []string{"file", "file/below", "run/run.json/x"}
	if os.Getuid() != 0 { // who may write everywhere
		if err := os.Mkdir(filepath.Join(dir, "locked"), 0o555); err != nil {
			t.Fatal(err)
		}
		places = append(places, "locked", "locked/below")
	}
	untouched(t, dir, func() {
		for _, place := range places {
			tatami(t, dir, "train", "--data", "data", "--net", "mlp", "--out", place).refuses(t, 1, place)
			picture := filepath.Join(place, "f.png")
			tatami(t, dir, "filters", "run/model.safetensors", "--out", picture).refuses(t, 1, "cannot write "+picture+": ")
		}
		tatami(t, dir, "filters", "run/model.safetensors", "--out", "nowhere/f.png").refuses(t, 1, "cannot write nowhere/f.png: no such file")
	})
}

// A run that goes wrong ends with the step, the layer and what to try.
func TestDiverged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	for _, c := range []struct{ args, want string }{
		{"--optimizer sgd --schedule constant --lr 1e9 --net deep", "first in layer "},
		{"--optimizer momentum --schedule constant --lr 1e9 --epochs 20", "first in "},
		{"--optimizer adam --schedule constant --lr 1e30", "first in layer "},
		{"--optimizer sgd --lr 1e38 --net mlp", "first in layer "},
		{"--optimizer sgd --schedule exponential:factor=1e200 --lr 0.1", ""},
	} {
		args := append([]string{"train", "--data", "data", "--out", "out", "--quiet"}, strings.Fields(c.args)...)
		tatami(t, dir, args...).refuses(t, 1, "step ", "not finite", c.want)
		if left := content(t, filepath.Join(dir, "out")); left["run.json"] != "" {
			t.Errorf("%s left %v", c.args, left)
		}
		os.RemoveAll(filepath.Join(dir, "out"))
	}
}
