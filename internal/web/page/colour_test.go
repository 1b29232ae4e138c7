//go:build !js

package page_test

import (
	"bytes"
	"io"
	"slices"
	"testing"

	"tatami/datasets"
	"tatami/internal/toy"
	"tatami/internal/web/module"
	"tatami/internal/web/page"
	"tatami/internal/web/webtest"
	"tatami/layers"
	"tatami/nn"
)

// The published page of a model of colour pictures takes one that is dropped,
// as its pixels are, and answers what the model does.
func TestPublishColour(t *testing.T) {
	in := nn.Shape{H: 32, W: 32, C: 3}
	net := toy.Network(t, in,
		layers.Standardize{Mean: []float64{0.5}, Deviation: []float64{0.25}},
		layers.Convolution{Filters: 3, Kernel: 1}, layers.GlobalAveragePooling{}, layers.Affine{Units: 3}, layers.Softmax{})
	for _, p := range net.Params() { // the strongest channel wins
		for i := range p.Value.Data {
			p.Value.Data[i] = 0
			if len(p.Value.Data) == 9 && i%4 == 0 {
				p.Value.Data[i] = 1
			}
		}
	}
	classes := []string{"赤い花", "grass", "sea & <sky>"}
	var file bytes.Buffer
	model := &nn.Model{Sequential: net, Classes: classes, Facts: map[string]string{datasets.FactFit: string(datasets.FitCover)}}
	if err := nn.Encode(&file, model); err != nil {
		t.Fatal(err)
	}
	m := buildModule(t, module.Look)
	base, _ := left(t, func(w io.Writer) error {
		return page.Publish(w, m, []page.NamedFile{{Name: "colours", Data: file.Bytes()}})
	})
	for name, w := range map[string]webtest.Window{"published-colour": webtest.Desktop, "published-colour-phone": webtest.Phone} {
		p := webtest.Open(t, base, "page.html", w)
		p.Until(`"ready" in document.body.dataset`)
		answers := map[string]bool{}
		for _, colour := range [][3]byte{{250, 10, 30}, {5, 240, 60}, {20, 40, 255}} {
			pixels := make([]byte, 0, in.Size())
			for i := range 32 * 32 {
				pixels = append(pixels, colour[0], colour[1]/byte(1+i/32%2), colour[2]) // every other row darker
			}
			webtest.Value[bool](p, `delete document.body.dataset.predicted && (async () => {
				const page = new OffscreenCanvas(32, 32), brush = page.getContext("2d");
				for (let i = 0; i < 32; i++) {
					brush.fillStyle = "rgb(%d " + Math.floor(%d / (1 + i %% 2)) + " %d)";
					brush.fillRect(0, i, 32, 1);
				}
				const data = new DataTransfer();
				data.items.add(new File([await page.convertToBlob()], "picture.png", { type: "image/png" }));
				return dispatchEvent(new DragEvent("drop", { dataTransfer: data }));
			})() && true`, colour[0], colour[1], colour[2])
			p.Until(`(d => d.predicted && d.predicted === d.drawn && d.looked === d.drawn)(document.body.dataset)`)
			var seen []byte
			for _, v := range webtest.Value[[]int](p, `JSON.parse(sessionStorage.getItem("digit")).image.pixels`) {
				seen = append(seen, byte(v))
			}
			if !slices.Equal(seen, pixels) {
				t.Fatalf("of %v the model sees %v…, wanted %v…", colour, seen[:6], pixels[:6])
			}
			of := net.Probabilities(datasets.Tensor(in, pixels)).Data
			want := classes[slices.Index(of, slices.Max(of))]
			answers[want] = true
			if got := webtest.Value[string](p, `document.querySelector("output").textContent`); got != want {
				t.Errorf("%v is %q on the page, %q to the model", colour, got, want)
			}
		}
		if len(answers) != 3 {
			t.Errorf("all pictures are %v", answers)
		}
		p.Fits()
		p.Named()
		p.Keep(name)
		p.Quiet()
	}
}
