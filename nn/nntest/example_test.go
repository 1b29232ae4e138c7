package nntest_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"tatami/layers"
	"tatami/nn"
	"tatami/nn/nntest"
)

// Swish describes a layer of one's own: y = x·sigmoid(Beta·x). Being plain
// settings, it is stored in a model's file with no further code.
type Swish struct{ Beta float32 }

func (s Swish) String() string { return fmt.Sprintf("Swish %g", s.Beta) }

// Build implements [nn.Spec].
func (s Swish) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	return swish{in, s.Beta}, nil
}

type swish struct {
	shape nn.Shape
	beta  float32
}

func (l swish) OutShape() nn.Shape  { return l.shape }
func (l swish) Params() []*nn.Param { return nil }

func (l swish) Forward(_ *nn.Context, y, x *nn.Tensor) {
	for i, v := range x.Data {
		y.Data[i] = v * sigmoid(l.beta*v)
	}
}

func (l swish) Backward(_ *nn.Context, dx, dy, x, _ *nn.Tensor) {
	if dx == nil {
		return
	}
	for i, v := range x.Data {
		s := sigmoid(l.beta * v)
		dx.Data[i] = dy.Data[i] * (s + l.beta*v*s*(1-s))
	}
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

// TestSwish is the test of the layer: it belongs in a _test.go file.
func TestSwish(t *testing.T) {
	catalog := layers.Catalog()
	catalog["Swish"] = Swish{}
	nntest.Suite{Catalog: catalog}.Check(t, Swish{Beta: 1.5}, nn.Shape{H: 4, W: 5, C: 3})
}

// A layer of one's own stands among the others. [nntest.Check] tests it: its
// whole test is
//
//	func TestSwish(t *testing.T) {
//		nntest.Check(t, Swish{Beta: 1.5}, nn.Shape{H: 4, W: 5, C: 3})
//	}
func Example() {
	net, err := nn.NewSequential(nn.Features(2), rand.New(rand.NewPCG(1, 1)),
		layers.Affine{Units: 3}, Swish{Beta: 1.5}, layers.Affine{Units: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(net)
	// Output:
	// layer        output  parameters  multiply-adds
	// input             2
	// 1 Affine 3        3           9              6
	// 2 Swish 1.5       3           0              0
	// 3 Affine 2        2           8              6
	// total                        17             12
}
