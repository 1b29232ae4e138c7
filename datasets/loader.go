package datasets

import (
	"iter"
	"math/rand/v2"

	"tatami/nn"
)

// Loader hands out samples in batches. It remembers nothing: the seed, an
// epoch and a batch tell which samples come, in which order and how distorted.
//
// A Loader is not changed once an [Epoch] was made of it.
type Loader struct {
	Data        Source
	BatchSize   int // samples a batch, at least 1; the last batch of an epoch may be shorter, without Replacement
	Seed        uint64
	Replacement bool         // draw every sample from the whole set, so that some come twice and some never
	Ordered     bool         // keep the order of the set
	Augment     Augmentation // distorts each image; zero: none
}

// Batches is the number of batches of an epoch, the last short one included.
func (l *Loader) Batches() int {
	if l.BatchSize < 1 {
		panic("datasets: Loader: BatchSize is less than 1")
	}
	return (l.Data.Len() + l.BatchSize - 1) / l.BatchSize
}

// Target is what the samples of a batch are to be answered with: the data's
// target, but for mixup, which makes probabilities of classes.
func (l *Loader) Target() Target {
	target := l.Data.Target()
	if l.Augment.Mixup > 0 && target.Labels() {
		target.Values = target.Output()
	}
	return target
}

// Len is the number of samples in the given batch of an epoch.
func (l *Loader) Len(batch int) int {
	if l.Replacement && !l.Ordered {
		return l.BatchSize
	}
	return min(l.BatchSize, l.Data.Len()-batch*l.BatchSize)
}

// Epoch is one pass over the data in an order of its own. It may be used by
// many goroutines at once.
type Epoch struct {
	loader  Loader
	number  uint64
	order   []int // positions in the data
	augment *augmenter
}

// Epoch prepares epoch number e, counted from any number.
func (l *Loader) Epoch(e int) *Epoch {
	l.Batches() // checks BatchSize
	epoch := &Epoch{loader: *l, number: uint64(e)}
	if l.Augment != (Augmentation{}) {
		epoch.augment = newAugmenter(l.Augment, l.Data.Input())
	}
	source := nn.NewStream(streamOrder, l.Seed, epoch.number)
	rng := rand.New(&source)
	if l.Replacement && !l.Ordered {
		epoch.order = make([]int, l.Batches()*l.BatchSize)
		for i := range epoch.order {
			epoch.order[i] = int(rng.Int32N(int32(l.Data.Len())))
		}
		return epoch
	}
	order := make([]int, l.Data.Len())
	for i := range order {
		order[i] = i
	}
	if !l.Ordered {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	epoch.order = order
	return epoch
}

// Len is the number of samples in the given batch.
func (e *Epoch) Len(batch int) int { return e.loader.Len(batch) }

// Fill writes samples [from, to) of a batch to x, and their targets to t, as
// [Loader.Target] has them. x and t have to-from places. How an image is
// distorted depends on the seed, the epoch and its position in the data, not on
// the batch. It fails where the data do.
//
// Of a [Dataset], Fill allocates nothing. It may run many times at once.
func (e *Epoch) Fill(batch, from, to int, x *nn.Tensor, t nn.Targets) error {
	data := e.loader.Data
	switch {
	case batch < 0 || from < 0 || to < from || to > e.Len(batch):
		panic("datasets: Fill: samples outside of the batch")
	case x.N != to-from || x.Shape != data.Input():
		panic("datasets: Fill: x has another length or shape than the samples")
	case !fits(t, to-from, e.loader.Target()):
		panic("datasets: Fill: the targets have another length or shape than the samples'")
	}
	start := batch * e.loader.BatchSize
	index := e.order[start+from : start+to]
	if e.augment == nil {
		return data.Fill(x, t, index)
	}
	return e.fill(x, t, index)
}

func fits(t nn.Targets, n int, target Target) bool {
	if target.Labels() {
		return t.Values == nil && len(t.Labels) == n
	}
	return t.Values != nil && t.Values.N == n && t.Values.Shape == target.Values
}

// Batch is some samples and what a network should answer to them.
type Batch struct {
	X *nn.Tensor
	nn.Targets
}

// All ranges over the batches of an epoch. The next one is prepared while the
// loop's body works on one, which is its own until the next iteration. Where the
// data cannot be read the loop ends with an error, and without a batch.
func (l *Loader) All(epoch int) iter.Seq2[Batch, error] {
	type filled struct {
		Batch
		err error
	}
	return func(yield func(Batch, error) bool) {
		e := l.Epoch(epoch)
		batches := l.Batches()
		free, ready := make(chan Batch, 2), make(chan filled, 2)
		for range 2 {
			n := e.Len(0)
			free <- Batch{nn.NewTensor(n, l.Data.Input()), l.Target().New(n)}
		}
		go func() {
			defer close(ready)
			for i := range batches {
				b, ok := <-free
				if !ok {
					return
				}
				n := e.Len(i)
				b = Batch{b.X.Slice(0, n), b.Slice(0, n)}
				err := e.Fill(i, 0, n, b.X, b.Targets)
				ready <- filled{b, err}
				if err != nil {
					return
				}
			}
		}()
		defer func() { // the goroutine ends before the loop does
			close(free)
			for range ready {
			}
		}()
		for b := range ready {
			if b.err != nil {
				yield(Batch{}, b.err)
				return
			}
			if !yield(b.Batch, nil) {
				return
			}
			free <- b.Batch
		}
	}
}
