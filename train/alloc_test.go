package train

import (
	"math/rand/v2"
	"testing"

	"tatami/datasets"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
)

// An update allocates nothing, whatever the network, on one worker and on
// several.
func TestUpdateAllocatesNothing(t *testing.T) {
	data := &datasets.Dataset{Shape: nn.Shape{H: 28, W: 28, C: 1}, Classes: make([]string, 10)}
	for i := range 50 {
		data.Images = append(data.Images, make([]byte, 28*28))
		data.Labels = append(data.Labels, uint8(i%10))
		for k := range data.Images[i] {
			data.Images[i][k] = byte(i * k)
		}
	}
	for _, network := range layers.Networks() {
		for _, workers := range []int{1, 4} {
			net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(1, 1)), network.Specs(10)...)
			if err != nil {
				t.Fatal(err)
			}
			tr := &Trainer{
				Net: net, Loss: layers.SoftmaxWithLoss{}, Rule: optim.Adam{}, Schedule: optim.Constant{Base: 0.001},
				Loader: &datasets.Loader{Data: data, BatchSize: 50, Augment: datasets.Augmentation{Shift: 1}}, Clip: 1,
			}
			if err := tr.prepare(); err != nil {
				t.Fatal(err)
			}
			c := newCrew(workers)
			e := newEngine(c, tr, tr.optimizer)
			epoch := tr.Loader.Epoch(0)
			step := 0
			update := func() { e.update(epoch, 0, step, 0.001); step++ }
			update()
			if n := testing.AllocsPerRun(5, update); n != 0 {
				t.Errorf("%s, %d workers: %g allocations an update", network.Name, workers, n)
			}
			c.close()
		}
	}
}
