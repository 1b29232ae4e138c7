package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"tatami/datasets"
)

// Limits of what a request may bring.
const (
	MaxBody   = 4 << 20  // bytes
	MaxPixels = 4 << 20  // of an image
	memory    = 64 << 20 // bytes of all bodies and answers that are held
	firstRead = 4 << 10  // bytes of a body for which memory is taken at first
)

const (
	// patience is how old a body that is still under way may get where its
	// memory is wanted by others.
	patience = 2 * time.Second
	// answerTime is how long a client may take to read an answer.
	answerTime = 20 * time.Second
)

// Queue shares a server among its clients: working places, places to wait for
// them, and the memory for bodies and answers. A request takes of each only
// once it can use it, and no address more than half of what must not run out.
type Queue struct {
	inside *Share // requests that wait or are at work
	memory *Share // bytes
	places *turns
	large  *turns // one large image is decoded at a time

	mutex  sync.Mutex
	bodies []*body // under way, the oldest first
}

// NewQueue makes a queue of so many working places and waiting ones.
func NewQueue(places, waiting int) *Queue {
	return &Queue{inside: NewShare(places + waiting), memory: NewShare(memory), places: newTurns(places), large: newTurns(1)}
}

// ErrBusy says that there is no room for a request.
var ErrBusy = errors.New("too many requests are waiting; try again in a second")

// Join takes a place at the end of the queue, and leave gives it back.
func (q *Queue) Join(from string) (leave func(), err error) {
	if !q.inside.Take(from, 1) {
		return nil, ErrBusy
	}
	return func() { q.inside.Give(from, 1) }, nil
}

// Work waits for a working place, and done gives it back.
func (q *Queue) Work(ctx context.Context, from string) (done func(), err error) {
	return q.places.take(ctx, from)
}

// Waiting is the number of requests that wait or are at work.
func (q *Queue) Waiting() int { return q.inside.Used() }

// A Refusal is an error with its HTTP status.
type Refusal struct {
	Status int
	Text   string
}

func (r *Refusal) Error() string { return r.Text }

func refuse(status int, format string, args ...any) error {
	return &Refusal{status, fmt.Sprintf(format, args...)}
}

// body is a request's body on its way.
type body struct {
	from  string
	since time.Time
	bytes int  // of memory
	gone  bool // given up for others, its memory given back
	stop  func()
}

// Body reads a request's body of at most MaxBody bytes, taking memory as it
// arrives. Where memory is short, the oldest of those that are still under way
// is given up. free gives the memory back; it is not nil.
func (q *Queue) Body(w http.ResponseWriter, r *http.Request) (text []byte, free func(), err error) {
	free = func() {}
	most := MaxBody
	if size := r.ContentLength; size > MaxBody {
		return nil, free, refuse(http.StatusRequestEntityTooLarge, "the body has %d bytes, wanted at most %d", size, MaxBody)
	} else if size >= 0 {
		most = int(size)
	}
	c := http.NewResponseController(w)
	b := &body{from: Address(r), since: time.Now(), stop: func() { c.SetReadDeadline(time.Now()) }}
	q.mutex.Lock()
	q.bodies = append(q.bodies, b)
	q.mutex.Unlock()
	text, err = q.read(b, http.MaxBytesReader(w, r.Body, MaxBody), most)
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.bodies = slices.DeleteFunc(q.bodies, func(other *body) bool { return other == b })
	if b.gone {
		return nil, free, ErrBusy
	}
	c.SetReadDeadline(time.Time{}) // from here on a client that reads nothing may still listen
	return text, func() { q.memory.Give(b.from, b.bytes) }, err
}

func (q *Queue) read(b *body, r io.Reader, most int) (text []byte, err error) {
	for {
		if len(text) == cap(text) {
			// One byte more than wanted, to meet the end.
			size := min(max(firstRead, 2*cap(text)), most+1)
			if !q.reserve(b, size-cap(text)) {
				return nil, ErrBusy
			}
			text = append(make([]byte, 0, size), text...)
		}
		n, err := r.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		if err == io.EOF {
			return text, nil
		}
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return nil, refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", MaxBody)
		}
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the body ends early")
		}
	}
}

