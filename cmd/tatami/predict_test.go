package main

import (
	"bytes"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"tatami/datasets"
	"tatami/internal/describe"
	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/layers/inspect"
	"tatami/nn"
)

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
	m, err := run.LoadModel(filepath.Join(dir, model))
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
	got := readJSON[[]describe.Prediction](t, []byte(succeeds(t, dir, args...)))
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
	line := regexp.MustCompile(`^(\d) (>?\d+\.\d\d%), (\d) (\d+\.\d\d%|\d\.\de-\d+), (\d) (\d+\.\d\d%|\d\.\de-\d+)$`)
	shown := func(p float64) string {
		if p > 0.99995 && p < 1 {
			return ">99.99%"
		}
		return fmt.Sprintf("%.2f%%", 100*p)
	}
	o := tatami(t, dir, append(slices.Clone(args[:2]), args[3:]...)...)
	doubtful := ""
	for _, p := range got { // of good digits; a blurred one may be told of
		doubtful += p.DoubtsText(words.English)
	}
	if o.code != 0 || o.stderr != doubtful || strings.Count(doubtful, "\n") > 4 {
		t.Errorf("exit %d\n%s\nwanted\n%s", o.code, o.stderr, doubtful)
	}
	for i, text := range strings.Split(strings.TrimSpace(o.stdout), "\n") {
		rest, ok := strings.CutPrefix(text, args[3+i]+": ")
		parts := line.FindStringSubmatch(rest)
		if !ok || parts == nil || parts[1] != got[i].Label || parts[2] != shown(got[i].Probability) {
			t.Errorf("printed %q, wanted the three likeliest of %+v", text, got[i])
		}
	}
}

// What is no digit is answered all the same, and doubted, in both languages.
func TestPredictDoubts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	succeeds(t, dir, "train", "--net", "mlp", "--limit", "5000", "--epochs", "1", "--out", "run", "--quiet")
	rng := rand.New(rand.NewPCG(1, 2))
	noise := image.NewGray(image.Rect(0, 0, 60, 60))
	for i := range noise.Pix {
		noise.Pix[i] = byte(rng.IntN(256))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, noise); err != nil {
		t.Fatal(err)
	}
	writeTestFile(t, filepath.Join(dir, "noise.png"), b.Bytes())
	for language, want := range map[string]string{
		"en": "noise.png: the model is unsure, no answer has two thirds of the probability\n",
		"ja": "noise.png：モデルの答えは不確かです（最も高い確率でも 3 分の 2 未満）\n",
	} {
		o := tatami(t, dir, "predict", "run", "noise.png", "--lang", language)
		if o.code != 0 || !strings.HasPrefix(o.stderr, want) || strings.Count(o.stdout, "\n") != 1 {
			t.Errorf("%+v", o)
		}
	}
	got := readJSON[[]describe.Prediction](t, []byte(succeeds(t, dir, "predict", "run", "noise.png", "--json")))
	if !slices.Contains(got[0].Doubts, inspect.Unsure) {
		t.Errorf("%+v", got)
	}
}

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

// What cannot be read is told of, and the other pictures are answered.
func TestPredictGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	_, test, err := datasets.MNIST()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture(test.Images[0], 2, false)); err != nil {
		t.Fatal(err)
	}
	writeTestFile(t, filepath.Join(dir, "one.png"), b.Bytes())
	writeTestFile(t, filepath.Join(dir, "text.png"), []byte("a digit"))
	pictures := []string{"nowhere.png", "one.png", "text.png", "one.png"}
	o := tatami(t, dir, append([]string{"predict", "run"}, pictures...)...)
	doubtful := strings.Repeat("one.png: the model is unsure, no answer has two thirds of the probability\n", 2)
	errs := "tatami: cannot read nowhere.png: no such file or directory\ntatami: text.png: not a PNG, JPEG, GIF, BMP or WebP image\n"
	if o.code != 1 || o.stderr != doubtful+errs || strings.Count(o.stdout, "one.png: ") != 2 || strings.Count(o.stdout, "\n") != 2 {
		t.Errorf("%+v", o)
	}
	o = tatami(t, dir, append([]string{"predict", "run", "--json"}, pictures...)...)
	if got := readJSON[[]describe.Prediction](t, []byte(o.stdout)); o.code != 1 || o.stderr != errs || len(got) != 2 || got[1].Image != "one.png" {
		t.Errorf("%+v", o)
	}
}

// An answer is a number a class, and no image.
func TestPredictRefusesImages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	net, err := nn.NewSequential(nn.Shape{H: 12, W: 10, C: 1}, rand.New(rand.NewPCG(1, 1)), layers.Convolution{Filters: 2, Kernel: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := nn.Save(filepath.Join(dir, "image"), &nn.Model{Sequential: net}); err != nil {
		t.Fatal(err)
	}
	tatami(t, dir, "predict", "image", "x.png").refuses(t, 1, "image: its output is an image of 10×8×2", "wanted")
}

// A network that ends in scores is asked for probabilities all the same.
func TestPredictScores(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeTestFile(t, filepath.Join(dir, "scores.json"), []byte(`{"input": {"H": 12, "W": 10, "C": 1}, "layers": [{"type": "Affine", "Units": 3}]}`))
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "3", "--net", "scores.json", "--lr", "0.1")
	got := readJSON[[]describe.Prediction](t, []byte(succeeds(t, dir, "predict", "run", "run/filters.png", "--json")))
	sum := 0.0
	for _, p := range got[0].Probabilities {
		if !(p >= 0 && p <= 1) {
			t.Errorf("a probability of %g", p)
		}
		sum += float64(p)
	}
	if math.Abs(sum-1) > 1e-6 {
		t.Errorf("the probabilities %v have the sum %g", got[0].Probabilities, sum)
	}
}
