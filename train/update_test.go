package train

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"

	"tatami/datasets"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
	"tatami/optim"
)

// newTestTrainer trains network on four batches of noise.
func newTestTrainer(t testing.TB, network networks.Network, batch int) *Trainer {
	data := &datasets.Dataset{Shape: network.Input, Classes: make([]string, 10)}
	for i := range testBatches * batch {
		data.Images = append(data.Images, make([]byte, network.Input.Size()))
		data.Labels = append(data.Labels, i%10)
		for k := range data.Images[i] {
			data.Images[i][k] = byte(i * k)
		}
	}
	net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(1, 1)), network.Specs(10)...)
	if err != nil {
		t.Fatal(err)
	}
	return &Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Rule: optim.Adam{}, Schedule: optim.Constant{Base: 0.001},
		Loader: &datasets.Loader{Data: data, BatchSize: batch, Augment: datasets.Augmentation{Shift: 1}}, Clip: 1, Average: 0.9,
	}
}

const testBatches = 4

// updates returns a function that trains network with one more batch of
// noise, on so many workers, and one that ends them.
func updates(t testing.TB, network networks.Network, batch, workers int) (update, end func()) {
	tr := newTestTrainer(t, network, batch)
	if err := tr.prepare(); err != nil {
		t.Fatal(err)
	}
	c := newPool(workers)
	e := newEngine(c, tr, tr.optimizer)
	step := 0
	return func() { e.update(0, step%testBatches, step, 0.001); step++ }, c.close
}

// An update allocates nothing, whatever the network, on one worker and on
// several.
func TestUpdateAllocatesNothing(t *testing.T) {
	info, _ := debug.ReadBuildInfo()
	if info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		t.Skip("the race detector has sync.Pool forget")
	}
	// A collection empties sync.Pool and the runtime's own lists of waiters,
	// which the next update fills again.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for _, network := range networks.All() {
		for _, workers := range []int{1, 4} {
			update, end := updates(t, network, 16, workers)
			update()
			n := testing.AllocsPerRun(5, update)
			for try := 0; try < 2 && n != 0; try++ {
				n = testing.AllocsPerRun(5, update) // the runtime allocates at times, too
			}
			if n != 0 {
				t.Errorf("%s, %d workers: %g allocations an update", network.Name, workers, n)
			}
			end()
		}
	}
}

// BenchmarkUpdate is a step of training without evaluation and files: the
// sizes show that cost grows as the batch does, the workers what cores give.
func BenchmarkUpdate(b *testing.B) {
	for _, network := range networks.All() {
		for _, size := range []struct{ batch, workers int }{{100, 1}, {100, runtime.GOMAXPROCS(0)}, {400, runtime.GOMAXPROCS(0)}} {
			b.Run(fmt.Sprintf("%s/batch=%d/workers=%d", network.Name, size.batch, size.workers), func(b *testing.B) {
				update, end := updates(b, network, size.batch, size.workers)
				defer end()
				update()
				b.ReportAllocs()
				for b.Loop() {
					update()
				}
				b.ReportMetric(float64(size.batch*b.N)/b.Elapsed().Seconds(), "images/s")
			})
		}
	}
}
