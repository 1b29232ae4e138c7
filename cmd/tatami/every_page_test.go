//go:build long && unix

package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tatami/internal/web/record"
	"tatami/internal/web/webtest"
)

// Every page that the commands show or leave, in both languages, at a desk and
// on a phone, light and dark, by its own keys.
func TestEveryPage(t *testing.T) {
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Skip("SKIPPED, NOT TESTED: modules need the go command")
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // not the user's own
	source, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run := []string{"train", "--quiet", "--limit", "3000", "--epochs", "3"}
	succeeds(t, dir, append(run, "--net", "fast", "--validation", "500", "--out", "fast")...)
	succeeds(t, dir, append(run, "--net", "lenet", "--out", "lenet")...)
	succeeds(t, dir, append(run, "--optimizer", "sgd", "--lr", "1e-7", "--out", "ill")...)
	succeeds(t, dir, "compare", "fast", "lenet", "ill")
	succeeds(t, dir, "publish", "fast", "--source", source, "--out", "published.html")
	succeeds(t, dir, "learn", "--source", source, "--limit", "2000", "--out", "learn.html")

	drawn := func(p *webtest.Page) {
		p.Until(`"ready" in document.body.dataset`)
		p.Drag(webtest.Desktop, "#pad", [][2]float64{{0.5, 0.2}, {0.5, 0.5}, {0.5, 0.8}}, nil)
		p.Until(`(d => d.predicted === d.drawn && d.looked === d.drawn)(document.body.dataset)`)
		p.Until(`document.querySelectorAll("#nearlist canvas").length > 0 || !document.querySelector("#near").checkVisibility()`)
		webtest.Value[bool](p, `[...document.querySelectorAll("details")].every(e => e.open = true)`)
	}
	opened := func(p *webtest.Page) {
		p.Until(`document.querySelectorAll(".chart .line").length >= 4`)
		webtest.Value[bool](p, `[...document.querySelectorAll("details")].every(e => e.open = true)`)
	}
	learned := func(p *webtest.Page) {
		p.Until(`document.body.dataset.state === "idle"`)
		webtest.Value[bool](p, `(e => { e.value = "1"; return e.dispatchEvent(new Event("change", { bubbles: true })); })(document.querySelector("#epochs"))`)
		p.Until(`!document.querySelector("#start").disabled`)
		webtest.Value[bool](p, `(document.querySelector("#start").click(), true)`)
		p.Until(`document.body.dataset.state === "finished"`)
		webtest.Value[bool](p, `[...document.querySelectorAll("details")].every(e => e.open = true)`)
		// More layers than the picture has room for: told in the page's language.
		webtest.Value[bool](p, `(e => { for (let i = 0; i < 2; i++) { e.value = "Convolution"; e.dispatchEvent(new Event("change", { bubbles: true })); } return true; })(document.querySelector("#more"))`)
		p.Until(`!document.querySelector("#bad").hidden`)
	}
	left := "file://" + filepath.ToSlash(dir)
	for _, page := range []string{"lenet", "ill"} {
		webtest.Everywhere(t, "run-"+page, left, "/"+page+"/index.html", opened)
	}
	webtest.Everywhere(t, "compare", left, "/compare.html", opened)
	webtest.Everywhere(t, "published", left, "/published.html", drawn)
	webtest.Everywhere(t, "learn", left, "/learn.html", learned)

	_, lines := startServer(t, dir, "--source", source, "fast", "lenet")
	line, err := lines.ReadString('\n')
	said := regexp.MustCompile(`http://localhost:\d+`).FindString(line)
	if err != nil || said == "" {
		t.Fatalf("%q %v", line, err)
	}
	webtest.Everywhere(t, "serve", said, "/", drawn)
	webtest.Everywhere(t, "api", said, "/api", func(p *webtest.Page) {
		p.Until(`document.querySelector("#language").textContent`)
	})
	webtest.Everywhere(t, "serve-learn", said, "/learn", func(p *webtest.Page) {
		p.Until(`document.body.dataset.state === "idle"`)
	})
	for _, kind := range []string{"convolution", "softmax"} {
		webtest.Everywhere(t, "bench-"+kind, said, "/bench?seed=7", func(p *webtest.Page) {
			p.Until(`"ready" in document.body.dataset`)
			if !webtest.Value[bool](p, `(e => (e?.click(), !!e))(document.querySelector("#bench .kinds [value=%s]"))`, kind) {
				p.Fatalf("the bench has no %s", kind)
			}
			webtest.Value[bool](p, `[...document.querySelectorAll("details")].every(e => e.open = true)`)
		})
	}

	r := startLive(t, dir, "train", "--limit", "3000", "--epochs", "4000", "--out", "live", "--web", "127.0.0.1:0")
	webtest.Everywhere(t, "live", r.url, "/", func(p *webtest.Page) {
		opened(p)
		p.Until(`document.querySelectorAll(".mistakes canvas").length > 0`)
		if !webtest.Value[bool](p, stateIs, record.Paused) {
			webtest.Value[bool](p, `(document.querySelector("#pause").click(), true)`)
			p.Until(stateIs, record.Paused)
		}
	})
}
