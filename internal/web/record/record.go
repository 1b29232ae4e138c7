// Package record keeps what pages show of a training run while it goes on.
package record

import (
	"math"
	"sync"
	"time"

	"tatami/datasets"
	"tatami/internal/words"
	"tatami/internal/words/errortext"
	"tatami/layers/inspect"
	"tatami/nn"
	"tatami/train"
	"tatami/train/doctor"
)

// Recorder is an observer that keeps a run's history and its present state in
// bounded memory, for any number of readers at once. It changes nothing of the
// run, and looks into the network every few seconds.
type Recorder struct {
	facts Facts

	mutex   sync.Mutex
	version int           // counts changes
	changed chan struct{} // closed at the next one that readers are told of
	told    time.Time
	now     Now
	curve   curve
	epochs  series[Epoch]
	vitals  series[Vitals]
	spreads series[Spreads]
	frames  series[Frame]
	present *Frame
	advice  series[doctor.Advice]
	test    *Test

	// The run's own goroutine alone has these.
	probe     *probe
	exam      datasets.Source // nil: none
	filters   []int           // steps after which the filters are kept
	look      look
	started   time.Time // of the work, later by pauses
	first     int       // steps that earlier processes made
	last      time.Time // when the last update or evaluation was complete
	speed     speed
	answers   answers
	smoothing curveEnd
}

// look is when the network is looked at: once before an update and once after
// it, since the ratios compare the weights.
type look struct {
	due   time.Time     // when the next look begins
	begun bool          // the first half is done
	cost  time.Duration // of both halves of the present look, or the last
}

// speed is of the updates since the last rate was told.
type speed struct {
	busy   time.Duration
	images int
}

// answers are the network's in the present epoch.
type answers struct {
	images  int
	correct float64
}

// curveEnd is the mean of the last losses, the later the weightier.
type curveEnd struct{ sum, weight float64 }

func (c *curveEnd) add(v float64) {
	const keep = 0.98
	c.sum, c.weight = keep*c.sum+v, keep*c.weight+1
}

var unknown = Number(math.NaN())

const (
	// The network is looked at every second, or so rarely that it takes one part
	// of vitalsShare of the time, but at latest after vitalsLatest.
	vitalsEvery  = time.Second
	vitalsLatest = 5 * time.Second
	vitalsShare  = 100
	tellEvery    = 100 * time.Millisecond
	rateTime     = time.Second
	vitalsRows   = 240
	frameBytes   = 384 << 10 // of all frames together
	framesMost   = 33
)

// New is a recorder of a run of that network. The facts need neither Layers
// nor sizes. test may be nil. It fails, as Observe does, where the data cannot be
// read.
func New(facts Facts, net *nn.Sequential, training, test datasets.Source) (_ *Recorder, err error) {
	r := &Recorder{facts: facts, changed: make(chan struct{})}
	r.now.State = Running
	r.vitals.most = vitalsRows
	if r.probe, err = newProbe(net, training); err != nil {
		return nil, err
	}
	r.facts.Layers, r.facts.Learners = r.probe.names(), r.probe.learnerNames()
	r.spreads.most = spreadMost(len(r.facts.Learners))
	r.facts.Network = inspect.Boxes(net)
	r.facts.Height, r.facts.Width = training.Input().H, training.Input().W
	if shownChannels(training.Input().C) == 3 {
		r.facts.Channels = 3
	}
	if test != nil {
		first := make([]int, min(examImages, test.Len()))
		for i := range first {
			first[i] = i
		}
		r.exam = datasets.Subset(test, first)
	}
	if w := firstWeight(net); w != nil {
		r.facts.FilterHeight, r.facts.FilterWidth = w.H, w.W
		r.facts.Filters, r.facts.FiltersShown = w.N, min(w.N, filtersMost)
		n := min(max(frameBytes/(w.H*w.W*shownChannels(w.C)*r.facts.FiltersShown), 5), framesMost)
		r.filters = Schedule(facts.Epochs*facts.Batches, n)
	}
	return r, nil
}

// Before keeps filters as they were before the first step, for a run that is
// resumed.
func (r *Recorder) Before(weight *nn.Tensor) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if weight != nil && len(r.frames.rows) == 0 {
		r.frames.add(newFrame(0, weight))
	}
}

