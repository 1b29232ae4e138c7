package train

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// crew is a group of workers that live as long as their owner, who works
// along. Between two jobs they spin for a while before they sleep: a meeting
// of spinning workers costs a microsecond or two, a wake-up a hundred.
type crew struct {
	workers int // the owner included
	job     func(task int)
	tasks   int32
	next    atomic.Int32  // the first task that nobody took
	busy    atomic.Int32  // workers that have not finished the job
	jobs    atomic.Uint32 // counts the jobs
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
		go c.work()
	}
	return c
}

func (c *crew) close() {
	c.closed.Store(true)
	c.announce()
}

// run has job done for tasks 0, 1, … and returns when all are.
func (c *crew) run(tasks int, job func(task int)) {
	c.job, c.tasks = job, int32(tasks)
	c.next.Store(0)
	c.busy.Store(int32(c.workers - 1))
	c.announce()
	c.take()
	for i := 0; c.busy.Load() > 0; i++ {
		if i > spins {
			runtime.Gosched()
		}
	}
}

// announce tells of a new job, or of the end.
func (c *crew) announce() {
	c.jobs.Add(1)
	if c.asleep.Load() > 0 {
		c.mutex.Lock()
		c.wake.Broadcast()
		c.mutex.Unlock()
	}
}

func (c *crew) take() {
	for {
		task := c.next.Add(1) - 1
		if task >= c.tasks {
			return
		}
		c.job(int(task))
	}
}

// spins is how often a worker looks before it lets others run, and rests how
// often it does so before it sleeps: together about a millisecond.
const (
	spins = 1 << 14
	rests = 1 << 10
)

func (c *crew) work() {
	for done := uint32(0); ; {
		for i := 0; c.jobs.Load() == done; i++ {
			if i > spins {
				runtime.Gosched()
			}
			if i > spins+rests {
				c.sleep(done)
			}
		}
		done++
		if c.closed.Load() {
			return
		}
		c.take()
		c.busy.Add(-1)
	}
}

func (c *crew) sleep(done uint32) {
	c.asleep.Add(1)
	c.mutex.Lock()
	for c.jobs.Load() == done {
		c.wake.Wait()
	}
	c.mutex.Unlock()
	c.asleep.Add(-1)
}
