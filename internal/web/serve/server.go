// Package serve answers questions about trained models over HTTP: what digit a
// picture shows, and why. It serves the page for drawing digits too.
package serve

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"tatami/internal/web"
	"tatami/internal/web/answers"
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
	// Learn gives what the page /learn asks for, by name; it is called when
	// somebody first opens that page. nil: there is no such page.
	Learn func() (map[string][]byte, error)

	answers.Models
	queue   *web.Queue
	started time.Time
}

// New is a server without models yet.
func New(version string) *Server {
	return &Server{
		Version: version, Deadline: 20 * time.Second,
		queue: web.NewQueue(runtime.GOMAXPROCS(0), Waiting), started: time.Now(),
	}
}

// Handler is the server's pages and API, without a guard.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	web.Pages(mux, map[string]string{"/": "draw.html", "/bench": "bench.html", "/api": "api.html"})
	s.route(mux, http.MethodGet, "/api/v1/health", func(http.ResponseWriter, *http.Request) ([]byte, error) {
		return json.Marshal(s.health())
	})
	for name, answer := range s.About() {
		s.route(mux, http.MethodGet, "/api/v1/"+name, func(_ http.ResponseWriter, r *http.Request) ([]byte, error) {
			if err := checkQuery(name, r.URL.Query()); err != nil {
				return nil, err
			}
			m, err := s.Model(r.URL.Query())
			if err != nil {
				return nil, err
			}
			r, leave, err := s.enter(r)
			if err != nil {
				return nil, err
			}
			defer leave()
			return s.work(r, func() (any, error) { return answer(r.Context(), r.URL.Query(), m) })
		})
	}
	for name, answer := range s.On() {
		s.route(mux, http.MethodPost, "/api/v1/"+name, func(w http.ResponseWriter, r *http.Request) ([]byte, error) {
			if err := checkQuery(name, r.URL.Query()); err != nil {
				return nil, err
			}
			return s.ask(w, r, answer)
		})
	}
	if s.Learn != nil {
		s.learn(mux)
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		web.Error(w, http.StatusNotFound, "the API has no %s; its documentation is at /api", r.URL.Path)
	})
	return mux
}

// learn serves the page that trains in the browser. Its program runs in a worker
// that the page makes itself.
func (s *Server) learn(mux *http.ServeMux) {
	page := web.Asset("learn.html")
	mux.HandleFunc("GET /learn", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:; img-src 'self' data: blob:; "+
			"style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		io.WriteString(w, page)
	})
	files := sync.OnceValues(s.Learn)
	mux.HandleFunc("GET /learn/{name}", func(w http.ResponseWriter, r *http.Request) {
		all, err := files()
		if err != nil {
			web.Error(w, http.StatusServiceUnavailable, "%v", err)
			return
		}
		file, ok := all[r.PathValue("name")]
		if !ok {
			web.Error(w, http.StatusNotFound, "no such file")
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Cache-Control", "no-cache")
		h.Set("Content-Length", strconv.Itoa(len(file)))
		w.Write(file)
	})
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

// ask reads the image of a request, waits for a processor, and answers. An
// image counts among those that wait once all of it is there.
func (s *Server) ask(w http.ResponseWriter, r *http.Request, answer answers.On) ([]byte, error) {
	m, err := s.Model(r.URL.Query())
	if err != nil {
		return nil, err
	}
	body, free, err := s.queue.Body(w, r)
	defer free()
	if err != nil {
		return nil, err
	}
	if err := answers.CheckBody(body); err != nil {
		return nil, err
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
		q, err := m.Question(r.Context(), isJSON(r), body)
		if err != nil {
			return nil, err
		}
		over()
		return answer(r.Context(), r.URL.Query(), q)
	})
}

func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

type healthAnswer struct {
	Status  string   `json:"status"`
	Version string   `json:"version"`
	Models  []string `json:"models"`
	Waiting int      `json:"waiting"`
	Uptime  float64  `json:"uptime_seconds"`
}

func (s *Server) health() healthAnswer {
	return healthAnswer{Status: "ok", Version: s.Version, Models: s.Names(), Waiting: s.queue.Waiting(), Uptime: time.Since(s.started).Seconds()}
}
