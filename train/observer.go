package train

import "errors"

// Observer watches a run: a progress bar, a picture, a web page. Observe is
// called between updates and may block, which pauses the run. If it returns
// [Stop] the run ends in good order; any other error ends it as a failure.
type Observer interface {
	Observe(Event) error
}

// ObserverFunc is a function as an Observer.
type ObserverFunc func(Event) error

// Observe calls f.
func (f ObserverFunc) Observe(e Event) error { return f(e) }

// Stop asks a run to end after the present update.
//
//lint:ignore ST1012 it is a signal like fs.SkipDir, not a failure
var Stop = errors.New("stop")

// Kind says what an Event tells.
type Kind int

// The kinds of events, in the order in which a run has them.
const (
	Started   Kind = iota // before the first update, after a resume too
	Updated               // after an update
	Evaluated             // after an epoch and its evaluation
	Finished              // after the last update, also when stopped
)

// Event is a moment of a run. What it lends, and the trainer's network and
// [Trainer.Gradients], are valid until Observe returns and must not be changed.
type Event struct {
	Kind    Kind
	Trainer *Trainer
	History *History
	// Epoch and Step count what is complete; Batch of Batches is the place in
	// the epoch.
	Epoch, Step, Batch, Batches int
	// Accuracy is that of the present epoch as it ran; NaN where it has no
	// update yet, or where values are learned.
	Accuracy float64
	// Test is the evaluation after an epoch; nil without a test set.
	Test *Evaluation
}
