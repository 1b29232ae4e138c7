package budget_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"tatami/internal/budget"
	"tatami/internal/toy"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
)

// What one answer takes is known before it is given: small files ask for much.
func TestWithin(t *testing.T) {
	pool := layers.Pooling{Size: 255, Stride: 1}
	for name, c := range map[string]struct {
		in    nn.Shape
		specs []nn.Spec
		want  string
	}{
		"poolings":    {nn.Shape{H: 512, W: 512, C: 1}, []nn.Spec{pool, pool, layers.Affine{Units: 10}}, "operations for one sample, wanted at most 1,000,000,000"},
		"pixels":      {nn.Shape{H: 1 << 12, W: 1 << 12, C: 1}, []nn.Spec{layers.ReLU{}, layers.Sigmoid{}, layers.Tanh{}, layers.ReLU{}, layers.ReLU{}}, "bytes of memory for one sample, wanted at most 268,435,456"},
		"padding":     {nn.Shape{H: 64, W: 64, C: 1}, []nn.Spec{layers.Convolution{Filters: 4, Kernel: 1, Pad: 900}, layers.Convolution{Filters: 64, Kernel: 5}}, "operations"},
		"wide pads":   {nn.Shape{H: 1, W: 1, C: 1}, []nn.Spec{layers.Convolution{Filters: 1, Kernel: 1, Pad: 8000, Stride: 16000}}, "bytes of memory"},
		"no overflow": {nn.Shape{H: 1 << 14, W: 1 << 14, C: 1}, []nn.Spec{layers.Pooling{Size: 1 << 13, Stride: 1}, layers.Pooling{Size: 1 << 12, Stride: 1}}, "operations"},
	} {
		err := budget.Check(toy.Network(t, c.in, c.specs...), budget.Answer())
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "the network takes ") {
			t.Errorf("%s: got %v, want …%s", name, err, c.want)
		}
	}
	for _, n := range networks.All() {
		most := 2 << 20
		switch n.Name {
		case "resnet", "mobile", "small": // more layers, each with an output
			most = 4 << 20
		case "cifar": // twice as many channels of larger images, and the filters between them at 36 points
			most = 16 << 20
		}
		net := toy.Network(t, n.Input, n.Specs(10)...)
		c := budget.Of(net)
		if err := budget.Check(net, budget.Answer()); err != nil || c.Work < net.MultiplyAdds() || c.Work > 4*net.MultiplyAdds() || c.Bytes > most {
			t.Errorf("%s: %+v of %d multiply-adds, %v", n.Name, c, net.MultiplyAdds(), err)
		}
		if err := budget.Check(net, budget.Cost{Work: c.Work, Bytes: c.Bytes}); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
		if budget.Check(net, budget.Cost{Work: c.Work - 1, Bytes: c.Bytes}) == nil || budget.Check(net, budget.Cost{Work: c.Work, Bytes: c.Bytes - 1}) == nil {
			t.Errorf("%s: less is enough", n.Name)
		}
	}
}

// TestCostHolds: an answer takes no more memory than was said. The time for the
// slowest kinds of work is only logged: 10 ns each make the usual bound some
// seconds.
func TestCostHolds(t *testing.T) {
	for name, c := range map[string]struct {
		in    nn.Shape
		specs []nn.Spec
	}{
		"padding":  {nn.Shape{H: 1, W: 1, C: 1}, []nn.Spec{layers.Convolution{Filters: 1, Kernel: 1, Pad: 1500, Stride: 3000}}},
		"pixels":   {nn.Shape{H: 1000, W: 1000, C: 3}, []nn.Spec{layers.GELU{}, layers.Convolution{Filters: 3, Kernel: 3, Pad: 1}, layers.ReLU{}, layers.Pooling{Size: 3, Stride: 2}}},
		"winograd": {nn.Shape{H: 100, W: 100, C: 16}, []nn.Spec{layers.Convolution{Filters: 16, Kernel: 3, Pad: 1}}},
		"kernel":   {nn.Shape{H: 200, W: 200, C: 1}, []nn.Spec{layers.Convolution{Filters: 1, Kernel: 100}}},
		"maxima":   {nn.Shape{H: 200, W: 200, C: 1}, []nn.Spec{layers.Pooling{Size: 75, Stride: 1}}},
		"means":    {nn.Shape{H: 120, W: 120, C: 1}, []nn.Spec{layers.Pooling{Size: 45, Stride: 1, Average: true}}},
		"values":   {nn.Shape{H: 1000, W: 1000, C: 1}, []nn.Spec{layers.GELU{}, layers.Sigmoid{}, layers.Tanh{}, layers.Softmax{}}},
	} {
		t.Run(name, func(t *testing.T) {
			net := toy.Network(t, c.in, c.specs...)
			x := nn.NewTensor(1, c.in)
			said := budget.Of(net)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			net.Predict(x)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			used := int(after.TotalAlloc - before.TotalAlloc)
			t.Logf("%d bytes of %d said, %v for %d of work", used, said.Bytes, took, said.Work)
			if used > said.Bytes+1<<20 {
				t.Errorf("%d bytes taken, %d said", used, said.Bytes)
			}
		})
	}
}
