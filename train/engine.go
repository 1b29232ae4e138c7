package train

import (
	"math"

	"tatami/internal/kernels"
	"tatami/nn"
	"tatami/optim"
)

// engine makes updates: the next batch, run by shards; each part of its
// gradient summed and stepped on. The workers wait for each other three times an
// update, once more to clip, and twice more for each layer that depends on the
// whole batch.
type engine struct {
	pool      *pool
	feed      *feed
	shards    *nn.Shards
	loss      nn.Loss
	optimizer *optim.Optimizer
	average   *average // nil: none
	decay     float64  // of the average
	clip      float64
	group     *group // nil: this process trains alone
	parts     [2]int // that this process sums and updates, from and to

	batch   *batch  // the present one
	scale   float64 // of its mean loss, see [nn.MeanScale]
	score   scoring
	results []result  // by shard
	squares []float64 // of the gradient, by part

	// The jobs, made once so that an update allocates nothing.
	run                            func(tasks int, job func(task int))
	measureJob                     func(shard, from, to int)
	sumJob, stepJob, sumAndStepJob func(part int)
}

// result is what came of a shard.
type result struct {
	loss    float64
	correct int
}

func newEngine(p *pool, t *Trainer, optimizer *optim.Optimizer) *engine {
	e := &engine{pool: p, feed: newFeed(p, t.Loader, t.Epochs), loss: t.Loss, optimizer: optimizer, average: t.average, decay: t.Average, clip: t.Clip}
	e.shards = t.Net.NewShards(t.Shards, nn.PassConfig{
		Capacity: (t.Loader.Len(0) + t.Shards - 1) / t.Shards,
		Training: true, NeedsBackward: true, Loss: t.Loss, Seed: t.Seed,
	})
	e.score = scoringOf(t.Loss, t.Loader.Data.Target())
	e.results = make([]result, t.Shards)
	e.squares = make([]float64, e.shards.Parts())
	e.parts = [2]int{0, e.shards.Parts()}
	if t.Ranks != nil {
		e.group = newGroup(t, e)
		e.parts = [2]int(e.group.parts[e.group.rank:])
		if countAlike(t.Loss, t.Loader.Target()) { // else a batch's scale is that of all its targets
			e.feed.group = e.group
		}
	}
	first := e.parts[0]
	e.run, e.measureJob = p.run, e.measure
	e.sumJob = func(task int) { e.sum(first + task) }
	e.stepJob = func(task int) { e.step(first + task) }
	e.sumAndStepJob = func(task int) { e.sum(first + task); e.step(first + task) }
	return e
}

// update trains on one batch and returns its mean loss times its length, the number of
// right answers, and the norm of the gradient. Where the loss, or the norm of a
// gradient to be clipped, is not finite it leaves the parameters as they were. It
// fails where the data do.
func (e *engine) update(epoch, batch, step int, rate float64) (loss float64, correct int, norm float64, err error) {
	if e.batch, err = e.feed.batch(epoch, batch); err != nil && e.group == nil {
		return 0, 0, 0, err
	}
	e.scale = nn.MeanScale(e.loss, e.batch.targets, e.batch.x.N)
	e.shards.Run(e.batch.x, uint64(step), e.run, e.measureJob)
	if err := e.group.exchange(err); err != nil {
		return 0, 0, 0, err
	}
	for _, r := range e.results {
		loss += r.loss
		correct += r.correct
	}
	loss *= e.scale
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss, correct, math.NaN(), nil
	}
	if e.clip == 0 {
		e.begin(rate, 1, step)
		e.pool.run(e.parts[1]-e.parts[0], e.sumAndStepJob)
		e.end()
		e.group.gatherWeights(e.squares)
		return loss, correct, e.norm(), nil
	}
	e.pool.run(e.parts[1]-e.parts[0], e.sumJob)
	e.group.gather(nil, e.squares)
	norm = e.norm()
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return loss, correct, norm, nil
	}
	e.begin(rate, optim.ClipScale(norm, e.clip), step)
	e.pool.run(e.parts[1]-e.parts[0], e.stepJob)
	e.end()
	e.group.gatherWeights(nil)
	return loss, correct, norm, nil
}

func (e *engine) norm() float64 {
	var sum float64
	for _, s := range e.squares {
		sum += s
	}
	return math.Sqrt(sum)
}

// measure computes the loss of a shard, samples [from, to) of the batch, and
// the gradient with which its way back begins.
func (e *engine) measure(shard, from, to int) {
	pass, targets := e.shards.Pass(shard), e.batch.targets.Slice(from, to)
	y, dy := pass.Output(), pass.OutputGradient()
	e.results[shard] = result{e.loss.Loss(dy, y, targets, e.batch.x.N), e.score.correct(y, targets)}
	if e.scale != 1 {
		for i := range dy.Data {
			dy.Data[i] *= float32(e.scale)
		}
	}
}

func (e *engine) sum(part int) { e.squares[part] = kernels.SumSquares(e.shards.Sum(part)) }

func (e *engine) step(part int) {
	from, to := e.shards.Part(part)
	e.optimizer.Update(from, to, e.shards.Pass(0).Gradients())
	if e.average != nil {
		e.average.update(from, to)
	}
}

// begin and end stand around the parts of a step.
func (e *engine) begin(rate, scale float64, step int) {
	e.optimizer.Begin(rate, scale)
	if e.average != nil {
		e.average.begin(e.decay, step)
	}
}

func (e *engine) end() {
	if e.average != nil {
		e.average.updateFixed()
	}
}
