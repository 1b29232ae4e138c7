//go:build !js

package serve_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tatami/datasets"
	models "tatami/internal/web/answers"
	"tatami/internal/web/serve"
	"tatami/internal/web/webtest"
	"tatami/layers"
	"tatami/nn"
)

// benchNet has every kind of layer that the bench knows, and others that it
// computes, with weights as they are drawn.
func benchNet(t *testing.T) *nn.Sequential {
	t.Helper()
	net, err := nn.NewSequential(nn.Shape{H: 28, W: 28, C: 1}, rand.New(rand.NewPCG(3, 0)),
		layers.Convolution{Filters: 6, Kernel: 5, Stride: 2, Pad: 2}, layers.BatchNormalization{}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Convolution{Filters: 8, Kernel: 3, Groups: 2}, layers.ReLU{},
		layers.Residual{Body: []nn.Spec{layers.Convolution{Filters: 8, Kernel: 3, Pad: 1}, layers.BatchNormalization{}}}, layers.LeakyReLU{}, layers.Dropout{Ratio: 0.5},
		layers.Affine{Units: 20}, layers.ReLU{}, layers.Affine{Units: 10}, layers.Softmax{},
	)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// serveBench serves that network, with digits to try.
func serveBench(t *testing.T) (url string, net *nn.Sequential, test *datasets.Dataset) {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED with -short: pages are not tested in a browser")
	}
	_, test, err := datasets.MNIST()
	if err != nil {
		t.Fatal(err)
	}
	net = benchNet(t)
	s := serve.New("test")
	if err := s.Add("bench", &nn.Model{Sequential: net, Classes: test.Classes}); err != nil {
		t.Fatal(err)
	}
	s.Data(test.Limit(20), test)
	return start(t, s), net, test
}

// mounted opens a page on which a bench of its own is mounted as window.bench,
// with nothing but what it is handed.
func mounted(t *testing.T, url string, w webtest.Window, given string) *webtest.Page {
	t.Helper()
	p := webtest.Open(t, url, "/api", w)
	p.Until(`document.querySelector("#language").textContent`)
	webtest.Value[bool](p, `(import("/static/bench.js").then(async m => {
		document.head.append(Object.assign(document.createElement("link"), {rel: "stylesheet", href: "/static/bench.css"}));
		document.querySelector("main").innerHTML = "<div id=bench></div>";
		window.bench = m.mountBench(document.querySelector("#bench"), %s);
	}), true)`, given)
	p.Until("window.bench?.numbers")
	return p
}

// numbers are those of the bench.
type numbers struct {
	X, Y, DY          *array
	Params, Gradients map[string]*array
	Classes           []int
}

type array struct {
	N, H, W, C int
	Data       []float64
}

// tensor is the same as the framework has it.
func (a *array) tensor() *nn.Tensor {
	x := nn.NewTensor(a.N, nn.Shape{H: a.H, W: a.W, C: a.C})
	for i, v := range a.Data {
		x.Data[i] = float32(v)
	}
	return x
}

const plainNumbers = `(b => {
	const plain = (a) => a && {n: a.n, h: a.h, w: a.w, c: a.c, data: [...a.data]};
	const all = (o) => Object.fromEntries(Object.entries(o).map(([k, a]) => [k, plain(a)]));
	return JSON.stringify({x: plain(b.x), y: plain(b.y), dy: plain(b.dy), params: all(b.params), gradients: all(b.gradients), classes: b.classes});
})(bench.numbers)`

func read(p *webtest.Page) (n numbers) {
	p.Helper()
	if err := json.Unmarshal([]byte(webtest.Value[string](p, plainNumbers)), &n); err != nil {
		p.Fatal(err)
	}
	return n
}

// step is what the bench shows as the result of one.
type step struct {
	Of    string
	Index int
	Value float64
	Shown string
}

