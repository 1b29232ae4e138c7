package nntest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"tatami/nn"
)

// declares: shape, parameters and counts are what they are said to be, always
// the same. That the shape is the real one, probes see in every other law.
func declares(b *bench) error {
	net, err := b.bare()
	if err != nil {
		return err
	}
	l := net.Layers()[0]
	if once, twice := l.OutShape(), l.OutShape(); once != twice {
		return errors.New("OutShape changes")
	}
	params := l.Params()
	names := map[string]bool{}
	for i, p := range params {
		if again := l.Params(); len(again) != len(params) || again[i] != p {
			return errors.New("Params changes")
		}
		if p.Name == "" || names[p.Name] {
			return fmt.Errorf("parameter %d is named %q, wanted a name of its own", i, p.Name)
		}
		names[p.Name] = true
		if len(p.Value.Data) != p.Value.N*p.Value.Size() {
			return fmt.Errorf("parameter %s of %v has %d values", p.Name, p.Value, len(p.Value.Data))
		}
	}
	if c, ok := b.spec.(nn.Counted); ok {
		if got, want := c.CountParams(b.shape), nn.CountParams(params); got != want {
			return fmt.Errorf("CountParams is %d for %d values", got, want)
		}
	}
	if c, ok := l.(nn.Costed); ok && c.MultiplyAdds() < 0 {
		return fmt.Errorf("MultiplyAdds is %d", c.MultiplyAdds())
	}
	return nil
}

// sameSeed: initial weights come from the given generator alone.
func sameSeed(b *bench) error {
	var nets [2]*nn.Sequential
	for i := range nets {
		var err error
		if nets[i], err = nn.NewSequential(b.shape, b.rng(), b.spec); err != nil {
			return err
		}
	}
	if got, want := nets[1].Output(), nets[0].Output(); got != want {
		return fmt.Errorf("built twice, the output is %v and %v", got, want)
	}
	for i, p := range nets[0].Params() {
		if err := sameBits("built twice: "+p.Name, nets[1].Params()[i].Value.Data, p.Value.Data); err != nil {
			return err
		}
	}
	return nil
}

// roundTrip: the JSON of an architecture describes the same layer.
func roundTrip(b *bench) error {
	if b.Catalog == nil {
		return nil
	}
	text, err := nn.FormatArchitecture(b.shape, []nn.Spec{b.spec})
	if err != nil {
		return err
	}
	shape, specs, err := nn.ParseArchitecture(text, b.Catalog)
	if err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	if shape != b.shape || len(specs) != 1 || !reflect.DeepEqual(specs[0], b.spec) {
		return fmt.Errorf("%s is read as %#v for %v, was %#v for %v", text, specs, shape, b.spec, b.shape)
	}
	return nil
}

// adds: Backward adds to the gradients, after Forward and after itself.
func adds(b *bench, training bool) error {
	net, err := b.probed()
	if err != nil {
		return err
	}
	rng := b.rng()
	x, dy := b.spaced(rng), normal(rng, b.Samples, net.Output())
	p := net.NewPass(b.config(training))
	once := b.whole(p, x, dy).gradients
	for _, forward := range []bool{false, true} {
		p.ClearGradients()
		p.Forward(x)
		p.Backward(dy)
		if forward {
			p.Forward(x)
		}
		p.Backward(dy)
		var half []float32
		for _, g := range p.Gradients() {
			half = append(half, g/2)
		}
		if err := close(fmt.Sprintf("half of Backward twice (Forward between: %v)", forward), half, once, rounding); err != nil {
			return err
		}
	}
	return nil
}

// withoutInputGradient: Backward does its work where dx is nil, too.
func withoutInputGradient(b *bench, training bool) error {
	net, err := b.probed()
	if err != nil {
		return err
	}
	rng := b.rng()
	x, dy := b.spaced(rng), normal(rng, b.Samples, net.Output())
	c := b.config(training)
	want := b.whole(net.NewPass(c), x, dy)
	c.InputGradient = false
	got := b.whole(net.NewPass(c), x, dy)
	return close("parameter gradients where dx is not wanted", got.gradients, want.gradients, rounding)
}

// batches: a pass serves batches of any size up to its capacity, and what
// comes of a sample does not depend on the others, unless the layer is Joint.
func batches(b *bench, training bool) error {
	net, err := b.probed()
	if err != nil {
		return err
	}
	_, joint := net.Layers()[1].(nn.Joint)
	rng := b.rng()
	c := b.config(training)
	p := net.NewPass(c)
	for _, n := range []int{b.Samples, 2, b.Samples - 1, 1, b.Samples} {
		x, dy := b.spaced(rng).Slice(0, n), normal(rng, n, net.Output())
		got := b.whole(p, x, dy)
		c.Capacity = n
		if err := sameResult(fmt.Sprintf("%d samples in a used pass", n), got, b.whole(net.NewPass(c), x, dy)); err != nil {
			return err
		}
		if joint && training {
			continue
		}
		var alone result
		for i := range n {
			c.Capacity = 1
			one := b.run(n, work{pass: net.NewPass(c), x: x.Slice(i, i+1), dy: dy.Slice(i, i+1), first: i})[0]
			alone.append(one)
		}
		if err := sameResult(fmt.Sprintf("%d samples together", n), got, alone); err != nil {
			return err
		}
	}
	return nil
}

// append adds the result of further samples of a batch.
func (r *result) append(s result) {
	r.y, r.dx = append(r.y, s.y...), append(r.dx, s.dx...)
	if r.gradients == nil {
		r.gradients = make([]float32, len(s.gradients))
	}
	for i, g := range s.gradients {
		r.gradients[i] += g
	}
}

