// Package train holds the training loop: a trainer with its workers,
// evaluation, history, checkpoints, and observers that watch a run.
package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"tatami/datasets"
	"tatami/nn"
	"tatami/optim"
)

// DefaultShards is the number of parts that a batch is cut into unless told
// otherwise. It is a constant, since results depend on it.
const DefaultShards = 4

// Trainer trains a network: a plain struct whose first five fields must be
// set. The same seed, shards and instruction set give the same bits on any
// number of processors, and after a resume.
type Trainer struct {
	Net    *nn.Sequential
	Loss   nn.Loss
	Loader *datasets.Loader
	Rule   optim.Rule
	// Schedule gives the learning rate of each update.
	Schedule optim.Schedule

	// Epochs is the number of passes over the data; 0 is 1. A finished run goes
	// on by Fit where Epochs, or Patience, was raised. A schedule of a fixed
	// length, such as [optim.OneCycle], stays at its last rate from there on.
	Epochs int
	// Steps ends the run after that many updates; 0 is no such end.
	Steps int
	// Clip bounds the norm of the gradient over all parameters; 0 does not.
	Clip float64
	// Average, from 0 up and below 1, keeps a running average of all parameters,
	// the running statistics of batch normalization included: after n earlier
	// updates it keeps min(Average, (1+n)/(10+n)) of what it was, as 0.999 averages
	// over the last thousand updates or so. Evaluations, and what observers see of
	// them, are of the averaged network, which is left once the run is complete; 0
	// does not average (Polyak and Juditsky 1992; Kingma and Ba 2015, section 7.2).
	Average float64
	// Seed keys what layers draw, such as dropout.
	Seed uint64
	// Shards is the number of parts of a batch; 0 is [DefaultShards].
	Shards int
	// Workers is the number of processors to use at most; 0: as many as there are.
	Workers int

	// Test and Validation, if there, are evaluated after each epoch.
	Test, Validation datasets.Source
	// Patience ends the run after that many epochs without a lower validation
	// loss; 0 does not.
	Patience int
	// KeepBest leaves, once the run is complete, the parameters of the epoch
	// with the best validation accuracy, of the lower loss where that is equal,
	// or where there is no accuracy.
	KeepBest bool

	// Checkpoint, if not empty, is the file that is written after every epoch,
	// of a long run after every 500th part of its updates, and when the run is
	// complete or interrupted.
	Checkpoint string
	// Settings are kept in the checkpoint for whoever resumes.
	Settings []byte
	// Observers are told of what happens, in their order; of several ranks on
	// rank 0 alone.
	Observers []Observer
	// Ranks are the processes that train the network together, each with a
	// trainer of the same settings, data and weights; nil is this one alone. The
	// weights are then the same to the last bit, on all of them. Rank 0 writes.
	Ranks Ranks

	at        position
	history   History
	best      []float32 // the parameters of epoch at.Best, or while restored the last ones
	restored  bool      // the network has the best parameters
	saved     int       // the step of the last checkpoint
	average   *average  // nil: none
	engine    *engine
	gradients [][]float32 // when there is no engine
	group     *group      // nil: without ranks
	optimizer *optim.Optimizer
	sum       string // of the data; empty until dataSum needs it
}

// position is where a run stands, beside its tensors and history: what a
// checkpoint's metadata keep.
type position struct {
	Epoch int // complete epochs
	Batch int // complete batches of the present one
	Step  int // complete updates

	// Of the present epoch.
	Loss    float64 // sum over its samples
	Correct int
	Samples int
	Seconds float64

	Best int // the epoch with the best validation, kept for KeepBest; 0: none
}

// evaluationBatch is the number of samples that one worker evaluates at once.
const evaluationBatch = 32

