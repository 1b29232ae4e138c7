package serve_test

import (
	"bytes"
	"fmt"
	"image"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"tatami/internal/toy"
	"tatami/internal/web/serve"
	"tatami/layers"
	"tatami/nn"
)

// slowLayer takes its time for every pass, and tells when it begins.
type slowLayer struct {
	nn.Layer
	begun chan bool
	takes time.Duration
}

func (l slowLayer) Build(in nn.Shape, rng *rand.Rand) (nn.Layer, error) {
	below, err := layers.Affine{Units: 10}.Build(in, rng)
	l.Layer = below
	return l, err
}

func (l slowLayer) Forward(p *nn.Context, y, x *nn.Tensor) {
	select {
	case l.begun <- true:
	default:
	}
	time.Sleep(l.takes)
	l.Layer.Forward(p, y, x)
}

// wide makes so many passes for its occlusion that nobody waits for the end.
func wide(t *testing.T, deadline time.Duration) (url string, begun chan bool) {
	t.Helper()
	begun = make(chan bool)
	slow := slowLayer{begun: begun, takes: 20 * time.Millisecond}
	net, err := nn.NewSequential(nn.Shape{H: 512, W: 512, C: 1}, rand.New(rand.NewPCG(1, 0)),
		layers.Convolution{Filters: 12, Kernel: 3, Pad: 1}, layers.Pooling{Size: 64}, slow)
	if err != nil {
		t.Fatal(err)
	}
	s := serve.New("")
	s.Deadline = deadline
	if err := s.Add("wide", &nn.Model{Sequential: net}); err != nil {
		t.Fatal(err)
	}
	return start(t, s), begun
}

// Work that takes longer than its deadline is given up.
func TestDeadline(t *testing.T) {
	url, _ := wide(t, 50*time.Millisecond)
	from := time.Now()
	request(t, http.MethodPost, url+"/api/v1/attention", "", bytes.NewReader(asPNG(t, stroke()))).refuses(t, 503, "took too long")
	if took := time.Since(from); took > 10*time.Second {
		t.Errorf("it was given up after %v", took)
	}
}

// Work ends with the client who wanted it: its places are free for others.
func TestClientGone(t *testing.T) {
	url, begun := wide(t, time.Hour)
	body := asPNG(t, stroke())
	for range 2 * runtime.GOMAXPROCS(0) {
		c := dial(t, url, fmt.Sprintf("POST /api/v1/attention HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
		<-begun
		c.Close()
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		health := decode[struct{ Waiting int }](t, request(t, http.MethodGet, url+"/api/v1/health", "", nil))
		if health.Waiting == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d requests of clients that have gone are at work", health.Waiting)
		}
	}
}

// Clients who go in the midst of anything leave no goroutine behind.
func TestClientsLeaveNothing(t *testing.T) {
	url, _, _ := api(t)
	picture := asPNG(t, stroke())
	request(t, http.MethodGet, url+"/api/v1/health", "", nil)
	http.DefaultClient.CloseIdleConnections()
	before := runtime.NumGoroutine()
	for i, path := range []string{"predict", "maps", "attention", "neighbours", "convolution", "layers", "filters", "weights", "sample"} {
		head := fmt.Sprintf("POST /api/v1/%s HTTP/1.1\r\nHost: localhost\r\n", path)
		if i >= 5 {
			head = fmt.Sprintf("GET /api/v1/%s HTTP/1.1\r\nHost: localhost\r\n", path)
		}
		for _, text := range []string{
			head[:len(head)/2], head, head + "Content-Length: 5000\r\n\r\nhalf", head + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf",
			fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(picture), picture), head + "Range: bytes=1-2\r\n\r\n",
		} {
			dial(t, url, text).Close()
		}
	}
	for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// A model whose single image costs too much is not served.
func TestCostlyModels(t *testing.T) {
	for name, specs := range map[string][]nn.Spec{
		"pooling": {layers.Pooling{Size: 255, Stride: 1}, layers.Affine{Units: 2}},
		"values":  {layers.Convolution{Filters: 60, Kernel: 1}, layers.ReLU{}, layers.ReLU{}, layers.ReLU{}, layers.ReLU{}, layers.Pooling{Size: 16}, layers.Affine{Units: 2}},
		"work":    {layers.Convolution{Filters: 15, Kernel: 31, Pad: 15}, layers.Affine{Units: 2}},
		"padding": {layers.Convolution{Filters: 1, Kernel: 1, Pad: 4000, Stride: 4000}, layers.Affine{Units: 2}},
	} {
		net, err := nn.NewSequential(nn.Shape{H: 512, W: 512, C: 1}, rand.New(rand.NewPCG(1, 0)), specs...)
		if err != nil {
			t.Fatal(err)
		}
		if err := serve.New("").Add(name, &nn.Model{Sequential: net}); err == nil || !strings.Contains(err.Error(), "wanted at most") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// hungryPNG has so many pixels of 64 bits, all zero.
func hungryPNG(t *testing.T, width, height int) []byte {
	t.Helper()
	return asPNG(t, image.NewNRGBA64(image.Rect(0, 0, width, height)))
}

// What a request may cost does not depend on what it says: neither time nor
// memory.
func TestBudget(t *testing.T) {
	url, _, _ := api(t)
	png := hungryPNG(t, 2048, 2048)
	for _, c := range []struct {
		name, path, kind string
		body             []byte
		status           int
	}{
		{"scans", "predict", "", toy.EmptyScans(2048, 200_000), 422},
		{"deep colours", "attention", "", png, 422},
		{"deep colours, cut", "predict", "", png[:len(png)-20], 422},
		{"numbers", "predict", "application/json", []byte(`{"pixels":[` + strings.Repeat("0,", 2_000_000) + `0]}`), 400},
		{"nesting", "maps", "application/json", bytes.Repeat([]byte("["), 4<<20), 400},
		{"keys", "maps", "application/json", []byte(`{"a":{` + strings.Repeat(`"a":`, 1_000_000)), 400},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		from := time.Now()
		r := request(t, http.MethodPost, url+"/api/v1/"+c.path, c.kind, bytes.NewReader(c.body))
		took := time.Since(from)
		runtime.ReadMemStats(&after)
		if r.status != c.status {
			t.Errorf("%s: %d %.100s, want %d", c.name, r.status, r.body, c.status)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 128<<20 || took > 15*time.Second {
			t.Errorf("%s: %d bytes took %v and %d MB in all", c.name, len(c.body), took, used>>20)
		}
	}
}
