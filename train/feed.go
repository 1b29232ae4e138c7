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
	targets       nn.Targets
	from, to      int // the samples that are prepared, this rank's
	tasks         []fillTask
}

// fillTask is what fills some samples of a batch.
type fillTask struct {
	x, values nn.Tensor // views of the batch
	err       error
}

// fillSize is how many samples a task prepares: few, since a worker that has
// begun one comes so much later to the next job.
const fillSize = 2

// tasks is how many of them fill n samples.
func tasks(n int) int { return (n + fillSize - 1) / fillSize }

func newFeed(workers *pool, loader *datasets.Loader, epochs int) *feed {
	f := &feed{pool: workers, loader: loader, epochs: epochs, epoch: -1}
	f.fillJob = f.fill
	largest := loader.Len(0)
	for _, b := range []**batch{&f.ready, &f.next} {
		*b = &batch{epoch: -1, x: nn.NewTensor(largest, loader.Data.Input()), targets: loader.Target().New(largest), tasks: make([]fillTask, tasks(largest))}
	}
	return f
}

// batch returns a batch, valid until the next call, and has the one after it
// prepared. Where the data fail there is a batch too, with which a rank goes on
// until all know.
func (f *feed) batch(epoch, number int) (_ *batch, err error) {
	if f.next.epoch != epoch || f.next.number != number {
		f.prepare(epoch, number)
	}
	f.pool.finish()
	for i := range tasks(f.next.to - f.next.from) {
		if err = f.next.tasks[i].err; err != nil {
			break
		}
	}
	f.ready, f.next = f.next, f.ready
	if number+1 < f.loader.Batches() {
		f.prepare(epoch, number+1)
	} else if epoch+1 < f.epochs {
		f.prepare(epoch+1, 0)
	}
	return f.ready, err
}

func (f *feed) prepare(epoch, number int) {
	f.pool.finish() // another batch than was expected
	if epoch != f.epoch {
		f.epoch = epoch
		f.order = sync.OnceValue(func() *datasets.Epoch { return f.loader.Epoch(epoch) })
	}
	b, n := f.next, f.loader.Len(number)
	b.epoch, b.number = epoch, number
	grow(b.x, n)
	if b.targets.Values != nil {
		grow(b.targets.Values, n)
	} else {
		b.targets.Labels = b.targets.Labels[:n]
	}
	b.from, b.to = f.group.samples(n)
	f.pool.beside(tasks(b.to-b.from), f.fillJob)
}

func (f *feed) fill(task int) {
	b := f.next
	from := b.from + task*fillSize
	to := min(from+fillSize, b.to)
	t, targets := &b.tasks[task], nn.Targets{}
	slice(&t.x, b.x, from, to)
	if b.targets.Values != nil {
		slice(&t.values, b.targets.Values, from, to)
		targets.Values = &t.values
	} else {
		targets.Labels = b.targets.Labels[from:to]
	}
	t.err = f.order().Fill(b.number, from, to, &t.x, targets)
}

// slice makes v samples [from, to) of t.
func slice(v, t *nn.Tensor, from, to int) {
	v.N, v.Shape, v.Data = to-from, t.Shape, t.Data[from*t.Size():to*t.Size()]
}

// grow makes t as many samples as it has room for, or fewer.
func grow(t *nn.Tensor, n int) { t.N, t.Data = n, t.Data[:n*t.Size()] }

// fillWhole prepares the samples of a batch that are other ranks' too.
func (f *feed) fillWhole(b *batch) error {
	if b.to-b.from == b.x.N {
		return nil
	}
	b.from, b.to = 0, b.x.N
	return f.loader.Epoch(b.epoch).Fill(b.number, 0, b.x.N, b.x, b.targets)
}