// stepped goes a way from its first step to its last by the button, and reads
// every result off the page.
func stepped(p *webtest.Page, way string) (steps []step) {
	p.Helper()
	text := webtest.Value[string](p, `(way => {
		const find = (s) => document.querySelector("#bench " + s), list = [];
		find(".ways [value=" + way + "]").click();
		for (;;) {
			const {of, index, value} = find(".working-bench").dataset;
			list.push({of, index: +index, value: +value, shown: find(".line:last-of-type b")?.textContent ?? ""});
			const next = find(".player-bench button:nth-of-type(4)");
			if (next.disabled) break;
			next.click();
		}
		return JSON.stringify(list);
	})(%q)`, way)
	if err := json.Unmarshal([]byte(text), &steps); err != nil {
		p.Fatal(err)
	}
	return steps
}

// collected are the values that steps have shown of something, NaN where none has.
func collected(t *testing.T, steps []step, of string, size int) []float64 {
	t.Helper()
	values := make([]float64, size)
	for i := range values {
		values[i] = math.NaN()
	}
	for _, s := range steps {
		if s.Of != of {
			continue
		}
		values[s.Index] = s.Value
		if shown, err := strconv.ParseFloat(strings.NewReplacer("−", "-", ",", "").Replace(s.Shown), 64); err != nil || math.Abs(shown-s.Value) > 0.006 {
			t.Errorf("%s %d is shown as %q, and is %g", of, s.Index, s.Shown, s.Value)
		}
	}
	return values
}

// alike asks that values are the framework's.
func alike(t *testing.T, what string, got []float64, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if !(math.Abs(got[i]-float64(want[i])) <= 2e-4*(1+math.Abs(float64(want[i])))) {
			t.Errorf("%s: value %d of %d is %g, want %g", what, i, len(got), got[i], want[i])
			return
		}
	}
}

