package web_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tatami/internal/web"
	"tatami/internal/web/answers"
)

func TestJoin(t *testing.T) {
	t.Parallel()
	q := web.NewQueue(1, 3)
	join := func(from string) func() {
		leave, err := q.Join(from)
		if err != nil {
			t.Fatal(err)
		}
		return leave
	}
	leave := join("a")
	join("a")
	if _, err := q.Join("a"); !errors.Is(err, web.ErrBusy) {
		t.Errorf("an address beyond its half: %v", err)
	}
	join("b")
	join("c")
	if _, err := q.Join("d"); !errors.Is(err, web.ErrBusy) {
		t.Errorf("the fifth of four: %v", err)
	}
	if q.Waiting() != 4 {
		t.Errorf("%d wait, want 4", q.Waiting())
	}
	leave()
	join("d")
	w := httptest.NewRecorder()
	web.Refuse(w, web.ErrBusy)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "too many requests are waiting") {
		t.Errorf("refused with %d %v %s", w.Code, w.Header(), w.Body)
	}
}

// Addresses take turns: whoever asks once waits for one request of whoever
// asks a hundred times.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := web.NewQueue(1, 1000)
		done, err := q.Work(t.Context(), "greedy")
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		work := func(ctx context.Context, from string) {
			go func() {
				done, err := q.Work(ctx, from)
				if err != nil {
					order = append(order, err.Error())
					return
				}
				order = append(order, from)
				done()
			}()
			synctest.Wait()
		}
		for range 5 {
			work(t.Context(), "greedy")
		}
		gone, cancel := context.WithCancel(t.Context())
		work(gone, "gone")
		work(t.Context(), "modest")
		cancel()
		synctest.Wait()
		done()
		synctest.Wait()
		if got := strings.Join(order, " "); got != "context canceled greedy modest greedy greedy greedy greedy" {
			t.Errorf("worked in the order %s", got)
		}
		if done, err := q.Work(t.Context(), "last"); err != nil {
			t.Error(err)
		} else {
			done()
		}
		if _, err := q.Work(gone, "gone"); !errors.Is(err, context.Canceled) {
			t.Errorf("work for who has gone: %v", err)
		}
	})
}

// sender is a client that sends its body in pieces, and notes that reading
// ends.
type sender struct {
	http.ResponseWriter
	pipe *io.PipeWriter
	body *io.PipeReader
	text []byte
	free func()
	err  error
	end  bool
}

func (s *sender) SetReadDeadline(t time.Time) error {
	if !t.IsZero() {
		s.body.CloseWithError(errors.New("i/o timeout"))
	}
	return nil
}

// send lets q read a body that announces no length.
func send(q *web.Queue, from string) *sender {
	s := &sender{ResponseWriter: httptest.NewRecorder()}
	s.body, s.pipe = io.Pipe()
	r := httptest.NewRequest(http.MethodPost, "/", s.body)
	r.RemoteAddr = from + ":1234"
	go func() {
		s.text, s.free, s.err = q.Body(s, r)
		s.end = true
		s.body.Close()
	}()
	synctest.Wait()
	return s
}

func (s *sender) write(n int) {
	s.pipe.Write(make([]byte, n))
	synctest.Wait()
}

func TestBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := web.NewQueue(1, 10)
		// Silence holds no memory that others could want.
		var silent []*sender
		for range 1000 {
			silent = append(silent, send(q, "10.0.0.1"))
		}
		for _, size := range []int{0, 1, 4095, 4096, 4097, 1 << 20, web.MaxBody} {
			s := send(q, "10.0.0.2")
			s.write(size)
			s.pipe.Close()
			synctest.Wait()
			if s.err != nil || len(s.text) != size {
				t.Errorf("%d bytes: %d arrived, %v", size, len(s.text), s.err)
			}
			s.free()
		}
		s := send(q, "10.0.0.2")
		s.write(web.MaxBody + 1)
		if r := (*web.Refusal)(nil); !errors.As(s.err, &r) || r.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("a byte too many: %v", s.err)
		}
		for _, s := range silent {
			s.pipe.CloseWithError(io.ErrUnexpectedEOF)
		}
		synctest.Wait()
		for _, s := range silent {
			if r := (*web.Refusal)(nil); !errors.As(s.err, &r) || r.Status != http.StatusBadRequest {
				t.Fatalf("a body that ends early: %v", s.err)
			}
		}
	})
}

