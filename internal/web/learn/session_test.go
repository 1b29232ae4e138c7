package learn_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tatami/datasets"
	"tatami/internal/web/answers"
	"tatami/internal/web/learn"
	"tatami/layers"
	"tatami/nn"
	"tatami/train"
	"tatami/train/doctor"
)

// page is the other side of a session.
type page struct {
	*testing.T
	calls chan *answers.Call

	mutex  sync.Mutex
	state  string
	advice []doctor.Illness
	test   float64
	rate   float64
	losses []float64
}

func (p *page) Next() *answers.Call { return <-p.calls }

func (p *page) Pending() (all []*answers.Call) {
	for {
		select {
		case c := <-p.calls:
			all = append(all, c)
		default:
			return all
		}
	}
}

func (p *page) tell(event any) {
	text, err := json.Marshal(event)
	if err != nil {
		p.Error(err)
		return
	}
	var e struct {
		Kind, State, Message string
		Illness              doctor.Illness
		Losses               []float64
		Rate                 float64
		Test                 []struct{ Accuracy float64 }
	}
	if err := json.Unmarshal(text, &e); err != nil {
		p.Error(err)
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch e.Kind {
	case "state":
		p.state = e.State
		if e.State == "failed" {
			p.Error(e.Message)
		}
	case "advice":
		p.advice = append(p.advice, e.Illness)
	case "progress":
		p.losses, p.rate = append(p.losses, e.Losses...), e.Rate
		for _, t := range e.Test {
			p.test = t.Accuracy
		}
	}
}

// ask returns the answer, as JSON or the bytes that it is.
func (p *page) ask(path string, body any) ([]byte, error) {
	text, plain := body.([]byte)
	if !plain {
		text, _ = json.Marshal(body)
	}
	path, query, _ := strings.Cut(path, "?")
	c := &answers.Call{Path: path, JSON: !plain, Body: text}
	c.Query, _ = url.ParseQuery(query)
	type reply struct {
		text []byte
		err  error
	}
	done := make(chan reply, 1)
	c.Reply = func(answer any, err error) {
		text, plain := answer.([]byte)
		if !plain {
			text, _ = json.Marshal(answer)
		}
		done <- reply{text, err}
	}
	p.mutex.Lock()
	p.state = "" // what is waited for is yet to come
	p.mutex.Unlock()
	p.calls <- c
	r := <-done
	return r.text, r.err
}

func (p *page) must(path string, body any) []byte {
	p.Helper()
	text, err := p.ask(path, body)
	if err != nil {
		p.Fatal(path, err)
	}
	return text
}

func (p *page) until(state string) {
	p.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		p.mutex.Lock()
		now := p.state
		p.mutex.Unlock()
		if now == state {
			return
		}
		if time.Now().After(end) {
			p.Fatalf("the state is %q, not %q", now, state)
		}
	}
}

func open(t *testing.T, training, test *datasets.Dataset) *page {
	t.Helper()
	p := &page{T: t, calls: make(chan *answers.Call)}
	go learn.New(p, p.tell).Serve()
	if training != nil {
		packed, err := learn.Pack(training, test)
		if err != nil {
			t.Fatal(err)
		}
		p.must("/learn/data", packed)
	}
	return p
}

// Each preset does what its word says.
func TestPresets(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks")
	}
	training, test, err := datasets.MNIST()
	if err != nil {
		t.Fatal(err)
	}
	for _, preset := range learn.Presets() {
		t.Run(preset.Name, func(t *testing.T) {
			p := open(t, training, test.Limit(2000))
			p.must("/learn/start", preset.Settings)
			p.until("running")
			for {
				p.mutex.Lock()
				over, found := p.state == "finished", len(p.advice) > 0
				p.mutex.Unlock()
				if found && preset.Illness != "" || over {
					break
				}
				time.Sleep(time.Millisecond)
			}
			p.must("/learn/stop", nil)
			p.mutex.Lock()
			defer p.mutex.Unlock()
			t.Log(p.advice, p.test, len(p.losses))
			switch {
			case preset.Illness == "" && (len(p.advice) > 0 || p.test < 0.93):
				t.Errorf("advice %q, %g of the test images right", p.advice, p.test)
			case preset.Illness != "" && (len(p.advice) == 0 || p.advice[0] != preset.Illness):
				t.Errorf("advice %q, wanted %q first", p.advice, preset.Illness)
			}
		})
	}
}