// Every step of every kind, forward and backward, gives the number that the
// framework computes, on arrays with values typed in.
func TestBenchStepsAreTheFrameworks(t *testing.T) {
	url, _, _ := serveBench(t)
	p := mounted(t, url, webtest.Desktop, "{}")
	for _, c := range []struct {
		name, kind, settings string
		spec                 nn.Spec
		ways                 map[string]string // and what their steps are of
	}{
		{"convolution", "convolution", "{}", layers.Convolution{Filters: 1, Kernel: 3}, convolutionWays},
		{"convolution with all", "convolution", "{size: 4, channels: 4, filters: 2, kernel: 2, stride: 2, pad: 1, dilation: 2, groups: 2, images: 2}", layers.Convolution{Filters: 2, Kernel: 2, Stride: 2, Pad: 1, Dilation: 2, Groups: 2}, convolutionWays},
		{"more padding than kernel", "convolution", "{size: 3, channels: 1, filters: 3, kernel: 1, stride: 3, pad: 2, dilation: 1, groups: 1, images: 1}", layers.Convolution{Filters: 3, Kernel: 1, Stride: 3, Pad: 2}, convolutionWays},
		{"max pooling", "pooling", "{size: 4, channels: 2, window: 3, stride: 2, pad: 1, images: 2}", layers.Pooling{Size: 3, Stride: 2, Pad: 1}, map[string]string{"forward": "y", "dx": ""}},
		{"average pooling", "pooling", "{size: 4, channels: 2, window: 3, stride: 2, pad: 1, images: 2, average: true}", layers.Pooling{Size: 3, Stride: 2, Pad: 1, Average: true}, map[string]string{"forward": "y", "dx": ""}},
		{"affine", "affine", "{features: 5, units: 4, images: 3}", layers.Affine{Units: 4}, map[string]string{"forward": "y", "weight": "weight", "bias": "bias", "dx": "dx"}},
		{"ReLU", "relu", "{size: 3, channels: 2, images: 2}", layers.ReLU{}, map[string]string{"forward": "y", "dx": "dx"}},
		{"batch normalization", "normalization", "{size: 2, channels: 2, images: 3}", layers.BatchNormalization{}, map[string]string{"forward": "y", "beta": "beta", "gamma": "gamma", "dx": "dx"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			webtest.Value[any](p, `bench.show(%q, %s) ?? 0`, c.kind, c.settings)
			typeNumbers(p)
			b := read(p)
			x := b.X.tensor()
			net, err := nn.NewSequential(x.Shape, rand.New(rand.NewPCG(1, 0)), c.spec)
			if err != nil {
				t.Fatal(err)
			}
			for _, param := range net.Params() {
				if a := b.Params[param.Name]; a != nil {
					copy(param.Value.Data, a.tensor().Data)
				}
			}
			pass := net.NewPass(nn.PassConfig{Capacity: x.N, Training: true, NeedsBackward: true, InputGradient: true})
			want := map[string][]float32{"y": pass.Forward(x).Data}
			want["y"] = append([]float32(nil), want["y"]...)
			want["dx"] = pass.Backward(b.DY.tensor()).Data
			for i, param := range net.Params() {
				want[param.Name] = pass.ParamGradients()[i]
			}
			for way, of := range c.ways {
				steps := stepped(p, way)
				if of != "" {
					alike(t, way, collected(t, steps, of, len(want[of])), want[of])
					continue
				}
				// The last step has added all up, for the last sample's channels that are shown.
				for key, got := range sums(p) {
					at := strings.Split(key, ".")
					n, _ := strconv.Atoi(at[0])
					channel, _ := strconv.Atoi(at[1])
					var part []float32
					for k := range x.H * x.W {
						part = append(part, want["dx"][(n*x.H*x.W+k)*x.C+channel])
					}
					alike(t, way+" "+key, got, part)
				}
			}
			alike(t, "all of dx", b.Gradients["dx"].Data, want["dx"])
		})
	}
	p.Keep("bench-normalization")

	t.Run("softmax with loss", func(t *testing.T) {
		webtest.Value[any](p, `bench.show("softmax", {classCount: 4, images: 2}) ?? 0`)
		typeNumbers(p)
		b := read(p)
		dx := nn.NewTensor(2, nn.Features(4))
		loss := layers.SoftmaxWithLoss{}.Loss(dx, b.X.tensor(), nn.Targets{Labels: b.Classes}, 2)
		alike(t, "y − t", collected(t, stepped(p, "dx"), "dx", 8), dx.Data)
		steps := stepped(p, "forward")
		each := collected(t, steps, "loss", 2)
		if got := each[0] + each[1]; math.Abs(got-loss) > 1e-5 {
			t.Errorf("the loss is %g, want %g", got, loss)
		}
	})
	p.Quiet()
}

