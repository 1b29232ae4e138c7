package rank_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"tatami/internal/rank"
	"tatami/internal/web/page"
	"tatami/internal/web/record"
)

// one is a run with its validation accuracies by epoch, and settings.
func one(name string, test float64, validation []float64, settings ...string) page.Compared {
	c := page.Compared{Update: &record.Update{Facts: &record.Facts{}, Epochs: &record.Part[record.Epoch]{}}, Result: page.Result{TestAccuracy: test, EpochsDone: len(validation)}}
	c.Facts.Name = name
	for i := 0; i < len(settings); i += 2 {
		c.Facts.Settings = append(c.Facts.Settings, record.Fact{Name: settings[i], Value: settings[i+1]})
	}
	for i, v := range validation {
		c.Epochs.Rows = append(c.Epochs.Rows, record.Epoch{Epoch: i + 1, ValidationAccuracy: record.Number(v)})
	}
	return c
}

func names(r *rank.Ranking) (list []string) {
	for _, c := range r.Runs {
		list = append(list, c.Facts.Name)
	}
	return list
}

// Runs are ranked by the best validation accuracy, but by the test accuracy as
// soon as one has no validation set.
func TestRank(t *testing.T) {
	a, b := one("a", 0.9, []float64{0.8, 0.6}), one("b", 0.95, []float64{0.7, 0.7})
	if r := rank.Of([]page.Compared{b, a}); !r.Validated || !slices.Equal(names(r), []string{"a", "b"}) || r.Scores[0] != 0.8 {
		t.Errorf("%v, %v", names(r), r.Scores)
	}
	c := one("c", 0.92, []float64{math.NaN()})
	if r := rank.Of([]page.Compared{a, b, c}); r.Validated || !slices.Equal(names(r), []string{"b", "c", "a"}) {
		t.Errorf("%v, %v", names(r), r.Scores)
	}
}

// The setting whose values' means lie furthest apart comes first, one that is
// the same everywhere not at all, and many numbers are put together by thirds.
func TestSettings(t *testing.T) {
	var runs []page.Compared
	for i := range 9 {
		optimizer := []string{"adam", "sgd"}[i%2]
		v := 0.5 + 0.05*float64(i) + 0.01*float64(i%2)
		runs = append(runs, one(fmt.Sprint(i), 0, []float64{v}, "net", "mlp", "lr", fmt.Sprint(1+i), "optimizer", optimizer))
	}
	r := rank.Of(runs)
	if len(r.Settings) != 2 || r.Settings[0].Flag != "lr" || r.Settings[1].Flag != "optimizer" {
		t.Fatalf("settings %+v", r.Settings)
	}
	for i, want := range []rank.Group{{"1 … 3", 3, 0.55333, 0.6}, {"4 … 6", 3, 0.70667, 0.76}, {"7 … 9", 3, 0.85333, 0.9}} {
		got := r.Groups(r.Settings[0])[i]
		if got.Value != want.Value || got.Runs != want.Runs || math.Abs(got.Mean-want.Mean) > 1e-4 || math.Abs(got.Best-want.Best) > 1e-9 {
			t.Errorf("group %+v, wanted %+v", got, want)
		}
	}
	if groups := r.Groups(r.Settings[1]); len(groups) != 2 || groups[0].Runs != 5 || groups[0].Value != "adam" {
		t.Errorf("groups %+v", groups)
	}
	if _, err := rank.Of(runs[:1]).Draw("en"); err == nil {
		t.Error("drew what does not differ")
	}
}

// In a halving settings are judged by the epochs that all runs have.
func TestHalved(t *testing.T) {
	r := rank.Of([]page.Compared{
		one("short", 0, []float64{0.6}, "lr", "1", "epochs", "1", "schedule-epochs", "4"),
		one("long", 0, []float64{0.5, 0.7, 0.9, 0.9}, "lr", "2", "epochs", "4", "schedule-epochs", "4"),
	})
	if r.Epoch != 1 || !slices.Equal(names(r), []string{"long", "short"}) || len(r.Settings) != 1 {
		t.Fatalf("epoch %d, %v, %+v", r.Epoch, names(r), r.Settings)
	}
	want := []rank.Group{{"1", 1, 0.6, 0.6}, {"2", 1, 0.5, 0.5}}
	if got := r.Groups(r.Settings[0]); !reflect.DeepEqual(got, want) {
		t.Errorf("groups %+v, wanted %+v", got, want)
	}
}