// Fit trains until the last epoch, until an observer says [Stop], or until ctx
// is done, and returns what happened. Interrupted by ctx it writes the
// checkpoint and returns ctx's error beside the history.
//
// With [Trainer.Ranks] all ranks call it. It is interrupted on all, after the
// same update, where ctx is done on one of them; one that is lost ends it on
// all others with [ErrRankLost].
func (t *Trainer) Fit(ctx context.Context) (_ *History, err error) {
	if err := t.join(t.prepare()); err != nil {
		return nil, err
	}
	if !t.Done() {
		if err := t.checkEnd(); err != nil {
			return nil, err
		}
		t.exchangeBest(false)
		t.exchangeAverage(false)
	}
	workers := newPool(cmp.Or(t.Workers, max(t.Shards, 64)))
	defer workers.close()
	t.engine = newEngine(workers, t, t.optimizer)
	t.group = t.engine.group
	defer func() {
		t.leave(failed)
		t.gradients, t.engine = t.Gradients(), nil // which holds the memory of all shards, and the data
	}()
	evaluator := newEvaluator(workers, t.Net, t.Loss, evaluationBatch)
	evaluator.group = t.group

	err = t.observe(Started, nil)
	for err == nil && !t.Done() {
		err = t.runEpoch(ctx, evaluator)
	}
	interrupted := ctx.Err() != nil && errors.Is(err, ctx.Err()) || t.group.wasInterrupted()
	stop := errors.Is(err, Stop)
	if err != nil && !interrupted && !stop {
		return &t.history, err
	}
	if (interrupted || stop) && t.Checkpoint != "" {
		if saveErr := t.Save(t.Checkpoint); saveErr != nil {
			return &t.history, saveErr
		}
	}
	last := left
	if stop {
		last = stopped
	}
	if leaveErr := t.leave(last); leaveErr != nil {
		return &t.history, leaveErr
	}
	switch {
	case t.Done() && t.KeepBest:
		t.exchangeBest(true) // which was averaged when it was kept
	case t.Done() || stop:
		t.exchangeAverage(true)
	}
	if observeErr := t.observe(Finished, nil); observeErr != nil && !errors.Is(observeErr, Stop) {
		return &t.history, observeErr
	}
	if stop {
		err = nil
	}
	return &t.history, err
}

// prepare checks the settings and sets what a resume has not set.
func (t *Trainer) prepare() error {
	// A nil *Dataset means that there is none.
	for _, data := range []*datasets.Source{&t.Test, &t.Validation} {
		if d, ok := (*data).(*datasets.Dataset); ok && d == nil {
			*data = nil
		}
	}
	switch {
	case t.Net == nil || t.Loss == nil || t.Loader == nil || t.Rule == nil || t.Schedule == nil:
		return errors.New("trainer: Net, Loss, Loader, Rule and Schedule must be set")
	case t.Loader.BatchSize < 1:
		return fmt.Errorf("trainer: batch size is %d, wanted at least 1", t.Loader.BatchSize)
	case t.Epochs < 0 || t.Steps < 0 || t.Shards < 0 || t.Workers < 0 || t.Patience < 0:
		return errors.New("trainer: Epochs, Steps, Shards, Workers and Patience must not be negative")
	case !(t.Clip >= 0) || math.IsInf(t.Clip, 0):
		return fmt.Errorf("trainer: Clip is %g, wanted 0 or a positive number", t.Clip)
	case !(t.Average >= 0 && t.Average < 1):
		return fmt.Errorf("trainer: Average is %g, wanted 0 or more and less than 1", t.Average)
	case (t.Patience > 0 || t.KeepBest) && t.Validation == nil:
		return errors.New("trainer: Patience and KeepBest need a validation set")
	}
	if t.Loader.Data == nil {
		return errors.New("trainer: the loader has no data")
	}
	for _, data := range []datasets.Source{t.Loader.Data, t.Test, t.Validation} {
		if data == nil {
			continue
		}
		if data.Len() == 0 {
			return errors.New("trainer: the training, test or validation set has no samples")
		}
		if err := CheckData(t.Net, data); err != nil {
			return fmt.Errorf("trainer: %w", err)
		}
		if err := checkLoss(t.Loss, data); err != nil {
			return fmt.Errorf("trainer: %w", err)
		}
	}
	if err := t.Loader.Augment.Check(t.Loader.Data.Input()); err != nil {
		return fmt.Errorf("trainer: %w", err)
	}
	if t.Epochs == 0 {
		t.Epochs = 1
	}
	if t.Shards == 0 {
		t.Shards = DefaultShards
	}
	if t.optimizer == nil {
		t.optimizer = optim.New(t.Rule, t.Net.Params())
	}
	switch {
	case t.Average == 0:
		t.exchangeAverage(false)
		t.average = nil
	case t.average == nil:
		t.average = newAverage(t.Net.Params())
	}
	t.history.Values = scoringOf(t.Loss, t.Loader.Data.Target()) == values
	t.sum = "" // the data may have been changed
	return nil
}

// CheckData fails unless net takes the samples of data and gives what they are to
// be answered with: one plain output a class, or values of the targets' shape. A
// dataset's images must have their length and a label among the classes.
func CheckData(net *nn.Sequential, data datasets.Source) error {
	if net.Input() != data.Input() {
		return fmt.Errorf("the network takes images of %v, the data have %v", net.Input(), data.Input())
	}
	out, target := net.Output(), data.Target()
	if n := len(target.Classes); target.Labels() {
		if n == 0 {
			return fmt.Errorf("the data name no classes: set Classes, wanted %d names", out.Size())
		}
		if out != nn.Features(n) {
			return fmt.Errorf("the network gives outputs of %v, the data have %d classes", out, n)
		}
	} else {
		if out != target.Values {
			return fmt.Errorf("the network gives outputs of %v, the data have targets of %v", out, target.Values)
		}
		if n > 0 && n != out.Size() {
			return fmt.Errorf("the data have %d names for %d values, wanted one a value or none", n, out.Size())
		}
	}
	if d, ok := data.(interface{ Check() error }); ok {
		return d.Check()
	}
	return nil
}

