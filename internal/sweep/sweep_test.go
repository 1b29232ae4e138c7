package sweep

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tatami/internal/run"
	"tatami/internal/toy"
)

func read(t *testing.T, text string) (*File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.json")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Read(path)
}

func runsOf(t *testing.T, text string) [][]Setting {
	t.Helper()
	f, err := read(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return f.Runs(func(flag string) bool { return flag == "batch" })
}

func TestGridAndList(t *testing.T) {
	got := runsOf(t, `{"grid": {"optimizer": ["adam", "sgd"], "lr": [1e-3, 0.01]}}`)
	want := [][]Setting{
		{{"lr", "1e-3"}, {"optimizer", "adam"}}, {{"lr", "1e-3"}, {"optimizer", "sgd"}},
		{{"lr", "0.01"}, {"optimizer", "adam"}}, {{"lr", "0.01"}, {"optimizer", "sgd"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("grid: %v, wanted %v", got, want)
	}
	got = runsOf(t, `{"list": [{"lr": 1}, {"film": true}]}`)
	if want := [][]Setting{{{"lr", "1"}}, {{"film", "true"}}}; !reflect.DeepEqual(got, want) {
		t.Errorf("list: %v, wanted %v", got, want)
	}
}

// Draws lie in their ranges, half of them below the geometric mean under log,
// and more draws, or another flag beside, do not change the earlier ones.
func TestDraws(t *testing.T) {
	const lr = `"lr": {"from": 0.0001, "to": 0.1, "log": true}`
	few := runsOf(t, `{"random": {`+lr+`}, "draws": 10, "seed": 5}`)
	many := runsOf(t, `{"random": {`+lr+`, "batch": {"from": 10, "to": 20}, "net": ["mlp", "deep"]}, "draws": 400, "seed": 5}`)
	other := runsOf(t, `{"random": {`+lr+`}, "draws": 10, "seed": 6}`)
	low, seen := 0, map[Value]int{}
	for i, r := range many {
		if i < len(few) && (few[i][0] != r[1] || other[i][0] == r[1]) {
			t.Errorf("draw %d is %v alone, %v beside others and %v under another seed", i, few[i][0], r[1], other[i][0])
		}
		rate, _ := strconv.ParseFloat(string(r[1].Value), 64)
		batch, err := strconv.Atoi(string(r[0].Value))
		if !(rate >= 0.0001 && rate <= 0.1) || err != nil || batch < 10 || batch > 20 {
			t.Errorf("draw %d: %v", i, r)
		}
		if rate < 0.00316 {
			low++
		}
		seen[r[2].Value]++
	}
	if low < 160 || low > 240 || seen["mlp"] < 160 || seen["deep"] < 160 || len(seen) != 2 {
		t.Errorf("%d of 400 rates are below the geometric mean; networks %v", low, seen)
	}
}

func TestWrongFile(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                                                "ends early",
		`{"gird": {}}`:                                     `"gird": did you mean "grid"?`,
		`{"train": {"lr": 1}}`:                             `0 of "grid", "random" and "list"`,
		`{"grid": {}, "list":[]}`:                          `2 of "grid"`,
		`{"grid": {"lr": []}}`:                             `"lr" has no values`,
		`{"grid": {"lr": [1,2,1]}}`:                        `"lr" has "1" twice`,
		`{"grid": {"lr": [[1]]}}`:                          "wanted a number, a string, true or false",
		`{"grid": {"lr": [null]}}`:                         "wanted a number, a string, true or false",
		`{"train": {"lr": 1}, "grid": {"lr": [1]}}`:        `"lr" is in "train" and varies too`,
		`{"list": []}`:                                     "0 runs",
		`{"list": [{}], "draws": 2}`:                       `"draws" and "seed" are for "random"`,
		`{"random": {"lr": [1]}}`:                          `"draws" is 0, wanted 1 to 10000`,
		`{"random": {"lr": {"from": 1}}, "draws": 1}`:      `"from" and "to"`,
		`{"random": {"lr": {"form": 1}}, "draws": 1}`:      `"form": did you mean "from"?`,
		`{"random": {"lr": {"from":2,"to":1}}, "draws":1}`: "from 2 to 1, wanted a rising range",
		`{"random": {"lr": {"from":0,"to":1,"log":true}}, "draws":1}`:                                                                   "positive numbers",
		`{"list": [{}], "halving": {"first": 1, "factor": 1}}`:                                                                          "factor 1",
		`{"list": [{}], "halving": {"fist": 1}}`:                                                                                        `"halving": unknown key "fist": did you mean "first"?`,
		`{"grid": {"a":[1,2,3,4,5,6,7,8,9,10,11], "b":[1,2,3,4,5,6,7,8,9,10], "c":[1,2,3,4,5,6,7,8,9,10], "d":[1,2,3,4,5,6,7,8,9,10]}}`: "more than 10000 runs",
	} {
		_, err := read(t, text)
		toy.WantError(t, text, err, "s.json: ", want)
	}
}

// A file is refused, or taken, in a time in proportion to its size.
func TestLargeFile(t *testing.T) {
	var values, flags strings.Builder
	for i := range 400_000 {
		fmt.Fprintf(&values, "%d,", i)
	}
	for i := range 5000 {
		fmt.Fprintf(&flags, `"f%d":[1],`, i)
	}
	for text, want := range map[string]string{
		`{"grid": {"lr": [` + values.String() + `0]}}`: `"lr" has "0" twice`,
		`{"grid": {` + flags.String() + `"lr": [1]}}`:  "5001 flags vary, wanted at most 100",
	} {
		done := make(chan error, 1)
		go func() {
			_, err := read(t, text)
			done <- err
		}()
		select {
		case err := <-done:
			toy.WantError(t, want, err, "s.json: ", want)
		case <-time.After(time.Minute):
			t.Fatalf("%q takes more than a minute", want)
		}
	}
}

func TestRungs(t *testing.T) {
	for _, c := range []struct {
		runs, epochs int
		h            Halving
		want         []Rung
	}{
		{9, 9, Halving{1, 3}, []Rung{{9, 1}, {3, 3}, {1, 9}}},
		{10, 9, Halving{1, 3}, []Rung{{10, 1}, {3, 3}, {1, 9}}},
		{4, 27, Halving{1, 3}, []Rung{{4, 1}, {1, 27}}},
		{16, 4, Halving{1, 2}, []Rung{{16, 1}, {8, 2}, {4, 4}}},
		{5, 2, Halving{3, 2}, []Rung{{5, 2}}},
		{1, 8, Halving{1, 2}, []Rung{{1, 8}}},
	} {
		if got := c.h.Rungs(c.runs, c.epochs); !slices.Equal(got, c.want) {
			t.Errorf("%d runs of %d epochs, %v: %v, wanted %v", c.runs, c.epochs, c.h, got, c.want)
		}
	}
}

// The best go on, the lower loss deciding between equal accuracies and the
// order between equal scores; what diverged does not, even if too few are left.
func TestBest(t *testing.T) {
	runs := []int{2, 3, 5, 8, 9}
	scores := []Score{{0.5, 1}, {0.9, 2}, {0.9, 1}, {}, {0.5, 1}}
	for n, want := range map[int][]int{1: {5}, 2: {3, 5}, 3: {2, 3, 5}, 5: {2, 3, 5, 9}} {
		if got := best(runs, scores, n); !slices.Equal(got, want) {
			t.Errorf("best %d: %v, wanted %v", n, got, want)
		}
	}
}

// A run that diverged went on from the rungs that it had come through before:
// what went on beside it stays the same.
func TestDivergedLater(t *testing.T) {
	s := &Sweep{Dir: t.TempDir(), Halving: &Halving{1, 2}}
	write := func(i int, name, text string) {
		t.Helper()
		if err := os.MkdirAll(s.Folder(i), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.Folder(i), name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const head = "epoch,step,lr,train_loss,train_accuracy,test_loss,test_accuracy,seconds,validation_loss,validation_accuracy\n"
	line := func(epoch int, accuracy float64) string {
		return fmt.Sprintf("%d,%[1]d,1,1,1,1,1,1,1,%g\n", epoch, accuracy)
	}
	for i, accuracy := range []float64{0.3, 0.9, 0.5, 0.7} {
		planned := run.Settings{Epochs: 4, Validation: 1}
		s.Runs = append(s.Runs, run.Options{Settings: planned})
		planned.Epochs, planned.ScheduleEpochs = 1, 4
		text := head + line(1, accuracy)
		if i == 3 {
			planned.Epochs = 2
			text += line(2, 0.8)
		}
		result, err := json.Marshal(planned)
		if err != nil {
			t.Fatal(err)
		}
		write(i, "run.json", string(result))
		write(i, "history.csv", text)
	}
	write(1, divergedFile, "in epoch 2")
	write(0, divergedFile, "in epoch 1")
	write(0, "history.csv", head)
	for rung, want := range [][]int{{0, 1, 2, 3}, {1, 3}, {3}} {
		if got, err := s.Rung(rung); err != nil || !slices.Equal(got, want) {
			t.Errorf("rung %d: %v, %v, wanted %v", rung, got, err, want)
		}
	}
}
