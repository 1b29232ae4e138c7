//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestServe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	for _, out := range []string{"a", "b/a"} {
		succeeds(t, dir, "train", "--data", "data", "--net", "mlp", "--epochs", "1", "--quiet", "--out", out)
	}
	models := []string{"a/model.safetensors", "b/a"}

	c := command(dir, nil, append([]string{"serve", "--addr", ":0"}, models...)...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
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
	// The images are those of the training, without being asked for.
	r, err = http.Get(said[1] + "/api/v1/sample?label=2")
	if err != nil {
		t.Fatal(err)
	}
	if r.Body.Close(); r.StatusCode != http.StatusOK {
		t.Errorf("a test image: %s", r.Status)
	}
	tatami(t, dir, "serve", models[0], "--addr", ":"+said[2]).refuses(t, 1, "cannot listen on :"+said[2], "in use")

	http.DefaultClient.CloseIdleConnections()
	c.Process.Signal(os.Interrupt)
	if err := c.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
}

func TestServeRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeTestFile(t, filepath.Join(dir, "text"), []byte("not a model"))
	tatami(t, dir, "serve").refuses(t, 2, "too few arguments, wanted: tatami serve MODEL…")
	tatami(t, dir, "serve", "text", "--addr", "8080").refuses(t, 2, `--addr: address "8080"`, "HOST:PORT")
	tatami(t, dir, "serve", "text", "--addr", ":80800").refuses(t, 2, `port "80800"`)
	tatami(t, dir, "serve", "text").refuses(t, 1, "text")
	tatami(t, dir, "serve", "missing").refuses(t, 1, "missing")
}
