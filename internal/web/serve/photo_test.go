//go:build !js

package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"tatami/datasets"
	"tatami/internal/toy"
	"tatami/internal/web/serve"
	"tatami/internal/web/webtest"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// A model of colour pictures: what the API answers is what a program gets for
// the file, and the page takes pictures in place of strokes.
func TestPhotographs(t *testing.T) {
	dir := t.TempDir()
	toy.Shapes(t, dir, 20, 1)
	data, err := datasets.ImageFolder(context.Background(), dir, datasets.Options{Height: 24, Width: 32, Fit: datasets.FitContain, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	mean, deviation := datasets.Statistics(data.Train)
	net, err := nn.NewSequential(data.Train.Shape, rand.New(rand.NewPCG(1, 0)), layers.Standardize{Mean: mean, Deviation: deviation},
		layers.Convolution{Filters: 12, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 2}, layers.Affine{Units: 5}, layers.Softmax{})
	if err != nil {
		t.Fatal(err)
	}
	trainer := &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: data.Train, BatchSize: 20, Seed: 1},
		Rule: optim.Adam{}, Schedule: optim.Constant{Base: 0.003}, Epochs: 6,
	}
	if _, err := trainer.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := &nn.Model{Sequential: net, Classes: data.Train.Classes, Facts: map[string]string{datasets.FactFit: "contain"}}
	s := serve.New("test")
	if err := s.Add("shapes", m); err != nil {
		t.Fatal(err)
	}
	s.Data(data.Train, data.Test)
	url := start(t, s)

	file := data.TestFiles[slices.IndexFunc(data.TestFiles, func(path string) bool { return strings.HasSuffix(path, ".png") })]
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(url+"/api/v1/predict", "image/png", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var got struct {
		Probabilities []float32
		Image         struct{ Height, Width, Channels int }
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	img, err := datasets.ReadImage(file)
	if err != nil {
		t.Fatal(err)
	}
	x, err := datasets.Picture(m, img)
	if err != nil {
		t.Fatal(err)
	}
	if want := m.Probabilities(x).Data; !slices.Equal(got.Probabilities, want) || got.Image != (struct{ Height, Width, Channels int }{24, 32, 3}) {
		t.Errorf("the API says %v of %v, a program %v", got.Probabilities, got.Image, want)
	}

	if testing.Short() {
		return
	}
	p := webtest.Open(t, url, "/", webtest.Desktop)
	p.Until(ready)
	p.Named()
	if title := webtest.Value[string](p, `document.querySelector("h1").textContent`); title != "What is on the picture?" {
		t.Errorf("the page is called %q", title)
	}
	webtest.Value[any](p, `document.querySelector("#sample").click() ?? 0`)
	p.Until(settled)
	if got := answers(p); !slices.Contains(m.Classes, got) {
		t.Errorf("the model says %q", got)
	}
	// The input and the nearest training images are in colour.
	for _, selector := range []string{".seen", "#nearlist canvas", "#filterlist canvas", "#pad"} {
		colourful := webtest.Value[bool](p, `(c => { const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
			for (let i = 0; i < d.length; i += 4) if (Math.abs(d[i] - d[i+1]) + Math.abs(d[i+1] - d[i+2]) > 60) return true;
			return false; })(document.querySelector("%s"))`, selector)
		if !colourful {
			t.Errorf("%s is grey", selector)
		}
	}
	p.Fits()
	p.Named()
	p.Keep("photographs")
}
