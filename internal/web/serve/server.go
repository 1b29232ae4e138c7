// Package serve answers questions about trained models over HTTP: what digit a
// picture shows, and why. It serves the page for drawing digits too.
package serve

import (
	"context"
	"fmt"
	"image"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"tatami/datasets"
	"tatami/inspect"
	"tatami/internal/web"
	"tatami/nn"
)

// Waiting is the number of requests that may wait for a processor.
const Waiting = 1000

// Server holds models and answers for them.
type Server struct {
	// Version is told by health.
	Version string

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

	index    atomic.Pointer[inspect.Index]
	indexed  atomic.Int64 // images
	indexErr atomic.Value // string
}

// New is a server without models yet.
func New(version string) *Server {
	return &Server{Version: version, queue: web.NewQueue(runtime.GOMAXPROCS(0), Waiting), started: time.Now()}
}

// Add lets the server answer for m under a name of its own.
func (s *Server) Add(name string, m *nn.Model) error {
	if s.find(name) != nil {
		return fmt.Errorf("two models are called %q", name)
	}
	if in := m.Input(); in.C != 1 || in.H < 4 || in.W < 4 {
		return fmt.Errorf("model %s takes %v, wanted grey images of at least 4×4 pixels", name, in)
	}
	classes := m.Classes
	for i := len(classes); i < m.Output().Size(); i++ {
		classes = append(classes, fmt.Sprint(i))
	}
	s.models = append(s.models, &model{name: name, file: m, net: inspect.New(m.Sequential), classes: classes})
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
		s.route(mux, http.MethodGet, path, func(w http.ResponseWriter, r *http.Request) (any, error) {
			m, err := s.model(r)
			if err != nil {
				return nil, err
			}
			return answer(r, m)
		})
	}
	post := func(path string, answer func(r *http.Request, q *question) (any, error)) {
		s.route(mux, http.MethodPost, path, func(w http.ResponseWriter, r *http.Request) (any, error) {
			return s.ask(w, r, answer)
		})
	}
	s.route(mux, http.MethodGet, "/api/v1/health", func(http.ResponseWriter, *http.Request) (any, error) { return s.health(), nil })
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
func (s *Server) route(mux *http.ServeMux, method, path string, answer func(http.ResponseWriter, *http.Request) (any, error)) {
	mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			w.Header().Set("Allow", method)
			web.Error(w, http.StatusMethodNotAllowed, "%s wants %s", path, method)
			return
		}
		v, err := answer(w, r)
		if err != nil {
			web.Refuse(w, err)
			return
		}
		web.JSON(w, http.StatusOK, v)
	})
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
	pixels []byte     // as the model sees them, H·W
	x      *nn.Tensor // the same in [0, 1]
}

// ask reads the image of a request, waits for a processor, and answers.
func (s *Server) ask(w http.ResponseWriter, r *http.Request, answer func(*http.Request, *question) (any, error)) (any, error) {
	m, err := s.model(r)
	if err != nil {
		return nil, err
	}
	if r.ContentLength > web.MaxBody { // before anything is read or waited for
		_, _, err := s.queue.Body(w, r)
		return nil, err
	}
	leave, err := s.queue.Join()
	if err != nil {
		return nil, err
	}
	defer leave()
	body, free, err := s.queue.Body(w, r)
	defer free()
	if err != nil {
		return nil, err
	}
	done, err := s.queue.Work(r.Context())
	if err != nil {
		return nil, err
	}
	defer done()
	q := &question{model: m}
	if q.pixels, err = s.pixels(r, body, m.net.Input()); err != nil {
		return nil, err
	}
	q.x = datasets.Tensor(m.net.Input(), q.pixels)
	return answer(r, q)
}

// pixels are those of a picture, made like the training images, or those that
// the request gives as JSON.
func (s *Server) pixels(r *http.Request, body []byte, shape nn.Shape) ([]byte, error) {
	if len(body) == 0 {
		return nil, &web.Refusal{Status: http.StatusBadRequest, Text: "the body is empty: send a PNG, JPEG or GIF image, or JSON with pixels"}
	}
	if isJSON(r) {
		return parsePixels(body, shape)
	}
	img, free, err := s.queue.Image(r.Context(), body)
	defer free()
	if err != nil {
		return nil, err
	}
	return digit(img, shape)
}

func digit(img image.Image, shape nn.Shape) ([]byte, error) {
	pixels, err := datasets.Digit(img, shape)
	if err != nil {
		return nil, &web.Refusal{Status: http.StatusUnprocessableEntity, Text: err.Error()}
	}
	return pixels, nil
}