// With a digit and a model, the numbers of every layer are the framework's too.
func TestBenchOfOwnDigit(t *testing.T) {
	url, net, test := serveBench(t)
	p := mounted(t, url, webtest.Desktop, `{
		model: await (await fetch("/api/v1/weights")).json(),
		digit: await (await fetch("/api/v1/sample?index=3")).json().then(s => ({...s.image, label: s.label})),
	}`)
	x := datasets.Tensor(test.Shape, test.Images[3])
	label := int(test.Labels[3])
	pass := net.NewPass(nn.PassConfig{Capacity: 1, NeedsBackward: true, InputGradient: true, Unfused: true, Loss: layers.SoftmaxWithLoss{}})
	logits := pass.Forward(x)
	loss := layers.SoftmaxWithLoss{}.Loss(pass.OutputGradient(), logits, nn.Targets{Labels: []int{label}}, 1)
	pass.Backward(pass.OutputGradient())
	gradients, of := pass.ParamGradients(), 0
	activations := net.Activations(x)
	for i, layer := range net.Layers()[:len(net.Layers())-1] {
		kind := map[string]string{"Convolution": "convolution", "Pooling": "pooling", "Affine": "affine", "ReLU": "relu", "BatchNormalization": "normalization"}[nn.TypeName(net.Specs()[i])]
		if kind == "" { // computed, and not gone through
			of += len(layer.Params())
			continue
		}
		webtest.Value[any](p, `(document.querySelector("#bench .kinds [value=%s]").click(), (e => { e.value = %d; e.dispatchEvent(new Event("change")); })(document.querySelector("#bench-numbers"))) ?? 0`, kind, i+1)
		b := read(p)
		alike(t, net.LayerName(i)+" forward", b.Y.Data, activations[i].Data)
		for _, param := range layer.Params() {
			if !param.Fixed {
				alike(t, net.LayerName(i)+" "+param.Name, b.Gradients[param.Name].Data, gradients[of])
			}
			of++
		}
		if i == 0 {
			alike(t, "of the input", b.Gradients["dx"].Data, pass.InputGradient().Data)
		}
		// A step in the midst of each way.
		for _, way := range webtest.Value[[]string](p, `[...document.querySelectorAll("#bench .ways button")].map(e => e.value)`) {
			s := webtest.Value[step](p, `(way => {
				document.querySelector("#bench .ways [value=" + way + "]").click();
				const scrub = document.querySelector("#bench-scrub"), {dataset} = document.querySelector("#bench .working-bench");
				scrub.value = Math.floor(0.4 * scrub.max);
				scrub.dispatchEvent(new Event("input"));
				return {Of: dataset.of, Index: +dataset.index, Value: +dataset.value};
			})(%q)`, way)
			want := map[string]*array{"y": b.Y, "dx": b.Gradients["dx"], "weight": b.Gradients["weight"], "bias": b.Gradients["bias"], "gamma": b.Gradients["gamma"], "beta": b.Gradients["beta"]}[s.Of]
			if kind == "pooling" && way == "dx" {
				want = b.DY // which is handed on as it is
				s.Index = webtest.Value[int](p, `+document.querySelector("#bench").dataset.step`)
				s.Index = s.Index%(b.Y.H*b.Y.W)*b.Y.C + s.Index/(b.Y.H*b.Y.W)
			}
			if s.Of != "" && math.Abs(s.Value-want.Data[s.Index]) > 1e-9 {
				t.Errorf("%s, %s: step of %s %d gives %g, want %g", net.LayerName(i), way, s.Of, s.Index, s.Value, want.Data[s.Index])
			}
		}
	}
	webtest.Value[any](p, `document.querySelector("#bench .kinds [value=softmax]").click() ?? 0`)
	if b := read(p); len(b.Classes) != 1 || b.Classes[0] != label {
		t.Errorf("the right classes are %v, want %d", b.Classes, label)
	}

	// A weight of filter 2, moved by the keyboard, moves the answer as it does the framework's.
	webtest.Value[any](p, `(document.querySelector("#bench .kinds [value=convolution]").click(), (e => { e.value = 1; e.dispatchEvent(new Event("change")); })(document.querySelector("#bench-at-filter"))) ?? 0`)
	const weight = `table[data-key="weight.1.0"] td:nth-child(3) input`
	p.Do(chromedp.Focus(weight))
	for range 3 {
		p.Do(chromedp.Focus("#bench-weight"), chromedp.KeyEvent(kb.ArrowRight+kb.ArrowRight+kb.ArrowRight+kb.ArrowRight))
	}
	p.Keep("bench-weight")
	moved := webtest.Value[float64](p, `bench.numbers.params.weight.data[25 + 2]`)
	params := net.Params()[0].Value
	was := params.Data[25+2]
	if math.Abs(moved-float64(was)) < 0.01 {
		t.Fatalf("the weight is %g, as learned", moved)
	}
	params.Data[25+2] = float32(moved)
	probabilities := net.Predict(x).Data
	params.Data[25+2] = was
	shown := webtest.Value[[]float64](p, `[...document.querySelectorAll("#bench [data-probability]")].map(e => +e.dataset.probability)`)
	alike(t, "the answer with another weight", shown, probabilities)
	if text := webtest.Value[string](p, `document.querySelector("#bench .answer + p").textContent`); !strings.HasSuffix(text, "loss "+strconv.FormatFloat(loss, 'f', 4, 64)) {
		t.Errorf("as learned: %q, want loss %.4f", text, loss)
	}
	webtest.Value[any](p, `[...document.querySelectorAll("#bench .change button")].find(b => b.textContent === "As learned").click() ?? 0`)
	alike(t, "the answer as learned", webtest.Value[[]float64](p, `[...document.querySelectorAll("#bench [data-probability]")].map(e => +e.dataset.probability)`), net.Predict(x).Data)
	p.Quiet()
}

