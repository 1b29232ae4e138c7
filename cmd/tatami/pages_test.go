package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

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
			if strings.HasPrefix(c.name, "run") {
				if n := webtest.Value[int](p, `document.querySelectorAll(".bank canvas").length`); n != 2*30 && n != 2*50 {
					t.Errorf("%d filters", n)
				}
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
			}
			p.Quiet()
		})
	}
}
