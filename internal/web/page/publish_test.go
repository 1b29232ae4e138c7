//go:build !js

package page_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/internal/toy"
	"tatami/internal/web/module"
	"tatami/internal/web/page"
	"tatami/internal/web/webtest"
	"tatami/layers/networks"
	"tatami/nn"
)

// left writes a page to a file and returns its folder, as an address.
func left(t testing.TB, write func(io.Writer) error) (base string, bytes int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := files.Write(path, write); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return "file://" + filepath.ToSlash(filepath.Dir(path)) + "/", info.Size()
}

// buildModule is a program from these sources.
func buildModule(t testing.TB, p module.Program) *module.Module {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a module")
	}
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Skip("SKIPPED, NOT TESTED: modules need the go command")
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // not the user's own
	m, err := module.Build(t.Context(), p, "")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A published page works without a server, and says of 100 images what the
// command says of them.
func TestPublish(t *testing.T) {
	network, err := networks.Find("simple")
	if err != nil {
		t.Fatal(err)
	}
	net := toy.Network(t, network.Input, network.Specs(10)...)
	for _, p := range net.Params() { // not all the same answer
		for i := range p.Value.Data {
			p.Value.Data[i] *= 3
		}
	}
	var file bytes.Buffer
	if err := nn.Encode(&file, &nn.Model{Sequential: net}); err != nil {
		t.Fatal(err)
	}
	m := buildModule(t, module.Look)
	base, size := left(t, func(w io.Writer) error {
		return page.Publish(w, m, []page.NamedFile{{Name: "simple", Data: file.Bytes()}})
	})
	if size > 4e6 {
		t.Errorf("the page has %d bytes, wanted at most 4 MB", size)
	}
	_, test, err := datasets.MNIST()
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]webtest.Window{"published": webtest.Desktop, "published-phone": webtest.Phone} {
		p := webtest.Open(t, base, "page.html", w)
		p.Until(`"ready" in document.body.dataset`)
		p.Drag(w, "#pad", [][2]float64{{0.5, 0.2}, {0.5, 0.5}, {0.5, 0.8}}, nil)
		p.Until(`(d => d.predicted === d.drawn && d.looked === d.drawn)(document.body.dataset)`)
		p.Fits()
		p.Named()
		p.Keep(name)
		if w.Phone {
			p.Quiet()
			continue
		}
		var images [][]int
		for _, image := range test.Limit(100).Images {
			pixels := make([]int, len(image))
			for i, v := range image {
				pixels[i] = int(v)
			}
			images = append(images, pixels)
		}
		text, err := json.Marshal(images)
		if err != nil {
			t.Fatal(err)
		}
		webtest.Value[bool](p, `(import("tatami/page.js").then(async ({ ask }) => {
			window.given = [];
			for (const image of %s) {
				const body = JSON.stringify({ pixels: image.map((v) => v / 255) });
				window.given.push((await ask("/api/v1/predict", { method: "POST", headers: { "Content-Type": "application/json" }, body })).probabilities);
			}
		}), true)`, text)
		p.Until(`window.given?.length === 100`)
		got := webtest.Value[[][]float64](p, `window.given`)
		want := net.Probabilities(datasets.Tensor(test.Shape, test.Limit(100).Images...))
		for n := range got {
			for class, p := range want.Sample(n) {
				if math.Abs(got[n][class]-float64(p)) > 1e-5 {
					t.Fatalf("image %d: the page says %v, the command %v", n, got[n], want.Sample(n))
				}
			}
		}
		p.Quiet()
	}
}
