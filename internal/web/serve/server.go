// Package serve answers questions about trained models over HTTP: what digit a
// picture shows, and why. It serves the page for drawing digits too.
package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"tatami/datasets"
	"tatami/inspect"
	"tatami/internal/web"
	"tatami/nn"
)

// Waiting is the number of requests that may wait for a processor; those of
// one address may be half as many.
const Waiting = 2000

// Server holds models and answers for them.
type Server struct {
	// Version is told by health.
	Version string
	// Deadline is how long a request may wait and be worked at once its body
	// is there.
	Deadline time.Duration

	models  []*model
	queue   *web.Queue
	started time.Time

	examples *datasets.Dataset // among which similar images are looked for; nil: none
	samples  *datasets.Dataset // to try
	why      string            // there are none
}

// model is a model under its name.
type model struct {
	name    string
	file    *nn.Model
	net     *inspect.Network
	classes []string
	fit     datasets.Fit // how a picture becomes an input

	index    atomic.Pointer[inspect.Index]
	indexed  atomic.Int64 // images
	indexErr atomic.Value // string
}

// New is a server without models yet.
func New(version string) *Server {
	return &Server{
		Version: version, Deadline: 20 * time.Second,
		queue: web.NewQueue(runtime.GOMAXPROCS(0), Waiting), started: time.Now(),
	}
}

// Add lets the server answer for m under a name of its own.
func (s *Server) Add(name string, m *nn.Model) error {
	if s.find(name) != nil {
		return fmt.Errorf("two models are called %q", name)
	}
	fit, err := datasets.FitOf(m)
	if err != nil {
		return fmt.Errorf("model %s: %w", name, err)
	}
	if in := m.Input(); in.C != 1 && (in.C != 3 || fit == datasets.FitDigit) || in.H < 4 || in.W < 4 {
		return fmt.Errorf("model %s takes %v, wanted images of at least 4×4 pixels, grey or in colour", name, in)
	}
	if err := m.Within(nn.AnswerCost()); err != nil { // an image's way through a model cannot be cut short
		return fmt.Errorf("model %s: %w", name, err)
	}
	classes := m.Classes
	for i := len(classes); i < m.Output().Size(); i++ {
		classes = append(classes, fmt.Sprint(i))
	}
	s.models = append(s.models, &model{name: name, file: m, net: inspect.New(m.Sequential), classes: classes, fit: fit})
	return nil
}

// Data gives training images, among which similar ones are looked for, and
// test images, for those who have no picture at hand.
func (s *Server) Data(train, test *datasets.Dataset) { s.examples, s.samples = train, test }

// NoData tells why there are no images.
func (s *Server) NoData(why error) { s.why = why.Error() }

// indexValues is the number of values that the features of all models may
// take together, 48 MB. Where it does not suffice there are fewer examples.
const indexValues = 12 << 20

// Index computes the features of all examples for each model, in the
// background of ctx.
func (s *Server) Index(ctx context.Context) {
	if s.examples == nil {
		return
	}
	for _, m := range s.models {
		if m.net.Input() != s.examples.Shape {
			m.indexErr.Store(fmt.Sprintf("the examples are %v, the model takes %v", s.examples.Shape, m.net.Input()))
			continue
		}
		examples := s.examples.Limit(indexValues / len(s.models) / m.net.FeatureSize())
		index, err := inspect.NewIndex(ctx, m.net, examples, func(done int) { m.indexed.Store(int64(done)) })
		if err != nil {
			return
		}
		m.index.Store(index)
	}
}

func (s *Server) find(name string) *model {
	for _, m := range s.models {
		if m.name == name {
			return m
		}
	}
	return nil
}