// stripes are images of a stripe that lies, or stands.
func stripes(n int) *datasets.Dataset {
	d := &datasets.Dataset{Shape: nn.Shape{H: 12, W: 12, C: 1}, Classes: []string{"lies", "stands"}}
	for i := range n {
		pixels := make([]byte, 144)
		for k := range 12 {
			at := (3+i%7)*12 + k
			if i%2 == 1 {
				at = k*12 + 3 + i%7
			}
			pixels[at] = 255
		}
		d.Images, d.Labels = append(d.Images, pixels), append(d.Labels, i%2)
	}
	return d
}

// settings are those of a quick run, but for what more says.
func settings(more string, specs ...string) json.RawMessage {
	base := fmt.Sprintf(`{"layers":[%s],"augment":"none","optimizer":"adam","rate":0.01,"batch":20,"epochs":3,"seed":1}`, strings.Join(specs, ","))
	all := map[string]json.RawMessage{}
	for _, text := range []string{base, "{" + strings.TrimPrefix(more, ",") + "}"} {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			panic(err)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return text
}

const convolution = `{"type":"Convolution","Filters":4,"Kernel":3},{"type":"ReLU"},{"type":"Pooling","Size":2}`

// A run pauses, takes another rate, goes on and leaves a model; calls are
// answered meanwhile.
func TestRun(t *testing.T) {
	data := stripes(200)
	p := open(t, data, data)
	p.must("/learn/start", settings(`,"epochs":10000`, convolution))
	p.until("running")
	p.must("/learn/pause?on=1", nil)
	p.until("paused")
	p.must("/learn/rate?value=0.002", nil)
	if _, err := p.ask("/learn/rate?value=-1", nil); err == nil {
		t.Error("a negative rate is taken")
	}
	pixels := make([]float64, 144)
	pixels[5] = 1
	p.must("/api/v1/maps", map[string]any{"pixels": pixels})
	p.must("/learn/pause?on=0", nil)
	p.until("running")
	p.must("/learn/stop", nil)
	p.until("stopped")
	before := len(p.losses)

	p.must("/learn/start", settings("", convolution)) // another network
	p.until("finished")
	if n := len(p.losses) - before; n != 30 {
		t.Errorf("%d updates, wanted 30", n)
	}
	p.must("/learn/onward", settings(`,"rate":0.003`, convolution))
	p.until("finished")
	if p.rate != 0.003 {
		t.Errorf("it goes on at rate %g, wanted 0.003", p.rate)
	}
	if n := len(p.losses) - before; n != 60 {
		t.Errorf("%d updates after going on, wanted 60", n)
	}

	file := p.must("/learn/model", nil)
	m, err := nn.Decode(bytes.NewReader(file), int64(len(file)), layers.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	e, err := train.Evaluate(m.Sequential, layers.SoftmaxWithLoss{}, data, 50)
	if err != nil || e.Accuracy() != p.test || p.test < 0.99 {
		t.Errorf("the model is right about %g, the page said %g (%v)", e.Accuracy(), p.test, err)
	}
	var loaded struct{ Layers []json.RawMessage }
	if err := json.Unmarshal(p.must("/learn/load", file), &loaded); err != nil || len(loaded.Layers) != 3 {
		t.Errorf("%d layers are loaded, wanted 3", len(loaded.Layers))
	}
}

// A model from a file that is too large for a page is shown, but not trained.
func TestLoadedTooLarge(t *testing.T) {
	data := stripes(100)
	p := open(t, data, data)
	net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(1, 0)), layers.Convolution{Filters: 1, Kernel: 1, Pad: 800}, layers.Pooling{Size: 400}, layers.Affine{Units: len(data.Classes)})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := nn.Encode(&file, &nn.Model{Sequential: net}); err != nil {
		t.Fatal(err)
	}
	p.must("/learn/load", file.Bytes())
	p.until("idle")
	if _, err := p.ask("/learn/onward", settings("", convolution)); err == nil || !strings.Contains(err.Error(), "layer 1: the network takes ") {
		t.Errorf("going on says %v", err)
	}
}

