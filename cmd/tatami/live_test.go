package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tatami/internal/web/record"
	"tatami/internal/web/webtest"
)

// A run is watched in two browsers, at a desk and on a phone: paused, resumed,
// stopped, and gone on with.
func TestLivePage(t *testing.T) {
	dir := t.TempDir()
	if testing.Short() {
		t.Skip("SKIPPED with -short: pages are not tested in a browser")
	}
	r := startLive(t, dir, "train", "--limit", "6000", "--epochs", "4000", "--out", "run", "--web", "127.0.0.1:0")
	desk := webtest.Open(t, r.url, "/", webtest.Desktop)
	desk.Until(stateIs, record.Running)
	desk.Until(stepShown + " > 20 && " + lossLine + " > 10")
	before := webtest.Value[int](desk, lossLine)
	desk.Until(lossLine+" > %d", before+10) // it grows
	desk.Until(`document.querySelectorAll(".bank canvas").length === 60 && document.querySelectorAll(".mistakes canvas").length > 0`)

	phone := webtest.Open(t, r.url, "/", webtest.Phone)
	phone.Until(stateIs, record.Running)
	if got := webtest.Value[string](phone, `document.getElementById("pause").textContent`); got != "一時停止" {
		t.Errorf("the button of the Japanese page says %q", got)
	}
	desk.Do(chromedp.Click("#pause"))
	for _, p := range []*webtest.Page{desk, phone} {
		p.Until(stateIs, record.Paused)
	}
	desk.Painted()
	at := webtest.Value[int](desk, stepShown)
	points := webtest.Value[int](desk, lossLine)
	time.Sleep(300 * time.Millisecond)
	desk.Do(chromedp.Reload()) // sees all that was
	desk.Until(stateIs+" && "+lossLine+" > 1", record.Paused)
	if step, n := webtest.Value[int](desk, stepShown), webtest.Value[int](desk, lossLine); step != at || n != points {
		t.Errorf("after a reload the page shows step %d with %d points, before it step %d with %d", step, n, at, points)
	}
	desk.Until(`document.querySelectorAll(".confusion td").length > 100`)
	for name, p := range map[string]*webtest.Page{"live-desktop": desk, "live-phone": phone} {
		p.Fits()
		p.Named()
		p.Keep(name)
	}
	// The keyboard moves the cursor of a chart.
	desk.Do(chromedp.Focus(".chart"))
	desk.Do(chromedp.KeyEvent(kb.ArrowLeft))
	desk.Until(`document.querySelector(".chart .cursor")`)

	phone.Do(chromedp.Click("#pause")) // now it says resume
	for _, p := range []*webtest.Page{desk, phone} {
		p.Until(stateIs+" && "+stepShown+" > %d", record.Running, at)
	}
	phone.Do(chromedp.Click("#stop"))
	for _, p := range []*webtest.Page{desk, phone} {
		p.Until(stateIs, record.Stopped)
		p.Until(`document.getElementById("message").textContent.includes("tatami train --resume run")`)
		p.Quiet()
	}
	if code := r.end(); code != interrupted || !strings.Contains(r.stderr.String(), "tatami train --resume ") {
		t.Errorf("exit %d\n%s", code, &r.stderr)
	}
	left := runOfPage(t, filepath.Join(dir, "run", "index.html"))
	if left.Now.State != record.Stopped || left.Now.Step < at {
		t.Errorf("the stopped run left a page of %+v", left.Now)
	}

	r = startLive(t, dir, "train", "--resume", "run", "--web", "127.0.0.1:0")
	again := webtest.Open(t, r.url, "/", webtest.Desktop)
	again.Until(stepShown+" > %d && "+lossLine+" > %d", left.Now.Step+20, points)
	again.Quiet()
	r.Process.Signal(os.Interrupt)
	again.Until(stateIs, record.Stopped)
	again.Quiet()
	if code := r.end(); code != interrupted {
		t.Errorf("exit %d", code)
	}
}

// A page that is open when the run ends shows its end.
func TestLivePageAtTheEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED with -short: pages are not tested in a browser")
	}
	r := startLive(t, t.TempDir(), "train", "--net", "mlp", "--limit", "2000", "--epochs", "20", "--out", "run", "--web", "127.0.0.1:0")
	wish := func(what string) {
		answer, err := http.Post(r.url+"/api/v1/run/"+what, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusNoContent {
			t.Fatalf("%s: status %d", what, answer.StatusCode)
		}
	}
	wish("pause")
	p := webtest.Open(t, r.url, "/", webtest.Desktop)
	p.Until(stateIs, record.Paused)
	wish("resume")
	p.Until(stateIs+" && "+stepShown+" === 400", record.Finished)
	if code := r.end(); code != 0 {
		t.Errorf("exit %d\n%s", code, &r.stderr)
	}
	p.Until(`document.getElementById("message").textContent.includes("index.html") && document.getElementById("stop").disabled`)
	p.Quiet()
}

// The address without a host is this machine's alone, and other sites' pages
// cannot stop a run.
func TestLiveGuard(t *testing.T) {
	t.Parallel()
	r := startLive(t, t.TempDir(), "train", "--net", "mlp", "--limit", "1000", "--epochs", "100000", "--out", "run", "--web", ":0", "--origin", "https://run.example")
	if !strings.HasPrefix(r.url, "http://localhost:") {
		t.Errorf("it listens at %s", r.url)
	}
	ask, err := http.NewRequest(http.MethodPost, r.url+"/api/v1/run/stop", nil)
	if err != nil {
		t.Fatal(err)
	}
	ask.Header.Set("Origin", "http://elsewhere.example")
	for _, want := range []int{http.StatusForbidden, http.StatusNoContent} {
		answer, err := http.DefaultClient.Do(ask)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("status %d, want %d", answer.StatusCode, want)
		}
		ask.Header.Set("Origin", "https://run.example") // a proxy's
	}
	if code := r.end(); code != interrupted {
		t.Errorf("exit %d", code)
	}
}
