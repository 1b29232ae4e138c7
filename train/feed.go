package train

import (
	"sync"

	"tatami/datasets"
	"tatami/nn"
)

// feed prepares batches beside the training step: while the pool works on one,
// workers with nothing else to do shuffle, fill and distort the next.
type feed struct {
	pool        *pool
	loader      *datasets.Loader
	epochs      int    // the number of epochs, after which nothing is prepared
	group       *group // ranks, each of which prepares its own samples; nil: this process alone
	order       func() *datasets.Epoch
	epoch       int // of the order
	fillJob     func(task int)
	ready, next *batch
}

// batch is what an update trains on.
type batch struct {
	epoch, number int
	x             *nn.Tensor
	labels        []int
	from, to      int // the samples that are prepared, this rank's
}

// fillSize is how many images a task prepares: few, since a worker that has
// begun one comes so much later to the next job.
const fillSize = 2

func newFeed(workers *pool, loader *datasets.Loader, epochs int) *feed {
	f := &feed{pool: workers, loader: loader, epochs: epochs, epoch: -1}
	f.fillJob = f.fill
	largest := loader.Len(0)
	for _, b := range []**batch{&f.ready, &f.next} {
		*b = &batch{epoch: -1, x: nn.NewTensor(largest, loader.Data.Shape), labels: make([]int, largest)}
	}
	return f
}

// batch returns a batch, valid until the next call, and has the one after it
// prepared.
func (f *feed) batch(epoch, number int) *batch {
	if f.next.epoch != epoch || f.next.number != number {
		f.prepare(epoch, number)
	}
	f.pool.finish()
	f.ready, f.next = f.next, f.ready
	if number+1 < f.loader.Batches() {
		f.prepare(epoch, number+1)
	} else if epoch+1 < f.epochs {
		f.prepare(epoch+1, 0)
	}
	return f.ready
}

func (f *feed) prepare(epoch, number int) {
	f.pool.finish() // another batch than was expected
	if epoch != f.epoch {
		f.epoch = epoch
		f.order = sync.OnceValue(func() *datasets.Epoch { return f.loader.Epoch(epoch) })
	}
	b, n := f.next, f.loader.Len(number)
	b.epoch, b.number = epoch, number
	b.x.N, b.x.Data, b.labels = n, b.x.Data[:n*b.x.Size()], b.labels[:n]
	b.from, b.to = f.group.samples(n)
	f.pool.beside((b.to-b.from+fillSize-1)/fillSize, f.fillJob)
}

func (f *feed) fill(task int) {
	b := f.next
	from := b.from + task*fillSize
	to := min(from+fillSize, b.to)
	f.order().Fill(b.number, from, to, b.x.Slice(from, to), b.labels[from:to])
}

// fillWhole prepares the samples of a batch that are other ranks' too.
func (f *feed) fillWhole(b *batch) {
	if n := len(b.labels); b.to-b.from < n {
		b.from, b.to = 0, n
		f.loader.Epoch(b.epoch).Fill(b.number, 0, n, b.x, b.labels)
	}
}
