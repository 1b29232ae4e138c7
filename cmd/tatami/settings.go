package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"tatami/datasets"
	"tatami/optim"
)

// settings are the flags of train that shape a run; a checkpoint keeps them.
type settings struct {
	Net            string          `json:"net"`
	Architecture   json.RawMessage `json:"architecture,omitempty"` // of a --net FILE.json
	Data           string          `json:"data"`
	Epochs         int             `json:"epochs"`
	Batch          int             `json:"batch"`
	Optimizer      string          `json:"optimizer"`
	Rate           float64         `json:"lr"`
	Schedule       string          `json:"schedule"`
	Warmup         int             `json:"warmup"`
	WeightDecay    float64         `json:"weight_decay"`
	Augment        string          `json:"augment"`
	LabelSmoothing float64         `json:"label_smoothing"`
	Clip           float64         `json:"clip"`
	Seed           uint64          `json:"seed"`
	Shards         int             `json:"shards"`
	Limit          int             `json:"limit"`
	Validation     int             `json:"validation"`
	Patience       int             `json:"patience"`
}

// check refuses settings that make no sense and fills the default rate.
func (o *trainOptions) check(rateGiven bool) error {
	rule, err := optim.ParseRule(o.Optimizer, o.WeightDecay)
	if err != nil {
		return usageError{fmt.Errorf("--optimizer: %w", err)}
	}
	if !rateGiven {
		o.Rate = rule.DefaultRate()
		if strings.HasPrefix(o.Schedule, "one-cycle") {
			o.Rate = math.Round(3e9*o.Rate) / 1e9 // 0.3, not 0.30000000000000004
		}
	}
	for _, f := range []struct {
		name  string
		value any
		ok    bool
		want  string
	}{
		{"epochs", o.Epochs, o.Epochs >= 1 && o.Epochs <= 1e6, "1 to 1000000"},
		{"batch", o.Batch, o.Batch >= 1 && o.Batch <= 1<<16, "1 to 65536"},
		{"lr", o.Rate, o.Rate > 0 && o.Rate <= math.MaxFloat32, "a positive number"},
		{"warmup", o.Warmup, o.Warmup >= 0, "0 or more"},
		{"weight-decay", o.WeightDecay, o.WeightDecay >= 0 && o.WeightDecay <= math.MaxFloat32, "0 or a positive number"},
		{"label-smoothing", o.LabelSmoothing, o.LabelSmoothing >= 0 && o.LabelSmoothing < 1, "0 or more and less than 1"},
		{"clip", o.Clip, o.Clip >= 0 && o.Clip <= math.MaxFloat64, "0 or a positive number"},
		{"shards", o.Shards, o.Shards >= 1 && o.Shards <= 1024, "1 to 1024"},
		{"limit", o.Limit, o.Limit >= 0, "0 or more"},
		{"validation", o.Validation, o.Validation >= 0, "0 or more"},
		{"patience", o.Patience, o.Patience >= 0, "0 or more"},
	} {
		if !f.ok {
			return wrongUsage("--%s is %v, wanted %s", f.name, f.value, f.want)
		}
	}
	if o.Patience > 0 && o.Validation == 0 {
		return wrongUsage("--patience needs --validation")
	}
	if _, err := datasets.ParseAugmentation(o.Augment); err != nil {
		return usageError{fmt.Errorf("--augment: %w", err)}
	}
	if _, err := optim.ParseSchedule(o.Schedule, o.Rate, 1); err != nil {
		return usageError{fmt.Errorf("--schedule: %w", err)}
	}
	return nil
}