// A stack that is impossible is told by the layer that does not fit.
func TestStack(t *testing.T) {
	p := open(t, stripes(4), stripes(4))
	for _, c := range []struct {
		layers string
		bad    int
		word   string
	}{
		{convolution, 0, ""},
		{`{"type":"Convolution","Filters":4,"Kernel":30}`, 1, "smaller than the kernel"},
		{convolution + `,` + convolution + `,` + convolution, 7, "smaller than the kernel"},
		{`{"type":"Affine","Units":10000000}`, 1, "parameters"},
		{`{"type":"Affine","Units":0}`, 1, "Units"},
		{``, 0, ""},
	} {
		var a struct {
			Bad    int
			Error  string
			Layers []struct{ Parameters int }
		}
		if err := json.Unmarshal(p.must("/learn/stack", settings("", c.layers)), &a); err != nil {
			t.Fatal(err)
		}
		if a.Bad != c.bad || !strings.Contains(a.Error, c.word) {
			t.Errorf("%s: layer %d: %q; wanted layer %d and %q", c.layers, a.Bad, a.Error, c.bad, c.word)
		}
		if _, err := p.ask("/learn/start", settings("", c.layers)); (err != nil) != (c.bad > 0) {
			t.Errorf("%s: start says %v", c.layers, err)
		}
	}
	for _, wrong := range []string{`,"batch":0`, `,"epochs":0`, `,"rate":0`, `,"optimizer":"adem"`, `,"augment":"spin"`, `,"schedule":"twice"`, `,"schedule":"cosine"`, `,"data":"own"`} {
		if _, err := p.ask("/learn/start", settings(wrong, convolution)); err == nil {
			t.Errorf("%s is taken", wrong)
		} else if _, ok := errors.AsType[*answers.Refusal](err); !ok {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// Whatever is entered for a layer, the page says in Japanese what is wrong.
func TestStackInJapanese(t *testing.T) {
	p := open(t, stripes(4), stripes(4))
	english := regexp.MustCompile(`英語|[a-z]+,? [a-z]+,? [a-z]+`)
	refused := 0
	try := func(layers string) {
		t.Helper()
		var a struct{ Error string }
		text, err := p.ask("/learn/stack?lang=ja", settings("", layers))
		if err == nil {
			if err := json.Unmarshal(text, &a); err != nil {
				t.Fatal(err)
			}
		} else {
			a.Error = err.Error()
		}
		if a.Error != "" {
			refused++
		}
		if english.MatchString(a.Error) {
			t.Errorf("%s: %s", layers, a.Error)
		}
	}
	values := []string{"-1", "0", "3", "100", "20000", "1000000000", "1.5", "1e400", "true", `"He"`, "[1]", "{}", "null",
		`{"type":"zero"}`, `{"type":"Normal","Std":-1}`, `[{"type":"Afine"}]`, `[{"type":"Pooling","Size":2}]`}
	for name, zero := range layers.Catalog() {
		needed := map[string]string{"Convolution": "Filters Kernel", "Pooling": "Size", "Affine": "Units"}[name]
		for _, field := range reflect.VisibleFields(reflect.TypeOf(zero)) {
			if !field.IsExported() {
				continue
			}
			for _, value := range values {
				layer := fmt.Sprintf(`{"type":%q`, name)
				for _, other := range strings.Fields(needed) {
					if other != field.Name {
						layer += fmt.Sprintf(`,%q:2`, other)
					}
				}
				layer += fmt.Sprintf(`,%q:%s}`, field.Name, value)
				try(layer)
				try(`{"type":"Affine","Units":6},` + layer)
			}
		}
		try(fmt.Sprintf(`{"type":%q,"Unknown":1}`, name))
	}
	for _, layers := range []string{
		`{}`, `{"type":1}`, `{"type":"Dense"}`, `{"type":"Flatten"}`, `{"type":"Convolutoin"}`, `{"type":"add"}`, `3`, `"ReLU"`, `null`, `{"type":"ReLU","type":"ReLU"}`,
		convolution + `,` + convolution + `,` + convolution, `{"type":"Convolution","Filters":4,"Kernel":3,"activation":"relu","kernel_size":3}`,
		strings.Repeat(`{"type":"Residual","Body":[`, 40) + `{"type":"ReLU"}` + strings.Repeat(`]}`, 40),
		strings.TrimSuffix(strings.Repeat(`{"type":"ReLU"},`, 5000), ","),
		`{"type":"Convolution","Filters":1000,"Kernel":9,"Pad":4},{"type":"Convolution","Filters":500,"Kernel":1}`, `{"type":"Affine","Units":7000},{"type":"Affine","Units":7000}`,
	} {
		try(layers)
	}
	if refused < 100 {
		t.Errorf("%d stacks refused", refused)
	}
}

// Drawings of three classes are told apart after seconds.
func TestOwn(t *testing.T) {
	p := open(t, nil, nil)
	draw := func(class, n int) []byte {
		img := image.NewGray(image.Rect(0, 0, 60, 60))
		for i := range 40 {
			x, y := 10+i, 30+n%5 // a line that lies, one that stands, a circle
			switch class {
			case 1:
				x, y = y, x
			case 2:
				sin, cos := math.Sincos(float64(i) * math.Pi / 20)
				x, y = 30+int(18*cos)+n%3, 30+int(18*sin)
			}
			for dx := range 4 {
				for dy := range 4 {
					img.SetGray(x+dx, y+dy, color.Gray{255})
				}
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	type class struct {
		Name   string   `json:"name"`
		Images [][]byte `json:"images"`
	}
	own := []class{{Name: "lies"}, {Name: "stands"}, {Name: "round"}}
	for c := range own {
		for n := range 20 {
			var a struct{ Pixels []byte }
			if err := json.Unmarshal(p.must("/learn/drawing", draw(c, n)), &a); err != nil {
				t.Fatal(err)
			}
			own[c].Images = append(own[c].Images, a.Pixels)
		}
	}
	p.must("/learn/own", own)
	p.must("/learn/start", settings(`,"data":"own","augment":"shift:2,rotate:15,scale:0.15","epochs":20`, convolution))
	p.until("finished")
	for c, want := range own {
		var a struct{ Label string }
		if err := json.Unmarshal(p.must("/api/v1/predict", draw(c, 3)), &a); err != nil || a.Label != want.Name {
			t.Errorf("%s is taken for %q (%v)", want.Name, a.Label, err)
		}
	}
}

// The program that the page shows compiles.
func TestProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a program")
	}
	p := open(t, stripes(4), stripes(4))
	var a struct{ Text string }
	body := settings(`,"augment":"shift:1,rotate:5","schedule":"one-cycle","shuffled":true,"images":100`, convolution, `{"type":"Residual","Body":[{"type":"Convolution","Filters":4,"Kernel":3,"Pad":1,"Init":{"type":"He"}}]}`)
	if err := json.Unmarshal(p.must("/learn/program", body), &a); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(path, []byte(a.Text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "vet", path).CombinedOutput(); err != nil {
		t.Errorf("%s\n%s", out, a.Text)
	}
	if out, err := exec.Command("gofmt", "-l", path).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("gofmt: %s %v\n%s", out, err, a.Text)
	}
}
