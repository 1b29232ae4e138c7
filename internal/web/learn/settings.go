package learn

import (
	"encoding/json"
	"math"

	"tatami/datasets"
	"tatami/internal/strictjson"
	"tatami/internal/suggest"
	"tatami/internal/web/answers"
	"tatami/optim"
)

// Settings are those of a run.
type Settings struct {
	Layers    []json.RawMessage `json:"layers"` // as in a model's file, without the last affine layer and its softmax
	Data      string            `json:"data"`   // digits or own
	Images    int               `json:"images"` // at most; 0: all
	Shuffled  bool              `json:"shuffled"`
	Augment   string            `json:"augment"`
	Optimizer string            `json:"optimizer"`
	Rate      float64           `json:"rate"`
	Schedule  string            `json:"schedule"` // of the rate: constant or one-cycle
	Batch     int               `json:"batch"`
	Epochs    int               `json:"epochs"`
	Seed      uint64            `json:"seed"`
}

// What a page may ask for.
const (
	mostBatch  = 1000
	mostEpochs = 10_000
	constant   = "constant"
	oneCycle   = "one-cycle"
)

func parse(c *answers.Call) (*Settings, error) {
	set := &Settings{Augment: "none", Schedule: constant}
	if err := strictjson.Unmarshal(c.Body, set); err != nil {
		return nil, refuse("%v", err)
	}
	if set.Batch < 1 || set.Batch > mostBatch {
		return nil, refuse("the batch is %d, wanted 1 to %d images", set.Batch, mostBatch)
	}
	if set.Epochs < 1 || set.Epochs > mostEpochs {
		return nil, refuse("epochs are %d, wanted 1 to %d", set.Epochs, mostEpochs)
	}
	if set.Schedule != constant && set.Schedule != oneCycle {
		return nil, refuse("%v", suggest.Unknown("schedule", set.Schedule, []string{constant, oneCycle}))
	}
	if err := checkRate(set.Rate); err != nil {
		return nil, err
	}
	return set, nil
}

// schedule is that of the settings, of rate 1.
func (set *Settings) schedule(loader *datasets.Loader) optim.Schedule {
	if set.Schedule == oneCycle {
		return optim.OneCycle{Max: 1, Steps: set.Epochs * loader.Batches()}
	}
	return optim.Constant{Base: 1}
}

func checkRate(rate float64) error {
	if !(rate > 0) || math.IsInf(rate, 0) {
		return refuse("the learning rate is %g, wanted a positive number", rate)
	}
	return nil
}
