package live_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tatami/datasets"
	"tatami/internal/web"
	"tatami/internal/web/live"
	"tatami/internal/web/record"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// watched is a run of 10 updates an epoch with its server.
type watched struct {
	*testing.T
	trainer  *train.Trainer
	recorder *record.Recorder
	monitor  *live.Monitor
	url      string
	ctx      context.Context
	ended    chan error
}

// toy is a small network, of given layers or the usual three, with its data.
func toy(t *testing.T, specs ...nn.Spec) (*nn.Sequential, *datasets.Dataset) {
	t.Helper()
	data := &datasets.Dataset{Shape: nn.Shape{H: 20, W: 20, C: 1}, Classes: []string{"a", "b"}}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 40 {
		image := make([]byte, 400)
		for k := range image {
			image[k] = byte(rng.IntN(256))
		}
		data.Images, data.Labels = append(data.Images, image), append(data.Labels, i%2)
	}
	if specs == nil {
		specs = []nn.Spec{layers.Affine{Units: 20}, layers.ReLU{}, layers.Affine{Units: 2}}
	}
	network, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(3, 0)), specs...)
	if err != nil {
		t.Fatal(err)
	}
	return network, data
}

func newRecorder(t *testing.T, epochs int, network *nn.Sequential, data *datasets.Dataset) *record.Recorder {
	t.Helper()
	r, err := record.New(record.Facts{Name: "toy", Settings: []record.Fact{}, Versions: []record.Fact{}, Classes: data.Classes, Images: 40, Epochs: epochs, Batches: 10, Height: 20, Width: 20}, network, data, data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newWatched(t *testing.T, epochs int, specs ...nn.Spec) *watched {
	t.Helper()
	network, data := toy(t, specs...)
	r := newRecorder(t, epochs, network, data)
	ctx, stop := context.WithCancel(t.Context())
	w := &watched{T: t, ctx: ctx, recorder: r, monitor: live.New(ctx, stop, r), ended: make(chan error, 1)}
	w.trainer = &train.Trainer{
		Net: network, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: data, BatchSize: 4, Seed: 1},
		Rule: optim.SGD{}, Schedule: optim.Constant{Base: 0.01}, Epochs: epochs, Test: data,
		Observers: []train.Observer{r, w.monitor},
	}
	ln, err := web.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- web.Serve(serving, ln, web.NewGuard("127.0.0.1:0", ln).Wrap(w.monitor.Handler()), w.monitor.End)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	w.url = "http://" + ln.Addr().String()
	return w
}

// start begins the run, which ends by itself or with the test.
func (w *watched) start() {
	go func() {
		_, err := w.trainer.Fit(w.ctx)
		w.monitor.End()
		w.ended <- err
	}()
}

func (w *watched) post(path string, change ...func(*http.Request)) int {
	w.Helper()
	return w.ask(http.MethodPost, path, change...)
}

func (w *watched) ask(method, path string, change ...func(*http.Request)) int {
	w.Helper()
	r, err := http.NewRequest(method, w.url+path, nil)
	if err != nil {
		w.Fatal(err)
	}
	for _, c := range change {
		c(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// update is what a test reads of an event.
type update struct {
	Facts  *struct{ Name string }
	Now    record.Now
	Points *struct {
		From int
		Rows [][2]*float64
	}
	Epochs *struct{ From int }
}

// stream is an open stream of events.
type stream struct {
	*watched
	lines *bufio.Scanner
}

func (w *watched) open() *stream {
	w.Helper()
	answer, err := http.Get(w.url + "/api/v1/run/events")
	if err != nil {
		w.Fatal(err)
	}
	if got := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || got != "text/event-stream" {
		w.Fatalf("status %d, type %q", answer.StatusCode, got)
	}
	w.Cleanup(func() { answer.Body.Close() })
	s := &stream{w, bufio.NewScanner(answer.Body)}
	s.lines.Buffer(nil, 1<<24)
	return s
}

// next is the next event; ok is false at the end of the stream.
func (s *stream) next() (u update, ok bool) {
	s.Helper()
	for s.lines.Scan() {
		line := s.lines.Text()
		if line == "event: end" {
			return u, false
		}
		if text, found := strings.CutPrefix(line, "data: "); found {
			if err := json.Unmarshal([]byte(text), &u); err != nil {
				s.Fatalf("%v in %.200s", err, text)
			}
			return u, true
		}
	}
	s.Fatalf("the stream broke: %v", s.lines.Err())
	return u, false
}

// until reads events until one is as wanted.
func (s *stream) until(wanted func(update) bool) update {
	s.Helper()
	for {
		u, ok := s.next()
		if !ok {
			s.Fatal("the stream ended early")
		}
		if wanted(u) {
			return u
		}
	}
}

func TestPauseLateVisitorResume(t *testing.T) {
	w := newWatched(t, 1_000_000)
	early := w.open()
	if u, _ := early.next(); u.Facts == nil || u.Facts.Name != "toy" {
		t.Fatalf("first event %+v", u)
	}
	w.start()
	early.until(func(u update) bool { return u.Now.Step >= 15 })
	if got := w.post("/api/v1/run/pause"); got != http.StatusNoContent {
		t.Fatalf("pause: status %d", got)
	}
	paused := early.until(func(u update) bool { return u.Now.State == record.Paused })
	time.Sleep(100 * time.Millisecond)
	late := w.open()
	u, _ := late.next()
	if u.Now.State != record.Paused || u.Facts == nil || u.Points.From != 0 || u.Epochs.From != 0 {
		t.Fatalf("a late visitor gets %+v", u)
	}
	if u.Now.Step > paused.Now.Step+2 {
		t.Errorf("the run went on from step %d to %d though it is paused", paused.Now.Step, u.Now.Step)
	}
	if len(u.Points.Rows) < 15 || u.Points.Rows[0][0] == nil {
		t.Errorf("a late visitor gets %d points of %d steps", len(u.Points.Rows), u.Now.Step)
	}
	select {
	case err := <-w.ended:
		t.Fatalf("the run ended though it is paused: %v", err)
	default:
	}
	w.post("/api/v1/run/resume")
	for _, s := range []*stream{early, late} {
		s.until(func(u update) bool { return u.Now.State == record.Running && u.Now.Step > paused.Now.Step+10 })
	}
	w.post("/api/v1/run/stop")
	if err := <-w.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("after stop the run ended with %v", err)
	}
	for _, s := range []*stream{early, late} {
		s.until(func(u update) bool { return u.Now.State == record.Stopped })
		if _, ok := s.next(); ok {
			t.Error("there is more after the end")
		}
	}
	if got := w.post("/api/v1/run/pause"); got != http.StatusConflict {
		t.Errorf("pause after the end: status %d", got)
	}
}

func TestStopWhilePaused(t *testing.T) {
	w := newWatched(t, 1_000_000)
	w.post("/api/v1/run/pause")
	w.start()
	w.open().until(func(u update) bool { return u.Now.State == record.Paused })
	w.post("/api/v1/run/stop")
	select {
	case err := <-w.ended:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the run goes on")
	}
}

// stuck is a client that takes its first event and then no other until told.
type stuck struct {
	http.ResponseWriter
	goOn   chan struct{}
	events [][]byte
}

func (s *stuck) Write(b []byte) (int, error) {
	if len(s.events) > 0 {
		<-s.goOn
	}
	s.events = append(s.events, slices.Clone(b))
	return len(b), nil
}

func (s *stuck) Flush() {}

// A client that takes nothing does not hold up the run, nor others, nor does
// anything pile up for it: it gets what it missed in one event.
func TestSlowClient(t *testing.T) {
	w := newWatched(t, 20)
	slow := &stuck{ResponseWriter: httptest.NewRecorder(), goOn: make(chan struct{})}
	left := make(chan bool)
	go func() {
		w.monitor.Handler().ServeHTTP(slow, httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/run/events", nil))
		close(left)
	}()
	other := w.open()
	other.next()
	w.trainer.Observers = append(w.trainer.Observers, train.ObserverFunc(func(e train.Event) error {
		if e.Step == 100 && e.Kind == train.Updated {
			time.Sleep(500 * time.Millisecond) // so that there is something to send in the middle
		}
		return nil
	}))
	w.start()
	select {
	case err := <-w.ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the run waits")
	}
	other.until(func(u update) bool { return u.Now.State == record.Finished && u.Now.Step == 200 })
	close(slow.goOn)
	<-left
	if n := len(slow.events); n > 4 { // the first, the one it was stuck in, the rest, the end
		t.Errorf("%d events for a client that took none", n)
	}
	var last update
	text := bytes.TrimPrefix(slow.events[len(slow.events)-2], []byte("data: "))
	if err := json.Unmarshal(text, &last); err != nil {
		t.Fatal(err)
	}
	if last.Now.State != record.Finished || last.Now.Step != 200 {
		t.Errorf("in the end the slow client has %+v", last.Now)
	}
}

func TestRefusals(t *testing.T) {
	w := newWatched(t, 1)
	foreign := func(r *http.Request) { r.Header.Set("Origin", "http://elsewhere.example") }
	site := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
	host := func(r *http.Request) { r.Host = "elsewhere.example" }
	for _, c := range []struct {
		method, path string
		change       func(*http.Request)
		want         int
	}{
		{"GET", "/api/v1/run/pause", nil, 405},
		{"GET", "/api/v1/run/resume", nil, 405},
		{"HEAD", "/api/v1/run/stop", nil, 405},
		{"PUT", "/api/v1/run/stop", nil, 405},
		{"POST", "/api/v1/run/events", nil, 405},
		{"DELETE", "/api/v1/run", nil, 405},
		{"POST", "/api/v1/run/stop", foreign, 403},
		{"POST", "/api/v1/run/pause", site, 403},
		{"POST", "/api/v1/run/pause", host, 403},
		{"GET", "/api/v1/run/events", foreign, 403},
		{"GET", "/api/v1/run", host, 403},
		{"GET", "/api/v1/walk", nil, 404},
		{"GET", "/static/../live.go", nil, 404},
		{"GET", "/", nil, 200},
		{"GET", "/static/live.js", nil, 200},
		{"GET", "/api/v1/run", nil, 200},
	} {
		change := func(*http.Request) {}
		if c.change != nil {
			change = c.change
		}
		if got := w.ask(c.method, c.path, change); got != c.want {
			t.Errorf("%s %s: status %d, want %d", c.method, c.path, got, c.want)
		}
	}
	w.start() // neither paused nor stopped by any of these
	if err := <-w.ended; err != nil || !w.trainer.Done() {
		t.Errorf("the run ended with %v", err)
	}
}

func TestTooManyStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network, data := toy(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		m := live.New(ctx, cancel, newRecorder(t, 1, network, data))
		h := m.Handler()
		watch := func(from string) *watcher {
			w := &watcher{ResponseRecorder: httptest.NewRecorder()}
			r := httptest.NewRequestWithContext(ctx, "GET", "/api/v1/run/events", nil)
			r.RemoteAddr = from + ":1234"
			go func() {
				h.ServeHTTP(w, r)
				w.left = true
			}()
			synctest.Wait()
			return w
		}
		busy := func(what string, w *watcher) {
			t.Helper()
			if w.Code != http.StatusServiceUnavailable {
				t.Errorf("%s: status %d, want 503", what, w.Code)
			}
		}
		one := watch("10.0.0.1")
		first := watch("10.0.0.2")
		for range live.StreamsMost/2 - 1 {
			watch("10.0.0.2")
		}
		busy("an address beyond its half", watch("10.0.0.2"))
		for i := range live.StreamsMost/2 - 1 {
			watch(fmt.Sprintf("10.0.1.%d", i))
		}
		busy("one more than all", watch("10.0.0.3"))

		// The oldest of who has most gives way, and nobody else.
		time.Sleep(11 * time.Second)
		if w := watch("10.0.0.3"); w.left || !first.left || one.left {
			t.Errorf("after a while: a new page left %v, the oldest of who has most %v, another %v", w.left, first.left, one.left)
		}
		m.End()
		synctest.Wait()
		if !one.left || !strings.HasSuffix(one.Body.String(), "event: end\ndata: {}\n\n") {
			t.Error("a page has no end")
		}
	})
}

// watcher is a page in another goroutine.
type watcher struct {
	*httptest.ResponseRecorder
	left bool
}

// deaf is a client that reads its first event and no more.
type deaf struct {
	*httptest.ResponseRecorder
	deadline time.Time
	changed  chan bool
}

func (d *deaf) SetWriteDeadline(t time.Time) error {
	d.deadline = t
	select {
	case d.changed <- true:
	default:
	}
	return nil
}

func (d *deaf) Write(b []byte) (int, error) {
	if d.Body.Len() == 0 {
		return d.ResponseRecorder.Write(b)
	}
	for time.Now().Before(d.deadline) {
		select {
		case <-time.After(time.Until(d.deadline)):
		case <-d.changed:
		}
	}
	return 0, os.ErrDeadlineExceeded
}

// A stream that is not read ends.
func TestDeafStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network, data := toy(t)
		m := live.New(t.Context(), func() {}, newRecorder(t, 1, network, data))
		from := time.Now()
		d := &deaf{ResponseRecorder: httptest.NewRecorder(), changed: make(chan bool)}
		m.Handler().ServeHTTP(d, httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/run/events", nil))
		if took := time.Since(from); took > 30*time.Second {
			t.Errorf("it ended after %v", took)
		}
	})
}

func TestSameBits(t *testing.T) {
	seen, alone := newWatched(t, 5), newWatched(t, 5)
	alone.trainer.Observers = nil
	s := seen.open()
	seen.start()
	alone.start()
	for _, w := range []*watched{seen, alone} {
		if err := <-w.ended; err != nil {
			t.Fatal(err)
		}
	}
	s.until(func(u update) bool { return u.Now.State == record.Finished })
	for i, p := range seen.trainer.Net.Params() {
		if !slices.Equal(p.Value.Data, alone.trainer.Net.Params()[i].Value.Data) {
			t.Errorf("parameter %d differs", i)
		}
	}
}
