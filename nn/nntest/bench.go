package nntest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"tatami/nn"
)

// bench is where a layer is examined.
type bench struct {
	Suite
	spec  nn.Spec
	shape nn.Shape
	log   *log // of what probes saw
}

func (s Suite) bench(spec nn.Spec, shape nn.Shape) *bench {
	if s.Tolerance == 0 {
		s.Tolerance = 1e-3
	}
	if s.Samples == 0 {
		s.Samples = 5
	}
	s.Samples = max(s.Samples, 3)
	return &bench{Suite: s, spec: spec, shape: shape, log: new(log)}
}

// obeys examines one law, and what every run shows besides.
func (b *bench) obeys(l law) error {
	b.log.err = nil
	if err := l.check(b); err != nil {
		return err
	}
	return b.log.err
}

func (b *bench) rng() *rand.Rand { return rand.New(rand.NewPCG(b.Seed, 0x9e3779b97f4a7c15)) }

// network builds specs with weights that are not special: no bias is 0, no
// factor 1, and running statistics have moved once. They are multiples of
// 2^-12, so that a step of a power of two does not round them.
func (b *bench) network(specs ...nn.Spec) (*nn.Sequential, error) {
	net, err := nn.NewSequential(b.shape, b.rng(), specs...)
	if err != nil {
		return nil, err
	}
	rng := b.rng()
	for _, p := range net.Params() {
		if p.Fixed {
			continue
		}
		for i, v := range p.Value.Data {
			const grid = 1 << 12
			p.Value.Data[i] = float32(math.Round((float64(v)+rng.Float64()/2-0.25)*grid) / grid)
		}
	}
	p := net.NewPass(nn.PassConfig{Capacity: b.Samples, Training: true})
	p.Forward(b.spaced(rng))
	return net, nil
}

// bare is the layer alone.
func (b *bench) bare() (*nn.Sequential, error) { return b.network(b.spec) }

// probed is the layer under a probe that watches what it reads and writes,
// after one that leaves dirt in the scratch memory.
func (b *bench) probed(after ...nn.Spec) (*nn.Sequential, error) {
	return b.network(append([]nn.Spec{soil{}, probe{b.spec, b.log}}, after...)...)
}

// spacing is the distance of neighbouring input values and step what a
// numeric gradient moves them. Both are powers of two and inputs are odd
// multiples of spacing/2, so all of them are exact.
func (b *bench) spacing() (spacing, step float64) {
	spacing = math.Exp2(math.Ceil(math.Log2(4 / float64(b.shape.Size()))))
	spacing = min(max(spacing, 1.0/256), 1)
	return spacing, min(spacing/4, 1.0/128)
}

// spaced is a batch of samples, each the same well-spaced values around 0 in
// an order of its own.
func (b *bench) spaced(rng *rand.Rand) *nn.Tensor {
	spacing, _ := b.spacing()
	x := nn.NewTensor(b.Samples, b.shape)
	size := b.shape.Size()
	for n := range x.N {
		for i, k := range rng.Perm(size) {
			x.Sample(n)[i] = float32((float64(k-size/2) + 0.5) * spacing)
		}
	}
	return x
}

// normal is a batch of normally distributed values.
func normal(rng *rand.Rand, n int, shape nn.Shape) *nn.Tensor {
	t := nn.NewTensor(n, shape)
	for i := range t.Data {
		t.Data[i] = float32(rng.NormFloat64())
	}
	return t
}

// config is a pass that goes forth and back.
func (b *bench) config(training bool) nn.PassConfig {
	return nn.PassConfig{
		Capacity: b.Samples, Training: training, NeedsBackward: true, InputGradient: true, Seed: b.Seed,
	}
}

// fixture is what the laws of both modes begin with: the layer under a probe, a
// batch, the gradient of its outputs, and the pass for them.
type fixture struct {
	*bench
	net    *nn.Sequential
	rng    *rand.Rand
	x, dy  *nn.Tensor
	config nn.PassConfig
}

func (b *bench) fixture(training bool) (*fixture, error) {
	net, err := b.probed()
	if err != nil {
		return nil, err
	}
	f := &fixture{bench: b, net: net, rng: b.rng(), config: b.config(training)}
	f.x, f.dy = b.spaced(f.rng), normal(f.rng, b.Samples, net.Output())
	return f, nil
}

// result is what came of samples; dx is there if the config asks for it.
type result struct {
	y, dx, gradients []float32
}

// whole takes x forth and back.
func (b *bench) whole(p *nn.Pass, x, dy *nn.Tensor) result {
	y := clone(p.Forward(x).Data)
	p.ClearGradients()
	dx := p.Backward(dy)
	r := result{y: y, gradients: clone(p.Gradients())}
	if dx != nil {
		r.dx = clone(dx.Data)
	}
	return r
}

// sharded takes x, the whole batch, forth and back in shards. The gradients are
// the batch's, y and dx a shard's.
func sharded(s *nn.Shards, n int, x, dy *nn.Tensor) (results []result, gradients []float32) {
	results = make([]result, n)
	one := func(n int, job func(shard int)) {
		for i := range n {
			job(i)
		}
	}
	s.Run(x, 0, one, func(shard, from, to int) {
		p := s.Pass(shard)
		results[shard].y = clone(p.Output().Data)
		copy(p.OutputGradient().Data, dy.Slice(from, to).Data)
	})
	for i := range n {
		results[i].dx = clone(s.Pass(i).InputGradient().Data)
	}
	for i := range s.Parts() {
		gradients = append(gradients, s.Sum(i)...)
	}
	return results, gradients
}

func clone(v []float32) []float32 { return append([]float32(nil), v...) }

// rounding is the error forgiven where the same sums are added in another
// order, as a share of the largest value.
const rounding = 1e-5

// close reports where got differs from want by more than the tolerance times
// want's largest magnitude.
func close(what string, got, want []float32, tolerance float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d values, wanted %d", what, len(got), len(want))
	}
	var top float64
	for _, w := range want {
		top = max(top, math.Abs(float64(w)))
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i]) - float64(w)); !(d <= tolerance*top) {
			return fmt.Errorf("%s: value %d is %v, wanted %v", what, i, got[i], w)
		}
	}
	return nil
}

// sameResult compares everything that came of two runs.
func sameResult(what string, got, want result) error {
	if err := close(what+": y", got.y, want.y, rounding); err != nil {
		return err
	}
	if err := close(what+": dx", got.dx, want.dx, rounding); err != nil {
		return err
	}
	return close(what+": parameter gradients", got.gradients, want.gradients, rounding)
}

// sameBits reports the first value that is not the same bits.
func sameBits(what string, got, want []float32) error {
	for i, w := range want {
		if math.Float32bits(got[i]) != math.Float32bits(w) {
			return fmt.Errorf("%s: value %d is now %v, was %v", what, i, got[i], w)
		}
	}
	return nil
}

func finite(v float32) bool { return v-v == 0 }

// allModerate reports whether no number is so large that its powers overflow.
func allModerate(values []float32) bool {
	for _, v := range values {
		if !(v > -1e6 && v < 1e6) {
			return false
		}
	}
	return true
}

func allFinite(values []float32) bool { return firstNonFinite(values) < 0 }

// firstNonFinite is the position of the first NaN or Inf, or -1.
func firstNonFinite(values []float32) int {
	for i, v := range values {
		if !finite(v) {
			return i
		}
	}
	return -1
}
