package inspect_test

import (
	"math/rand/v2"
	"testing"

	"tatami/layers"
	"tatami/layers/inspect"
	"tatami/layers/networks"
	"tatami/nn"
)

// Every parameter is in one box, learned or running, and by its formula.
func TestBoxes(t *testing.T) {
	for _, network := range networks.All() {
		net, err := nn.NewSequential(network.Input, rand.New(rand.NewPCG(1, 0)), network.Specs(10)...)
		if err != nil {
			t.Fatal(err)
		}
		sum, fixed := 0, 0
		for _, b := range inspect.Boxes(net) {
			sum += b.Learned + b.Running
			fixed += b.Running
		}
		want := 0
		for _, p := range net.Params() {
			if p.Fixed {
				want += len(p.Value.Data)
			}
		}
		if sum != nn.CountParams(net.Params()) || fixed != want {
			t.Errorf("%s: boxes of %d parameters, %d of them running, want %d and %d", network.Name, sum, fixed, nn.CountParams(net.Params()), want)
		}
	}

	net, err := nn.NewSequential(nn.Shape{H: 28, W: 28, C: 1}, rand.New(rand.NewPCG(1, 0)),
		layers.Convolution{Filters: 30, Kernel: 5}, layers.BatchNormalization{Frozen: true},
		layers.Residual{Body: []nn.Spec{layers.Convolution{Filters: 30, Kernel: 1, Groups: 30}}}, layers.Affine{Units: 10})
	if err != nil {
		t.Fatal(err)
	}
	want := []inspect.Box{
		{Output: "28×28×1"},
		{Name: "1 Convolution 5×5", Type: "Convolution", Output: "24×24×30", Learned: 780, Formula: "5·5·1·30 + 30 = 780"},
		{Name: "2 BatchNormalization", Type: "BatchNormalization", Output: "24×24×30", Learned: 60, Running: 60, Formula: "30 + 30 = 60", RunningFormula: "30 + 30 = 60"},
		{Name: "3 Residual", Type: "Residual", Output: "24×24×30"},
		{Name: "body 1 Convolution 1×1 groups 30", Type: "Convolution", Output: "24×24×30", Learned: 60, Formula: "1·1·1·30 + 30 = 60", Depth: 1, Branch: "body"},
		{Name: "4 Affine 10", Type: "Affine", Output: "10", Learned: 172_810, Formula: "24·24·30·10 + 10 = 172,810"},
	}
	for i, b := range inspect.Boxes(net) {
		if i >= len(want) || b != want[i] {
			t.Errorf("box %d is %+v", i, b)
		}
	}
}
