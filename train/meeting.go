package train

import (
	"math"
	"time"
)

// MeetingTime is how long all workers, one a processor, take to meet once
// with nothing to do: what a training step pays beside its work. It tells
// whether the processors are near each other at the moment.
func MeetingTime() time.Duration {
	c := newCrew(math.MaxInt32)
	defer c.close()
	const meetings = 2000
	nothing := func(int) {}
	c.run(c.workers, nothing)
	start := time.Now()
	for range meetings {
		c.run(c.workers, nothing)
	}
	return time.Since(start) / meetings
}
