package nn_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"tatami/internal/toy"
	"tatami/nn"
)

// What tests of this folder say most.
var (
	rng       = toy.RNG
	network   = toy.Network
	random    = toy.Random
	wantError = toy.WantError
)

// mustPanic reports an error unless f panics.
func mustPanic(t testing.TB, name string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", name)
		}
	}()
	f()
}

// scale is a layer of one's own, with a setting of each kind: it multiplies
// each channel by a factor that is learned, and draws its first values with a
// good deal of the generator.
type scale struct {
	Factor  float64
	Shuffle bool              `json:",omitempty"`
	Init    nn.Initializer    `json:",omitempty"`
	Labels  []string          `json:",omitempty"`
	More    map[string]string `json:",omitempty"`
	hidden  int
}

func (s scale) String() string { return "scale" }

func (s scale) Build(in nn.Shape, r *rand.Rand) (nn.Layer, error) {
	if s.Factor < 0 {
		return nil, errors.New("Factor is negative")
	}
	w := &nn.Param{Name: "factors", Value: nn.NewTensor(1, nn.Features(in.C))}
	if s.Init != nil {
		s.Init.Fill(w.Value.Data, 1, r)
	}
	order := r.Perm(12 * in.C)
	for i := range w.Value.Data {
		w.Value.Data[i] += float32(s.Factor) + float32(order[i]+s.hidden)
	}
	return &scaling{in, w}, nil
}

type scaling struct {
	shape nn.Shape
	w     *nn.Param
}

func (l *scaling) OutShape() nn.Shape  { return l.shape }
func (l *scaling) Params() []*nn.Param { return []*nn.Param{l.w} }

func (l *scaling) Forward(_ *nn.Context, y, x *nn.Tensor) {
	for i, v := range x.Data {
		y.Data[i] = v * l.w.Value.Data[i%l.shape.C]
	}
}

func (l *scaling) Backward(c *nn.Context, dx, dy, x, _ *nn.Tensor) {
	dw := c.Grad(l.w)
	for i, d := range dy.Data {
		dw[i%l.shape.C] += d * x.Data[i]
		if dx != nil {
			dx.Data[i] = d * l.w.Value.Data[i%l.shape.C]
		}
	}
}