// Handler is the server's pages and API, without a guard.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	web.Pages(mux, map[string]string{"/": "draw.html", "/api": "api.html"})
	get := func(path string, answer func(r *http.Request, m *model) (any, error)) {
		s.route(mux, http.MethodGet, path, func(w http.ResponseWriter, r *http.Request) ([]byte, error) {
			m, err := s.model(r)
			if err != nil {
				return nil, err
			}
			r, leave, err := s.enter(r)
			if err != nil {
				return nil, err
			}
			defer leave()
			return s.work(r, func() (any, error) { return answer(r, m) })
		})
	}
	post := func(path string, answer func(r *http.Request, q *question) (any, error)) {
		s.route(mux, http.MethodPost, path, func(w http.ResponseWriter, r *http.Request) ([]byte, error) {
			return s.ask(w, r, answer)
		})
	}
	s.route(mux, http.MethodGet, "/api/v1/health", func(http.ResponseWriter, *http.Request) ([]byte, error) {
		return json.Marshal(s.health())
	})
	get("/api/v1/layers", s.layers)
	get("/api/v1/filters", s.filters)
	get("/api/v1/sample", s.sample)
	post("/api/v1/predict", s.predict)
	post("/api/v1/maps", s.maps)
	post("/api/v1/attention", s.attention)
	post("/api/v1/neighbours", s.neighbours)
	post("/api/v1/convolution", s.convolution)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		web.Error(w, http.StatusNotFound, "the API has no %s; its documentation is at /api", r.URL.Path)
	})
	return mux
}

// route answers path with JSON, and other methods with 405.
func (s *Server) route(mux *http.ServeMux, method, path string, answer func(http.ResponseWriter, *http.Request) ([]byte, error)) {
	mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			w.Header().Set("Allow", method)
			web.Error(w, http.StatusMethodNotAllowed, "%s wants %s", path, method)
			return
		}
		text, err := answer(w, r)
		if err != nil {
			web.Refuse(w, err)
			return
		}
		s.queue.Answer(w, web.Address(r), text)
	})
}

// enter gives a request a place among those that wait, and a deadline.
func (s *Server) enter(r *http.Request) (entered *http.Request, leave func(), err error) {
	out, err := s.queue.Join(web.Address(r))
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.Deadline)
	return r.WithContext(ctx), func() { cancel(); out() }, nil
}

// work waits for a processor and then for what answer gives, as JSON.
func (s *Server) work(r *http.Request, answer func() (any, error)) ([]byte, error) {
	done, err := s.queue.Work(r.Context(), web.Address(r))
	if err != nil {
		return nil, err
	}
	defer done()
	v, err := answer()
	if err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// model is the one that a request names, or the first.
func (s *Server) model(r *http.Request) (*model, error) {
	name := r.URL.Query().Get("model")
	if name == "" {
		return s.models[0], nil
	}
	if m := s.find(name); m != nil {
		return m, nil
	}
	return nil, &web.Refusal{Status: http.StatusNotFound, Text: fmt.Sprintf("no model is called %q; /api/v1/health lists them", name)}
}

// question is a model and the image about which it is asked.
type question struct {
	*model
	pixels []byte     // as the model sees them, H·W·C
	x      *nn.Tensor // the same in [0, 1]
}

// ask reads the image of a request, waits for a processor, and answers. An
// image counts among those that wait once all of it is there.
func (s *Server) ask(w http.ResponseWriter, r *http.Request, answer func(*http.Request, *question) (any, error)) ([]byte, error) {
	m, err := s.model(r)
	if err != nil {
		return nil, err
	}
	body, free, err := s.queue.Body(w, r)
	defer free()
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		return nil, &web.Refusal{Status: http.StatusBadRequest, Text: "the body is empty: send a PNG, JPEG, GIF, BMP or WebP image, or JSON with pixels"}
	}
	r, leave, err := s.enter(r)
	if err != nil {
		return nil, err
	}
	defer leave()
	over := func() {}
	if !isJSON(r) {
		if over, err = s.queue.Turn(r.Context(), web.Address(r), body); err != nil {
			return nil, err
		}
		over = sync.OnceFunc(over)
		defer over()
	}
	return s.work(r, func() (any, error) {
		q := &question{model: m}
		if q.pixels, err = pixels(r, body, m); err != nil {
			return nil, err
		}
		over()
		q.x = datasets.Tensor(m.net.Input(), q.pixels)
		return answer(r, q)
	})
}

// pixels are those of a picture, made like the training images, or those that
// the request gives as JSON.
func pixels(r *http.Request, body []byte, m *model) ([]byte, error) {
	if isJSON(r) {
		return parsePixels(body, m.net.Input())
	}
	img, err := web.Decode(r.Context(), body)
	if err != nil {
		return nil, err
	}
	pixels, err := m.fit.Pixels(img, m.net.Input())
	if err != nil {
		return nil, &web.Refusal{Status: http.StatusUnprocessableEntity, Text: err.Error()}
	}
	return pixels, nil
}
