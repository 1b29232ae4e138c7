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
// processors too, one that did not get there in time is not missed.
type crew struct {
	workers int // the owner included
	job     func(task int)
	work    atomic.Uint64 // the number of tasks, and below it that of the next to take
	left    atomic.Int32  // tasks that are not done
	closed  atomic.Bool

	asleep atomic.Int32
	mutex  sync.Mutex
	wake   sync.Cond
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

func (c *crew) close() {
	c.closed.Store(true)
	c.rouse()
}

// run has job done for tasks 0, 1, … and returns when all are.
func (c *crew) run(tasks int, job func(task int)) {
	c.job = job
	c.left.Store(int32(tasks))
	c.work.Store(uint64(tasks) << 32)
	c.rouse()
	for c.take() {
	}
	for i := 0; c.left.Load() > 0; i++ {
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

// take does a task if there is one. The job cannot change between the two,
// since the owner waits for every task that was taken.
func (c *crew) take() bool {
	for {
		work := c.work.Load()
		if idle(work) {
			return false
		}
		if c.work.CompareAndSwap(work, work+1) {
			c.job(int(uint32(work)))
			c.left.Add(-1)
			return true
		}
	}
}

// idle reports whether all tasks are taken.
func idle(work uint64) bool { return uint32(work) == uint32(work>>32) }

// spins is how often a worker looks before it lets others run, and rests how
// often it does so before it sleeps: together about a millisecond.
const (
	spins = 1 << 14
	rests = 1 << 10
)

func (c *crew) live() {
	for i := 0; !c.closed.Load(); i++ {
		switch {
		case c.take():
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
	for idle(c.work.Load()) && !c.closed.Load() {
		c.wake.Wait()
	}
	c.mutex.Unlock()
	c.asleep.Add(-1)
}
