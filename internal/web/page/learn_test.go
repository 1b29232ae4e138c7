//go:build !js

package page_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"tatami/datasets"
	"tatami/internal/web/learn"
	"tatami/internal/web/module"
	"tatami/internal/web/page"
	"tatami/internal/web/webtest"
	"tatami/layers"
	"tatami/nn"
	"tatami/train"
)

// set has a control of the page take a value.
func set(p *webtest.Page, id, value string) {
	p.Helper()
	webtest.Value[bool](p, `(e => { e.value = %q; return ["input", "change"].every((kind) => e.dispatchEvent(new Event(kind, {bubbles: true}))) })(document.getElementById(%q))`, value, id)
}

func click(p *webtest.Page, selector string) {
	p.Helper()
	p.Until(`(e => e && !e.disabled)(document.querySelector(%q))`, selector)
	webtest.Value[bool](p, `(document.querySelector(%q).click(), true)`, selector)
}

// The learning page trains without a server or a network, is paused and goes
// on, and what it saves does as well as it said.
func TestLearn(t *testing.T) {
	m := buildModule(t, module.Learn)
	training, test, err := datasets.MNIST()
	if err != nil {
		t.Fatal(err)
	}
	training, test = training.Limit(4000), test.Limit(500)
	packed, err := learn.Pack(training, test)
	if err != nil {
		t.Fatal(err)
	}
	base, _ := left(t, func(w io.Writer) error { return page.Learn(w, m, module.Compress(packed)) })
	p := webtest.Open(t, base, "page.html", webtest.Desktop)
	p.Until(`"ready" in document.body.dataset && document.body.dataset.state === "idle"`)
	p.Fits()
	p.Named()
	p.Keep("learn-empty")

	// A stack that is impossible is told, and cannot be started.
	set(p, "more", "Convolution")
	p.Until(`!document.querySelector("#bad").hidden && document.querySelector("#bad").textContent.includes("smaller than the kernel") && document.querySelector("#start").disabled`)
	p.Keep("learn-bad")
	click(p, `#presets [data-name="fast"]`)
	set(p, "epochs", "2")
	set(p, "batch", "50")
	click(p, "#start")
	p.Until(`document.body.dataset.state === "running"`)
	click(p, "#pause")
	p.Until(`document.body.dataset.state === "paused"`)
	set(p, "rate", "0.002")
	click(p, "#sample")
	p.Until(`document.querySelectorAll("#maps canvas").length === 11`)
	click(p, "#pause")
	p.Until(`document.body.dataset.state === "finished"`)
	p.Until(`Number(document.body.dataset.accuracy) > 0.9`)
	p.Fits()
	p.Named()
	webtest.Value[bool](p, `(document.querySelector("#program").open = true)`)
	p.Until(`document.querySelector("#text").textContent.includes("layers.Convolution{Filters: 16, Kernel: 5}")`)
	p.Painted()
	p.Keep("learn")
	t.Log(webtest.Value[string](p, `document.querySelector("#now").textContent`))

	// The file is saved, and scored as the page scored it.
	webtest.Value[bool](p, `(make => { URL.createObjectURL = (blob) => {
		blob.arrayBuffer().then((b) => { window.saved = btoa(Array.from(new Uint8Array(b), (c) => String.fromCharCode(c)).join("")); });
		return "#";
	}; return true; })()`)
	click(p, "#save")
	p.Until(`window.saved`)
	text := webtest.Value[string](p, `window.saved`)
	file, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	model, err := nn.Load(path, layers.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	e, err := train.Evaluate(model.Sequential, layers.SoftmaxWithLoss{}, test, 100)
	if err != nil {
		t.Fatal(err)
	}
	if said := webtest.Value[string](p, `document.body.dataset.accuracy`); said != strconv.FormatFloat(e.Accuracy(), 'g', -1, 64) {
		t.Errorf("the page says %s, the model is right about %g", said, e.Accuracy())
	}
	p.Quiet()
}

// The page of a folder gets what it needs from its host.
func TestLearnFolder(t *testing.T) {
	m := buildModule(t, module.Learn)
	_, test, err := datasets.MNIST()
	if err != nil {
		t.Fatal(err)
	}
	packed, err := learn.Pack(test.Limit(500), test.Limit(100))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		if err := page.LearnBeside(w); err != nil {
			t.Error(err)
		}
	})
	for _, f := range page.LearnFiles(m, module.Compress(packed)) {
		mux.HandleFunc("GET /learn/"+f.Name, func(w http.ResponseWriter, _ *http.Request) { w.Write(f.Data) })
	}
	host := httptest.NewServer(mux)
	defer host.Close()
	p := webtest.Open(t, host.URL+"/", "?lang=ja", webtest.Desktop)
	p.Until(`document.body.dataset.state === "idle"`)

	// A preset that fails, with the doctor's word in the page's language.
	click(p, `#presets [data-name="dead"]`)
	set(p, "batch", "10")
	click(p, "#start")
	p.Until(`document.querySelector("#advice [data-illness='dead ReLUs']")?.textContent.includes("ReLU")`)
	p.Keep("learn-folder")
	p.Quiet()
}

