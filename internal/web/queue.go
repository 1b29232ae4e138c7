package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"net/http"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"tatami/datasets"
)

// Limits of what a request may bring.
const (
	MaxBody   = 4 << 20  // bytes
	MaxPixels = 4 << 20  // of an image
	smallBody = 32 << 10 // bytes; the queue's length bounds their sum
	largeSum  = 32 << 20 // bytes of all larger bodies in memory
)

// Queue lets in as many requests at once as there are places, has a number
// wait for theirs, and turns away the rest. It also bounds the memory that
// bodies take together.
type Queue struct {
	places  chan struct{}
	most    int64
	inside  atomic.Int64        // waiting or at work
	large   *semaphore.Weighted // bytes of large bodies
	largest *semaphore.Weighted // one large image is decoded at a time
}

// NewQueue makes a queue of so many working places and waiting ones.
func NewQueue(places, waiting int) *Queue {
	return &Queue{
		places: make(chan struct{}, places), most: int64(places + waiting),
		large: semaphore.NewWeighted(largeSum), largest: semaphore.NewWeighted(1),
	}
}

// ErrBusy says that the queue is full.
var ErrBusy = errors.New("too many requests are waiting; try again in a second")

// Join takes a place at the end of the queue, and leave gives it back.
func (q *Queue) Join() (leave func(), err error) {
	if q.inside.Add(1) > q.most {
		q.inside.Add(-1)
		return nil, ErrBusy
	}
	return func() { q.inside.Add(-1) }, nil
}

// Work waits for a working place, and done gives it back.
func (q *Queue) Work(ctx context.Context) (done func(), err error) {
	select {
	case q.places <- struct{}{}:
		return func() { <-q.places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Waiting is the number of requests that wait or are at work.
func (q *Queue) Waiting() int { return int(q.inside.Load()) }

// A Refusal is an error with its HTTP status.
type Refusal struct {
	Status int
	Text   string
}

func (r *Refusal) Error() string { return r.Text }

func refuse(status int, format string, args ...any) error {
	return &Refusal{status, fmt.Sprintf(format, args...)}
}

// Body reads a request's body of at most MaxBody bytes. free gives back the
// memory's share; it is not nil.
func (q *Queue) Body(w http.ResponseWriter, r *http.Request) (body []byte, free func(), err error) {
	free = func() {}
	size := r.ContentLength
	if size > MaxBody {
		return nil, free, refuse(http.StatusRequestEntityTooLarge, "the body has %d bytes, wanted at most %d", size, MaxBody)
	}
	if size < 0 { // not declared
		size = MaxBody
	}
	if size > smallBody {
		if err := q.large.Acquire(r.Context(), size); err != nil {
			return nil, free, err
		}
		free = func() { q.large.Release(size) }
	}
	var b bytes.Buffer
	if r.ContentLength > 0 {
		b.Grow(int(size) + bytes.MinRead)
	}
	_, err = b.ReadFrom(http.MaxBytesReader(w, r.Body, MaxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, free, refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", MaxBody)
	}
	if err != nil {
		return nil, free, refuse(http.StatusBadRequest, "the body ends early")
	}
	return b.Bytes(), free, nil
}

// Image decodes a PNG, JPEG or GIF of at most MaxPixels pixels. free is to be
// called once the picture is no longer used; it is not nil.
func (q *Queue) Image(ctx context.Context, body []byte) (img image.Image, free func(), err error) {
	free = func() {}
	config, _, err := image.DecodeConfig(bytes.NewReader(body))
	if errors.Is(err, image.ErrFormat) {
		return nil, free, refuse(http.StatusUnsupportedMediaType, "the body is not a PNG, JPEG or GIF image")
	}
	if err != nil {
		return nil, free, refuse(http.StatusUnprocessableEntity, "the image is damaged: %v", err)
	}
	if config.Width > MaxPixels/max(1, config.Height) {
		return nil, free, refuse(http.StatusRequestEntityTooLarge, "the image has %d×%d pixels, wanted at most %d together", config.Width, config.Height, MaxPixels)
	}
	const large = 512 * 512
	if config.Width*config.Height > large {
		if err := q.largest.Acquire(ctx, 1); err != nil {
			return nil, free, err
		}
		free = func() { q.largest.Release(1) }
	}
	img, err = datasets.DecodeImage(bytes.NewReader(body))
	if err != nil {
		return nil, free, refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	return img, free, nil
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
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		Error(w, http.StatusServiceUnavailable, "the request was given up")
	default:
		Error(w, http.StatusInternalServerError, "%v", err)
	}
}
