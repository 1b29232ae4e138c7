package record

import (
	"math"
	"strconv"

	"tatami/layers/inspect"
	"tatami/train/doctor"
)

// Facts are what is known of a run before its first update.
type Facts struct {
	Name     string   `json:"name"`
	Command  string   `json:"command"` // gives the same run again
	Settings []Fact   `json:"settings"`
	Versions []Fact   `json:"versions"`
	Classes  []string `json:"classes"`
	Values   bool     `json:"values,omitempty"` // are learned, and no classes: there is no accuracy
	Images   int      `json:"images"`           // of an epoch
	Epochs   int      `json:"epochs"`           // that are planned
	Batches  int      `json:"batches"`
	// Resume is the command that continues the run once it was stopped.
	Resume string `json:"resume,omitempty"`
	// Layers are those that have vitals.
	Layers []string `json:"layers,omitempty"`
	// Learners are those that have weights, each with the activation function
	// that follows.
	Learners []string `json:"learners,omitempty"`
	// Network is the network as it is drawn.
	Network []inspect.Box `json:"network,omitempty"`
	// Height and Width are those of an image and of a filter, in pixels.
	Height int `json:"height"`
	Width  int `json:"width"`
	// Channels is 3 where pictures, and filters too, are in red, green and blue.
	Channels int `json:"channels,omitempty"`
	// Photographs are shown as they are, and not as ink.
	Photographs  bool `json:"photographs,omitempty"`
	FilterHeight int  `json:"filter_height,omitempty"`
	FilterWidth  int  `json:"filter_width,omitempty"`
	Filters      int  `json:"filters,omitempty"`       // that the layer has
	FiltersShown int  `json:"filters_shown,omitempty"` // the first ones
}

// Fact is a name with its value.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// The states of a run.
const (
	Running  = "running"
	Paused   = "paused"
	Stopped  = "stopped" // before its end, with a checkpoint
	Finished = "finished"
	Failed   = "failed"
)

// Now is where a run stands.
type Now struct {
	State           string  `json:"state"`
	Message         string  `json:"message,omitempty"` // why it failed
	Japanese        string  `json:"japanese,omitempty"`
	Epoch           int     `json:"epoch"` // complete ones
	Step            int     `json:"step"`
	Loss            Number  `json:"loss"`     // of the last updates, in nats
	Accuracy        Number  `json:"accuracy"` // of the present epoch as it runs
	ImagesPerSecond Number  `json:"images_per_second"`
	SecondsLeft     Number  `json:"seconds_left"`
	Seconds         float64 `json:"seconds"` // of work in this process, pauses left out
}

// Number is a number of which five digits are told; null if it is not finite.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if v := float64(n); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return strconv.AppendFloat(nil, v, 'g', 5, 64), nil
	}
	return []byte("null"), nil
}

// Epoch is the state after an epoch.
type Epoch struct {
	Epoch              int    `json:"epoch"`
	Step               int    `json:"step"`
	Rate               Number `json:"lr"`
	TrainLoss          Number `json:"train_loss"`
	TrainAccuracy      Number `json:"train_accuracy"`
	TestLoss           Number `json:"test_loss"`
	TestAccuracy       Number `json:"test_accuracy"`
	ValidationLoss     Number `json:"validation_loss"` // null without a validation set
	ValidationAccuracy Number `json:"validation_accuracy"`
	Seconds            Number `json:"seconds"`
}

// Vitals are signs of a network's health, by [Facts.Layers]; null for layers
// that have no such.
type Vitals struct {
	Step int `json:"step"`
	// Dead is the share of a ReLU's units that gave zero everywhere on all
	// images of a probe.
	Dead []Number `json:"dead"`
	// Ratio is the norm of an update over that of the weights.
	Ratio []Number `json:"ratio"`
}

// Frame is the first layer's filters after a step.
type Frame struct {
	Step int `json:"step"`
	// Top is the largest magnitude of a weight, and Values the weights as
	// signed bytes, of which 127 is Top: filter, row, column.
	Top    Number `json:"top"`
	Values []byte `json:"values"`
}

// Test is how a network did on test images.
type Test struct {
	Step      int       `json:"step"`
	Part      bool      `json:"part"` // on the first images of the test set alone
	Correct   int       `json:"correct"`
	Total     int       `json:"total"`
	Confusion [][]int   `json:"confusion"`
	Mistakes  []Mistake `json:"mistakes"`
}

// Mistake is an image that was given a wrong label, the surest first.
type Mistake struct {
	Index       int    `json:"index"`
	True        int    `json:"true"`
	Given       int    `json:"given"`
	Probability Number `json:"probability"`
	Pixels      []byte `json:"pixels"`
}

// Part is rows of a list from a position on; what a reader has from there on
// is replaced.
type Part[T any] struct {
	From int `json:"from"`
	Rows []T `json:"rows"`
}

// Points are losses and accuracies by step: each row is a pair of means over
// Every updates, the first row of the first ones.
type Points struct {
	Every int `json:"every"`
	Part[Point]
}

// Point is a loss and an accuracy, null where it is not known.
type Point [2]Number

// Update is what changed since a reader's last one; the first is the whole run.
type Update struct {
	Facts   *Facts         `json:"facts,omitempty"`
	Now     Now            `json:"now"`
	Points  *Points        `json:"points,omitempty"`
	Epochs  *Part[Epoch]   `json:"epochs,omitempty"`
	Vitals  *Part[Vitals]  `json:"vitals,omitempty"`
	Spreads *Part[Spreads] `json:"spreads,omitempty"`
	// Frames are the filters at steps of a schedule; Present is newer, or as
	// the run left them.
	Frames  *Part[Frame] `json:"frames,omitempty"`
	Present *Frame       `json:"present,omitempty"`
	// Advice is what the doctor said.
	Advice *Part[doctor.Advice] `json:"advice,omitempty"`
	Test   *Test                `json:"test,omitempty"`
}

// Cursor is what a reader has. The zero value has nothing.
type Cursor struct {
	version                                         int
	facts                                           bool
	points, epochs, vitals, spreads, frames, advice mark
	present                                         *Frame
	test                                            *Test
}

// mark is a place in a series: the rows that will stay as they are, and how
// many were added when it was read.
type mark struct{ generation, rows, added int }
