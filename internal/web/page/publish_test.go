//go:build !js

package page_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/internal/toy"
	"tatami/internal/web/module"
	"tatami/internal/web/page"
	"tatami/internal/web/webtest"
	"tatami/layers"
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

// built are the programs that tests have built, one after another.
var built = map[module.Program]*module.Module{}

// buildModule is a program from these sources.
func buildModule(t testing.TB, p module.Program) *module.Module {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a module")
	}
	if m := built[p]; m != nil {
		return m
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
	built[p] = m
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
	var classes []string // what a model from elsewhere may bring
	for i := range 10 {
		classes = append(classes, fmt.Sprint(i, webtest.Hostile))
	}
	var file bytes.Buffer
	if err := nn.Encode(&file, &nn.Model{Sequential: net, Classes: classes, Facts: map[string]string{"data": webtest.Hostile, webtest.Hostile: webtest.Hostile}}); err != nil {
		t.Fatal(err)
	}
	m := buildModule(t, module.Look)
	base, size := left(t, func(w io.Writer) error {
		return page.Publish(w, m, []page.NamedFile{{Name: "simple" + webtest.Hostile, Data: file.Bytes()}})
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
		p.Harmless()
		p.Keep(name)
		checkBench(t, p, net)
		p.Fits()
		p.Named()
		p.Keep(name + "-bench")
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

// checkBench opens the bench of a published page and goes back through the
// first layer on it, with the picture that is drawn: its numbers are the
// gradients that the framework has.
func checkBench(t *testing.T, p *webtest.Page, net *nn.Sequential) {
	t.Helper()
	p.Do(chromedp.Click(`nav a[href="#by-hand"]`))
	p.Until(`"bench" in document.body.dataset && document.querySelectorAll("#bench-numbers option").length > 1`)
	webtest.Value[any](p, `(document.querySelector("#bench .kinds [value=convolution]").click(), (e => { e.value = 1; e.dispatchEvent(new Event("change")); })(document.querySelector("#bench-numbers"))) ?? 0`)
	var pixels []byte
	for _, v := range webtest.Value[[]int](p, `JSON.parse(sessionStorage.getItem("digit")).image.pixels`) {
		pixels = append(pixels, byte(v))
	}
	class := webtest.Value[int](p, `+document.querySelector("#bench-target").value`)
	pass := net.NewPass(nn.PassConfig{Capacity: 1, NeedsBackward: true, InputGradient: true, Loss: layers.SoftmaxWithLoss{}})
	logits := pass.Forward(datasets.Tensor(net.Input(), pixels))
	layers.SoftmaxWithLoss{}.Loss(pass.OutputGradient(), logits, nn.Targets{Labels: []int{class}}, 1)
	pass.Backward(pass.OutputGradient())
	gradients := pass.ParamGradients()
	for way, want := range map[string][]float32{"weight": gradients[0], "bias": gradients[1], "dx": pass.InputGradient().Data} {
		webtest.Value[any](p, `document.querySelector("#bench .ways [value=%s]").click() ?? 0`, way)
		largest := 0.0
		for _, v := range want {
			largest = max(largest, math.Abs(float64(v)))
		}
		seen := 0
		for k := range 20 { // every twentieth step of the way, by the page's own button
			step := webtest.Value[map[string]string](p, `(() => {
				const scrub = document.querySelector("#bench-scrub");
				scrub.value = Math.floor(%g * (scrub.max - 1));
				scrub.dispatchEvent(new Event("input"));
				document.querySelector("#bench .player-bench button:nth-of-type(4)").click();
				return {...document.querySelector("#bench .working-bench").dataset};
			})()`, float64(k)/20)
			i, err := strconv.Atoi(step["index"])
			value, err2 := strconv.ParseFloat(step["value"], 64)
			if err != nil || err2 != nil || step["of"] != way || math.Abs(value-float64(want[i])) > 1e-4*largest {
				t.Fatalf("%s: the bench says %v, the framework %v", way, step, want[max(0, i)])
			}
			if value != 0 {
				seen++
			}
		}
		if seen < 3 {
			t.Errorf("%s: only %d of 20 gradients are not 0", way, seen)
		}
	}
}
