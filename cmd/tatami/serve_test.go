//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// startServer serves until the test ends, and gives what the command prints.
func startServer(t *testing.T, dir string, args ...string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	c := command(dir, nil, append([]string{"serve", "--addr", ":0"}, args...)...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	return c, bufio.NewReader(out)
}

func TestServe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	for _, out := range []string{"a", "b/a"} {
		succeeds(t, dir, "train", "--data", "data", "--net", "mlp", "--epochs", "1", "--quiet", "--out", out)
	}
	models := []string{"a/model.safetensors", "b/a"}

	c, lines := startServer(t, dir, append([]string{"--data", "data", "--origin", "https://digits.example"}, models...)...)
	line, err := lines.ReadString('\n')
	said := regexp.MustCompile(`^a, a-2 at (http://localhost:(\d+)) \(Ctrl-C ends\)\n$`).FindStringSubmatch(line)
	if err != nil || said == nil {
		t.Fatalf("%q %v", line, err)
	}
	r, err := http.Get(said[1] + "/api/v1/health")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r.Body)
	r.Body.Close()
	var health struct {
		Status, Version string
		Models          []string
	}
	if err != nil || json.Unmarshal(text, &health) != nil || health.Status != "ok" || strings.Join(health.Models, " ") != "a a-2" || health.Version == "" {
		t.Errorf("health: %s %v", text, err)
	}
	// The images are those that were asked for.
	if status := get(t, said[1]+"/api/v1/sample?label=2", ""); status != http.StatusOK {
		t.Errorf("a test image: %d", status)
	}
	// A proxy in front has another name.
	for origin, want := range map[string]int{"https://digits.example": http.StatusOK, "https://evil.example": http.StatusForbidden} {
		if status := get(t, said[1]+"/api/v1/health", origin); status != want {
			t.Errorf("a page of %s: %d, want %d", origin, status, want)
		}
	}
	tatami(t, dir, "serve", models[0], "--addr", ":"+said[2]).refuses(t, 1, "cannot listen on :"+said[2], "in use")

	http.DefaultClient.CloseIdleConnections()
	c.Process.Signal(os.Interrupt)
	if err := c.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
}

func get(t *testing.T, url, origin string) (status int) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// A model's file does not choose the folder whose images are published.
func TestServeKeepsFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	succeeds(t, dir, "train", "--data", "data", "--net", "mlp", "--epochs", "1", "--quiet", "--out", "a")
	_, lines := startServer(t, dir, "a/model.safetensors")
	first, _ := lines.ReadString('\n')
	hint, _ := lines.ReadString('\n')
	if !strings.Contains(hint, `--data "`) {
		t.Errorf("the folder is not told: %q", hint)
	}
	_, url, _ := strings.Cut(strings.TrimSuffix(first, " (Ctrl-C ends)\n"), " at ")
	if status := get(t, url+"/api/v1/sample", ""); status != http.StatusNotFound {
		t.Errorf("an image of the folder that the model names: %d", status)
	}
}

func TestServeRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeTestFile(t, filepath.Join(dir, "text"), []byte("not a model"))
	tatami(t, dir, "serve").refuses(t, 2, "too few arguments, wanted: tatami serve MODEL…")
	tatami(t, dir, "serve", "text", "--addr", "8080").refuses(t, 2, `--addr: address "8080"`, "HOST:PORT")
	tatami(t, dir, "serve", "text", "--addr", ":80800").refuses(t, 2, `port "80800"`)
	tatami(t, dir, "serve", "text", "--origin", "digits.example").refuses(t, 2, `--origin: origin "digits.example": wanted http`)
	tatami(t, dir, "serve", "text").refuses(t, 1, "text")
	tatami(t, dir, "serve", "missing").refuses(t, 1, "missing")
}
