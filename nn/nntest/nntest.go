// Package nntest holds the laws that any layer must keep, for the layers of
// tatami and for those that its users write:
//
//	func TestMyLayer(t *testing.T) {
//		nntest.Check(t, MyLayer{Gain: 2}, nn.Shape{H: 4, W: 5, C: 3})
//	}
//
// A layer that keeps them can be trained, cut into shards, run a few samples at
// a time, shared between goroutines, saved and loaded.
package nntest

import (
	"fmt"
	"testing"

	"tatami/nn"
)

// Suite says how a layer is checked. The zero value does for most.
type Suite struct {
	// Catalog, if given, must read the spec back from its JSON.
	Catalog nn.Catalog
	// Linear demands that the output is linear in the input, but for a
	// constant. Without it the law of linear layers is for those found to be.
	Linear bool
	// Tolerance is the largest error of a gradient along a direction, as a share
	// of the gradient's length; 0 is 1e-3. Gradients are compared with
	// differences of float32 outputs, whose own rounding is forgiven besides.
	Tolerance float64
	// Samples is the size of the batch, at least 3; 0 is 5.
	Samples int
	// Seed varies the inputs and weights.
	Seed uint64
}

// Check runs every law on the layer that spec describes, for samples of the
// given shape. A few hundred values a sample show most mistakes; more than a
// few thousand leave the numeric gradients too few digits.
//
// The inputs are spaced: no two values of a sample are nearer than twice what a
// difference moves them, and none is that near to a whole number, so a maximum
// keeps its place and a kink at a whole number is not crossed. A function with
// kinks elsewhere needs another way to be tested.
//
// Check measures allocation, so it must not run beside parallel tests.
func Check(t *testing.T, spec nn.Spec, shape nn.Shape) {
	t.Helper()
	Suite{}.Check(t, spec, shape)
}

// Check is the function Check with the suite's settings.
func (s Suite) Check(t *testing.T, spec nn.Spec, shape nn.Shape) {
	t.Helper()
	b := s.bench(spec, shape)
	for _, law := range laws {
		t.Run(law.name, func(t *testing.T) {
			if err := b.obeys(law); err != nil {
				t.Error(err)
			}
		})
	}
}

// law is one thing that must be true of a layer; check says how it is not.
type law struct {
	name  string
	check func(*bench) error
}

// laws lists them all: first those without which the others say little.
var laws = []law{
	{"declares itself", declares},
	{"same seed, same weights", sameSeed},
	{"JSON round trip", roundTrip},
	{"gradients are numeric ones", inBothModes(numericGradients)},
	{"linear: the way back is the adjoint", inBothModes(adjoint)},
	{"Backward adds", inBothModes(adds)},
	{"parameter gradients without dx", inBothModes(withoutInputGradient)},
	{"batches shrink and grow", inBothModes(batches)},
	{"a few samples at a time", inBothModes(chunks)},
	{"shards equal the batch", inBothModes(shards)},
	{"passes do not disturb each other", inBothModes(passes)},
	{"goroutines share the network", inBothModes(goroutines)},
	{"no allocation", inBothModes(noAllocation)},
	{"NaN and Inf pass", inBothModes(nonFinite)},
	{"same key, same output", inBothModes(sameKey)},
	{"inference is a function of x", inference},
}

// inBothModes is a law that holds in training and in inference.
func inBothModes(check func(*fixture) error) func(*bench) error {
	return func(b *bench) error {
		for _, mode := range []struct {
			name     string
			training bool
		}{{"training", true}, {"inference", false}} {
			f, err := b.fixture(mode.training)
			if err == nil {
				err = check(f)
			}
			if err != nil {
				return fmt.Errorf("in %s: %w", mode.name, err)
			}
		}
		return nil
	}
}