// Observe implements [train.Observer].
func (r *Recorder) Observe(e train.Event) error {
	at := time.Now()
	switch e.Kind {
	case train.Started:
		r.start(e, at)
	case train.Updated:
		if err := r.updated(e, at); err != nil {
			return err
		}
	case train.Evaluated:
		var test *Test
		if e.Test != nil {
			var err error
			if test, err = newTest(e.Step, false, e.Test, e.Trainer.Test); err != nil {
				return err
			}
		}
		r.mutex.Lock()
		r.epochs.add(newEpoch(e, len(e.History.Epochs)-1))
		if test != nil {
			r.test = test
		}
		r.answers.images, r.answers.correct = 0, 0
		r.tell(e, at)
		r.mutex.Unlock()
	case train.Finished:
		vitals, spreads := r.takeVitals(e)
		r.mutex.Lock()
		r.now.State = Stopped
		if e.Trainer.Done() {
			r.now.State = Finished
		}
		r.vitals.add(vitals)
		r.spreads.add(spreads)
		r.showFilters(e)
		r.tell(e, at)
		r.mutex.Unlock()
	}
	r.last = time.Now()
	return nil
}

func (r *Recorder) start(e train.Event, at time.Time) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.started, r.first = at, e.Step
	r.answers.images = e.Batch * e.Trainer.Loader.BatchSize
	if r.answers.images > 0 {
		r.answers.correct = e.Accuracy * float64(r.answers.images)
	}
	for _, s := range e.History.Steps {
		r.curve.add(s.Loss, math.NaN())
		r.smoothing.add(s.Loss)
	}
	for i := range e.History.Epochs {
		r.epochs.add(newEpoch(e, i))
	}
	for len(r.filters) > 0 && r.filters[0] < e.Step {
		r.filters = r.filters[1:]
	}
	r.keepFilters(e)
	r.now.ImagesPerSecond, r.now.SecondsLeft, r.now.Accuracy = unknown, unknown, unknown
	r.tell(e, at)
}

func (r *Recorder) updated(e train.Event, at time.Time) error {
	r.speed.busy += at.Sub(r.last)
	loss := e.History.Steps[len(e.History.Steps)-1].Loss
	r.smoothing.add(loss)
	seen := e.Trainer.Loader.BatchSize * e.Batch
	if !e.Trainer.Loader.Replacement {
		seen = min(seen, r.facts.Images)
	}
	correct := e.Accuracy * float64(seen)
	n := seen - r.answers.images
	accuracy := (correct - r.answers.correct) / float64(n)
	r.answers.images, r.answers.correct = seen, correct
	r.speed.images += n

	var vitals *Vitals
	var spreads Spreads
	var test *Test
	switch {
	case r.look.begun:
		r.look.begun = false
		var v Vitals
		v, spreads = r.takeVitals(e)
		vitals = &v
		if r.exam != nil && len(e.History.Epochs) == 0 {
			exam, err := train.Evaluate(e.Trainer.Net, e.Trainer.Loss, r.exam, probeImages)
			if err != nil {
				return err
			}
			if test, err = newTest(e.Step, true, exam, r.exam); err != nil {
				return err
			}
		}
		r.look.cost += time.Since(at)
		r.look.due = time.Now().Add(min(max(vitalsEvery, vitalsShare*r.look.cost), vitalsLatest))
	case !at.Before(r.look.due):
		r.look.begun = true
		r.probe.before()
		r.look.cost = time.Since(at)
	}

	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.curve.add(loss, accuracy)
	if vitals != nil {
		r.vitals.add(*vitals)
		r.spreads.add(spreads)
		r.showFilters(e)
	}
	if test != nil {
		r.test = test
	}
	r.keepFilters(e)
	if r.speed.busy >= rateTime || r.now.Seconds < rateTime.Seconds() {
		r.now.ImagesPerSecond = Number(float64(r.speed.images) / r.speed.busy.Seconds())
		if r.speed.busy >= rateTime {
			r.speed.busy, r.speed.images = 0, 0
		}
	}
	if at.Sub(r.told) >= tellEvery || vitals != nil {
		r.tell(e, at)
	} else {
		r.refresh(e, at)
		r.version++
	}
	return nil
}

// takeVitals looks into the network; the ratios are known only after an update
// that before has preceded.
func (r *Recorder) takeVitals(e train.Event) (Vitals, Spreads) {
	dead, ys := r.probe.dead()
	v := Vitals{Step: e.Step, Dead: dead}
	if e.Kind == train.Updated {
		v.Ratio = r.probe.ratios()
	} else {
		for range r.probe.layers {
			v.Ratio = append(v.Ratio, unknown)
		}
	}
	return v, r.probe.spreads(e, ys)
}

