//go:build mpi && (linux || darwin) && (amd64 || arm64)

package mpi

import (
	"fmt"
	"math"
	"os/signal"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// ranks is a [Job]. All calls of MPI are made under its mutex, a collective from
// its beginning to its end; what MPI is handed the address of is in memory that
// does not move and that ranks or the caller keeps.
type ranks struct {
	lib        *library
	rank, size int

	mutex   sync.Mutex
	request uint64 // of a collective: an int or a pointer
	flag    int32
	status  [16]uint64 // more than any implementation's
	counts  [4][]int32

	life life
}

// Start makes this process a rank of those that a launcher has started, or the
// only one.
func Start() (Job, error) {
	lib, err := startLibrary()
	if err != nil {
		return nil, err
	}
	r := &ranks{lib: lib}
	values := new([3]int32) // the level of threads, rank, size
	at := func(i int) uintptr { return uintptr(unsafe.Pointer(&values[i])) }
	if err := lib.call("MPI_Init_thread", lib.init, 0, 0, lib.threadSerialized, at(0)); err != nil {
		return nil, err
	}
	signal.Ignore(syscall.SIGUSR1) // by which MPICH tells of lost ranks, on a stack that Go does not allow
	if uintptr(values[0]) < lib.threadSerialized {
		return nil, fmt.Errorf("MPI: %s lets only one thread call it, wanted one that takes calls of several in turn", lib.path)
	}
	if err := lib.call("MPI_Comm_set_errhandler", lib.setErrorHandler, lib.world, lib.errorsReturn); err != nil {
		return nil, err
	}
	if err := lib.call("MPI_Comm_rank", lib.rank, lib.world, at(1)); err != nil {
		return nil, err
	}
	if err := lib.call("MPI_Comm_size", lib.size, lib.world, at(2)); err != nil {
		return nil, err
	}
	r.rank, r.size = int(values[1]), int(values[2])
	if l, ok := Launched(); ok && l.Size > 0 && l.Size != r.size {
		lib.call("MPI_Finalize", lib.finalize)
		return nil, fmt.Errorf("the launcher has started %d processes and %s sees %d: it belongs to another MPI; name the launcher's own in %s", l.Size, lib.path, r.size, LibraryVariable)
	}
	for i := range r.counts {
		r.counts[i] = make([]int32, r.size)
	}
	return r, r.live()
}

// Rank implements [train.Ranks].
func (r *ranks) Rank() int { return r.rank }

// Size implements [train.Ranks].
func (r *ranks) Size() int { return r.size }

func address[T any](v []T) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(v))) }

// lengths writes what lies between bounds as counts and displacements.
func lengths(counts, from []int32, at []int) {
	for i := range counts {
		counts[i], from[i] = int32(at[i+1]-at[i]), int32(at[i])
	}
}

// AllToAll implements [train.Ranks].
func (r *ranks) AllToAll(recv []byte, recvAt []int, send []byte, sendAt []int) error {
	return r.collective("MPI_Ialltoallv", max(len(send), len(recv)), func() error {
		lengths(r.counts[0], r.counts[1], sendAt)
		lengths(r.counts[2], r.counts[3], recvAt)
		return r.lib.call("MPI_Ialltoallv", r.lib.allToAll, address(send), address(r.counts[0]), address(r.counts[1]), r.lib.bytes,
			address(recv), address(r.counts[2]), address(r.counts[3]), r.lib.bytes, r.lib.world, uintptr(unsafe.Pointer(&r.request)))
	})
}

// AllGather implements [train.Ranks].
func (r *ranks) AllGather(all []byte, at []int, own []byte) error {
	return r.collective("MPI_Iallgatherv", len(all), func() error {
		lengths(r.counts[2], r.counts[3], at)
		return r.lib.call("MPI_Iallgatherv", r.lib.allGather, address(own), uintptr(len(own)), r.lib.bytes,
			address(all), address(r.counts[2]), address(r.counts[3]), r.lib.bytes, r.lib.world, uintptr(unsafe.Pointer(&r.request)))
	})
}

// collective begins one and waits for its end, or for the loss of a rank.
func (r *ranks) collective(name string, bytes int, begin func() error) error {
	if bytes > math.MaxInt32 {
		return fmt.Errorf("MPI: %s of %d bytes, wanted at most %d", name, bytes, math.MaxInt32)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.life.lost != nil {
		return r.life.lost
	}
	if err := begin(); err != nil {
		return r.broken(err)
	}
	started := time.Now()
	for {
		done, err := r.done(&r.request)
		switch {
		case err != nil:
			return r.broken(err)
		case done:
			return nil
		}
		if now := time.Now(); now.Sub(started) > spin {
			if err := r.beat(now); err != nil {
				return err
			}
			time.Sleep(rest)
		}
	}
}

// A collective that is not done after spin gives its processor away between
// looks, which several ranks may share.
const (
	spin = 200 * time.Microsecond
	rest = 20 * time.Microsecond
)

// done tests a request.
func (r *ranks) done(request *uint64) (bool, error) {
	r.flag = 0
	err := r.lib.call("MPI_Test", r.lib.test, uintptr(unsafe.Pointer(request)), uintptr(unsafe.Pointer(&r.flag)), uintptr(unsafe.Pointer(&r.status)))
	return r.flag != 0, err
}

// Close implements [Job].
func (r *ranks) Close() {
	r.life.close()
	at := make([]int, r.size+1)
	for i := range at {
		at[i] = i
	}
	all, own := make([]byte, r.size), make([]byte, 1)
	if r.AllGather(all, at, own) != nil { // all have come to their end
		return
	}
	r.mutex.Lock()
	r.life.ended = true // and may be gone before this one is
	r.mutex.Unlock()
	if r.AllGather(all, at, own) != nil {
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.hangUp()
	r.lib.call("MPI_Finalize", r.lib.finalize)
}
