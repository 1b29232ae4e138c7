package train

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"tatami/datasets"
	"tatami/nn"
)

// Evaluation is how a network does on some data. Of samples with a class, or with
// probabilities of classes, it has Correct, Confusion and Mistakes; of samples
// of several classes Correct and Multilabel; and of values the two errors.
type Evaluation struct {
	// Loss is the mean over the samples, in nats for SoftmaxWithLoss, weighted if
	// the loss is.
	Loss  float64
	Total int // samples
	// Correct samples were given their label or, where they may be of several
	// classes, all of these and no other.
	Correct int
	// Confusion counts samples by true and then given label.
	Confusion [][]int
	// Mistakes are the samples given a wrong label, the surest first.
	Mistakes []Mistake
	// Multilabel counts samples by class: of it or not (1 or 0), and then given
	// it, by a probability above a half, or not.
	Multilabel [][2][2]int
	// AbsoluteError and SquaredError are the means over all values of |y−t| and of
	// (y−t)², whose root has the values' unit again.
	AbsoluteError, SquaredError float64

	values bool
}

// Mistake is a sample that was given a wrong label.
type Mistake struct {
	Index       int // in the dataset
	True, Given int
	Probability float64 // of the given label
}

// Accuracy is the share of samples that are correct; NaN of values.
func (e *Evaluation) Accuracy() float64 {
	if e.values {
		return math.NaN()
	}
	return ratio(e.Correct, e.Total)
}

// Recall is the share of a class's samples that were given its label; NaN if
// there are none.
func (e *Evaluation) Recall(class int) float64 {
	if e.Multilabel != nil {
		m := e.Multilabel[class]
		return ratio(m[1][1], m[1][0]+m[1][1])
	}
	sum := 0
	for _, n := range e.Confusion[class] {
		sum += n
	}
	return ratio(e.Confusion[class][class], sum)
}

// Precision is the share of the samples given a class's label that are of the
// class; NaN if there are none.
func (e *Evaluation) Precision(class int) float64 {
	if e.Multilabel != nil {
		m := e.Multilabel[class]
		return ratio(m[1][1], m[0][1]+m[1][1])
	}
	sum := 0
	for _, row := range e.Confusion {
		sum += row[class]
	}
	return ratio(e.Confusion[class][class], sum)
}

func ratio(a, b int) float64 {
	if b == 0 {
		return math.NaN()
	}
	return float64(a) / float64(b)
}

// Evaluate runs all samples of data through net in inference, batch at a time;
// neither order nor batch changes the counts. It uses all processors. Of no
// samples the loss and accuracy are NaN. Data that do not fit net (see [CheckData]),
// or cannot be read, are an error.
func Evaluate(net *nn.Sequential, loss nn.Loss, data datasets.Source, batch int) (*Evaluation, error) {
	return evaluateViews(net, loss, data, batch, nil)
}

func evaluateViews(net *nn.Sequential, loss nn.Loss, data datasets.Source, batch int, views []view) (*Evaluation, error) {
	if err := CheckData(net, data); err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	if err := checkLoss(loss, data); err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	if batch < 1 {
		return nil, fmt.Errorf("evaluate: batch is %d, wanted at least 1", batch)
	}
	workers := newPool(math.MaxInt32)
	defer workers.close()
	e := newEvaluator(workers, net, loss, min(batch, max(1, data.Len())), views...)
	return e.run(data)
}

// evaluator holds what evaluations of a network need again and again.
type evaluator struct {
	pool   *pool
	loss   nn.Loss
	batch  int
	views  []view // fewer than two: the image alone
	group  *group // ranks that share the evaluation; nil: this process alone
	passes chan *evaluationPass
}

type evaluationPass struct {
	pass          *nn.Pass
	x             *nn.Tensor
	probabilities []float32
	shown, mean   *nn.Tensor // with views
}

func newEvaluator(workers *pool, net *nn.Sequential, loss nn.Loss, batch int, views ...view) *evaluator {
	e := &evaluator{pool: workers, loss: loss, batch: batch, views: views, passes: make(chan *evaluationPass, workers.size)}
	for range workers.size {
		p := &evaluationPass{
			pass:          net.NewPass(nn.PassConfig{Capacity: batch, Loss: loss}),
			x:             nn.NewTensor(batch, net.Input()),
			probabilities: make([]float32, net.Output().Size()),
		}
		if len(views) > 1 {
			p.shown, p.mean = nn.NewTensor(batch, net.Input()), nn.NewTensor(batch, net.Output())
		}
		e.passes <- p
	}
	return e
}

