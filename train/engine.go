package train

import (
	"math"

	"tatami/internal/kernels"
	"tatami/nn"
	"tatami/optim"
)

// engine makes updates: it cuts a batch into shards, takes each through the
// network and back, adds the gradients in the order of shards, and steps.
// Two meetings of the workers make an update, and two more each Joint layer.
type engine struct {
	crew      *crew
	loss      nn.Loss
	optimizer *optim.Optimizer
	shards    []*shard
	passes    []*nn.Pass
	clip      float64
	ranges    []gradientRange
	squares   []float64 // of the gradient, by range
	feed      *feed

	// The present batch.
	batch *batch
	leg   int
	rate  float64

	// The jobs, made once so that an update allocates nothing.
	forwardJob, backwardJob, addJob, stepJob, addAndStepJob func(task int)
}

// shard is a part of the batch.
type shard struct {
	pass    *nn.Pass
	x       nn.Tensor
	labels  []int
	loss    float64
	correct int
}

// gradientRange is what one task sums and updates: values [from, to) of the
// flat gradient, which are rows of a deferral if there is one.
type gradientRange struct {
	from, to int
	deferral *nn.Deferral
	row      int
}

const (
	rangeSize    = 1 << 14 // values
	deferredRows = 25      // two tiles of a product that fill the registers
)

// gradientRanges cuts the flat gradient of the given size.
func gradientRanges(deferrals []nn.Deferral, size int) []gradientRange {
	var ranges []gradientRange
	at := 0
	plain := func(to int) {
		for ; at < to; at += rangeSize {
			ranges = append(ranges, gradientRange{from: at, to: min(at+rangeSize, to)})
		}
		at = to
	}
	for i := range deferrals {
		d := &deferrals[i]
		plain(d.From)
		for row := 0; row < d.Rows; row += deferredRows {
			to := at + min(deferredRows, d.Rows-row)*d.Columns
			ranges = append(ranges, gradientRange{at, to, d, row})
			at = to
		}
	}
	plain(size)
	return ranges
}

func newEngine(c *crew, t *Trainer, optimizer *optim.Optimizer) *engine {
	e := &engine{crew: c, loss: t.Loss, optimizer: optimizer, clip: t.Clip}
	e.feed = newFeed(c, t.Loader, t.Epochs)
	capacity := (t.Loader.Len(0) + t.Shards - 1) / t.Shards
	for range t.Shards {
		s := &shard{pass: t.Net.NewPass(nn.PassConfig{
			Capacity: capacity, Training: true, NeedsBackward: true, Loss: t.Loss, Seed: t.Seed, Defer: true,
		})}
		e.shards = append(e.shards, s)
		e.passes = append(e.passes, s.pass)
	}
	e.ranges = gradientRanges(e.passes[0].Deferrals(), optimizer.Size())
	e.squares = make([]float64, len(e.ranges))
	e.forwardJob, e.backwardJob = e.forward, e.backward
	e.addJob, e.stepJob = e.add, e.step
	e.addAndStepJob = func(task int) { e.add(task); e.step(task) }
	return e
}

// update trains on one batch and returns the sum of its losses, the number of
// right answers, and the norm of the gradient. Where the loss, or the norm of a
// gradient to be clipped, is not finite it leaves the parameters as they were.
func (e *engine) update(epoch, batch, step int, rate float64) (loss float64, correct int, norm float64) {
	e.batch, e.rate = e.feed.batch(epoch, batch), rate
	legs := e.passes[0].Legs()
	for _, s := range e.shards {
		s.pass.Step = uint64(step)
	}
	for e.leg = 0; e.leg < legs; e.leg++ {
		e.crew.run(len(e.shards), e.forwardJob)
	}
	for e.leg = legs - 2; e.leg >= 0; e.leg-- { // the last leg went both ways
		e.crew.run(len(e.shards), e.backwardJob)
	}
	for _, s := range e.shards {
		loss += s.loss
		correct += s.correct
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss, correct, math.NaN()
	}
	if e.clip > 0 {
		e.crew.run(len(e.squares), e.addJob)
		norm = e.norm()
		if math.IsNaN(norm) || math.IsInf(norm, 0) {
			return loss, correct, norm
		}
		e.optimizer.Begin(rate, optim.ClipScale(norm, e.clip))
		e.crew.run(len(e.squares), e.stepJob)
	} else {
		e.optimizer.Begin(rate, 1)
		e.crew.run(len(e.squares), e.addAndStepJob)
	}
	return loss, correct, e.norm()
}

func (e *engine) norm() float64 {
	var sum float64
	for _, s := range e.squares {
		sum += s
	}
	return math.Sqrt(sum)
}

// forward takes shard i through the present leg; the last leg ends with the
// loss and goes back.
func (e *engine) forward(i int) {
	s := e.shards[i]
	size := len(e.batch.labels)
	if e.leg == 0 {
		from, to := i*size/len(e.shards), (i+1)*size/len(e.shards)
		s.x = *e.batch.x.Slice(from, to)
		s.labels = e.batch.labels[from:to]
		s.pass.ClearGradients()
		s.pass.Start(&s.x, i, from, size)
	} else {
		s.pass.Join(e.passes...)
	}
	s.pass.ForwardLeg(e.leg)
	if e.leg < s.pass.Legs()-1 {
		return
	}
	y := s.pass.Output()
	s.loss = e.loss.Loss(s.pass.OutputGradient(), y, nn.Targets{Labels: s.labels}, size)
	s.correct = 0
	for k, label := range s.labels {
		if nn.Argmax(y.Sample(k)) == label {
			s.correct++
		}
	}
	s.pass.BackwardLeg(e.leg)
}

func (e *engine) backward(i int) {
	s := e.shards[i]
	s.pass.Join(e.passes...)
	s.pass.BackwardLeg(e.leg)
}

// add sums range task of the shards' gradients into the first shard's.
func (e *engine) add(task int) {
	r := e.ranges[task]
	sum := e.passes[0].Gradients()[r.from:r.to]
	if r.deferral != nil {
		nn.AddDeferred(e.passes, *r.deferral, r.row, r.row+len(sum)/r.deferral.Columns)
	} else {
		for _, p := range e.passes[1:] {
			kernels.Add(sum, p.Gradients()[r.from:r.to])
		}
	}
	e.squares[task] = kernels.SumSquares(sum)
}

func (e *engine) step(task int) {
	r := e.ranges[task]
	e.optimizer.Update(r.from, r.to, e.passes[0].Gradients())
}
