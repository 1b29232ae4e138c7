package inspect_test

import (
	"fmt"
	"slices"
	"testing"

	"tatami/internal/toy"
	"tatami/layers"
	"tatami/layers/inspect"
	"tatami/nn"
)

func TestDoubts(t *testing.T) {
	net := toy.Network(t, nn.Features(2), layers.Affine{Units: 2}, layers.Softmax{})
	copy(net.Params()[0].Value.Data, []float32{1, 0, 0, 1})
	copy(net.Params()[1].Value.Data, []float32{0, 0})
	n := inspect.New(net) // whose scores are its input
	x := nn.NewTensor(1000, nn.Features(2))
	for i := range x.N {
		x.Sample(i)[i%2] = 1 + float32((i*7)%1000)
	}
	images := slices.Values([]*nn.Tensor{x.Slice(0, 400), x.Slice(400, x.N)})
	usual := n.UsualScore(images) // of 1 to 1000, the 11th
	if usual != "11" {
		t.Errorf("the usual score is %q, want 11", usual)
	}
	if few := n.UsualScore(slices.Values([]*nn.Tensor{x.Slice(0, 99)})); few != "" {
		t.Errorf("of 99 images it is %q", few)
	}
	for _, c := range []struct {
		a, b  float32
		usual string
		want  string
	}{
		{12, 0, usual, "[]"},
		{10, 0, usual, "[unfamiliar]"},
		{12, 11.9, usual, "[unsure]"},
		{0, 0.1, usual, "[unsure unfamiliar]"},
		{10, 0, "", "[]"},
		{10, 0, "high", "[]"},
	} {
		x := nn.NewTensor(1, nn.Features(2))
		x.Data[0], x.Data[1] = c.a, c.b
		if got := fmt.Sprint(n.Doubts(map[string]string{inspect.FactScore: c.usual}, x, n.Probabilities(x).Data)); got != c.want {
			t.Errorf("%v, %v: %s, want %s", c.a, c.b, got, c.want)
		}
	}
	// Sigmoids' probabilities come from no softmax.
	n = inspect.New(toy.Network(t, nn.Features(2), layers.Affine{Units: 2}, layers.Sigmoid{}))
	if got := n.UsualScore(images); got != "" {
		t.Errorf("of sigmoids the usual score is %q", got)
	}
}