// The bench asks nobody: a network and a picture in colour that are handed to it
// are all that it needs.
func TestBenchInColour(t *testing.T) {
	url, _, _ := serveBench(t)
	rng := rand.New(rand.NewPCG(5, 0))
	net, err := nn.NewSequential(nn.Shape{H: 8, W: 8, C: 3}, rng,
		layers.Convolution{Filters: 4, Kernel: 3}, layers.Sigmoid{}, layers.GlobalAveragePooling{}, layers.Tanh{}, layers.Affine{Units: 3}, layers.Softmax{})
	if err != nil {
		t.Fatal(err)
	}
	weights, err := models.NewWeights("colour", []string{"a", "b", "c"}, net)
	if err != nil {
		t.Fatal(err)
	}
	x, pixels := nn.NewTensor(1, net.Input()), make([]int, net.Input().Size())
	for i := range pixels {
		pixels[i] = rng.IntN(256)
		x.Data[i] = float32(pixels[i]) / 255
	}
	given, err := json.Marshal(map[string]any{"model": weights, "digit": map[string]any{"height": 8, "width": 8, "pixels": pixels, "label": "b"}})
	if err != nil {
		t.Fatal(err)
	}
	p := mounted(t, url, webtest.Phone, string(given))
	webtest.Value[any](p, `(e => { e.value = 1; e.dispatchEvent(new Event("change")); })(document.querySelector("#bench-numbers")) ?? 0`)
	alike(t, "the maps", read(p).Y.Data, net.Activations(x)[0].Data)
	shown := webtest.Value[[]float64](p, `[...document.querySelectorAll("#bench [data-probability]")].map(e => +e.dataset.probability)`)
	alike(t, "the probabilities", shown, net.Predict(x).Data)
	p.Fits()
	p.Quiet()
}

var convolutionWays = map[string]string{"forward": "y", "weight": "weight", "bias": "bias", "dx": "dx", "columns": ""}

// typeNumbers types values into every field that is shown in the way forward and
// back, of every sample and channel that its choices offer.
func typeNumbers(p *webtest.Page) {
	p.Helper()
	if n := webtest.Value[int](p, `(() => {
		let k = 0;
		const seen = new Set();
		for (const way of ["forward", "dx"]) {
			document.querySelector("#bench .ways [value=" + way + "]").click();
			for (const input of document.querySelectorAll("#bench .panels:not(.more *) .cells input")) {
				if (seen.has(input) || input.closest(".more")) continue;
				seen.add(input);
				if (input.closest("figure").textContent.includes("right class")) continue;
				input.focus();
				input.value = (((k++ * 7) %% 11) - 4) / 2;
				input.dispatchEvent(new Event("change"));
				input.blur();
			}
		}
		return k;
	})()`); n < 3 {
		p.Errorf("%d numbers could be typed in", n)
	}
}

// sums are the grids in which the way back adds up, by sample and channel.
func sums(p *webtest.Page) map[string][]float64 {
	p.Helper()
	var s map[string][]float64
	text := webtest.Value[string](p, `JSON.stringify(Object.fromEntries([...document.querySelectorAll("#bench table[data-key^='sum.']")].map(e => [e.dataset.key.slice(4), [...e.querySelectorAll("td[data-value]")].map(c => +c.dataset.value)])))`)
	if err := json.Unmarshal([]byte(text), &s); err != nil || len(s) == 0 {
		p.Fatalf("no sums: %v %s", err, text)
	}
	return s
}

