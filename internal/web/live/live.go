// Package live shows a training run in browsers while it goes on, and takes
// their wishes: pause, resume, stop.
package live

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"tatami/internal/web"
	"tatami/internal/web/record"
	"tatami/train"
)

// Monitor is an observer that pauses or stops a run when a page asks for it,
// and the server of that page. It must observe after the recorder.
//
// A page gets its events at its own pace: each time it takes one, it is what
// changed since its last. So a slow page costs no memory, a late one sees
// everything, and the run waits for none.
type Monitor struct {
	record *record.Recorder
	ctx    context.Context
	stop   context.CancelFunc

	mutex   sync.Mutex
	resume  chan struct{} // closed to go on; nil: nobody paused
	over    chan struct{} // closed when the last update is there to read
	ended   bool
	streams []*stream // the oldest first
}

// stream is a page that watches.
type stream struct {
	from  string
	since time.Time
	end   context.CancelFunc
}

const (
	sendEvery = 200 * time.Millisecond
	sendTime  = 10 * time.Second // after which a page that takes nothing is left
	heartbeat = 10 * time.Second
	// StreamsMost is the number of pages that may watch at once; of one address
	// it is half. Where there are as many, a new one takes the place of the
	// oldest, if that has had it for streamTime: whoever still reads it comes
	// back by itself.
	StreamsMost = 256
	streamTime  = 10 * time.Second
)

// New is the monitor of a run that ends with ctx; stop ends it like Ctrl-C.
func New(ctx context.Context, stop context.CancelFunc, r *record.Recorder) *Monitor {
	return &Monitor{record: r, ctx: ctx, stop: stop, over: make(chan struct{})}
}

// Observe implements [train.Observer]: it blocks while the run is paused.
func (m *Monitor) Observe(e train.Event) error {
	if e.Kind == train.Finished {
		return nil
	}
	m.mutex.Lock()
	resume := m.resume
	m.mutex.Unlock()
	if resume == nil {
		return nil
	}
	from := time.Now()
	m.record.SetState(record.Paused, "")
	select {
	case <-resume:
	case <-m.ctx.Done():
	}
	m.record.Skip(time.Since(from))
	m.record.SetState(record.Running, "")
	return nil
}

// End tells that there will be no more changes: pages get the last and their
// streams end. It may be called more than once.
func (m *Monitor) End() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if !m.ended {
		m.ended = true
		close(m.over)
	}
}

// Handler is the page and what it asks for, without a guard.
func (m *Monitor) Handler() http.Handler {
	mux := http.NewServeMux()
	web.Pages(mux, map[string]string{"/": "live.html"})
	answer := func(method, path string, h http.HandlerFunc) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != method {
				w.Header().Set("Allow", method)
				web.Error(w, http.StatusMethodNotAllowed, "%s wants %s", path, method)
				return
			}
			h(w, r)
		})
	}
	answer(http.MethodGet, "/api/v1/run", func(w http.ResponseWriter, r *http.Request) {
		web.JSON(w, http.StatusOK, m.record.Whole())
	})
	answer(http.MethodGet, "/api/v1/run/events", m.events)
	wish := func(do func()) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if m.isOver() {
				web.Error(w, http.StatusConflict, "the run is over")
				return
			}
			do()
			w.WriteHeader(http.StatusNoContent)
		}
	}
	answer(http.MethodPost, "/api/v1/run/pause", wish(m.pause))
	answer(http.MethodPost, "/api/v1/run/resume", wish(m.goOn))
	answer(http.MethodPost, "/api/v1/run/stop", wish(m.stop))
	return mux
}

func (m *Monitor) pause() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.resume == nil {
		m.resume = make(chan struct{})
	}
}

func (m *Monitor) goOn() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.resume != nil {
		close(m.resume)
		m.resume = nil
	}
}

func (m *Monitor) isOver() bool {
	select {
	case <-m.over:
		return true
	default:
		return false
	}
}

// enter gives a page a stream, which leave ends. There is none where too many
// watch.
func (m *Monitor) enter(from string, end context.CancelFunc) (leave func(), ok bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	by := map[string]int{}
	for _, s := range m.streams {
		by[s.from]++
	}
	if own := by[from] >= StreamsMost/2; own || len(m.streams) >= StreamsMost {
		greedy := from
		for address, n := range by {
			if !own && n > by[greedy] {
				greedy = address
			}
		}
		oldest := slices.IndexFunc(m.streams, func(s *stream) bool { return s.from == greedy })
		if oldest < 0 || time.Since(m.streams[oldest].since) < streamTime {
			return nil, false
		}
		m.streams[oldest].end()
		m.streams = slices.Delete(m.streams, oldest, oldest+1)
	}
	s := &stream{from, time.Now(), end}
	m.streams = append(m.streams, s)
	return func() {
		m.mutex.Lock()
		defer m.mutex.Unlock()
		m.streams = slices.DeleteFunc(m.streams, func(other *stream) bool { return other == s })
	}, true
}

// events is a stream of record.Update, as server-sent events.
func (m *Monitor) events(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	leave, ok := m.enter(web.Address(r), cancel)
	if !ok {
		w.Header().Set("Retry-After", "10")
		web.Error(w, http.StatusServiceUnavailable, "%d pages watch already, or %d from this address", StreamsMost, StreamsMost/2)
		return
	}
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Connection", "close") // its deadlines are not for another request
	c := http.NewResponseController(w)
	c.SetReadDeadline(time.Time{}) // the server's own is for requests that end
	ended := context.AfterFunc(ctx, func() { c.SetWriteDeadline(time.Now()) })
	defer ended()
	send := func(text []byte) bool {
		c.SetWriteDeadline(time.Now().Add(sendTime))
		if ctx.Err() != nil { // no later deadline may hide that the stream was ended
			return false
		}
		_, err := w.Write(text)
		return err == nil && c.Flush() == nil
	}
	var cursor record.Cursor
	for {
		over := m.isOver() // before reading, so that the last change is not missed
		update, changed := m.record.Since(&cursor)
		if update != nil {
			text, err := json.Marshal(update)
			if err != nil || !send([]byte("data: "+string(text)+"\n\n")) {
				return
			}
		}
		if over {
			send([]byte("event: end\ndata: {}\n\n"))
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-m.over:
			continue
		case <-time.After(sendEvery):
		}
		select {
		case <-ctx.Done():
			return
		case <-m.over:
		case <-changed:
		case <-time.After(heartbeat):
			if !send([]byte(": \n\n")) {
				return
			}
		}
	}
}
