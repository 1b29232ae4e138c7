package train_test

import (
	"encoding"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"tatami/train"
)

// A run that dies within an epoch goes on from its last checkpoint to the bits
// of the whole one.
func TestSaveEvery(t *testing.T) {
	whole := newTrainer(t, 2)
	fit(t, whole)
	dies := errors.New("dies")
	path := filepath.Join(t.TempDir(), "checkpoint")
	tr := newTrainer(t, 2)
	tr.Checkpoint = path
	var saved []int
	die := train.ObserverFunc(func(e train.Event) error {
		if e.Step == 9 {
			return dies
		}
		return nil
	})
	every := &train.SaveEvery{Interval: train.Interval{Steps: 4}}
	every.Then = func() error {
		saved = append(saved, len(tr.History().Steps))
		return nil
	}
	tr.Observers = []train.Observer{every, die}
	if _, err := tr.Fit(t.Context()); !errors.Is(err, dies) {
		t.Fatal(err)
	}
	if !slices.Equal(saved, []int{4, 8}) {
		t.Errorf("saved after steps %v", saved)
	}
	again := newTrainer(t, 2)
	if err := again.Resume(path); err != nil {
		t.Fatal(err)
	}
	if n := len(again.History().Steps); n != 8 {
		t.Errorf("resumed after step %d, wanted 8", n)
	}
	h := fit(t, again)
	sameBits(t, "resumed", weights(again.Net), weights(whole.Net))
	if got, want := timeless(h), timeless(whole.History()); !reflect.DeepEqual(got, want) {
		t.Errorf("history is %+v, wanted %+v", got, want)
	}
}

// The time of an epoch's part before a checkpoint is not lost.
func TestSaveEveryKeepsTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	tr := newTrainer(t, 1)
	tr.Checkpoint = path
	const pause = 30 * time.Millisecond
	slow := train.ObserverFunc(func(e train.Event) error {
		if e.Step == 1 {
			time.Sleep(pause)
		}
		if e.Step == 3 {
			return errors.New("dies")
		}
		return nil
	})
	tr.Observers = []train.Observer{slow, &train.SaveEvery{Interval: train.Interval{Time: pause / 2}}}
	tr.Fit(t.Context())
	again := newTrainer(t, 1)
	if err := again.Resume(path); err != nil {
		t.Fatal(err)
	}
	if h := fit(t, again); h.Epochs[0].Seconds < pause.Seconds() {
		t.Errorf("the epoch took %g s, wanted more than %v", h.Epochs[0].Seconds, pause)
	}
}

func TestSaveEveryNever(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	tr := newTrainer(t, 1)
	tr.Checkpoint = path
	tr.Observers = []train.Observer{&train.SaveEvery{}, train.ObserverFunc(func(e train.Event) error {
		if e.Kind == train.Updated {
			if _, err := os.Stat(path); err == nil {
				t.Errorf("a checkpoint after step %d", e.Step)
			}
		}
		return nil
	})}
	fit(t, tr)
}

func TestInterval(t *testing.T) {
	var _ encoding.TextUnmarshaler = new(train.Interval)
	for text, want := range map[string]train.Interval{"500": {Steps: 500}, "10m0s": {Time: 10 * time.Minute}, "0": {}} {
		var i train.Interval
		back, err := want.MarshalText()
		if err2 := i.UnmarshalText([]byte(text)); err != nil || err2 != nil || i != want || string(back) != text {
			t.Errorf("%s: %+v and back %s", text, i, back)
		}
	}
	for _, text := range []string{"", "-1", "1.5", "10", "-3m", "0s", "soon", "NaN"} {
		i := train.Interval{Steps: 7}
		if err := i.UnmarshalText([]byte(text)); (err == nil) != (text == "10") || err != nil && i.Steps != 7 {
			t.Errorf("%q: %+v, %v", text, i, err)
		}
	}
}
