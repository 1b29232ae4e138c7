package nntest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"tatami/nn"
)

// directions is how many a gradient is tried along: half of them move every
// value, half a single one.
const directions = 8

// numericGradients: dx and the gradient of every parameter are those of
// f = Σ y·dy. Along a direction v of values ±1 (or of a single 1),
//
//	(f(x + h·v) − f(x − h·v)) / 2h = ⟨dx, v⟩
//
// within Tolerance·√Σ(dx·v)², so a single wrong value shows even among
// hundred thousands, and within the rounding of float32: 2^-20·√Σ(y·dy)²/h.
func numericGradients(f *fixture) error {
	p := f.net.NewPass(f.config)
	r := f.whole(p, f.x, f.dy)
	loss := func() float64 { return dot(p.Forward(f.x).Data, f.dy.Data) }
	noise := length(r.y, f.dy.Data) / (1 << 20)

	_, h := f.spacing()
	if err := f.alongDirections("dx", loss, f.x.Data, r.dx, h, noise/h, f.rng); err != nil {
		return err
	}
	at := 0
	for _, param := range f.net.Params() {
		if param.Fixed {
			continue
		}
		values := param.Value.Data
		gradient := r.gradients[at : at+len(values)]
		at += len(values)
		const h = 1.0 / 64
		if err := f.alongDirections("gradient of "+param.Name, loss, values, gradient, h, noise/h, f.rng); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) alongDirections(what string, f func() float64, values, gradient []float32, h, noise float64, rng *rand.Rand) error {
	if len(values) != len(gradient) {
		return fmt.Errorf("%s: %d values for %d", what, len(gradient), len(values))
	}
	was := clone(values)
	for d := range directions {
		v := make([]float64, len(values))
		if d%2 == 0 {
			for i := range v {
				v[i] = float64(2*rng.IntN(2) - 1)
			}
		} else {
			v[rng.IntN(len(v))] = 1
		}
		at := func(h float64) float64 {
			for i := range values {
				values[i] = was[i] + float32(h*v[i])
			}
			return f()
		}
		numeric := (at(h) - at(-h)) / (2 * h)
		copy(values, was)
		var analytic, square float64
		for i, g := range gradient {
			g := float64(g) * v[i]
			analytic += g
			square += g * g
		}
		if e, forgiven := math.Abs(numeric-analytic), b.Tolerance*math.Sqrt(square)+noise; !(e <= forgiven) {
			return fmt.Errorf("%s along a direction is %.6g, numerically %.6g; the difference should be at most %.2g",
				what, analytic, numeric, forgiven)
		}
	}
	return nil
}

func dot(a, b []float32) float64 {
	var sum float64
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}

// length is √Σ(a·b)².
func length(a, b []float32) float64 {
	var sum float64
	for i, v := range a {
		d := float64(v) * float64(b[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}

// adjoint: where f(x) − f(0) is linear, ⟨f(x)−f(0), dy⟩ = ⟨x, dx⟩ for any x and
// dy, however large.
func adjoint(f *fixture) error {
	p := f.net.NewPass(f.config)
	output := func(x *nn.Tensor) []float32 { return clone(p.Forward(x).Data) }
	zero := output(nn.NewTensor(f.Samples, f.shape))
	x1, x2 := normal(f.rng, f.Samples, f.shape), normal(f.rng, f.Samples, f.shape)
	sum := nn.NewTensor(f.Samples, f.shape)
	for i := range sum.Data {
		sum.Data[i] = x1.Data[i] + x2.Data[i]
	}
	y1, y2, both := output(x1), output(x2), output(sum)
	for i, v := range y2 {
		y1[i] += v - zero[i]
	}
	const tolerance = 1e-4
	if close("", both, y1, tolerance) != nil {
		if f.Linear && !f.config.Training {
			return errors.New("f(x1+x2) + f(0) is not f(x1) + f(x2): the layer is not linear")
		}
		return nil
	}
	r := f.whole(p, x1, f.dy)
	for i, v := range zero {
		r.y[i] -= v
	}
	there, back := dot(r.y, f.dy.Data), dot(x1.Data, r.dx)
	if e := math.Abs(there - back); !(e <= tolerance*length(r.y, f.dy.Data)) {
		return fmt.Errorf("⟨f(x)−f(0), dy⟩ is %g but ⟨x, dx⟩ is %g", there, back)
	}
	return nil
}

// nonFinite: nothing hides a NaN or an Inf. A value of x that matters, since
// moving it far moves y, makes y NaN when it is NaN; when it is Inf, y is not
// finite or is at its limit. A NaN in dy that matters is in dx or a parameter's
// gradient.
func nonFinite(f *fixture) error {
	c := f.config
	f.net.NewPass(c).Forward(f.x)
	at := func(i int, v float64) []float32 {
		was := f.x.Data[i]
		f.x.Data[i] = float32(v)
		y := clone(f.net.NewPass(c).Forward(f.x).Data)
		f.x.Data[i] = was
		return y
	}
	const tries = 6
	for range tries {
		i := f.rng.IntN(len(f.x.Data))
		base := at(i, float64(f.x.Data[i]))
		for _, sign := range []float64{1, -1} {
			if close("", at(i, sign*1e3), base, rounding) == nil {
				continue // this value does not matter, at least not this way
			}
			if y := at(i, math.NaN()); !hasNaN(y) {
				return fmt.Errorf("x is NaN at %d of %v, y nowhere", i, f.x)
			}
			y, limit := at(i, sign*math.Inf(1)), at(i, sign*1e30)
			if allFinite(y) && close("", y, limit, rounding) != nil {
				return fmt.Errorf("x is %g at %d of %v, y is finite and not the limit", sign*math.Inf(1), i, f.x)
			}
		}
		if err := f.heal(f.net); err != nil {
			return err
		}
	}
	for range tries {
		j := f.rng.IntN(len(f.dy.Data))
		clear(f.dy.Data)
		f.dy.Data[j] = 1
		r := f.whole(f.net.NewPass(c), f.x, f.dy)
		if allZero(r.dx) && allZero(r.gradients) {
			continue
		}
		f.dy.Data[j] = float32(math.NaN())
		r = f.whole(f.net.NewPass(c), f.x, f.dy)
		if !hasNaN(r.dx) && !hasNaN(r.gradients) {
			return fmt.Errorf("dy is NaN at %d of %v, the gradients nowhere", j, f.dy)
		}
	}
	return nil
}

// heal gives back their values to running statistics that have seen a NaN.
func (b *bench) heal(net *nn.Sequential) error {
	healthy, err := b.probed()
	if err != nil {
		return err
	}
	for i, p := range healthy.Params() {
		copy(net.Params()[i].Value.Data, p.Value.Data)
	}
	return nil
}

func hasNaN(values []float32) bool {
	for _, v := range values {
		if v != v {
			return true
		}
	}
	return false
}

func allZero(values []float32) bool {
	for _, v := range values {
		if v != 0 {
			return false
		}
	}
	return true
}
