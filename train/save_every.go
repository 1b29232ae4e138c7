package train

import (
	"errors"
	"strconv"
	"time"
)

// SaveEvery is an observer that writes the trainer's checkpoint within an epoch
// too, for epochs of many minutes. The zero value never does.
type SaveEvery struct {
	Interval
	// Then, if not nil, is called after each checkpoint.
	Then func() error

	step int // of the last checkpoint
	at   time.Time
	work time.Time // since when the trainer has worked on what its state does not count yet
}

// Observe implements [Observer].
func (s *SaveEvery) Observe(e Event) error {
	now := time.Now()
	if e.Kind != Updated {
		s.step, s.at, s.work = e.Step, now, now
		return nil
	}
	if s.Interval == (Interval{}) || e.Trainer.Checkpoint == "" || e.Batch == e.Batches { // the epoch's end has its own
		return nil
	}
	if !(s.Steps > 0 && e.Step-s.step >= s.Steps || s.Time > 0 && now.Sub(s.at) >= s.Time) {
		return nil
	}
	// A run that goes on from here has taken the time of this epoch so far.
	counted := e.Trainer.at.Seconds
	e.Trainer.at.Seconds += now.Sub(s.work).Seconds()
	err := e.Trainer.Save(e.Trainer.Checkpoint)
	e.Trainer.at.Seconds = counted
	s.step, s.at = e.Step, time.Now()
	if err == nil && s.Then != nil {
		err = s.Then()
	}
	return err
}

// Interval is a number of updates, a time, or both: whichever has passed first.
type Interval struct {
	Steps int
	Time  time.Duration
}

// UnmarshalText takes a number of updates, such as 500, or a duration as
// [time.ParseDuration] has it, such as 10m; 0 is the zero value.
func (i *Interval) UnmarshalText(text []byte) error {
	steps, err := strconv.Atoi(string(text))
	if err == nil && steps >= 0 {
		*i = Interval{Steps: steps}
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d <= 0 {
		return errors.New("wanted a number of updates, such as 500, or a time, such as 10m")
	}
	*i = Interval{Time: d}
	return nil
}

// MarshalText is the text that UnmarshalText takes: the time if there is no
// number of updates, and else that.
func (i Interval) MarshalText() ([]byte, error) {
	if i.Steps > 0 || i.Time == 0 {
		return strconv.AppendInt(nil, int64(i.Steps), 10), nil
	}
	return []byte(i.Time.String()), nil
}
