package datasets

import (
	"iter"
	"math/rand/v2"

	"tatami/nn"
)

// Loader hands out a dataset in batches. It remembers nothing: the seed, an
// epoch and a batch tell which images come, in which order and how distorted.
//
// A Loader is not changed once an [Epoch] was made of it.
type Loader struct {
	Data        *Dataset
	BatchSize   int // images a batch, at least 1; the last batch of an epoch may be shorter, without Replacement
	Seed        uint64
	Replacement bool         // draw every image from the whole set, so that some come twice and some never
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

// Len is the number of images in the given batch of an epoch.
func (l *Loader) Len(batch int) int {
	if l.Replacement && !l.Ordered {
		return l.BatchSize
	}
	return min(l.BatchSize, l.Data.Len()-batch*l.BatchSize)
}

// Epoch is one pass over a dataset in an order of its own. It may be used by
// many goroutines at once.
type Epoch struct {
	loader  Loader
	number  uint64
	order   []int32 // positions in the dataset; nil: as they are
	augment *augmenter
}

// Epoch prepares epoch number e, counted from any number.
func (l *Loader) Epoch(e int) *Epoch {
	l.Batches() // checks BatchSize
	epoch := &Epoch{loader: *l, number: uint64(e)}
	if l.Augment != (Augmentation{}) {
		epoch.augment = newAugmenter(l.Augment, l.Data.Shape)
	}
	if l.Ordered {
		return epoch
	}
	source := nn.NewStream(streamOrder, l.Seed, epoch.number)
	rng := rand.New(&source)
	if l.Replacement {
		epoch.order = make([]int32, l.Batches()*l.BatchSize)
		for i := range epoch.order {
			epoch.order[i] = rng.Int32N(int32(l.Data.Len()))
		}
		return epoch
	}
	order := make([]int32, l.Data.Len())
	for i := range order {
		order[i] = int32(i)
	}
	rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	epoch.order = order
	return epoch
}

// Len is the number of images in the given batch.
func (e *Epoch) Len(batch int) int { return e.loader.Len(batch) }

// Fill writes images [from, to) of a batch to x, as floats in [0,1], and their
// labels. x and labels have to-from places. How an image is distorted depends
// on the seed, the epoch and its position in the dataset, not on the batch.
//
// Fill allocates nothing and may run many times at once.
func (e *Epoch) Fill(batch, from, to int, x *nn.Tensor, labels []int) {
	data := e.loader.Data
	switch {
	case batch < 0 || from < 0 || to < from || to > e.Len(batch):
		panic("datasets: Fill: images outside of the batch")
	case x.N != to-from || len(labels) != to-from:
		panic("datasets: Fill: x or labels have another length than the images")
	case x.Shape != data.Shape:
		panic("datasets: Fill: x has another shape than the images")
	}
	start := batch * e.loader.BatchSize
	for i := range labels {
		k := start + from + i
		if e.order != nil {
			k = int(e.order[k])
		}
		labels[i] = int(data.Labels[k])
		if e.augment == nil {
			toFloats(x.Sample(i), data.Images[k])
			continue
		}
		e.augment.apply(x.Sample(i), data.Images[k], nn.NewStream(streamAugment, e.loader.Seed, e.number, uint64(k)))
	}
}

// All ranges over the batches of an epoch: images and labels. The next batch
// is prepared while the loop's body works on one, which is its own until the
// next iteration.
func (l *Loader) All(epoch int) iter.Seq2[*nn.Tensor, []int] {
	type batch struct {
		x      *nn.Tensor
		labels []int
	}
	return func(yield func(*nn.Tensor, []int) bool) {
		e := l.Epoch(epoch)
		batches := l.Batches()
		free, ready := make(chan batch, 2), make(chan batch, 2)
		for range 2 {
			n := e.Len(0)
			free <- batch{nn.NewTensor(n, l.Data.Shape), make([]int, n)}
		}
		go func() {
			defer close(ready)
			for i := range batches {
				b, ok := <-free
				if !ok {
					return
				}
				n := e.Len(i)
				b = batch{b.x.Slice(0, n), b.labels[:n]}
				e.Fill(i, 0, n, b.x, b.labels)
				ready <- b
			}
		}()
		defer func() { // the goroutine ends before the loop does
			close(free)
			for range ready {
			}
		}()
		for b := range ready {
			if !yield(b.x, b.labels) {
				return
			}
			free <- b
		}
	}
}
