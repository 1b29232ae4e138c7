package train_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"tatami/layers"
	"tatami/nn"
	"tatami/train"
)

// TestPredict: many samples on all processors, the last few a short batch, have
// the probabilities that they have one by one.
func TestPredict(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	net, err := nn.NewSequential(nn.Shape{H: 6, W: 5, C: 1}, rng,
		layers.Convolution{Filters: 4, Kernel: 3}, layers.ReLU{}, layers.Affine{Units: 3}, layers.Softmax{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 307} {
		x := nn.NewTensor(n, net.Input())
		for i := range x.Data {
			x.Data[i] = rng.Float32()
		}
		y := train.Predict(net, x)
		if y.N != n || y.Shape != net.Output() {
			t.Fatalf("%d samples give %d of %v", n, y.N, y.Shape)
		}
		for i := range n {
			if want := net.Predict(x.Slice(i, i+1)).Data; !slices.Equal(y.Sample(i), want) {
				t.Errorf("sample %d of %d: %v, alone %v", i, n, y.Sample(i), want)
			}
		}
	}
}
