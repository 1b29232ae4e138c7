//go:build !js

package main

import (
	"bytes"
	"encoding/json"
	"image/gif"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tatami/internal/web/record"
	"tatami/internal/web/webtest"
)

// shortRun are arguments of a run of a moment.
var shortRun = []string{"train", "--net", "mlp", "--limit", "500", "--epochs", "2", "--quiet"}

func TestRunPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	succeeds(t, dir, append(shortRun, "--out", "plain")...)
	succeeds(t, dir, append(shortRun, "--out", "watched", "--web", "127.0.0.1:0", "--seed", "1")...)
	var plain, watched runResult
	for name, run := range map[string]*runResult{"plain": &plain, "watched": &watched} {
		text, err := os.ReadFile(filepath.Join(dir, name, "run.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, run); err != nil {
			t.Fatal(err)
		}
		whole := runOfPage(t, filepath.Join(dir, name, "index.html"))
		command := "TATAMI_ISA=" + run.ISA + " tatami train --net mlp --epochs 2 --batch 100 --optimizer adam --lr 0.003 --schedule one-cycle --augment shift --seed 1 --shards 4 --limit 500"
		if whole.Facts.Command != command {
			t.Errorf("the page says\n%s\nwanted\n%s", whole.Facts.Command, command)
		}
		if whole.Now.State != record.Finished || whole.Now.Step != 10 || len(whole.Epochs.Rows) != 2 || whole.Test.Correct != run.TestCorrect ||
			whole.Frames.Rows[0].Step != 0 || whole.Present.Step != 10 {
			t.Errorf("%s: the page shows %+v", name, whole.Now)
		}
	}
	if plain.WeightsSHA256 != watched.WeightsSHA256 {
		t.Error("a watched run ends with other weights")
	}

	table := succeeds(t, dir, "compare", "plain", "watched", "--out", "both.html")
	for _, want := range []string{"test accuracy", "  plain\n", "  watched\n", "\nboth.html\n"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "both.html"))
	if err != nil || bytes.Count(page, []byte(`"test_accuracy":`+strconv.FormatFloat(plain.TestAccuracy, 'g', -1, 64))) < 2 {
		t.Errorf("the page lacks the results; error %v", err)
	}
}

func TestFilms(t *testing.T) {
	if testing.Short() {
		t.Skip("drawing films takes seconds")
	}
	t.Parallel()
	dir := t.TempDir()
	succeeds(t, dir, append(shortRun, "--out", "out", "--film")...)
	for _, name := range []string{filtersFilm, mapFilm} {
		text, err := os.ReadFile(filepath.Join(dir, "out", name))
		if err != nil {
			t.Fatal(err)
		}
		film, err := gif.DecodeAll(bytes.NewReader(text))
		if err != nil || len(film.Image) != 11 { // before the first step and after each of 10
			t.Fatalf("%s: %d frames, error %v", name, len(film.Image), err)
		}
		first, last := film.Image[0], film.Image[len(film.Image)-1]
		if first.Rect != last.Rect || bytes.Equal(first.Pix, last.Pix) {
			t.Errorf("%s: the last frame is like the first", name)
		}
	}
}

// runOfPage is the data within a page, which may not ask for anything else.
func runOfPage(t *testing.T, path string) (run record.Update) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`(?m)^(import|export) .*|(src|href)="[^d#].*|https?://[^w].*`).Find(text); m != nil {
		t.Errorf("%s is not complete: %s", path, m)
	}
	data := regexp.MustCompile(`(?s)id="data">(.*?)</script>`).FindSubmatch(text)
	if data == nil {
		t.Fatalf("%s holds no data", path)
	}
	if err := json.Unmarshal(data[1], &run); err != nil {
		t.Fatal(err)
	}
	return run
}

// The command on a page gives the run's settings, not the network's own.
func TestCommandOfSettings(t *testing.T) {
	t.Parallel()
	for _, net := range []string{"simple", "fast", "best"} {
		s := settings{
			Net: net, Data: "my data", Epochs: 3, Batch: 7, Optimizer: "sgd", Rate: 0.30000000000000004, Schedule: "step:every=600,factor=0.5",
			WeightDecay: 1e-7, Augment: "none", Shards: 2, Limit: 9,
		}
		line, ok := strings.CutPrefix(s.command("avx2"), "TATAMI_ISA=avx2 tatami train ")
		words := strings.Fields(strings.Replace(line, "'my data'", "my_data", 1))
		cmd := newTrain()
		if err := cmd.ParseFlags(words); err != nil || !ok {
			t.Fatal(line, err)
		}
		if err := follow(recipe(net), cmd); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"net": net, "data": "my_data", "epochs": "3", "batch": "7", "optimizer": "sgd", "lr": "0.30000000000000004",
			"schedule": "step:every=600,factor=0.5", "warmup": "0", "weight-decay": "1e-07", "augment": "none",
			"label-smoothing": "0", "clip": "0", "seed": "0", "shards": "2", "limit": "9", "validation": "0", "patience": "0",
		} {
			if got := cmd.Flags().Lookup(name).Value.String(); got != want {
				t.Errorf("%s: %s gives --%s %s, wanted %s", net, line, name, got, want)
			}
		}
	}
}

func TestWatchRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tatami(t, dir, append(shortRun, "--out", "out", "--web", "8080")...).refuses(t, 2, "--web", `"8080"`, "HOST:PORT")
	tatami(t, dir, append(shortRun, "--out", "out", "--web", ":99999")...).refuses(t, 2, "--web", `"99999"`, "65535")
	tatami(t, dir, "train", "--resume", "out", "--web", "8080").refuses(t, 2, "--web", `"8080"`)
	if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
		t.Error("a refused run made its folder")
	}
	tatami(t, dir, "compare").refuses(t, 2, "too few arguments")
	tatami(t, dir, "compare", "run", "--out", "run/run.json").refuses(t, 2, "--out is run/run.json, wanted a name that ends in .html")
	tatami(t, dir, "compare", "nowhere").refuses(t, 1, "nowhere holds no complete run")
	if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte(`{"epochs_done":"x"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	tatami(t, dir, "compare", ".").refuses(t, 1, "run.json", "epochs_done")
	tatami(t, dir, "compare", "run.json").refuses(t, 1, "cannot read run.json/run.json: not a directory")
}

// A run that fails leaves a page of how far it came, and why.
func TestFailedRunPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := append(shortRun, "--optimizer", "sgd", "--lr", "1e30", "--out", "out")
	o := tatami(t, dir, args...)
	if o.code != 1 {
		t.Fatalf("exit %d\n%s", o.code, o.stderr)
	}
	left := runOfPage(t, filepath.Join(dir, "out", "index.html"))
	if left.Now.State != record.Failed || "tatami: "+left.Now.Message+"\n" != o.stderr {
		t.Errorf("the page says %+v, the command %s", left.Now, o.stderr)
	}
}

// liveRun is a command that trains and shows it.
type liveRun struct {
	*testing.T
	*exec.Cmd
	url    string
	stderr bytes.Buffer
	rest   chan string
}

func startLive(t *testing.T, dir string, args ...string) *liveRun {
	t.Helper()
	r := &liveRun{T: t, Cmd: command(dir, nil, args...), rest: make(chan string, 1)}
	r.Cmd.Stderr = &r.stderr
	out, err := r.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Process.Kill() })
	var line []byte
	for c := make([]byte, 1); ; {
		if _, err := out.Read(c); err != nil || c[0] == '\n' {
			break
		}
		line = append(line, c[0])
	}
	url, ok := strings.CutPrefix(string(line), "watch at ")
	if !ok {
		r.Wait()
		t.Fatalf("it says %q and %s", line, &r.stderr)
	}
	r.url = url
	go func() {
		rest, _ := io.ReadAll(out)
		r.rest <- string(rest)
	}()
	return r
}

// end waits for the command and returns its exit code.
func (r *liveRun) end() int {
	r.Helper()
	select {
	case <-r.rest:
	case <-time.After(time.Minute):
		r.Fatal("the run does not end")
	}
	r.Wait()
	return r.ProcessState.ExitCode()
}

const (
	stateIs   = `document.getElementById("state").classList.contains(%q)`
	stepShown = `Number((document.querySelectorAll(".tiles dd")[1]?.textContent ?? "0").split("/")[0].replace(/\D/g, ""))`
	lossLine  = `(document.querySelector(".chart .line.look0:not(.pale)")?.getAttribute("d").split("L").length ?? 0)`
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

// The address without a host is this machine's alone, and other sites' pages
// cannot stop a run.
func TestLiveGuard(t *testing.T) {
	t.Parallel()
	r := startLive(t, t.TempDir(), "train", "--net", "mlp", "--limit", "1000", "--epochs", "100000", "--out", "run", "--web", ":0")
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
		ask.Header.Del("Origin")
	}
	if code := r.end(); code != interrupted {
		t.Errorf("exit %d", code)
	}
}
