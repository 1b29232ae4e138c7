//go:build mpi && (linux || darwin) && (amd64 || arm64)

package mpi

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"tatami/train"
)

// Rank 0 and each of the others tell each other every second that they are
// there, whatever they do otherwise. A rank that has been silent for seven is
// lost; one on the same machine also if its process is gone. Rank 0 tells the
// others, so that a run has ended everywhere within ten seconds.
const (
	interval = time.Second
	silence  = 7 * time.Second
	look     = 200 * time.Millisecond
	tag      = 1
)

// life is what a rank knows of the others.
type life struct {
	peers     []*peer
	processes map[int]int // by rank: the processes on this machine
	looked    time.Time
	lost      error
	tell      []context.CancelFunc
	ended     bool // all ranks have come to their end
	ending    chan struct{}
	closeOnce sync.Once
	beating   sync.WaitGroup
}

// peer is a rank with which signs of life are exchanged: the rank that the
// sender knows to be lost, -1 if there is none.
type peer struct {
	rank          int
	in, out       [1]int32
	inRequest     uint64
	outRequest    uint64
	sending       bool
	heard, called time.Time
}

// live begins to exchange signs of life.
func (r *ranks) live() error {
	l := &r.life
	l.ending, l.processes = make(chan struct{}), map[int]int{}
	const entry = 256 // bytes
	at := make([]int, r.size+1)
	for i := range at {
		at[i] = entry * i
	}
	own := make([]byte, entry)
	binary.LittleEndian.PutUint64(own, uint64(os.Getpid()))
	copy(own[8:], machine())
	all := make([]byte, entry*r.size)
	if err := r.AllGather(all, at, own); err != nil {
		return err
	}
	for rank := range r.size {
		e := all[entry*rank : entry*(rank+1)]
		if rank != r.rank && machine() != "" && string(e[8:]) == string(own[8:]) {
			l.processes[rank] = int(binary.LittleEndian.Uint64(e))
		}
		if rank != r.rank && (rank == 0 || r.rank == 0) {
			p := &peer{rank: rank, heard: time.Now()}
			if err := r.listen(p); err != nil {
				return err
			}
			l.peers = append(l.peers, p)
		}
	}
	l.beating.Go(func() {
		ticker := time.NewTicker(look)
		defer ticker.Stop()
		for {
			select {
			case <-l.ending:
				return
			case now := <-ticker.C:
				if r.mutex.TryLock() { // else a collective is there, which does it
					r.beat(now)
					r.mutex.Unlock()
				}
			}
		}
	})
	return nil
}

// machine names this machine and its space of process numbers; empty: not known.
func machine() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, spaceErr := os.Readlink("/proc/self/ns/pid")
	if err != nil || spaceErr != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + space
}

func (r *ranks) listen(p *peer) error {
	return r.lib.call("MPI_Irecv", r.lib.receive, address(p.in[:]), unsafe.Sizeof(p.in), r.lib.bytes, uintptr(p.rank), tag, r.lib.world, uintptr(unsafe.Pointer(&p.inRequest)))
}

// beat tells the others that this rank is there, and looks for them.
func (r *ranks) beat(now time.Time) error {
	l := &r.life
	if l.lost != nil || l.ended || now.Sub(l.looked) < look {
		return l.lost
	}
	if now.Sub(l.looked) > silence/3 { // this process was stopped, and has heard of nobody
		for _, p := range l.peers {
			p.heard = now
		}
	}
	l.looked = now
	for rank, process := range l.processes {
		if errors.Is(syscall.Kill(process, 0), syscall.ESRCH) {
			return r.lose(rank)
		}
	}
	for _, p := range l.peers {
		heard, err := r.done(&p.inRequest)
		if err != nil {
			return r.lose(p.rank)
		}
		if heard {
			if p.in[0] >= 0 {
				return r.lose(int(p.in[0]))
			}
			p.heard = now
			if r.listen(p) != nil {
				return r.lose(p.rank)
			}
		}
		if now.Sub(p.heard) > silence {
			return r.lose(p.rank)
		}
		if now.Sub(p.called) >= interval && r.call(p, -1) != nil {
			return r.lose(p.rank)
		}
		if p.sending {
			sent, err := r.done(&p.outRequest)
			if err != nil {
				return r.lose(p.rank)
			}
			p.sending = !sent
		}
	}
	return nil
}

// call sends a sign of life, unless the one before is still on its way.
func (r *ranks) call(p *peer, lost int) error {
	if p.sending {
		return nil
	}
	p.out[0], p.called, p.sending = int32(lost), time.Now(), true
	return r.lib.call("MPI_Isend", r.lib.send, address(p.out[:]), unsafe.Sizeof(p.out), r.lib.bytes, uintptr(p.rank), tag, r.lib.world, uintptr(unsafe.Pointer(&p.outRequest)))
}

// lose notes that a rank is lost and tells the others.
func (r *ranks) lose(rank int) error {
	l := &r.life
	_, near := l.processes[rank]
	l.lost = RankLost{rank, r.size, near}
	for _, p := range l.peers {
		if p.rank != rank && r.call(p, rank) == nil && p.sending {
			r.done(&p.outRequest)
		}
	}
	l.end()
	return l.lost
}

// end ends contexts.
func (l *life) end() {
	for _, cancel := range l.tell {
		cancel()
	}
}

// broken is the error of a collective that failed, which is how the loss of a
// rank may show.
func (r *ranks) broken(err error) error {
	l := &r.life
	if l.lost == nil {
		for rank, process := range l.processes {
			if errors.Is(syscall.Kill(process, 0), syscall.ESRCH) {
				return r.lose(rank)
			}
		}
		l.lost = fmt.Errorf("%w: %w", train.ErrRankLost, err)
		l.end()
	}
	return l.lost
}

// hangUp ends what is under way with the others.
func (r *ranks) hangUp() {
	for _, p := range r.life.peers {
		r.lib.call("MPI_Cancel", r.lib.cancel, uintptr(unsafe.Pointer(&p.inRequest)))
		for range 1000 {
			if done, err := r.done(&p.inRequest); done || err != nil {
				break
			}
		}
	}
}

// Context implements [Job].
func (r *ranks) Context(parent context.Context) context.Context {
	ctx, cancel := context.WithCancel(parent)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.life.tell = append(r.life.tell, cancel); r.life.lost != nil {
		cancel()
	}
	return ctx
}

// close ends the goroutine; collectives go on with the signs of life.
func (l *life) close() {
	l.closeOnce.Do(func() { close(l.ending) })
	l.beating.Wait()
}