// The page: sizes that cannot be, keys, predicting, and the questions.
func TestBenchPage(t *testing.T) {
	url, _, _ := serveBench(t)
	w := webtest.Desktop
	w.Dark = true
	p := webtest.Open(t, url, "/bench?seed=7", w)
	p.Until(ready)
	p.Named()
	text := func(selector string) string {
		return webtest.Value[string](p, `document.querySelector(%q).innerText`, selector)
	}
	slide := func(name string, value int) {
		webtest.Value[any](p, `(e => { e.value = %d; e.dispatchEvent(new Event("input")); })(document.querySelector("#bench-%s")) ?? 0`, value, name)
	}
	slide("filters", 3)
	slide("channels", 2)
	slide("kernel", 2)
	if got := text(`[data-formula=parameters]`); got != "3·(2·2·2) + 3 = 27" {
		t.Errorf("parameters: %q", got)
	}
	slide("groups", 2)
	if got := text(".message[role=status]"); !strings.Contains(got, "2 groups must divide both 2 channels and 3 filters") || webtest.Value[bool](p, `document.querySelector(".panels").checkVisibility()`) {
		t.Errorf("of 2 groups for 3 filters: %q", got)
	}
	slide("groups", 1)
	slide("kernel", 3)
	slide("dilation", 3)
	if got := text(".message[role=status]"); !strings.Contains(got, "reaches over 7 pixels, and the image with its padding has 4") {
		t.Errorf("of a kernel that is too large: %q", got)
	}
	slide("pad", 2)
	slide("stride", 2)
	if got := text(".bench .message:not([role])"); !strings.Contains(got, "the last 1 rows") {
		t.Errorf("of a stride that does not fit: %q", got)
	}
	p.Fits()
	p.Keep("bench-dark")

	// The keyboard alone: play, step, and a value typed in.
	slide("dilation", 1)
	p.Do(chromedp.Focus("#bench-scrub"), chromedp.KeyEvent(kb.ArrowRight+kb.ArrowRight))
	p.Until(`document.querySelector("#bench").dataset.step === "2"`)
	p.Do(chromedp.Focus(".player-bench .main"), chromedp.KeyEvent(kb.Enter))
	p.Until(`+document.querySelector("#bench").dataset.step > 3`)
	p.Do(chromedp.KeyEvent(kb.Enter))
	at := webtest.Value[string](p, `document.querySelector("#bench").dataset.step`)
	p.Painted()
	if got := text(".player-bench .main"); !strings.Contains(got, "Play") || webtest.Value[string](p, `document.querySelector("#bench").dataset.step`) != at {
		t.Errorf("paused, it is %q at %s", got, at)
	}
	p.Do(chromedp.Focus(`.cells input`), chromedp.KeyEvent("5.5"+kb.Enter))
	p.Until(`document.querySelector(".cells td:has(input)").dataset.value === "5.5"`)
	p.Do(chromedp.Focus(`.cells input`), chromedp.KeyEvent("x"+kb.Enter))
	p.Until(`document.querySelector(".cells input[aria-invalid=true]") && document.querySelector(".cells td:has(input)").dataset.value === "5.5"`)

	// Predict first: the result is not on the page until it is guessed.
	webtest.Value[any](p, `(document.querySelector("#bench .kinds [value=affine]").click(), document.querySelector(".working-bench [type=checkbox]").click()) ?? 0`)
	if got := text(".working-bench"); strings.Contains(got, "= 6") || !strings.Contains(text(".panels"), "?") {
		t.Errorf("what is to be predicted is there: %q", got)
	}
	p.Do(chromedp.Focus("#bench-guess"), chromedp.KeyEvent("7"+kb.Enter))
	p.Until(`document.querySelector(".working-bench .verdict-line").textContent === "It is 6, not 7."`)
	p.Do(chromedp.KeyEvent(kb.Enter)) // on "next"
	p.Do(chromedp.Focus("#bench-guess"), chromedp.KeyEvent("13"+kb.Enter))
	p.Until(`document.querySelector(".working-bench [data-score]").textContent === "1 of 2 right"`)
	p.Keep("bench-guessed")

	// A round of questions: each has four answers, of which one is right.
	asked := map[string]bool{}
	for k := range 10 {
		name := webtest.Value[string](p, `document.querySelector(".questions").dataset.question`)
		asked[name] = true
		if k == 0 || name == "map" {
			p.Named()
			p.Keep("bench-question-" + name)
		}
		webtest.Value[any](p, `document.querySelector(".questions .options button").click() ?? 0`)
		if n := webtest.Value[int](p, `new Set([...document.querySelectorAll(".questions .options button")].map(b => b.querySelector("canvas")?.toDataURL() ?? b.lastChild.textContent)).size`); n != 4 {
			t.Errorf("%s has %d different answers", name, n)
		}
		if n := webtest.Value[int](p, `document.querySelectorAll(".questions .options .right").length`); n != 1 {
			t.Errorf("%s has %d right answers", name, n)
		}
		if k < 9 {
			webtest.Value[any](p, `document.querySelector(".questions .main").click() ?? 0`)
		}
	}
	right := webtest.Value[string](p, `document.querySelector(".questions").dataset.right`)
	if got := text(".questions"); len(asked) != 10 || !strings.Contains(got, "The round is over: "+right+" of 10 right.") {
		t.Errorf("asked %v, and in the end: %q", asked, got)
	}

	// What is drawn on the first page comes along.
	p.Do(chromedp.Navigate(url + "/"))
	p.Until(ready)
	p.Do(chromedp.KeyEvent("7"))
	p.Until(settled)
	p.Do(chromedp.Click("#bench"))
	p.Until(`document.body && "digit" in document.body.dataset && document.querySelector("#bench-numbers").length === 3`)
	if got := text("#digit"); !strings.Contains(got, "its true class is 7") {
		t.Errorf("of the digit that was drawn: %q", got)
	}
	p.Quiet()
}

