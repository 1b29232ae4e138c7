package watch_test

import (
	"context"
	"errors"
	"fmt"
	"image/gif"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tatami/datasets"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
	"tatami/train/watch"
)

// spots are generated images of a bright pixel: its half of the image is their
// class, or where it is their values.
type spots struct{ values bool }

func (spots) Len() int        { return 120 }
func (spots) Input() nn.Shape { return nn.Shape{H: 8, W: 8, C: 1} }

func (s spots) Target() datasets.Target {
	if s.values {
		return datasets.Target{Values: nn.Features(2)}
	}
	return datasets.Target{Classes: []string{"left", "right"}}
}

func (s spots) Fill(x *nn.Tensor, t nn.Targets, index []int) error {
	clear(x.Data)
	for i, k := range index {
		at := k * 37 % 64
		x.Sample(i)[at] = 1
		if s.values {
			t.Values.Sample(i)[0], t.Values.Sample(i)[1] = float32(at/8)/8, float32(at%8)/8
		} else {
			t.Labels[i] = at % 8 / 4
		}
	}
	return nil
}

func trainer(data spots) *train.Trainer {
	net, err := nn.NewSequential(data.Input(), rand.New(rand.NewPCG(1, 1)),
		layers.Convolution{Filters: 4, Kernel: 3}, layers.ReLU{}, layers.Affine{Units: 2})
	if err != nil {
		panic(err) // of a network that is right
	}
	t := &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Rule: optim.Adam{}, Schedule: optim.Constant{Base: 0.01},
		Loader: &datasets.Loader{Data: data, BatchSize: 10, Seed: 1}, Epochs: 3, Test: data,
	}
	if data.values {
		t.Loss = layers.MeanSquaredError{}
	}
	return t
}

// Whoever brings data of their own gets what the command has: a page while the
// run goes on, and files; of values without what only classes have. The run
// itself is the same.
func TestWatch(t *testing.T) {
	for _, data := range []spots{{}, {values: true}} {
		dir := t.TempDir()
		tr := trainer(data)
		films := filepath.Join(dir, "films")
		if testing.Short() { // drawing them takes seconds
			films = ""
		}
		w, err := watch.New(t.Context(), watch.Options{
			Live: "127.0.0.1:0", Page: filepath.Join(dir, "new", "run.html"), Films: films, Events: filepath.Join(dir, "events"),
			Name: "spots & stripes", Settings: []watch.Setting{{Name: "lr", Value: "0.01"}}, Language: "ja",
		})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		shown := ""
		tr.Observers = []train.Observer{w, train.ObserverFunc(func(e train.Event) error {
			if e.Step == 20 && e.Kind == train.Updated {
				shown = get(t, w.URL()+"/api/v1/run")
			}
			return nil
		})}
		if _, err := tr.Fit(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"spots \u0026 stripes"`, `"step":20`, `"state":"running"`, `"lr"`} {
			if !strings.Contains(shown, want) {
				t.Errorf("%+v: the live page was told %.300s, wanted %s", data, shown, want)
			}
		}
		if after := get(t, w.URL()+"/api/v1/run"); !strings.Contains(after, `"state":"finished"`) || strings.Contains(after, `"confusion"`) == data.values {
			t.Errorf("%+v: after the run the live page is told %.300s", data, after)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if _, err := http.Get(w.URL()); err == nil {
			t.Error("the live page is there after Close")
		}
		page, err := os.ReadFile(filepath.Join(dir, "new", "run.html"))
		if err != nil || !strings.Contains(string(page), `"finished"`) {
			t.Errorf("%+v: the page: %v", data, err)
		}
		for name, want := range map[string]bool{"filters.gif": true, "map.gif": !data.values} {
			f, err := os.Open(filepath.Join(dir, "films", name))
			if (err == nil) != (want && films != "") {
				t.Errorf("%+v: %s: %v", data, name, err)
			}
			if err != nil {
				continue
			}
			if film, err := gif.DecodeAll(f); err != nil || len(film.Image) < 20 {
				t.Errorf("%+v: %s: %v", data, name, err)
			}
			f.Close()
		}
		if files, err := filepath.Glob(filepath.Join(dir, "events", "events.out.tfevents.*")); err != nil || len(files) != 1 {
			t.Errorf("event files %v, %v", files, err)
		}

		alone := trainer(data)
		if _, err := alone.Fit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if alone.Net.SHA256() != tr.Net.SHA256() {
			t.Error("a watched run gives other bits")
		}
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, r.Status, err)
	}
	return string(body)
}

// The page stops a run in good order, and a paused run ends with its context.
func TestWatchStops(t *testing.T) {
	for _, wish := range []string{"stop", "pause"} {
		ctx, cancel := context.WithCancel(t.Context())
		w, err := watch.New(ctx, watch.Options{Live: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		tr := trainer(spots{})
		tr.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
			if e.Step == 5 && e.Kind == train.Updated {
				r, err := http.Post(w.URL()+"/api/v1/run/"+wish, "", nil)
				if err != nil || r.StatusCode != http.StatusNoContent {
					t.Errorf("%s: %v, %v", wish, r, err)
				}
				if wish == "pause" {
					cancel()
				}
			}
			return nil
		}), w}
		h, err := tr.Fit(ctx)
		if len(h.Steps) != 5 || wish == "stop" && err != nil || wish == "pause" && err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %d steps, %v", wish, len(h.Steps), err)
		}
		cancel()
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Wrong options are told before the run; a run that fails leaves a page that
// says so.
func TestWatchRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]watch.Options{
		`Language is "fr", wanted en or ja`: {Language: "fr"},
		"wanted HOST:PORT":                  {Live: "8080"},
		"wanted http:// or https://":        {Live: ":0", Origins: []string{"tatami"}},
		"cannot make folder " + file:        {Films: file},
	} {
		if _, err := watch.New(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, wanted %q", o, err, want)
		}
	}
	path := filepath.Join(t.TempDir(), "run.html")
	w, err := watch.New(t.Context(), watch.Options{Page: path})
	if err != nil {
		t.Fatal(err)
	}
	tr := trainer(spots{})
	tr.Schedule = optim.Constant{Base: 1e30}
	tr.Rule = optim.SGD{}
	tr.Observers = []train.Observer{w}
	if _, err := tr.Fit(t.Context()); !errors.Is(err, train.ErrNotFinite) {
		t.Fatalf("error %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if page, err := os.ReadFile(path); err != nil || !strings.Contains(string(page), `"failed"`) {
		t.Errorf("the page of a failed run: %v", err)
	}
	again := trainer(spots{})
	again.Observers = []train.Observer{w}
	if _, err := again.Fit(t.Context()); err == nil || !strings.Contains(err.Error(), "make another") {
		t.Errorf("a Watch for two runs: %v", err)
	}
}

// A run on data of one's own, with a page that shows it as it goes and one to
// keep, and a picture of learning rates beforehand.
func Example() {
	dir, err := os.MkdirTemp("", "watch")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	t := trainer(spots{})

	curve, err := train.RateTest{From: 1e-4, To: 10, Steps: 100}.Run(ctx, t)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := watch.Rates(curve, "Learning rates for spots", "en"); err != nil { // for plots.Save
		log.Fatal(err)
	}

	w, err := watch.New(ctx, watch.Options{Live: "127.0.0.1:0", Page: filepath.Join(dir, "index.html"), Name: "spots"})
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	// fmt.Println("watch at", w.URL())
	t.Observers = []train.Observer{w}
	if _, err := t.Fit(ctx); err != nil {
		log.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("left:", left[0].Name())
	// Output:
	// left: index.html
}