// checkLoss asks a loss, if it can tell, whether it takes such outputs.
func checkLoss(loss nn.Loss, data datasets.Source) error {
	if l, ok := loss.(interface{ Check(out nn.Shape) error }); ok {
		return l.Check(data.Target().Output())
	}
	return nil
}

// checkEnd fails where a run that is to go on had been ended by Steps within
// an epoch, which is in the history as if it were whole.
func (t *Trainer) checkEnd() error {
	n := t.Loader.Batches()
	if want := t.at.Epoch*n + t.at.Batch; t.at.Step != want {
		return fmt.Errorf("trainer: the run ended within epoch %d, at step %d of %d, and goes on only from the end of an epoch", t.at.Epoch, t.at.Step, want)
	}
	return nil
}

// runEpoch trains the rest of the present epoch and evaluates.
func (t *Trainer) runEpoch(ctx context.Context, evaluator *evaluator) error {
	start := time.Now()
	batches := t.Loader.Batches()
	outside := time.Duration(0) // spent by observers
	for t.at.Batch < batches && !t.enough() {
		if err := t.meet(ctx); err != nil {
			t.at.Seconds += (time.Since(start) - outside).Seconds()
			return err
		}
		if err := t.update(); err != nil {
			return err
		}
		watched := time.Now()
		if err := t.observe(Updated, nil); err != nil {
			t.at.Seconds += (watched.Sub(start) - outside).Seconds()
			return err
		}
		outside += time.Since(watched)
	}
	t.at.Seconds += (time.Since(start) - outside).Seconds()
	return t.endEpoch(evaluator)
}

func (t *Trainer) enough() bool { return t.Steps > 0 && t.at.Step >= t.Steps }

func (t *Trainer) update() error {
	rate := t.Schedule.Rate(t.at.Step)
	if math.IsNaN(rate) || math.IsInf(rate, 0) {
		return fmt.Errorf("step %d: the learning rate is %w: the schedule gives %g", t.at.Step+1, ErrNotFinite, rate)
	}
	n := t.Loader.Len(t.at.Batch)
	loss, correct, norm, err := t.engine.update(t.at.Epoch, t.at.Batch, t.at.Step, rate)
	if err := t.group.failure(); err != nil {
		return t.lost(err)
	}
	switch {
	case err != nil:
		return fmt.Errorf("step %d: %w", t.at.Step+1, err)
	case math.IsNaN(loss) || math.IsInf(loss, 0):
		return diverged(t.at.Step+1, "the loss", t.engine.firstNotFinite(t.Net), rate)
	case math.IsNaN(norm) || math.IsInf(norm, 0):
		return diverged(t.at.Step+1, "the gradient", t.engine.firstGradientNotFinite(t.Net), rate)
	}
	t.at.Batch++
	t.at.Step++
	t.at.Loss += loss
	t.at.Correct += correct
	t.at.Samples += n
	t.history.Steps = append(t.history.Steps, StepRow{t.at.Step, t.at.Epoch + 1, rate, loss / float64(n)})
	return nil
}

func (t *Trainer) endEpoch(evaluator *evaluator) error {
	row := EpochRow{
		Epoch: t.at.Epoch + 1, Step: t.at.Step, Rate: t.Schedule.Rate(t.at.Step - 1), Seconds: t.at.Seconds,
		TrainLoss: t.at.Loss / float64(t.at.Samples),
	}
	if !t.history.Values {
		row.TrainAccuracy = ratio(t.at.Correct, t.at.Samples)
	}
	if t.average != nil {
		if err := t.group.gatherState(); err != nil {
			return t.lost(err)
		}
	}
	t.exchangeAverage(true)
	defer t.exchangeAverage(false)
	evaluate := func(data datasets.Source, loss, accuracy *float64) (*Evaluation, error) {
		if data == nil {
			return nil, nil
		}
		e, err := evaluator.run(data)
		if err != nil {
			return nil, err
		}
		if *loss = e.Loss; !t.history.Values {
			*accuracy = e.Accuracy()
		}
		return e, nil
	}
	test, err := evaluate(t.Test, &row.TestLoss, &row.TestAccuracy)
	if err != nil {
		return err
	}
	if _, err := evaluate(t.Validation, &row.ValidationLoss, &row.ValidationAccuracy); err != nil {
		return err
	}
	if err := t.group.failure(); err != nil {
		return t.lost(err)
	}
	if loss := row.TestLoss + row.ValidationLoss; math.IsNaN(loss) || math.IsInf(loss, 0) {
		return diverged(t.at.Step, "the loss after it", t.engine.firstNotFinite(t.Net), row.Rate)
	}
	if t.KeepBest && row.betterThan(t.BestEpoch()) {
		t.at.Best = row.Epoch
		t.best = t.best[:0]
		for _, p := range t.Net.Params() {
			t.best = append(t.best, p.Value.Data...)
		}
	}
	t.history.Epochs = append(t.history.Epochs, row)
	t.at = position{Epoch: row.Epoch, Step: row.Step, Best: t.at.Best}
	if t.Checkpoint != "" && (t.due() || t.Done()) {
		if err := t.Save(t.Checkpoint); err != nil {
			return err
		}
	}
	return t.observe(Evaluated, test)
}