// chunks: layers that give images are walked a few samples at a time.
func chunks(b *bench, training bool) error {
	net, err := b.probed()
	if err != nil {
		return err
	}
	out := net.Output()
	if out.H*out.W == 1 {
		return nil // such layers are given all samples at once
	}
	const bytes = 400_000 // two of them fill the cache
	s := swell{1 + bytes/4/out.Size()}
	large, err := b.probed(s)
	if err != nil {
		return err
	}
	l := swollen{out, s.copies}
	rng := b.rng()
	x, dy := b.spaced(rng), normal(rng, b.Samples, out)
	want := b.whole(net.NewPass(b.config(training)), x, dy)
	spread := nn.NewTensor(b.Samples, l.OutShape())
	copy(spread.Data, l.spread(dy.Data))
	got := b.whole(large.NewPass(b.config(training)), x, spread)
	got.y = l.first(got.y)
	if err := sameResult("two samples at a time", got, want); err != nil {
		return err
	}
	forward := large.NewPass(nn.PassConfig{Capacity: b.Samples, Training: training, Seed: b.Seed})
	return close("two samples at a time, forward only: y", l.first(forward.Forward(x).Data), want.y, rounding)
}

// shards: a batch cut into shards gives what the whole gives.
func shards(b *bench, training bool) error {
	net, err := b.probed()
	if err != nil {
		return err
	}
	same, err := b.probed() // its running statistics shall move once, too
	if err != nil {
		return err
	}
	rng := b.rng()
	x, dy := b.spaced(rng), normal(rng, b.Samples, net.Output())
	want := b.whole(same.NewPass(b.config(training)), x, dy)
	var works []work
	cuts := []int{0, 1, b.Samples - 1, b.Samples}
	for i, from := range cuts[:len(cuts)-1] {
		to := cuts[i+1]
		works = append(works, work{net.NewPass(b.config(training)), x.Slice(from, to), dy.Slice(from, to), i, from})
	}
	var got result
	for _, r := range b.run(b.Samples, works...) {
		got.append(r)
	}
	if err := sameResult("in shards", got, want); err != nil {
		return err
	}
	for i, p := range same.Params() {
		if err := close("in shards: "+p.Name, net.Params()[i].Value.Data, p.Value.Data, rounding); err != nil {
			return err
		}
	}
	return nil
}

// goroutines: the layer itself remembers nothing, so two passes may go on at
// once. Run it with the race detector.
func goroutines(b *bench, training bool) error {
	net, err := b.bare()
	if err != nil {
		return err
	}
	const workers, steps = 2, 4
	rng := b.rng()
	var x, dy [workers]*nn.Tensor
	var want [workers]result
	for i := range workers {
		x[i], dy[i] = b.spaced(rng), normal(rng, b.Samples, net.Output())
		// Not with the batch's first sample, at which running statistics move.
		want[i] = b.run(1+b.Samples, work{pass: net.NewPass(b.config(training)), x: x[i], dy: dy[i], number: 1, first: 1})[0]
	}
	var wait sync.WaitGroup
	var errs [workers]error
	for i := range workers {
		wait.Go(func() {
			p := net.NewPass(b.config(training))
			for range steps {
				got := b.run(1+b.Samples, work{pass: p, x: x[i], dy: dy[i], number: 1, first: 1})[0]
				errs[i] = errors.Join(errs[i], sameResult("two goroutines at once", got, want[i]))
			}
		})
	}
	wait.Wait()
	return errors.Join(errs[:]...)
}

// noAllocation: once a pass has found its size, a step takes no memory.
func noAllocation(b *bench, training bool) error {
	net, err := b.bare()
	if err != nil {
		return err
	}
	rng := b.rng()
	x, dy := b.spaced(rng), normal(rng, b.Samples, net.Output())
	p := net.NewPass(b.config(training))
	step := func() {
		p.Forward(x)
		p.Backward(dy)
	}
	for range 3 {
		step()
	}
	if n := testing.AllocsPerRun(5, step); n != 0 {
		return fmt.Errorf("a step allocates %g times", n)
	}
	return nil
}

// sameKey: what is random is drawn from the pass's key alone: its seed, its
// step, and the sample.
func sameKey(b *bench, training bool) error {
	net, err := b.probed()
	if err != nil {
		return err
	}
	rng := b.rng()
	x, dy := b.spaced(rng), normal(rng, b.Samples, net.Output())
	p := net.NewPass(b.config(training))
	p.Step = 7
	want := b.whole(p, x, dy)
	p.Step = 8
	b.whole(p, x, dy)
	p.Step = 7
	return sameResult("the same step again", b.whole(p, x, dy), want)
}

// inference: nothing is random, nothing moves.
func inference(b *bench) error {
	net, err := b.probed()
	if err != nil {
		return err
	}
	var before [][]float32
	for _, p := range net.Params() {
		before = append(before, clone(p.Value.Data))
	}
	rng := b.rng()
	x, dy := b.spaced(rng), normal(rng, b.Samples, net.Output())
	p := net.NewPass(b.config(false))
	want := b.whole(p, x, dy)
	for i, param := range net.Params() {
		if err := sameBits("parameter "+param.Name, param.Value.Data, before[i]); err != nil {
			return err
		}
	}
	p.Seed, p.Step = p.Seed+1, p.Step+1
	if err := sameResult("with another seed and step", b.whole(p, x, dy), want); err != nil {
		return err
	}
	elsewhere := b.run(3*b.Samples, work{pass: p, x: x, dy: dy, number: 2, first: b.Samples})[0]
	if err := sameResult("at another place of a larger batch", elsewhere, want); err != nil {
		return err
	}
	forward := net.NewPass(nn.PassConfig{Capacity: b.Samples})
	return close("forward only: y", forward.Forward(x).Data, want.y, rounding)
}
