//go:build !js

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"tatami/internal/run"
	"tatami/internal/web/record"
)

// shortRun are arguments of a run of a moment.
var shortRun = []string{"train", "--net", "mlp", "--limit", "500", "--epochs", "2", "--quiet"}

func TestRunPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	succeeds(t, dir, append(shortRun, "--out", "plain")...)
	succeeds(t, dir, append(shortRun, "--out", "watched", "--web", "127.0.0.1:0", "--seed", "1")...)
	var plain, watched run.Result
	for name, run := range map[string]*run.Result{"plain": &plain, "watched": &watched} {
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
	if left.Now.State != record.Failed || "tatami: "+left.Now.Message+"\n" != o.stderr || !strings.Contains(left.Now.Japanese, "学習率を") {
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
	lines := bufio.NewReader(out)
	for r.url == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			r.Wait()
			t.Fatalf("it never says where to watch, and %s", &r.stderr)
		}
		if url, ok := strings.CutPrefix(line, "watch at "); ok {
			r.url = strings.TrimSpace(url)
		}
	}
	go func() {
		rest, _ := io.ReadAll(lines)
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
