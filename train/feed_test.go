package train

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tatami/datasets"
	"tatami/nn"
)

// The next batch is prepared while the pool works on something else, and the
// batches are the loader's, in whatever order they are asked for.
func TestFeedPreparesBesideJob(t *testing.T) {
	data := &datasets.Dataset{Shape: nn.Shape{H: 6, W: 5, C: 1}, Classes: make([]string, 10)}
	for i := range 23 {
		image := make([]byte, data.Shape.Size())
		for k := range image {
			image[k] = byte(7*i + k)
		}
		data.Images = append(data.Images, image)
		data.Labels = append(data.Labels, i%10)
	}
	loader := &datasets.Loader{Data: data, BatchSize: 10, Seed: 3, Augment: datasets.Augmentation{Shift: 1, Rotate: 5}}
	c := newPool(2)
	defer c.close()
	f := newFeed(c, loader, 3)
	for _, at := range []struct {
		epoch, batch int
		next         bool // is prepared
	}{{1, 1, true}, {1, 2, true}, {2, 0, true}, {0, 0, true}, {2, 2, false}, {2, 1, true}} {
		b, err := f.batch(at.epoch, at.batch)
		if err != nil {
			t.Fatal(err)
		}
		n := loader.Len(at.batch)
		x, labels := nn.NewTensor(n, data.Shape), make([]int, n)
		loader.Epoch(at.epoch).Fill(at.batch, 0, n, x, nn.Targets{Labels: labels})
		if !slices.Equal(b.x.Data, x.Data) || !slices.Equal(b.targets.Labels, labels) {
			t.Errorf("epoch %d, batch %d is not what the loader fills", at.epoch, at.batch)
		}
		if c.size == 1 || !at.next {
			continue
		}
		c.run(1, func(int) { // one worker is busy, the other has nothing to do
			for end := time.Now().Add(10 * time.Second); !c.side.done(); time.Sleep(time.Microsecond) {
				if time.Now().After(end) {
					t.Errorf("epoch %d, batch %d: the next is not prepared during a job", at.epoch, at.batch)
					return
				}
			}
		})
	}
}

// After a run nobody reads its data any more, which may then be changed.
func TestCloseWaitsForTasksBeside(t *testing.T) {
	for range 5 {
		c := newPool(2)
		var begun, ended atomic.Int32
		c.beside(8, func(int) {
			begun.Add(1)
			time.Sleep(50 * time.Microsecond)
			ended.Add(1)
		})
		c.run(1, func(int) {
			for c.size > 1 && begun.Load() == 0 {
				time.Sleep(time.Microsecond)
			}
		})
		c.close()
		if b, e := begun.Load(), ended.Load(); b != e {
			t.Fatalf("%d tasks are under way when the pool is closed", b-e)
		}
	}
}
