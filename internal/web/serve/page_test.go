//go:build !js

package serve_test

import (
	"encoding/json"
	"image"
	"image/draw"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tatami/datasets"
	"tatami/internal/web/serve"
	"tatami/internal/web/webtest"
)

// three is the way of a pen that writes a 3, in a square of side 1.
func three() (points [][2]float64) {
	arc := func(y, from, to float64) {
		for i := range 12 {
			a := (from + (to-from)*float64(i)/11) * math.Pi / 180
			points = append(points, [2]float64{0.48 + 0.17*math.Cos(a), y + 0.15*math.Sin(a)})
		}
	}
	arc(0.35, -150, 90)
	arc(0.65, -90, 150)
	return points
}

const (
	ready = `"ready" in document.body.dataset`
	// settled is a page on which all that follows from its picture is there.
	settled = `(d => d.predicted === d.drawn && d.looked === d.drawn)(document.body.dataset)`
)

// drawThree draws a 3 on a page and waits until it is settled.
func drawThree(p *webtest.Page, w webtest.Window) {
	p.Helper()
	p.Until(ready)
	p.Drag(w, "#pad", three(), func() { // the probabilities come as one draws
		p.Until(`/^[0-9]$/.test(document.querySelector("output").textContent)`)
	})
	p.Until(settled)
}

func answers(p *webtest.Page) string {
	return webtest.Value[string](p, `[...document.querySelectorAll("output")].map(e => e.textContent).join()`)
}

// What a model brings with it is text on all pages.
func TestHostileNames(t *testing.T) {
	model := fresh(t, "lenet")
	for i := range 10 {
		model.Classes = append(model.Classes, strconv.Itoa(i)+webtest.Hostile)
	}
	model.Facts = map[string]string{"data": webtest.Hostile, webtest.Hostile: webtest.Hostile}
	s := serve.New(webtest.Hostile)
	if err := s.Add("lenet"+webtest.Hostile, model); err != nil {
		t.Fatal(err)
	}
	data := pictures(50)
	data.Classes = model.Classes
	s.Data(data, data.Limit(30))
	url := start(t, s)
	p := webtest.Open(t, url, "/", webtest.Desktop)
	p.Until(ready)
	p.Drag(webtest.Desktop, "#pad", three(), nil)
	p.Until(settled)
	p.Harmless()
	p.Keep("hostile")
	p.Quiet()
	p = webtest.Open(t, url, "/bench", webtest.Desktop)
	p.Until(ready)
	p.Harmless()
	p.Quiet()
}