// part is what came of a batch.
type part struct {
	loss, weight      float64 // sums
	correct           int
	given             []Mistake // right ones too
	multilabel        [][2][2]int
	absolute, squared float64 // sums
	err               error
}

func (e *evaluator) run(data datasets.Source) (*Evaluation, error) {
	epoch := (&datasets.Loader{Data: data, BatchSize: e.batch, Ordered: true}).Epoch(0)
	target := data.Target()
	parts := make([]part, (data.Len()+e.batch-1)/e.batch)
	from, to := e.group.dealBatches(len(parts))
	e.pool.run(to-from, func(task int) {
		b := from + task
		p := <-e.passes
		defer func() { e.passes <- p }()
		n := epoch.Len(b)
		x, t := p.x.Slice(0, n), target.New(n)
		if parts[b].err = epoch.Fill(b, 0, n, x, t); parts[b].err == nil {
			parts[b] = e.measure(p, x, t, b*e.batch, scoringOf(e.loss, target))
		}
	})
	if err := e.group.evaluated(parts, scoringOf(e.loss, target), e.batch, data.Len(), target.Output().Size()); err != nil {
		return nil, err
	}
	return e.sum(parts, data)
}

// measure compares the answers to some samples, from position first on, with
// their targets.
func (e *evaluator) measure(p *evaluationPass, x *nn.Tensor, t nn.Targets, first int, s scoring) (r part) {
	y := e.forward(p, x)
	r.loss, r.weight = e.loss.Loss(nil, y, t, x.N), float64(x.N)
	if w, ok := e.loss.(nn.Weighted); ok {
		r.weight = w.Weight(t)
	}
	switch s {
	case classes:
		r.given = make([]Mistake, x.N)
		for i := range x.N {
			answer(e.loss, p.probabilities, y.Sample(i))
			k := nn.Argmax(p.probabilities)
			r.given[i] = Mistake{first + i, label(t, i), k, float64(p.probabilities[k])}
		}
	case multilabel:
		r.correct = s.correct(y, t)
		r.multilabel = make([][2][2]int, y.Size())
		for i := range x.N {
			for k, logit := range y.Sample(i) {
				r.multilabel[k][one(yes(t, i, k))][one(logit > 0)]++
			}
		}
	case values:
		for i, v := range y.Data {
			d := float64(v) - float64(t.Values.Data[i])
			r.absolute += math.Abs(d)
			r.squared += d * d
		}
	}
	return r
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// sum makes an evaluation of the parts, in their order.
func (e *evaluator) sum(parts []part, data datasets.Source) (*Evaluation, error) {
	s, size := scoringOf(e.loss, data.Target()), data.Target().Output().Size()
	result := &Evaluation{Total: data.Len(), values: s == values}
	switch s {
	case classes:
		result.Confusion = make([][]int, size)
		for i := range result.Confusion {
			result.Confusion[i] = make([]int, size)
		}
	case multilabel:
		result.Multilabel = make([][2][2]int, size)
	}
	var weight float64
	for _, p := range parts {
		if p.err != nil {
			return nil, p.err
		}
		result.Loss += p.loss
		weight += p.weight
		result.Correct += p.correct
		result.AbsoluteError += p.absolute
		result.SquaredError += p.squared
		for _, g := range p.given {
			result.Confusion[g.True][g.Given]++
			if g.True == g.Given {
				result.Correct++
			} else {
				result.Mistakes = append(result.Mistakes, g)
			}
		}
		for k, m := range p.multilabel {
			for a := range m {
				for b := range m[a] {
					result.Multilabel[k][a][b] += m[a][b]
				}
			}
		}
	}
	slices.SortStableFunc(result.Mistakes, func(a, b Mistake) int { return cmp.Compare(b.Probability, a.Probability) })
	result.Loss /= weight
	result.AbsoluteError /= float64(data.Len() * size)
	result.SquaredError /= float64(data.Len() * size)
	return result, nil
}
