package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
)

// Address is whom a request counts for: the client's address, of IPv6 the
// network of 64 bits, since a single machine has all of one.
func Address(r *http.Request) string { return address(r.RemoteAddr) }

func address(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if a = a.Unmap(); a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// Share counts what is in use of something that there is a number of. No
// address gets more than half.
type Share struct {
	mutex sync.Mutex
	most  int
	used  int
	by    map[string]int
}

// NewShare is a share of which most are there.
func NewShare(most int) *Share { return &Share{most: most, by: map[string]int{}} }

// Take reports whether n more are there for an address, and takes them.
func (s *Share) Take(from string, n int) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.used+n > s.most || s.by[from]+n > s.half() {
		return false
	}
	s.used += n
	s.by[from] += n
	return true
}

// Give gives back what was taken.
func (s *Share) Give(from string, n int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.used -= n
	if s.by[from] -= n; s.by[from] == 0 {
		delete(s.by, from)
	}
}

// Used is how many are taken.
func (s *Share) Used() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.used
}

// Full reports whether an address has its half.
func (s *Share) full(from string, n int) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.by[from]+n > s.half()
}

func (s *Share) half() int { return (s.most + 1) / 2 }

// turns hands out places. Where none is free, addresses take turns, and the
// requests of one come in their order: whoever asks much waits long, and
// nobody else does for it.
type turns struct {
	mutex   sync.Mutex
	free    int
	order   []string // addresses with waiting requests, the next first
	waiting map[string][]chan struct{}
}

func newTurns(places int) *turns { return &turns{free: places, waiting: map[string][]chan struct{}{}} }

// take waits for a place, and done gives it back.
func (t *turns) take(ctx context.Context, from string) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t.mutex.Lock()
	if t.free > 0 {
		t.free--
		t.mutex.Unlock()
		return t.next, nil
	}
	if len(t.waiting[from]) == 0 {
		t.order = append(t.order, from)
	}
	turn := make(chan struct{})
	t.waiting[from] = append(t.waiting[from], turn)
	t.mutex.Unlock()
	select {
	case <-turn:
		return t.next, nil
	case <-ctx.Done():
		if !t.leave(from, turn) { // the turn came at the same moment
			t.next()
		}
		return nil, ctx.Err()
	}
}

// next gives a place to whose turn it is.
func (t *turns) next() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if len(t.order) == 0 {
		t.free++
		return
	}
	from := t.order[0]
	t.order = t.order[1:]
	turn := t.waiting[from][0]
	if rest := t.waiting[from][1:]; len(rest) > 0 {
		t.waiting[from] = rest
		t.order = append(t.order, from)
	} else {
		delete(t.waiting, from)
	}
	close(turn)
}

// leave reports whether turn was still waiting, and ends that.
func (t *turns) leave(from string, turn chan struct{}) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	i := slices.Index(t.waiting[from], turn)
	if i < 0 {
		return false
	}
	if rest := slices.Delete(t.waiting[from], i, i+1); len(rest) > 0 {
		t.waiting[from] = rest
	} else {
		delete(t.waiting, from)
		t.order = slices.DeleteFunc(t.order, func(a string) bool { return a == from })
	}
	return true
}
