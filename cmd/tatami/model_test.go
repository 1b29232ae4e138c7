package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"tatami/datasets"
)

// picture is an MNIST image as one might photograph it: enlarged, with a
// margin, its ink dark on light if dark says so.
func picture(pixels []byte, scale int, dark bool) *image.Gray {
	side := 28 * scale
	small := &image.Gray{Pix: pixels, Stride: 28, Rect: image.Rect(0, 0, 28, 28)}
	img := image.NewGray(image.Rect(0, 0, side+7, side+30))
	draw.CatmullRom.Scale(img, image.Rect(3, 20, 3+side, 20+side), small, small.Rect, draw.Src, nil)
	for i, v := range img.Pix {
		img.Pix[i] = 20 + v/255*200 + v%255/2
		if dark {
			img.Pix[i] = 255 - img.Pix[i]
		}
	}
	return img
}

// Digits of the test set come out as they were, from pictures of all kinds.
func TestPredict(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, test, err := datasets.MNIST()
	if err != nil {
		t.Fatal(err)
	}
	succeeds(t, dir, "train", "--net", "mlp", "--limit", "20000", "--epochs", "3", "--out", "run", "--quiet")
	model := "run/model.safetensors"
	m, err := loadModel(filepath.Join(dir, model))
	if err != nil {
		t.Fatal(err)
	}
	args, want := []string{"predict", model, "--json"}, []int{}
	for i := 0; len(want) < 20; i++ {
		label := int(test.Labels[i])
		if m.Predict(datasets.Tensor(test.Shape, test.Images[i])).Data[label] < 0.99 {
			continue
		}
		var b bytes.Buffer
		k := len(want)
		img := picture(test.Images[i], []int{1, 4, 11, 30}[k%4], k%8 < 4)
		name := fmt.Sprintf("%d.png", k)
		switch k % 3 {
		case 0:
			err = png.Encode(&b, img)
		case 1:
			name = fmt.Sprintf("%d.jpg", k)
			err = jpeg.Encode(&b, img, nil)
		case 2:
			name = fmt.Sprintf("%d.gif", k)
			err = gif.Encode(&b, img, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		writeTestFile(t, filepath.Join(dir, name), b.Bytes())
		args, want = append(args, name), append(want, label)
	}
	got := readJSON[[]prediction](t, []byte(succeeds(t, dir, args...)))
	if len(got) != len(want) {
		t.Fatalf("%d predictions of %d pictures", len(got), len(want))
	}
	right := 0
	for i, p := range got {
		var sum float64
		for _, v := range p.Probabilities {
			sum += float64(v)
		}
		if p.Image != args[3+i] || math.Abs(sum-1) > 1e-5 || len(p.Classes) != 10 ||
			p.Probability != float64(slices.Max(p.Probabilities)) || p.Label != p.Classes[slices.Index(p.Probabilities, slices.Max(p.Probabilities))] {
			t.Errorf("%+v", p)
		}
		if p.Label == fmt.Sprint(want[i]) {
			right++
		} else {
			t.Logf("%s is %d, taken for %s (%.2f)", p.Image, want[i], p.Label, p.Probability)
		}
	}
	if right < len(want)-1 {
		t.Errorf("%d of %d pictures are right", right, len(want))
	}
	line := regexp.MustCompile(`^(\d) (\d+\.\d\d)%, (\d) (\d+\.\d\d)%, (\d) (\d+\.\d\d)%$`)
	for i, text := range strings.Split(strings.TrimSpace(succeeds(t, dir, append(slices.Clone(args[:2]), args[3:]...)...)), "\n") {
		rest, ok := strings.CutPrefix(text, args[3+i]+": ")
		parts := line.FindStringSubmatch(rest)
		if !ok || parts == nil || parts[1] != got[i].Label || parts[2] != fmt.Sprintf("%.2f", 100*got[i].Probability) {
			t.Errorf("printed %q, wanted the three likeliest of %+v", text, got[i])
		}
	}
}

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
