package train

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// crew is a group of workers that live as long as their owner, who works
// along. Between two jobs they spin for a while before they sleep: a meeting
// of spinning workers costs a microsecond or two, a wake-up a hundred. A job
// waits for its tasks, not for the workers: where other programs want the
// processors too, one that did not get there in time is not missed. Beside it
// there may be a job that nobody waits for, which is done by workers who would
// have to wait.
type crew struct {
	workers    int // the owner included
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

// newCrew starts workers, one a processor and at most the given number. They
// end with close.
func newCrew(most int) *crew {
	c := &crew{workers: max(1, min(most, runtime.GOMAXPROCS(0)))}
	c.wake.L = &c.mutex
	for range c.workers - 1 {
		go c.live()
	}
	return c
}

// close ends the workers, none of which is in a task any more.
func (c *crew) close() {
	c.finish()
	c.closed.Store(true)
	c.rouse()
}

// run has job done for tasks 0, 1, … and returns when all are.
func (c *crew) run(tasks int, job func(task int)) {
	c.main.fill(tasks, job)
	c.rouse()
	for c.main.take() {
	}
	for i := 0; !c.main.done(); i++ {
		if c.side.take() {
			i = 0
		} else if i > spins {
			runtime.Gosched()
		}
	}
}

// beside has a job done beside others, until finish. There is none yet.
func (c *crew) beside(tasks int, job func(task int)) { c.side.fill(tasks, job) }

// finish returns when the job beside others is done.
func (c *crew) finish() {
	for c.side.take() {
	}
	for i := 0; !c.side.done(); i++ {
		if i > spins {
			runtime.Gosched()
		}
	}
}

// rouse wakes who sleeps, for a new job or for the end.
func (c *crew) rouse() {
	if c.asleep.Load() > 0 {
		c.mutex.Lock()
		c.wake.Broadcast()
		c.mutex.Unlock()
	}
}

func (q *queue) fill(tasks int, job func(task int)) {
	q.job = job
	q.left.Store(int32(tasks))
	q.work.Store(uint64(tasks) << 32)
}

// take does a task if there is one. The job cannot change between the two,
// since the owner waits for every task that was taken.
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

// taken reports whether all tasks are.
func taken(work uint64) bool { return uint32(work) == uint32(work>>32) }

// spins is how often a worker looks before it lets others run, and rests how
// often it does so before it sleeps: together about a millisecond.
const (
	spins = 1 << 14
	rests = 1 << 10
)

func (c *crew) live() {
	for i := 0; !c.closed.Load(); i++ {
		switch {
		case c.main.take() || c.side.take():
			i = 0
		case i > spins+rests:
			c.sleep()
			i = 0
		case i > spins:
			runtime.Gosched()
		}
	}
}

func (c *crew) sleep() {
	c.asleep.Add(1)
	c.mutex.Lock()
	for c.main.idle() && c.side.idle() && !c.closed.Load() {
		c.wake.Wait()
	}
	c.mutex.Unlock()
	c.asleep.Add(-1)
}