func TestBenchOnPhone(t *testing.T) {
	url, _, _ := serveBench(t)
	w := webtest.Phone
	p := webtest.Open(t, url, "/bench", w)
	p.Until(ready)
	p.Fits()
	p.Named()
	p.Keep("bench-phone")
	tap := func(selector string) { p.Drag(w, selector, [][2]float64{{0.5, 0.5}}, nil) }
	tap("#bench .ways [value=weight]")
	p.Until(`document.querySelector("#bench .ways [value=weight]").ariaPressed === "true"`)
	tap(".player-bench button:nth-of-type(4)")
	p.Until(`document.querySelector("#bench").dataset.step === "1"`)
	tap("table[data-key='dw.0.0'] tr:nth-child(3) td:nth-child(3)") // a result leads to its step
	p.Until(`document.querySelector("#bench").dataset.step === "8" && document.querySelector(".line b").textContent === "20"`)
	for _, kind := range []string{"pooling", "affine", "relu", "softmax", "normalization", "convolution"} {
		tap("#bench .kinds [value=" + kind + "]")
		p.Until(`document.querySelector("#bench .kinds [value=%s]").ariaPressed === "true"`, kind)
		for _, way := range webtest.Value[[]string](p, `[...document.querySelectorAll("#bench .ways button")].map(e => e.value)`) {
			tap("#bench .ways [value=" + way + "]")
			p.Until(`document.querySelector("#bench .ways [value=%s]").ariaPressed === "true"`, way)
			p.Fits()
		}
		p.Named()
	}
	p.Keep("bench-phone-columns")
	tap("#own summary")
	tap("#sample")
	p.Until(`"digit" in document.body.dataset && document.querySelector("#bench-numbers").length === 3`)
	webtest.Value[any](p, `(e => { e.value = 5; e.dispatchEvent(new Event("change")); })(document.querySelector("#bench-numbers")) ?? 0`)
	p.Fits()
	p.Named()
	p.Keep("bench-phone-own")
	p.Quiet()
}