// keepFilters keeps them for good if their time has come.
func (r *Recorder) keepFilters(e train.Event) {
	if len(r.filters) == 0 || e.Step < r.filters[0] {
		return
	}
	r.filters = r.filters[1:]
	if n := len(r.frames.rows); n == 0 || r.frames.rows[n-1].Step < e.Step {
		r.frames.add(newFrame(e.Step, firstWeight(e.Trainer.Net)))
	}
}

// showFilters makes the present ones the last that readers see.
func (r *Recorder) showFilters(e train.Event) {
	if w := firstWeight(e.Trainer.Net); w != nil {
		f := newFrame(e.Step, w)
		r.present = &f
	}
}

// tell brings now up to date and wakes the readers.
func (r *Recorder) tell(e train.Event, at time.Time) {
	r.refresh(e, at)
	r.told = at
	r.wake()
}

// refresh brings now up to date, for who reads for another reason.
func (r *Recorder) refresh(e train.Event, at time.Time) {
	r.now.Epoch, r.now.Step = e.Epoch, e.Step
	r.now.Loss = Number(r.smoothing.sum / r.smoothing.weight)
	if !math.IsNaN(e.Accuracy) {
		r.now.Accuracy = Number(e.Accuracy)
	}
	r.now.Seconds = math.Round(10*at.Sub(r.started).Seconds()) / 10
	if done := e.Step - r.first; done > 0 {
		left := r.facts.Epochs*r.facts.Batches - e.Step
		r.now.SecondsLeft = Number(at.Sub(r.started).Seconds() / float64(done) * float64(left))
	}
}

func (r *Recorder) wake() {
	r.version++
	close(r.changed)
	r.changed = make(chan struct{})
}

// SetState tells of a pause, its end, or a failure with its reason.
func (r *Recorder) SetState(state, message string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.now.State, r.now.Message, r.now.Japanese = state, message, ""
	if message != "" {
		r.now.Japanese = errortext.Say(message, words.Japanese)
	}
	r.wake()
}

// Advise keeps what the doctor said.
func (r *Recorder) Advise(advice doctor.Advice) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.advice.add(advice)
	r.wake()
}

// Skip leaves the time of a pause out of the run's.
func (r *Recorder) Skip(pause time.Duration) {
	r.started, r.last = r.started.Add(pause), r.last.Add(pause)
}

// Evaluated replaces the test by that of the network as the run leaves it.
func (r *Recorder) Evaluated(e *train.Evaluation, data datasets.Source) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	test, err := newTest(r.now.Step, false, e, data)
	if err != nil {
		return err
	}
	r.test = test
	r.wake()
	return nil
}

// Since is what changed since a reader's last update, which the cursor is
// moved to; nil if nothing did. Changed is closed when there is more.
func (r *Recorder) Since(c *Cursor) (u *Update, changed <-chan struct{}) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if c.facts && c.version == r.version {
		return nil, r.changed
	}
	u = &Update{Now: r.now}
	if !c.facts {
		facts := r.facts
		u.Facts, c.facts = &facts, true
	}
	u.Points = r.curve.since(&c.points)
	u.Epochs = r.epochs.since(&c.epochs)
	u.Vitals = r.vitals.since(&c.vitals)
	u.Spreads = r.spreads.since(&c.spreads)
	u.Frames = r.frames.since(&c.frames)
	u.Advice = r.advice.since(&c.advice)
	if r.present != c.present {
		u.Present, c.present = r.present, r.present
	}
	if r.test != c.test {
		u.Test, c.test = r.test, r.test
	}
	c.version = r.version
	return u, r.changed
}

// Whole is all that is known of the run.
func (r *Recorder) Whole() *Update {
	u, _ := r.Since(&Cursor{})
	return u
}

func newEpoch(event train.Event, i int) Epoch {
	e := event.History.Epochs[i]
	row := Epoch{
		e.Epoch, e.Step, Number(e.Rate), Number(e.TrainLoss), Number(e.TrainAccuracy), Number(e.TestLoss), Number(e.TestAccuracy),
		Number(e.ValidationLoss), Number(e.ValidationAccuracy), Number(e.Seconds),
	}
	if event.Trainer.Test == nil {
		row.TestLoss, row.TestAccuracy = unknown, unknown
	}
	if event.Trainer.Validation == nil {
		row.ValidationLoss, row.ValidationAccuracy = unknown, unknown
	}
	if event.History.Values {
		row.TrainAccuracy, row.TestAccuracy, row.ValidationAccuracy = unknown, unknown, unknown
	}
	return row
}
