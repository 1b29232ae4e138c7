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
	epochs      int // the number of epochs, after which nothing is prepared
	order       func() *datasets.Epoch
	epoch       int // of the order
	fillJob     func(task int)
	ready, next *batch
}

// batch is what an update trains on.
type batch struct {
	epoch, number int
	x             *nn.Tensor
	targets       nn.Targets
	errs          []error // by task
}

// fillSize is how many samples a task prepares: few, since a worker that has
// begun one comes so much later to the next job.
const fillSize = 2

func newFeed(workers *pool, loader *datasets.Loader, epochs int) *feed {
	f := &feed{pool: workers, loader: loader, epochs: epochs, epoch: -1}
	f.fillJob = f.fill
	largest := loader.Len(0)
	for _, b := range []**batch{&f.ready, &f.next} {
		*b = &batch{epoch: -1, x: nn.NewTensor(largest, loader.Data.Input()), targets: loader.Target().New(largest)}
	}
	return f
}

// batch returns a batch, valid until the next call, and has the one after it
// prepared. It fails where the data do.
func (f *feed) batch(epoch, number int) (*batch, error) {
	if f.next.epoch != epoch || f.next.number != number {
		f.prepare(epoch, number)
	}
	f.pool.finish()
	for _, err := range f.next.errs {
		if err != nil {
			return nil, err
		}
	}
	f.ready, f.next = f.next, f.ready
	if number+1 < f.loader.Batches() {
		f.prepare(epoch, number+1)
	} else if epoch+1 < f.epochs {
		f.prepare(epoch+1, 0)
	}
	return f.ready, nil
}

func (f *feed) prepare(epoch, number int) {
	f.pool.finish() // another batch than was expected
	if epoch != f.epoch {
		f.epoch = epoch
		f.order = sync.OnceValue(func() *datasets.Epoch { return f.loader.Epoch(epoch) })
	}
	b, n := f.next, f.loader.Len(number)
	b.epoch, b.number = epoch, number
	resize(b.x, n)
	if b.targets.Values != nil {
		resize(b.targets.Values, n)
	} else {
		b.targets.Labels = b.targets.Labels[:n]
	}
	tasks := (n + fillSize - 1) / fillSize
	b.errs = append(b.errs[:0], make([]error, tasks)...)
	f.pool.beside(tasks, f.fillJob)
}

func (f *feed) fill(task int) {
	b := f.next
	from := task * fillSize
	to := min(from+fillSize, b.x.N)
	b.errs[task] = f.order().Fill(b.number, from, to, b.x.Slice(from, to), b.targets.Slice(from, to))
}

// resize makes t as many samples as it has room for, or fewer.
func resize(t *nn.Tensor, n int) { t.N, t.Data = n, t.Data[:n*t.Size()] }
