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
		if _, block := l.(nn.Block); p.Name == "" || names[p.Name] && !block {
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
func adds(f *fixture) error {
	p := f.net.NewPass(f.config)
	once := f.whole(p, f.x, f.dy).gradients
	for _, forward := range []bool{false, true} {
		p.ClearGradients()
		p.Forward(f.x)
		p.Backward(f.dy)
		if forward {
			p.Forward(f.x)
		}
		p.Backward(f.dy)
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
func withoutInputGradient(f *fixture) error {
	c := f.config
	want := f.whole(f.net.NewPass(c), f.x, f.dy)
	c.InputGradient = false
	got := f.whole(f.net.NewPass(c), f.x, f.dy)
	return close("parameter gradients where dx is not wanted", got.gradients, want.gradients, rounding)
}

// batches: a pass serves batches of any size up to its capacity, and what
// comes of a sample does not depend on the others, unless the layer is BatchWide.
func batches(f *fixture) error {
	_, wide := f.net.Layers()[1].(nn.BatchWide)
	c := f.config
	p := f.net.NewPass(c)
	for _, n := range []int{f.Samples, 2, f.Samples - 1, 1, f.Samples} {
		x, dy := f.spaced(f.rng).Slice(0, n), normal(f.rng, n, f.net.Output())
		got := f.whole(p, x, dy)
		c.Capacity = n
		if err := sameResult(fmt.Sprintf("%d samples in a used pass", n), got, f.whole(f.net.NewPass(c), x, dy)); err != nil {
			return err
		}
		if wide && f.config.Training {
			continue
		}
		c.Capacity = 1
		var alone result
		alone.join(sharded(f.net.NewShards(n, c), n, x, dy))
		if err := sameResult(fmt.Sprintf("%d samples together", n), got, alone); err != nil {
			return err
		}
	}
	return nil
}

// join makes r the result of the whole batch.
func (r *result) join(shards []result, gradients []float32) {
	for _, s := range shards {
		r.y, r.dx = append(r.y, s.y...), append(r.dx, s.dx...)
	}
	r.gradients = gradients
}

// chunks: layers that give images take a few samples at a time.
func chunks(f *fixture) error {
	out := f.net.Output()
	if out.H*out.W == 1 {
		return nil // such layers are given all samples at once
	}
	const bytes = 400_000 // two of them fill the cache
	s := swell{1 + bytes/4/out.Size()}
	large, err := f.probed(s)
	if err != nil {
		return err
	}
	l := swollen{out, s.copies}
	want := f.whole(f.net.NewPass(f.config), f.x, f.dy)
	spread := nn.NewTensor(f.Samples, l.OutShape())
	copy(spread.Data, l.spread(f.dy.Data))
	got := f.whole(large.NewPass(f.config), f.x, spread)
	got.y = l.first(got.y)
	if err := sameResult("two samples at a time", got, want); err != nil {
		return err
	}
	forward := large.NewPass(nn.PassConfig{Capacity: f.Samples, Training: f.config.Training, Seed: f.Seed})
	return close("two samples at a time, forward only: y", l.first(forward.Forward(f.x).Data), want.y, rounding)
}

// shards: a batch cut into shards gives what the whole gives.
func shards(f *fixture) error {
	same, err := f.probed() // its running statistics shall move once, too
	if err != nil {
		return err
	}
	want := f.whole(same.NewPass(f.config), f.x, f.dy)
	const n = 3
	var got result
	got.join(sharded(f.net.NewShards(n, f.config), n, f.x, f.dy))
	if err := sameResult("in shards", got, want); err != nil {
		return err
	}
	for i, p := range same.Params() {
		if err := close("in shards: "+p.Name, f.net.Params()[i].Value.Data, p.Value.Data, rounding); err != nil {
			return err
		}
	}
	return nil
}

// passes: what a pass has in hand is no other's.
func passes(f *fixture) error {
	p, other := f.net.NewPass(f.config), f.net.NewPass(f.config)
	want := f.whole(other, f.x, f.dy)
	p.Forward(f.x)
	other.Forward(f.spaced(f.rng))
	dx := p.Backward(f.dy)
	got := result{y: want.y, dx: clone(dx.Data), gradients: clone(p.Gradients())}
	return sameResult("Backward after another pass's Forward", got, want)
}

// goroutines: the layer itself remembers nothing, so two passes may go on at
// once. Run it with the race detector.
func goroutines(f *fixture) error {
	net, err := f.network(still{f.spec})
	if err != nil {
		return err
	}
	const workers, steps = 2, 4
	var x, dy [workers]*nn.Tensor
	var want [workers]result
	for i := range workers {
		x[i], dy[i] = f.spaced(f.rng), normal(f.rng, f.Samples, net.Output())
		want[i] = f.whole(net.NewPass(f.config), x[i], dy[i])
	}
	var wait sync.WaitGroup
	var errs [workers]error
	for i := range workers {
		wait.Go(func() {
			p := net.NewPass(f.config)
			for range steps {
				errs[i] = errors.Join(errs[i], sameResult("two goroutines at once", f.whole(p, x[i], dy[i]), want[i]))
			}
		})
	}
	wait.Wait()
	return errors.Join(errs[:]...)
}

// noAllocation: once a pass has found its size, a step takes no memory.
func noAllocation(f *fixture) error {
	net, err := f.bare()
	if err != nil {
		return err
	}
	p := net.NewPass(f.config)
	step := func() {
		p.Forward(f.x)
		p.Backward(f.dy)
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
func sameKey(f *fixture) error {
	p := f.net.NewPass(f.config)
	p.Step = 7
	want := f.whole(p, f.x, f.dy)
	p.Step = 8
	f.whole(p, f.x, f.dy)
	p.Step = 7
	return sameResult("the same step again", f.whole(p, f.x, f.dy), want)
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
	c := b.config(false)
	c.Seed++
	p = net.NewPass(c)
	p.Step++
	if err := sameResult("with another seed and step", b.whole(p, x, dy), want); err != nil {
		return err
	}
	const n = 3
	larger, largerDy := nn.NewTensor(n*b.Samples, b.shape), nn.NewTensor(n*b.Samples, net.Output())
	copy(larger.Slice(1*b.Samples, 2*b.Samples).Data, x.Data)
	copy(largerDy.Slice(1*b.Samples, 2*b.Samples).Data, dy.Data)
	elsewhere, _ := sharded(net.NewShards(n, b.config(false)), n, larger, largerDy)
	elsewhere[1].gradients = want.gradients // of the whole batch
	if err := sameResult("at another place of a larger batch", elsewhere[1], want); err != nil {
		return err
	}
	forward := net.NewPass(nn.PassConfig{Capacity: b.Samples})
	return close("forward only: y", forward.Forward(x).Data, want.y, rounding)
}
