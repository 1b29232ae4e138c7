package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tatami/internal/measure"
)

func TestBench(t *testing.T) {
	if testing.Short() {
		t.Skip("measures for seconds")
	}
	dir := t.TempDir()
	text := succeeds(t, dir, "bench", "--net", "mlp,fast", "--json")
	var r measure.Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	if r.Peaks[r.ISA] <= 0 || r.Processors < 1 || len(r.Networks) != 2 {
		t.Errorf("%s", text)
	}
	for _, n := range r.Networks {
		if n.StepSeconds <= 0 || n.Latency <= 0 || n.Inference <= 0 || n.LatencyAllocs != 0 || len(n.Layers) < 2 || n.GFLOPS <= 0 {
			t.Errorf("%+v", n)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "before.json"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	text = succeeds(t, dir, "bench", "--net", "mlp", "--compare", "before.json")
	for _, want := range []string{"peak of a core", "mlp, batch 100", "Affine 50 + ReLU", "peak memory", "time now : before", "\nmlp "} {
		if !strings.Contains(text, want) {
			t.Errorf("bench does not print %q:\n%s", want, text)
		}
	}
}

func TestBenchWrongInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"broken.json": "{", "empty.json": "{}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		tatami(t, dir, "bench", "--compare", name).refuses(t, 1, name, "not a report of bench --json")
	}
	tatami(t, dir, "bench", "--compare", "absent.json").refuses(t, 1, "cannot read absent.json: no such file")
	tatami(t, dir, "bench", "--compare", "x", "--json").refuses(t, 2, "--json", "--compare")
	writeTestFile(t, filepath.Join(dir, "net.json"), []byte(`{"input":{"H":32,"W":32,"C":3},"layers":[{"type":"Affine","Units":10}]}`))
	tatami(t, dir, "bench", "--net", "net.json").refuses(t, 1, "network net.json takes images of 32×32×3, wanted MNIST's 28×28×1")
	tatami(t, dir, "bench", "--net", "mpl").refuses(t, 2, `"mlp"`)
}
