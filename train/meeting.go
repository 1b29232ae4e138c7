package train

import (
	"math"
	"sync/atomic"
	"time"
)

// MeetingTime is how long all workers, one a processor, take to meet once
// with nothing to do: what a training step pays beside its work. It tells
// whether the processors are near each other at the moment.
func MeetingTime() time.Duration {
	c := newCrew(math.MaxInt32)
	defer c.close()
	const meetings = 2000
	var arrived atomic.Int32
	meet := func(int) { // nobody does two of these
		for arrived.Add(1); int(arrived.Load()) < c.workers; {
		}
	}
	c.run(c.workers, meet)
	start := time.Now()
	for range meetings {
		arrived.Store(0)
		c.run(c.workers, meet)
	}
	return time.Since(start) / meetings
}
