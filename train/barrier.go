package train

import (
	"math"
	"sync/atomic"
	"time"
)

// BarrierTime is how long all workers, one a processor, take to meet once at a
// barrier with nothing to do: what a training step pays beside its work. It
// tells whether the processors are near each other at the moment.
func BarrierTime() time.Duration {
	workers := newPool(math.MaxInt32)
	defer workers.close()
	const barriers = 2000
	var arrived atomic.Int32
	wait := func(int) { // a task a worker: the first holds its worker until the last has begun
		for arrived.Add(1); int(arrived.Load()) < workers.size; {
		}
	}
	workers.run(workers.size, wait)
	start := time.Now()
	for range barriers {
		arrived.Store(0)
		workers.run(workers.size, wait)
	}
	return time.Since(start) / barriers
}