// reserve takes memory for a body, if need be from those that have been under
// way for long: of the same address where that one has its half.
func (q *Queue) reserve(b *body, n int) bool {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	for !b.gone {
		if q.memory.Take(b.from, n) {
			b.bytes += n
			return true
		}
		own := q.memory.full(b.from, n)
		i := slices.IndexFunc(q.bodies, func(other *body) bool { return other != b && other.bytes > 0 && (!own || other.from == b.from) })
		if i < 0 || time.Since(q.bodies[i].since) < patience {
			return false
		}
		old := q.bodies[i]
		q.bodies = slices.Delete(q.bodies, i, i+1)
		q.memory.Give(old.from, old.bytes)
		old.gone, old.bytes = true, 0
		old.stop()
	}
	return false
}

// Answer writes an answer of JSON, for which memory is taken until the client
// has it: a client that does not read is left.
func (q *Queue) Answer(w http.ResponseWriter, from string, text []byte) {
	n := min(len(text), q.memory.half()) // a larger one is answered alone
	if !q.memory.Take(from, n) {
		Refuse(w, ErrBusy)
		return
	}
	defer q.memory.Give(from, n)
	c := http.NewResponseController(w)
	c.SetWriteDeadline(time.Now().Add(answerTime))
	writeJSON(w, http.StatusOK, text)
	c.Flush() // what the server keeps back counts too
}

// Turn waits until an image of a body may be decoded: large ones are one at a
// time, and wait before they take a working place. over ends the turn. An
// image of more than MaxPixels is refused, as is what is none.
func (q *Queue) Turn(ctx context.Context, from string, body []byte) (over func(), err error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(body))
	if errors.Is(err, image.ErrFormat) {
		return nil, refuse(http.StatusUnsupportedMediaType, "the body is not a PNG, JPEG, GIF, BMP or WebP image")
	}
	if err != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "the image is damaged: %v", err)
	}
	if config.Width > MaxPixels/max(1, config.Height) {
		return nil, refuse(http.StatusRequestEntityTooLarge, "the image has %d×%d pixels, wanted at most %d together", config.Width, config.Height, MaxPixels)
	}
	const large = 512 * 512
	if config.Width*config.Height > large {
		return q.large.take(ctx, from)
	}
	return func() {}, nil
}

// Decode decodes the image of a body, until ctx is done.
func Decode(ctx context.Context, body []byte) (image.Image, error) {
	img, err := datasets.DecodeImage(&until{ctx, bytes.NewReader(body)})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	return img, nil
}

// until reads until ctx is done, a little at a time, so that what is made of
// it ends soon as well.
type until struct {
	ctx context.Context
	r   io.Reader
}

func (u *until) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b[:min(len(b), 1<<10)])
}

// Refuse answers with an error, whose status is 500 unless it is a Refusal or
// one of the queue's.
func Refuse(w http.ResponseWriter, err error) {
	var r *Refusal
	switch {
	case errors.As(err, &r):
		if r.Status == http.StatusRequestEntityTooLarge {
			w.Header().Set("Connection", "close") // the rest of the body is not read
		}
		Error(w, r.Status, "%s", r.Text)
	case errors.Is(err, ErrBusy):
		w.Header().Set("Retry-After", "1")
		w.Header().Set("Connection", "close")
		Error(w, http.StatusServiceUnavailable, "%v", ErrBusy)
	case errors.Is(err, context.DeadlineExceeded):
		Error(w, http.StatusServiceUnavailable, "the answer took too long")
	case errors.Is(err, context.Canceled):
		Error(w, http.StatusServiceUnavailable, "the request was given up")
	default:
		Error(w, http.StatusInternalServerError, "%v", err)
	}
}
