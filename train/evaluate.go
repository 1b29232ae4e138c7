package train

import (
	"fmt"
	"math"
	"slices"

	"tatami/datasets"
	"tatami/nn"
)

// Evaluation is how a network does on a dataset.
type Evaluation struct {
	// Loss is the mean over the samples, in nats for SoftmaxWithLoss.
	Loss           float64
	Correct, Total int
	// Confusion counts samples by true and then given label.
	Confusion [][]int
	// Mistakes are the samples given a wrong label, the surest first.
	Mistakes []Mistake
}

// Mistake is a sample that was given a wrong label.
type Mistake struct {
	Index       int // in the dataset
	True, Given int
	Probability float64 // of the given label
}

// Accuracy is the share of samples given their true label.
func (e *Evaluation) Accuracy() float64 { return ratio(e.Correct, e.Total) }

// Recall is the share of a class's samples that were given its label; NaN if
// there are none.
func (e *Evaluation) Recall(class int) float64 {
	sum := 0
	for _, n := range e.Confusion[class] {
		sum += n
	}
	return ratio(e.Confusion[class][class], sum)
}

// Precision is the share of the samples given a class's label that are of the
// class; NaN if there are none.
func (e *Evaluation) Precision(class int) float64 {
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
// samples the loss and accuracy are NaN. Data that do not fit net (see [CheckData])
// are an error.
func Evaluate(net *nn.Sequential, loss nn.Loss, data *datasets.Dataset, batch int) (*Evaluation, error) {
	return evaluateViews(net, loss, data, batch, nil)
}

func evaluateViews(net *nn.Sequential, loss nn.Loss, data *datasets.Dataset, batch int, views []view) (*Evaluation, error) {
	if err := CheckData(net, data); err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	if batch < 1 {
		return nil, fmt.Errorf("evaluate: batch is %d, wanted at least 1", batch)
	}
	workers := newPool(math.MaxInt32)
	defer workers.close()
	e := newEvaluator(workers, net, loss, min(batch, max(1, data.Len())), views...)
	return e.run(data), nil
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
	labels        []int
	probabilities []float32
	shown, mean   *nn.Tensor // with views
}

func newEvaluator(workers *pool, net *nn.Sequential, loss nn.Loss, batch int, views ...view) *evaluator {
	e := &evaluator{pool: workers, loss: loss, batch: batch, views: views, passes: make(chan *evaluationPass, workers.size)}
	for range workers.size {
		p := &evaluationPass{
			pass:          net.NewPass(nn.PassConfig{Capacity: batch, Loss: loss}),
			x:             nn.NewTensor(batch, net.Input()),
			labels:        make([]int, batch),
			probabilities: make([]float32, net.Output().Size()),
		}
		if len(views) > 1 {
			p.shown, p.mean = nn.NewTensor(batch, net.Input()), nn.NewTensor(batch, net.Output())
		}
		e.passes <- p
	}
	return e
}

func (e *evaluator) run(data *datasets.Dataset) *Evaluation {
	epoch := (&datasets.Loader{Data: data, BatchSize: e.batch, Ordered: true}).Epoch(0)
	batches := (data.Len() + e.batch - 1) / e.batch
	losses := make([]float64, batches)
	given := make([]Mistake, data.Len()) // right ones too, for now
	first, end := e.group.dealBatches(batches)
	e.pool.run(end-first, func(task int) {
		b := first + task
		p := <-e.passes
		defer func() { e.passes <- p }()
		n := epoch.Len(b)
		x, labels := p.x.Slice(0, n), p.labels[:n]
		epoch.Fill(b, 0, n, x, labels)
		y := e.forward(p, x)
		losses[b] = e.loss.Loss(nil, y, nn.Targets{Labels: labels}, n)
		for i, label := range labels {
			probabilities := y.Sample(i)
			if e.loss.Logits() {
				nn.Softmax(p.probabilities, probabilities)
				probabilities = p.probabilities
			}
			k := nn.Argmax(probabilities)
			at := b*e.batch + i
			given[at] = Mistake{at, label, k, float64(probabilities[k])}
		}
	})
	e.group.evaluated(losses, given, e.batch)
	classes := len(data.Classes)
	result := &Evaluation{Total: data.Len(), Confusion: make([][]int, classes)}
	for i := range result.Confusion {
		result.Confusion[i] = make([]int, classes)
	}
	for _, g := range given {
		result.Confusion[g.True][g.Given]++
		if g.True == g.Given {
			result.Correct++
		} else {
			result.Mistakes = append(result.Mistakes, g)
		}
	}
	slices.SortStableFunc(result.Mistakes, func(a, b Mistake) int {
		switch {
		case a.Probability > b.Probability:
			return -1
		case a.Probability < b.Probability:
			return 1
		}
		return 0
	})
	for _, l := range losses {
		result.Loss += l
	}
	result.Loss /= float64(data.Len())
	return result
}
