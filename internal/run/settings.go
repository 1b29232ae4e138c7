package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"tatami/datasets"
	"tatami/internal/named"
	"tatami/nn"
)

// SettingError says that a setting, which has the name of its flag, cannot be
// meant.
type SettingError struct{ error }

func wrongSetting(format string, args ...any) error {
	return SettingError{fmt.Errorf(format, args...)}
}

// Settings are what shapes a run; a checkpoint keeps them.
type Settings struct {
	Net            string          `json:"net"`
	Architecture   json.RawMessage `json:"architecture,omitempty"` // of a --net FILE.json or --from
	From           string          `json:"from,omitempty"`         // a model, which gives the network; Net is then its fact
	Freeze         int             `json:"freeze,omitempty"`       // layers
	Taken          []string        `json:"taken,omitempty"`        // layers with parameters, of From
	Drawn          []string        `json:"drawn,omitempty"`        // likewise, anew
	Data           string          `json:"data"`
	Size           string          `json:"size,omitempty"`       // of pictures: HEIGHTxWIDTH
	Fit            string          `json:"fit,omitempty"`        // how a picture becomes an input
	Color          string          `json:"color,omitempty"`      // of pictures
	TestShare      float64         `json:"test_share,omitempty"` // of pictures, held out
	SkipBroken     bool            `json:"skip_broken,omitempty"`
	Standardize    bool            `json:"standardize,omitempty"`
	Whiten         bool            `json:"whiten,omitempty"`
	Epochs         int             `json:"epochs"`
	Batch          int             `json:"batch"`
	Optimizer      string          `json:"optimizer"`
	Rate           float64         `json:"lr"`
	Schedule       string          `json:"schedule"`
	Warmup         int             `json:"warmup"`
	WeightDecay    float64         `json:"weight_decay"`
	Augment        string          `json:"augment"`
	LabelSmoothing float64         `json:"label_smoothing"`
	ClassWeights   string          `json:"class_weights,omitempty"` // balanced, or CLASS=WEIGHT,…
	Clip           float64         `json:"clip"`
	Seed           uint64          `json:"seed"`
	Shards         int             `json:"shards"`
	Limit          int             `json:"limit"`
	Validation     int             `json:"validation"`
	Patience       int             `json:"patience"`
	Average        float64         `json:"average,omitempty"`
	// ScheduleEpochs is what the schedule is stretched over; 0 is Epochs.
	ScheduleEpochs int `json:"schedule_epochs,omitempty"`
}

// Resolve makes the settings of a new run those that it has wherever it is
// resumed: the folder of its data, and the network of a file.
func (s *Settings) Resolve() (err error) {
	if s.Data != "" {
		if s.Data, err = filepath.Abs(s.Data); err != nil {
			return err
		}
	}
	if strings.HasSuffix(s.Net, ".json") {
		in, specs, err := FindNetwork(s.Net, nn.Shape{}, 0)
		if err != nil {
			return err
		}
		if s.Architecture, err = nn.FormatArchitecture(in, specs); err != nil {
			return err
		}
	}
	return nil
}

// Other is the flag of a setting in which two runs differ, beside their epochs;
// empty if there is none. How pictures are read counts where both say it, since
// otherwise the data decide.
func (s Settings) Other(t Settings) string {
	s.Epochs, t.Epochs = 0, 0
	if s.From != "" {
		s.Net, t.Net = "", "" // told by the model
	}
	s.Architecture, t.Architecture = compact(s.Architecture), compact(t.Architecture)
	mine, yours := map[string]string{}, map[string]string{}
	for _, f := range s.flags(true) {
		mine[f.Name] = f.Value
	}
	for _, f := range t.flags(true) {
		yours[f.Name] = f.Value
	}
	for _, name := range []string{"size", "fit", "color"} {
		if mine[name] == "" || yours[name] == "" {
			delete(mine, name)
			delete(yours, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		if mine[name] != yours[name] {
			return name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(yours)) {
		if mine[name] != yours[name] {
			return name
		}
	}
	return ""
}

// compact is JSON without the blanks that run.json has.
func compact(text json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if text == nil || json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}

// Check refuses settings that make no sense and fills the default rate.
func (s *Settings) Check(rateGiven bool) error {
	rule, err := named.Rule(s.Optimizer, s.WeightDecay)
	if err != nil {
		return SettingError{fmt.Errorf("--optimizer: %w", err)}
	}
	if !rateGiven {
		s.Rate = rule.DefaultRate()
		if strings.HasPrefix(s.Schedule, "one-cycle") {
			s.Rate = math.Round(3e9*s.Rate) / 1e9 // 0.3, not 0.30000000000000004
		}
	}
	for _, f := range []struct {
		name  string
		value any
		ok    bool
		want  string
	}{
		{"epochs", s.Epochs, s.Epochs >= 1 && s.Epochs <= 1e6, "1 to 1000000"},
		{"batch", s.Batch, s.Batch >= 1 && s.Batch <= 1<<16, "1 to 65536"},
		{"lr", s.Rate, s.Rate > 0 && s.Rate <= math.MaxFloat32, "a positive number"},
		{"warmup", s.Warmup, s.Warmup >= 0, "0 or more"},
		{"weight-decay", s.WeightDecay, s.WeightDecay >= 0 && s.WeightDecay <= math.MaxFloat32, "0 or a positive number"},
		{"label-smoothing", s.LabelSmoothing, s.LabelSmoothing >= 0 && s.LabelSmoothing < 1, "0 or more and less than 1"},
		{"clip", s.Clip, s.Clip >= 0 && s.Clip <= math.MaxFloat64, "0 or a positive number"},
		{"shards", s.Shards, s.Shards >= 1 && s.Shards <= 1024, "1 to 1024"},
		{"limit", s.Limit, s.Limit >= 0, "0 or more"},
		{"validation", s.Validation, s.Validation >= 0, "0 or more"},
		{"average", s.Average, s.Average >= 0 && s.Average < 1, "0 or more and less than 1"},
		{"schedule-epochs", s.ScheduleEpochs, s.ScheduleEpochs >= 0 && s.ScheduleEpochs <= 1e6, "0 to 1000000"},
		{"freeze", s.Freeze, s.Freeze >= 0, "0 or more"},
		{"patience", s.Patience, s.Patience >= 0, "0 or more"},
	} {
		if !f.ok {
			return wrongSetting("--%s is %v, wanted %s", f.name, f.value, f.want)
		}
	}
	if s.Patience > 0 && s.Validation == 0 {
		return wrongSetting("--patience needs --validation")
	}
	if s.Freeze > 0 && s.From == "" {
		return wrongSetting("--freeze needs --from")
	}
	if s.Standardize && s.From != "" {
		return wrongSetting("--%s cannot stand beside --from, which brings its own", "standardize")
	}
	if s.Whiten && s.From != "" {
		return wrongSetting("--%s cannot stand beside --from, which brings its own", "whiten")
	}
	if s.Whiten && s.Standardize {
		return wrongSetting("--standardize cannot stand beside --whiten, which does as much: wanted one of them, or --whiten=false")
	}
	if s.ClassWeights != "" && s.ClassWeights != balanced {
		if _, err := parseClassWeights(s.ClassWeights); err != nil {
			return err
		}
	}
	if _, err := s.reading(); err != nil {
		return err
	}
	if _, err := datasets.ParseAugmentation(s.Augment); err != nil {
		return SettingError{fmt.Errorf("--augment: %w", err)}
	}
	if _, err := named.Schedule(s.Schedule, s.Rate, 1); err != nil {
		return SettingError{fmt.Errorf("--schedule: %w", err)}
	}
	return nil
}
