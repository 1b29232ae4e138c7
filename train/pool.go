package train

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// pool is a group of workers that live as long as their owner, whose goroutine
// is one of them. Between two jobs workers spin for a while before they sleep:
// a barrier of spinning workers costs a microsecond or two, a wake-up a
// hundred. A job waits for its tasks, not for the workers: where other programs
// use the processors too, a worker that comes late is not waited for. Beside
// the main job there may be a side job, which workers without a main task do,
// and which is waited for only by finish.
type pool struct {
	size       int // workers, the owner included
	main, side queue
	closed     atomic.Bool

	asleep atomic.Int32
	mutex  sync.Mutex
	wake   sync.Cond
}

// queue is a job's tasks 0, 1, and so on.
type queue struct {
	job  func(task int)
	work atomic.Uint64 // the number of tasks, and below it that of the next to take
	left atomic.Int32  // tasks that are not done
}

// newPool starts workers, one a processor and at most the given number. They
// end with close.
func newPool(most int) *pool {
	p := &pool{size: max(1, min(most, runtime.GOMAXPROCS(0)))}
	p.wake.L = &p.mutex
	for range p.size - 1 {
		go p.live()
	}
	return p
}

// close finishes the side job and ends the workers. No main job may be running.
func (p *pool) close() {
	p.finish()
	p.closed.Store(true)
	p.rouse()
}

// run does a job's tasks 0, 1, … and returns when all are done: a barrier.
func (p *pool) run(tasks int, job func(task int)) {
	p.main.fill(tasks, job)
	p.rouse()
	for p.main.take() {
	}
	for i := 0; !p.main.done(); i++ {
		if p.side.take() {
			i = 0
		} else if i > spins {
			runtime.Gosched()
		}
	}
}

// beside begins a side job, which finish waits for. The side job before must be
// finished.
func (p *pool) beside(tasks int, job func(task int)) { p.side.fill(tasks, job) }

// finish returns when the side job is done.
func (p *pool) finish() {
	for p.side.take() {
	}
	for i := 0; !p.side.done(); i++ {
		if i > spins {
			runtime.Gosched()
		}
	}
}

// rouse wakes the workers that sleep, for a new job or for the end.
func (p *pool) rouse() {
	if p.asleep.Load() > 0 {
		p.mutex.Lock()
		p.wake.Broadcast()
		p.mutex.Unlock()
	}
}

func (q *queue) fill(tasks int, job func(task int)) {
	q.job = job
	q.left.Store(int32(tasks))
	q.work.Store(uint64(tasks) << 32)
}

// take does a task if there is one. The job cannot change between the claim of
// a task and its call, since the owner waits for every task that was claimed.
func (q *queue) take() bool {
	for {
		work := q.work.Load()
		if taken(work) {
			return false
		}
		if q.work.CompareAndSwap(work, work+1) {
			q.job(int(uint32(work)))
			q.left.Add(-1)
			return true
		}
	}
}

func (q *queue) done() bool { return q.left.Load() == 0 }

// idle reports whether there is no task to take.
func (q *queue) idle() bool { return taken(q.work.Load()) }

// taken reports whether all of a queue's tasks are claimed.
func taken(work uint64) bool { return uint32(work) == uint32(work>>32) }

// spins is how often a worker looks for a task before it yields its processor,
// and rests how often it then yields before it sleeps: together about a
// millisecond.
const (
	spins = 1 << 14
	rests = 1 << 10
)

func (p *pool) live() {
	for i := 0; !p.closed.Load(); i++ {
		switch {
		case p.main.take() || p.side.take():
			i = 0
		case i > spins+rests:
			p.sleep()
			i = 0
		case i > spins:
			runtime.Gosched()
		}
	}
}

func (p *pool) sleep() {
	p.asleep.Add(1)
	p.mutex.Lock()
	for p.main.idle() && p.side.idle() && !p.closed.Load() {
		p.wake.Wait()
	}
	p.mutex.Unlock()
	p.asleep.Add(-1)
}