func TestPageOnDesktop(t *testing.T) {
	s := serveModels(t, true)
	p := webtest.Open(t, s.url, "/", webtest.Desktop)
	p.Until(ready)
	p.Fits()
	p.Named()
	p.Keep("desktop-empty")
	drawThree(p, webtest.Desktop)
	if got := answers(p); got != "3,3" {
		t.Errorf("the models say %s, want 3,3", got)
	}
	for i, model := range []string{"simple", "lenet"} {
		best := webtest.Value[string](p, `(e => e.getAttribute("aria-label") + ": " + e.querySelector(".best").textContent)(document.querySelectorAll(".bars")[%d])`, i)
		if !strings.HasPrefix(best, "Probabilities of "+model+": 3") || !strings.HasSuffix(best, "%") {
			t.Errorf("column %d says %q", i, best)
		}
	}
	for selector, want := range map[string]string{
		"#lookslist":  "3,3",
		"#nearlist":   "12,12",
		"#filterlist": "1,1",  // those of later layers are folded
		"#maplist":    "8,13", // the input and every layer
	} {
		got := webtest.Value[string](p, `[...document.querySelectorAll("%s > div")].map(e => e.querySelectorAll("canvas").length).join()`, selector)
		if got != want {
			t.Errorf("%s has %s pictures, want %s", selector, got, want)
		}
	}
	p.Fits()
	p.Named()
	p.Keep("desktop")

	// The networks, drawn.
	if got := webtest.Value[string](p, `[...document.querySelectorAll(".drawing")].map(e => (e.open = true, e.querySelectorAll("li").length + " " + e.querySelector(".netbox span").textContent)).join()`); got != "8 5·5·1·30 + 30 = 780,13 5·5·1·6 + 6 = 156" {
		t.Errorf("the networks are drawn as %q", got)
	}
	p.Fits()
	p.Keep("desktop-network")

	// One model is taken away and comes back.
	webtest.Value[bool](p, `(e => { e.value = ""; return e.dispatchEvent(new Event("change")); })(document.querySelectorAll("#verdicts select")[1])`)
	p.Until(`document.querySelectorAll("output").length === 1 && document.querySelectorAll("#lookslist canvas").length === 3`)
	p.Named()
	webtest.Value[any](p, `document.querySelector("#verdicts button").click() ?? 0`)
	p.Until(`document.querySelectorAll("output").length === 2 && document.querySelectorAll("#lookslist canvas").length === 6`)

	webtest.Value[bool](p, `document.querySelector("#filterlist details").open = true`)
	p.Until(`document.querySelector("#filterlist details canvas")`)

	// The folded layers of two models stand side by side, and open together.
	webtest.Value[bool](p, `document.querySelector("#maplist details").open = true`)
	p.Until(`document.querySelectorAll("#maplist details[open]").length === 2`)
	if tops := webtest.Value[[]float64](p, `[...document.querySelectorAll("#maplist details[open]")].map(e => e.getBoundingClientRect().top)`); tops[0] != tops[1] {
		t.Errorf("the first layers of two models begin at %v", tops)
	}

	// A map that is clicked is stepped through.
	webtest.Value[bool](p, `(e => e.dispatchEvent(new MouseEvent("click", {clientX: e.getBoundingClientRect().x + 70, clientY: e.getBoundingClientRect().y + 5})))(document.querySelectorAll("#maplist > div")[1].querySelectorAll("canvas")[1])`)
	p.Until(`document.querySelector("#step-layer").value === '["lenet",1]' && document.querySelector("#step-filter").value === "1"`)

	// So can one be that the keyboard has gone to, and looked at closely.
	p.Do(chromedp.Focus("#maplist > div:last-child details[open] canvas"), chromedp.KeyEvent(kb.ArrowRight+kb.ArrowRight+kb.ArrowRight))
	p.Until(`document.querySelector(".magnifier figcaption").textContent.startsWith("map 3 of 1 Convolution")`)
	p.Do(chromedp.KeyEvent(kb.Enter))
	p.Until(`document.querySelector("#step-filter").value === "2" && !document.querySelector(".step.stale")`)

	// Another layer's numbers are not shown under a new name.
	dimmed := webtest.Value[bool](p, `(e => { e.value = '["lenet",4]'; e.dispatchEvent(new Event("change")); return document.querySelector(".step").matches(".stale"); })(document.querySelector("#step-layer"))`)
	p.Until(`!document.querySelector(".step.stale") && document.querySelector("#step-channel").length > 1`)
	if !dimmed {
		t.Error("the old layer's numbers stand under the new layer's name")
	}

	// A digit key brings a test image of that digit, whose class is told; Delete clears.
	p.Do(chromedp.KeyEvent("7"))
	p.Until(`document.querySelector("#truth").checkVisibility() && document.querySelector("#truth").textContent.includes("its true class is 7")`)
	p.Until(`[...document.querySelectorAll(".best span:first-child")].some(e => e.textContent === "7")`)
	p.Do(chromedp.KeyEvent(kb.Delete))
	p.Until(`document.querySelector("output").textContent === "–"`)
	p.Quiet()
}

