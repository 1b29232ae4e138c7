package serve_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"tatami/datasets"
	"tatami/internal/web"
	"tatami/internal/web/serve"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// trained are networks that have seen the given number of images once.
var trained = sync.OnceValues(func() (map[string]*nn.Model, error) {
	data, _, err := datasets.MNIST()
	if err != nil {
		return nil, err
	}
	models := map[string]*nn.Model{}
	for _, network := range networks.All() {
		if network.Name != "simple" && network.Name != "lenet" {
			continue
		}
		net, err := nn.NewSequential(network.Input, rand.New(rand.NewPCG(1, 0)), network.Specs(10)...)
		if err != nil {
			return nil, err
		}
		trainer := &train.Trainer{
			Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: data.Limit(10000), BatchSize: 50, Seed: 1},
			Rule: optim.Adam{}, Schedule: optim.Constant{Base: 0.002}, Epochs: 2,
		}
		if _, err := trainer.Fit(context.Background()); err != nil {
			return nil, err
		}
		models[network.Name] = &nn.Model{Sequential: net, Classes: data.Classes}
	}
	return models, nil
})

// served is a server that runs until the test ends.
type served struct {
	url    string
	simple *nn.Model
}

// serveModels serves SimpleConvNet and, if two, LeNet beside it, with images
// to compare.
func serveModels(t *testing.T, two bool) *served {
	t.Helper()
	if testing.Short() {
		t.Skip("trains networks")
	}
	models, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	data, test, err := datasets.MNIST()
	if err != nil {
		t.Fatal(err)
	}
	s := serve.New("test")
	names := []string{"simple", "lenet"}
	if !two {
		names = names[:1]
	}
	for _, name := range names {
		if err := s.Add(name, models[name]); err != nil {
			t.Fatal(err)
		}
	}
	s.Data(data.Limit(10000), test)
	return &served{start(t, s), models["simple"]}
}

// The page that trains may run its program, and what it asks for is made when
// it is wanted.
func TestLearnPage(t *testing.T) {
	s := serve.New("")
	made := 0
	s.Learn = func() (map[string][]byte, error) {
		made++
		return map[string][]byte{"wasm": []byte("program")}, nil
	}
	h := s.Handler()
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	if w := get("/learn"); w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Content-Security-Policy"), "'wasm-unsafe-eval'") || made != 0 {
		t.Errorf("/learn: %d, %v, made %d times", w.Code, w.Header(), made)
	}
	for range 2 {
		if w := get("/learn/wasm"); w.Code != http.StatusOK || w.Body.String() != "program" || made != 1 {
			t.Errorf("/learn/wasm: %d, %q, made %d times", w.Code, w.Body, made)
		}
	}
	if w := get("/learn/other"); w.Code != http.StatusNotFound {
		t.Errorf("/learn/other: %d", w.Code)
	}
	s.Learn = func() (map[string][]byte, error) { return nil, errors.New("there is no go command") }
	h = s.Handler()
	if w := get("/learn/wasm"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "no go command") {
		t.Errorf("without a module: %d, %q", w.Code, w.Body)
	}
}

// start lets s answer at an address of its own.
func start(t *testing.T, s *serve.Server) (url string) {
	t.Helper()
	const addr = ":0"
	ln, err := web.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.Index(ctx)
	ended := make(chan error)
	go func() { ended <- web.Serve(ctx, ln, web.NewGuard(addr, ln).Wrap(s.Handler()), nil) }()
	t.Cleanup(func() {
		cancel()
		http.DefaultClient.CloseIdleConnections()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return web.URL(ln)
}