// Bodies that never end give their memory up to those that come; no address
// has more than half, and others are not touched for it.
func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := web.NewQueue(1, 10)
		large := func(from string) *sender {
			s := send(q, from)
			s.write(web.MaxBody - 100)
			return s
		}
		other := large("10.0.0.1")
		var stuck []*sender
		for range 8 { // the half
			stuck = append(stuck, large("10.0.0.2"))
		}
		if s := large("10.0.0.2"); !errors.Is(s.err, web.ErrBusy) {
			t.Errorf("beyond the half of an address: %v", s.err)
		}
		if s := large("10.0.0.3"); s.err != nil {
			t.Errorf("another address: %v", s.err)
		} else {
			s.pipe.Close()
			synctest.Wait()
			if s.err != nil {
				t.Errorf("another address: %v", s.err)
			}
			s.free()
		}
		time.Sleep(3 * time.Second)
		s := large("10.0.0.2")
		if s.end || !errors.Is(stuck[0].err, web.ErrBusy) || stuck[1].end || other.end {
			t.Errorf("after a while: %v; the oldest %v, the next %v, another address %v", s.err, stuck[0].err, stuck[1].err, other.err)
		}
		for _, s := range append(stuck[1:], s, other) {
			s.pipe.Close()
			synctest.Wait()
			if s.err != nil || len(s.text) != web.MaxBody-100 {
				t.Errorf("a body that ended: %d bytes, %v", len(s.text), s.err)
			}
			s.free()
		}
	})
}

// reader is a client of an answer.
type reader struct {
	*httptest.ResponseRecorder
	wait     chan bool
	deadline time.Time
	bytes    int
}

func (r *reader) Write(b []byte) (int, error) {
	<-r.wait
	r.bytes += len(b)
	return len(b), nil
}

func (r *reader) SetWriteDeadline(t time.Time) error {
	r.deadline = t
	return nil
}

// Answers that are not read hold a bounded memory, for a bounded time.
func TestAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := web.NewQueue(1, 10)
		text := make([]byte, 10<<20)
		wait := make(chan bool)
		answer := func(from string) *reader {
			r := &reader{ResponseRecorder: httptest.NewRecorder(), wait: wait}
			go q.Answer(r, from, text)
			synctest.Wait()
			return r
		}
		var slow []*reader
		for range 3 {
			slow = append(slow, answer("a"))
			if d := time.Until(slow[0].deadline); d <= 0 || d > time.Minute {
				t.Errorf("a client may read for %v", d)
			}
		}
		refused := answer("a")
		answer("b")
		close(wait)
		synctest.Wait()
		if refused.Code != http.StatusServiceUnavailable {
			t.Errorf("beyond the half of an address: %d", refused.Code)
		}
		for _, r := range slow {
			if r.Code != http.StatusOK || r.bytes != len(text)+1 {
				t.Errorf("%d, %d bytes", r.Code, r.bytes)
			}
		}
		text = make([]byte, 40<<20) // beyond any share, but alone
		if r := answer("a"); r.Code != http.StatusOK || r.bytes != len(text)+1 {
			t.Errorf("a large answer: %d, %d bytes", r.Code, r.bytes)
		}
	})
}

func encoded(t *testing.T, side int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A large image waits for the one before it without a working place.
func TestTurnOfLargeImages(t *testing.T) {
	t.Parallel()
	q := web.NewQueue(2, 10)
	large, small := encoded(t, 600), encoded(t, 500)
	over, err := q.Turn(t.Context(), "a", large)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := q.Turn(short, "b", large); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("two large images at once: %v", err)
	}
	if over, err := q.Turn(t.Context(), "b", small); err != nil {
		t.Errorf("a small image beside a large one: %v", err)
	} else {
		over()
	}
	over()
	if over, err := q.Turn(t.Context(), "b", large); err != nil {
		t.Errorf("after the first: %v", err)
	} else {
		over()
	}
}

// Decoding ends with whoever wanted it.
func TestDecode(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	if img, err := answers.Decode(ctx, encoded(t, 600)); err != nil || img.Bounds().Dx() != 600 {
		t.Errorf("%v", err)
	}
	cancel()
	if _, err := answers.Decode(ctx, encoded(t, 600)); !errors.Is(err, context.Canceled) {
		t.Errorf("for who has gone: %v", err)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"10.1.2.3:80":             "10.1.2.3",
		"[::ffff:10.1.2.3]:80":    "10.1.2.3",
		"[2001:db8:1:2:3::4]:80":  "2001:db8:1:2::/64",
		"[2001:db8:1:2:ff::1]:80": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:80":       "fe80::/64",
		"@":                       "@",
	} {
		if got := web.Address(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s counts for %s, want %s", remote, got, want)
		}
	}
}

// An address has at most half of the connections.
func TestConnections(t *testing.T) {
	t.Parallel()
	s := web.NewShare(7)
	for i := range 4 {
		if !s.Take("a", 1) {
			t.Errorf("%d of 4 of 7 refused", i+1)
		}
	}
	if s.Take("a", 1) {
		t.Error("an address has 5 of 7")
	}
	if !s.Take("b", 3) || s.Take("c", 1) {
		t.Error("the rest")
	}
	s.Give("b", 3)
	s.Give("a", 4)
	if s.Used() != 0 || !s.Take("a", 4) {
		t.Error("what was given back is not there " + strconv.Itoa(s.Used()))
	}
}