func TestPageOnPhone(t *testing.T) {
	s := serveModels(t, true)
	p := webtest.Open(t, s.url, "/", webtest.Phone)
	p.Until(ready)
	p.Fits()
	if got := webtest.Value[string](p, `document.documentElement.lang + " " + document.querySelector("h1").textContent`); got != "ja 数字を描く" {
		t.Errorf("language and title are %q", got)
	}
	if webtest.Value[bool](p, `document.querySelector("#padhelp").checkVisibility()`) {
		t.Error("a phone is told of keys")
	}
	p.Keep("phone-empty")
	drawThree(p, webtest.Phone)
	if got := answers(p); got != "3,3" {
		t.Errorf("the models say %s, want 3,3", got)
	}
	p.Fits()
	p.Named()
	p.Keep("phone")
	p.Quiet()
}

func TestPageInTheDark(t *testing.T) {
	s := serveModels(t, false)
	w := webtest.Desktop
	w.Dark = true
	p := webtest.Open(t, s.url, "/", w)
	drawThree(p, w)
	if got := answers(p); got != "3" {
		t.Errorf("the model says %s of light ink on dark, want 3", got)
	}
	p.Keep("dark")
	p.Quiet()
}

// A picture that is opened is made like the training images as predict does,
// whatever the colours of the page around it.
func TestPageOpensPicture(t *testing.T) {
	s := serveModels(t, false)
	w := webtest.Desktop
	w.Dark = true
	p := webtest.Open(t, s.url, "/", w)
	p.Until(ready)
	img := image.NewGray(image.Rect(0, 0, 300, 700)) // tall, dark on light
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	for _, at := range three() {
		x, y := int(300*at[0]), 200+int(300*at[1])
		draw.Draw(img, image.Rect(x-16, y-16, x+16, y+16), image.Black, image.Point{}, draw.Src)
	}
	path := filepath.Join(t.TempDir(), "three.png")
	if err := os.WriteFile(path, asPNG(t, img), 0o644); err != nil {
		t.Fatal(err)
	}
	p.Do(chromedp.SetUploadFiles("#file", []string{path}))
	p.Until(`document.querySelector("output").textContent === "3"`)
	p.Until(settled)
	want, err := datasets.Digit(img, s.simple.Input())
	if err != nil {
		t.Fatal(err)
	}
	shown := webtest.Value[[]float64](p, `(e => [...e.getContext("2d").getImageData(0, 0, 28, 28).data].filter((_, i) => i %% 4 === 0))(document.querySelector(".seen"))`)
	for i, red := range shown {
		const ground, ink = 0x0c, 0xf2 // of the dark page
		if got := (red - ground) / (ink - ground) * 255; math.Abs(got-float64(want[i])) > 1 {
			t.Fatalf("pixel %d of what the model sees is %.0f, predict gives it %d", i, got, want[i])
		}
	}
	p.Keep("picture")

	// So is one that is dropped.
	webtest.Value[bool](p, `(async () => {
		const page = new OffscreenCanvas(90, 90), brush = page.getContext("2d");
		brush.fillRect(40, 15, 9, 60);
		const data = new DataTransfer();
		data.items.add(new File([await page.convertToBlob()], "one.png", {type: "image/png"}));
		return dispatchEvent(new DragEvent("drop", {dataTransfer: data}));
	})() && true`)
	p.Until(`document.querySelector("output").textContent === "1"`)

	// What is no picture is told.
	path = filepath.Join(t.TempDir(), "text.png")
	if err := os.WriteFile(path, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.Do(chromedp.SetUploadFiles("#file", []string{path}))
	p.Until(`document.querySelector("#message").textContent.includes("“text.png” is not a picture")`)
	p.Quiet()
}

// seen are the pixels that a model has been given last.
func seen(p *webtest.Page) []byte {
	p.Helper()
	var answer struct{ Image struct{ Pixels []int } }
	if err := json.Unmarshal(p.Answer("/api/v1/predict"), &answer); err != nil {
		p.Fatal(err)
	}
	pixels := make([]byte, len(answer.Image.Pixels))
	for i, v := range answer.Image.Pixels {
		pixels[i] = byte(v)
	}
	return pixels
}

// TestPageWithoutPointer draws a 1 with the arrow keys.
func TestPageWithoutPointer(t *testing.T) {
	s := serveModels(t, false)
	p := webtest.Open(t, s.url, "/", webtest.Desktop)
	p.Until(ready)
	p.Do(chromedp.Focus("#pad"), chromedp.KeyEvent(strings.Repeat(kb.ArrowUp, 4)+" "+strings.Repeat(kb.ArrowDown, 20)+" "))
	p.Until(`document.querySelector("output").textContent === "1"`)
	p.Quiet()
}

func TestStepThroughConvolution(t *testing.T) {
	s := serveModels(t, false)
	p := webtest.Open(t, s.url, "/", webtest.Desktop)
	drawThree(p, webtest.Desktop)
	x := datasets.Tensor(s.simple.Input(), seen(p))
	activations := s.simple.Activations(x)
	out := s.simple.Layers()[0].OutShape()

	// The strongest pixel of a filter that answers somewhere.
	at := 0
	for i, v := range activations[1].Data {
		if v > activations[1].Data[at] {
			at = i
		}
	}
	row, column, filter := at/out.C/out.W, at/out.C%out.W, at%out.C
	webtest.Value[bool](p, `(e => { e.value = "%d"; return e.dispatchEvent(new Event("change")); })(document.querySelector("#step-filter"))`, filter)
	p.Hover("#step-map", 0.01, 0.01)
	p.Hover("#step-map", (float64(column)+0.5)/float64(out.W), (float64(row)+0.5)/float64(out.H))
	p.Until(`(d => d.row === "%d" && d.column === "%d")(document.querySelector("#step-total").dataset)`, row, column)
	p.Keep("step")

	params := s.simple.Params()
	var sum float64
	for u := range 5 {
		for v := range 5 {
			sum += float64(params[0].Value.Sample(filter)[u*5+v]) * float64(x.Data[(row+u)*28+column+v])
		}
	}
	bias := float64(params[1].Value.Data[filter])
	for name, want := range map[string]float64{
		"sum": sum, "bias": bias, "biased": float64(activations[0].Data[at]), "activation": math.Max(0, sum+bias),
	} {
		text := webtest.Value[string](p, `document.querySelector("#step-total [data-name=%s]").textContent`, name)
		got, err := strconv.ParseFloat(strings.Replace(text, "−", "-", 1), 64)
		if err != nil || math.Abs(got-want) > 0.6e-4 {
			t.Errorf("%s is shown as %q, want %.4f", name, text, want)
		}
	}

	// The products' table has what the patch and the filter give.
	u, v := 2, 1
	want := params[0].Value.Sample(filter)[u*5+v] * x.Data[(row+u)*28+column+v]
	text := webtest.Value[string](p, `document.querySelectorAll(".numbers")[2].rows[%d].cells[%d].textContent`, u, v)
	if got, err := strconv.ParseFloat(strings.Replace(text, "−", "-", 1), 64); err != nil || math.Abs(got-float64(want)) > 0.006 {
		t.Errorf("the product is shown as %q, want %.2f", text, want)
	}

	// An arrow key goes on by one.
	p.Do(chromedp.Focus("#step-map"), chromedp.KeyEvent(kb.ArrowLeft))
	p.Until(`document.querySelector("#step-total").dataset.column === "%d"`, max(0, column-1))
	p.Quiet()
}

func TestPageOfAPI(t *testing.T) {
	s := serveModels(t, false)
	for name, w := range map[string]webtest.Window{"api": webtest.Desktop, "api-phone": webtest.Phone} {
		p := webtest.Open(t, s.url, "/api", w)
		p.Until(`document.querySelector("#language").textContent`)
		p.Fits()
		p.Keep(name)
		p.Quiet()
	}
}
