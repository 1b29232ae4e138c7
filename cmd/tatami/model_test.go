package main

import (
	"bytes"
	"encoding/xml"
	"image"
	"image/color"
	"image/png"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestFiltersPictures(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1")
	var b bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, 40, 60))
	for y := 10; y < 50; y++ {
		img.SetGray(20, y, color.Gray{Y: 255})
	}
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	writeTestFile(t, filepath.Join(dir, "one.png"), b.Bytes())
	model := "run/model.safetensors"
	if got := succeeds(t, dir, "filters", model); got != "filters.png\n" {
		t.Errorf("printed %q", got)
	}
	if got := succeeds(t, dir, "filters", model, "--image", "one.png"); got != "filters.png\nmaps.png\n" {
		t.Errorf("printed %q", got)
	}
	for _, name := range []string{"filters.png", "maps.png"} {
		if img, err := png.Decode(bytes.NewReader(readTestFile(t, dir, name))); err != nil || img.Bounds().Dx() < 200 {
			t.Errorf("%s: %v", name, err)
		}
	}
	succeeds(t, dir, "filters", model, "--image", "one.png", "--out", "f.SVG", "--maps", "m.pdf")
	d := xml.NewDecoder(bytes.NewReader(readTestFile(t, dir, "f.SVG")))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.HasPrefix(readTestFile(t, dir, "m.pdf"), []byte("%PDF-")) {
		t.Error("m.pdf is no PDF")
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, want := range map[string]string{"mlp": "39,760", "simple": "433,890", "deep": "123,552", "lenet": "61,706"} {
		got := succeeds(t, dir, "summary", name)
		total := regexp.MustCompile(`total +([\d,]+) +[\d,]+\n$`).FindStringSubmatch(got)
		if total == nil || total[1] != want {
			t.Errorf("%s has %s parameters, wanted %s", name, got, want)
		}
	}
	// A model may have any name.
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	writeTestFile(t, filepath.Join(dir, "my model"), readTestFile(t, dir, "run", "model.safetensors"))
	if got := succeeds(t, dir, "summary", "my model"); !strings.Contains(got, "1 Affine 50") || !strings.Contains(got, "12×10×1") {
		t.Errorf("printed\n%s", got)
	}
}

// Learned and fixed parameters are told apart: batch normalization learns two a
// channel and keeps two running statistics.
func TestSummaryLearned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeTestFile(t, filepath.Join(dir, "net.json"), []byte(`{"input":{"H":8,"W":8,"C":1},"layers":[{"type":"Convolution","Filters":7,"Kernel":3},`+
		`{"type":"BatchNormalization"},{"type":"Affine","Units":10}]}`))
	got := succeeds(t, dir, "summary", "net.json")
	for _, want := range []string{
		`(?m)^layer .* parameters  multiply-adds +learned +fixed$`, `(?m)^1 Convolution 3×3 .* 70 +0$`, `(?m)^2 BatchNormalization .* 28 +0 +14 +14$`,
		`(?m)^total +2,628 +[\d,]+ +2,614 +14$`,
	} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("summary lacks %s:\n%s", want, got)
		}
	}
	got = succeeds(t, dir, "summary", "resnet")
	for _, want := range []string{
		`(?m)^  body 5 BatchNormalization .* 64 +0 +32 +32$`, `(?m)^  shortcut 1 Convolution 1×1 .* 544 +100,352 +544 +0$`, `(?m)^total .* 77,898 +480$`,
	} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("summary lacks %s:\n%s", want, got)
		}
	}
	if text := succeeds(t, dir, "summary", "simple"); strings.Contains(text, "fixed") {
		t.Errorf("a network that learns all:\n%s", text)
	}
}

// The network drawn has every layer with its shape and the formula of its
// parameters; a name that is no picture's is wrong usage.
func TestSummaryPicture(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if got := succeeds(t, dir, "summary", "resnet", "--picture", "net.svg"); !strings.HasSuffix(got, "\nnet.svg\n") || !strings.HasPrefix(got, "layer") {
		t.Errorf("printed\n%s", got)
	}
	svg := string(readTestFile(t, dir, "net.svg"))
	for _, want := range []string{"78,378 parameters", "28×28×1", "3·3·1·16 + 16 = 160", "running statistics: 16 + 16 = 32", "shortcut 1 Convolution 1×1 stride 2", "from the block", "64·10 + 10 = 650"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
	succeeds(t, dir, "summary", "simple", "--picture", "net.png")
	if png := readTestFile(t, dir, "net.png"); !strings.HasPrefix(string(png), "\x89PNG") {
		t.Error("net.png is no PNG")
	}
}

// The book's weights, imported, score as they do in the book.
func TestImport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	simple, sample := shared(t, "book/simple_convnet.safetensors"), shared(t, "book/sample_weight.safetensors")
	writeTestFile(t, filepath.Join(dir, "three.json"), []byte(`{"input":{"H":28,"W":28,"C":1},"layers":[`+
		`{"type":"Affine","Units":50},{"type":"Sigmoid"},{"type":"Affine","Units":100},{"type":"Sigmoid"},{"type":"Affine","Units":10}]}`))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"import", simple, "--net", "simple", "--out", "model"}, "test accuracy 98.90% (9890/10000), loss 0.0523\n"},
		{[]string{"import", sample, "--net", "three.json", "--out", "model"}, "test accuracy 93.52% (9352/10000), loss "},
	} {
		if got := succeeds(t, dir, c.args...); got != "model\n" {
			t.Errorf("printed %q", got)
		}
		if got := succeeds(t, dir, "eval", "model"); !strings.HasPrefix(got, c.want) {
			t.Errorf("%v: %s", c.args, got)
		}
	}
	untouched(t, dir, func() {
		tatami(t, dir, "import", simple, "--net", "mlp", "--out", "model").refuses(t, 1, simple, "layer1.weight", "[30 1 5 5]", "[50 784]")
		tatami(t, dir, "import", simple, "--net", "deep", "--out", "model").refuses(t, 1, simple, "layer1.weight", "[16 1 3 3]")
		tatami(t, dir, "import", sample, "--net", "mlp", "--out", "model").refuses(t, 1, sample)
		tatami(t, dir, "import", "model", "--out", "./model").refuses(t, 2, "--out is ./model")
		tatami(t, dir, "import", "three.json", "--out", "model").refuses(t, 1, "three.json: not a safetensors file")
	})
}