// exchangeBest leaves the best parameters in the network, or the last ones,
// and keeps the others.
func (t *Trainer) exchangeBest(best bool) {
	if t.at.Best == 0 || t.restored == best {
		return
	}
	t.restored = best
	exchange(t.Net.Params(), t.best)
}

// BestEpoch is the epoch whose parameters KeepBest left; the zero row without
// it.
func (t *Trainer) BestEpoch() EpochRow {
	if t.at.Best == 0 {
		return EpochRow{}
	}
	return t.history.Epochs[t.at.Best-1]
}

// Done reports whether the run is complete: Epochs, Steps or Patience is
// reached, and the last epoch evaluated.
func (t *Trainer) Done() bool {
	if t.at.Epoch == 0 || t.at.Batch > 0 {
		return false
	}
	return t.at.Epoch >= max(1, t.Epochs) || t.enough() || t.Patience > 0 && t.history.stale() >= t.Patience
}

// History is what happened so far.
func (t *Trainer) History() *History { return &t.history }

// Gradients are those of the last update: of its batch's mean loss, before
// clipping and weight decay, in the order of Net.Params(); nil for fixed ones,
// and all nil before the first update of this process. Observers are lent them.
// Of several ranks each has those of the values that it updates.
func (t *Trainer) Gradients() [][]float32 {
	switch {
	case t.engine != nil && t.engine.batch != nil:
		return t.engine.shards.Pass(0).ParamGradients() // the sum of all shards
	case t.gradients != nil:
		return t.gradients
	}
	return make([][]float32, len(t.Net.Params()))
}

func (t *Trainer) observe(kind Kind, test *Evaluation) error {
	if t.Ranks != nil && t.Ranks.Rank() > 0 {
		return nil
	}
	e := Event{
		Kind: kind, Trainer: t, History: &t.history,
		Epoch: t.at.Epoch, Step: t.at.Step, Batch: t.at.Batch, Batches: t.Loader.Batches(),
		Accuracy: math.NaN(), Test: test,
	}
	if !t.history.Values {
		e.Accuracy = ratio(t.at.Correct, t.at.Samples)
	}
	for _, o := range t.Observers {
		if err := o.Observe(e); err != nil {
			return err
		}
	}
	return nil
}

// ErrNotFinite is in the error of a run that ended with a loss, gradient or
// learning rate that is not finite.
var ErrNotFinite = errors.New("not finite")

// diverged says that what is not finite, and where that begins.
func diverged(step int, what, where string, rate float64) error {
	return fmt.Errorf("step %d: %s is %w, first in %s; try a learning rate below %.3g, or clip the gradient",
		step, what, ErrNotFinite, where, rate)
}

// firstNotFinite names the first layer whose output for the present batch,
// under the present parameters, is not finite.
func (e *engine) firstNotFinite(net *nn.Sequential) string {
	if e.feed.fillWhole(e.batch) != nil {
		return "the loss"
	}
	for i, y := range net.Activations(e.batch.x) {
		if !finite(y.Data) {
			return net.LayerName(i)
		}
	}
	return "the loss"
}

// firstGradientNotFinite names the first layer on the way back whose
// parameters have a gradient that is not finite.
func (e *engine) firstGradientNotFinite(net *nn.Sequential) string {
	e.group.gatherGradient()
	grads := e.shards.Pass(0).ParamGradients() // the sum of all shards
	for i, layer := range slices.Backward(net.Layers()) {
		n := len(grads) - len(layer.Params())
		for _, g := range grads[n:] {
			if !finite(g) {
				return net.LayerName(i)
			}
		}
		grads = grads[:n]
	}
	return "its norm" // whose square is too large for a number
}

func finite(values []float32) bool {
	for _, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
	}
	return true
}
