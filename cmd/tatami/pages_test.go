package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tatami/internal/web/webtest"
)

// The pages that runs leave are opened without a server.
func TestPagesLeftBehind(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED with -short: pages are not tested in a browser")
	}
	dir := t.TempDir()
	long := []string{"train", "--quiet", "--limit", "6000", "--epochs", "3"}
	succeeds(t, dir, append(long, "--out", "adam")...)
	succeeds(t, dir, append(long, "--out", "sgd", "--optimizer", "sgd", "--validation", "500")...)
	succeeds(t, dir, append(shortRun, "--out", "mlp")...)
	succeeds(t, dir, "compare", "adam", "sgd", "mlp")
	dark, narrow := webtest.Desktop, webtest.Phone
	dark.Dark, narrow.Dark, narrow.Language = true, true, "en-US"
	base := "file://" + dir
	for _, c := range []struct {
		name, path string
		w          webtest.Window
	}{
		{"run-desktop", "/adam/index.html", webtest.Desktop},
		{"run-dark", "/sgd/index.html", dark},
		{"run-phone", "/mlp/index.html", webtest.Phone},
		{"compare-desktop", "/compare.html", webtest.Desktop},
		{"compare-phone", "/compare.html", narrow},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := webtest.Open(t, base, c.path, c.w)
			p.Until(`document.querySelectorAll(".chart .line").length >= 4`)
			p.Fits()
			p.Named()
			p.Keep(c.name)
			language := "en"
			if c.w.Language == "ja" {
				language = "ja"
			}
			if got := webtest.Value[string](p, `document.documentElement.lang`); got != language {
				t.Errorf("the page says that it is in %q, wanted %q", got, language)
			}
			// No cell is cut, and a table that is too wide says that it scrolls.
			if cut := webtest.Value[string](p, `[...document.querySelectorAll("th, td, dt, dd, h2, button")].filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map(e => e.textContent).join("; ")`); cut != "" {
				t.Errorf("cut: %s", cut)
			}
			if silent := webtest.Value[int](p, `[...document.querySelectorAll(".wide")].filter(e => (e.scrollWidth > e.clientWidth) === e.previousElementSibling.hidden).length`); silent > 0 {
				t.Errorf("%d tables scroll and do not say so, or say so and do not", silent)
			}
			if strings.HasPrefix(c.name, "run") {
				if n := webtest.Value[int](p, `document.querySelectorAll(".bank canvas").length`); n != 2*30 && n != 2*50 {
					t.Errorf("%d filters", n)
				}
				if n := webtest.Value[int](p, `document.querySelector(".confusion").scrollWidth - document.querySelector(".confusion").parentElement.clientWidth`); n > 0 {
					t.Errorf("the confusion matrix is cut by %d pixels", n)
				}
				// The network, drawn.
				webtest.Value[bool](p, `document.querySelector("#network").open = true`)
				if n := webtest.Value[int](p, `document.querySelectorAll("#network li").length`); n != 8 && n != 5 {
					t.Errorf("the network has %d boxes", n)
				}
				p.Fits()
				p.Keep(c.name + "-network")
				// By keys alone: the second filter's weights.
				p.Do(chromedp.Focus(".bank button"), chromedp.KeyEvent(kb.ArrowRight+kb.Enter))
				p.Until(`document.querySelector(".close").checkVisibility() && document.querySelector(".close h3").textContent.endsWith("2") && document.querySelectorAll(".close figure").length === 2`)
				p.Do(chromedp.KeyEvent(kb.Escape))
				p.Until(`document.querySelector(".close").hidden`)
				p.Do(chromedp.SetValue(".player select", "change"))
				p.Until(`document.querySelectorAll(".banks h3")[1].textContent.match(/^change|の変化$/)`)
				p.Do(chromedp.Click(".player button"))
				p.Until(`document.querySelector(".player input").value > 0 && document.querySelector(".player input").value < document.querySelector(".player input").max`)
				p.Until(`document.querySelector(".player input").value === document.querySelector(".player input").max`)
			} else {
				rows := webtest.Value[[]string](p, `[...document.querySelector(".list").querySelectorAll("tbody th")].map(e => e.textContent)`)
				if !slices.Equal(rows, []string{"adam", "sgd", "mlp"}) {
					t.Errorf("the table has rows %q", rows)
				}
				// A run is hidden from both charts, and leads to its page.
				p.Do(chromedp.Focus(".shown"), chromedp.KeyEvent(" "))
				p.Until(`[...document.querySelectorAll(".keys")].every(e => e.querySelectorAll("b").length === 2) && document.querySelector(".shown").ariaPressed === "false"`)
				if link := webtest.Value[string](p, `document.querySelector(".list a").getAttribute("href")`); link != "adam/index.html" {
					t.Errorf("the first run leads to %q", link)
				}
			}
			p.Quiet()
		})
	}
}