// Three classes are taught by strokes on a phone and told apart.
func TestTeach(t *testing.T) {
	m := buildModule(t, module.Learn)
	_, test, err := datasets.MNIST()
	if err != nil {
		t.Fatal(err)
	}
	packed, err := learn.Pack(test.Limit(10), test.Limit(10))
	if err != nil {
		t.Fatal(err)
	}
	base, _ := left(t, func(w io.Writer) error { return page.Learn(w, m, module.Compress(packed)) })
	w := webtest.Phone
	p := webtest.Open(t, base, "page.html", w)
	p.Until(`document.body.dataset.state === "idle"`)
	click(p, `#presets [data-name="own"]`)
	click(p, "#own > p:last-child button")
	p.Until(`document.querySelectorAll(".mine").length === 3`)
	// A line that lies, one that stands, and a corner, a little different each time.
	stroke := func(class, n int) [][2]float64 {
		by := float64(n%5) * 0.04
		switch class {
		case 0:
			return [][2]float64{{0.2, 0.4 + by}, {0.5, 0.42 + by}, {0.8 - by, 0.4 + by}}
		case 1:
			return [][2]float64{{0.4 + by, 0.2}, {0.42 + by, 0.5}, {0.4 + by, 0.8 - by}}
		}
		return [][2]float64{{0.2 + by, 0.2}, {0.2 + by, 0.7}, {0.7, 0.7 - by}}
	}
	for class := range 3 {
		click(p, "#classes button:nth-child("+strconv.Itoa(class+1)+")")
		for n := range 6 {
			p.Drag(w, "#pad", stroke(class, n), nil)
			p.Until(`document.querySelectorAll(".mine")[%d].querySelectorAll("canvas").length === %d`, class, n+1)
		}
	}
	click(p, "#start")
	p.Until(`document.body.dataset.state === "finished"`)
	click(p, "#classes button:last-child")
	for class := range 3 {
		click(p, "#clear")
		webtest.Value[bool](p, `delete document.body.dataset.answer`)
		p.Drag(w, "#pad", stroke(class, 2), nil)
		p.Until(`document.body.dataset.answer === document.querySelectorAll(".mine input")[%d].value`, class)
	}
	p.Fits()
	p.Named()
	p.Keep("learn-own-phone")
	p.Quiet()
}

// BenchmarkLearn trains in the page on all of MNIST, simple for one epoch and
// fast for its two: seconds from opening the file to the page being ready and to
// its images being there, from pressing start to 97 % of the test images that are
// looked at on the way, and to the end, all test images included, and then how
// many are right.
func BenchmarkLearn(b *testing.B) {
	m := buildModule(b, module.Learn)
	training, test, err := datasets.MNIST()
	if err != nil {
		b.Fatal(err)
	}
	packed, err := learn.Pack(training, test)
	if err != nil {
		b.Fatal(err)
	}
	base, _ := left(b, func(w io.Writer) error { return page.Learn(w, m, module.Compress(packed)) })
	for _, preset := range []string{"fast", "simple"} {
		b.Run(preset, func(b *testing.B) {
			for b.Loop() {
				p := webtest.Open(b, base, "page.html", webtest.Desktop)
				p.Until(`"ready" in document.body.dataset`)
				b.ReportMetric(webtest.Value[float64](p, `performance.now() / 1000`), "s-ready")
				p.Until(`document.body.dataset.state === "idle"`)
				b.ReportMetric(webtest.Value[float64](p, `performance.now() / 1000`), "s-images")
				click(p, `#presets [data-name="`+preset+`"]`)
				p.Until(`!document.querySelector("#start").disabled`)
				webtest.Value[bool](p, `(() => {
					const began = performance.now(), is = document.body.dataset;
					window.times = {};
					new MutationObserver(() => {
						const now = (performance.now() - began) / 1000;
						if (is.accuracy >= 0.97) times.reached ??= now;
						if (is.state === "finished") times.finished ??= now;
					}).observe(document.body, { attributes: true });
					document.querySelector("#start").click();
					return true;
				})()`)
				p.Until(`times.finished && Number(document.body.dataset.accuracy) > 0`)
				times := webtest.Value[map[string]float64](p, `times`)
				b.ReportMetric(times["reached"], "s-97%")
				b.ReportMetric(times["finished"], "s-end")
				b.ReportMetric(100*webtest.Value[float64](p, `Number(document.body.dataset.accuracy)`), "%-right")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}
