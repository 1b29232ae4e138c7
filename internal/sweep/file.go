// Package sweep is a search over the settings of training: the runs that a
// file asks for, each in a folder, and which of them go on where only the
// better ones do.
package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"

	"tatami/internal/files"
	"tatami/internal/strictjson"
)

// maxRuns is as many as folders have numbers of four digits.
const maxRuns = 10_000

// maxVaried is more than train has flags: each run has a value of each that
// varies.
const maxVaried = 100

// File is what a file of a sweep holds. All keys but those of File are flags of
// train.
type File struct {
	// Train are the settings of every run.
	Train map[string]Value `json:"train"`
	// Grid has values by flag; every combination is a run, the last flag in the
	// order of letters changing fastest.
	Grid map[string][]Value `json:"grid"`
	// Random has what is drawn for each of Draws runs. What a draw gives depends
	// on Seed, flag and run alone, so that more runs do not change the earlier.
	Random map[string]Range `json:"random"`
	Draws  int              `json:"draws"`
	Seed   uint64           `json:"seed"`
	// List has the runs themselves.
	List    []map[string]Value `json:"list"`
	Halving *Halving           `json:"halving"`
}

// Value is a flag's value as on the command line; in JSON it may be a number,
// true or false too.
type Value string

// UnmarshalJSON implements json.Unmarshaler.
func (v *Value) UnmarshalJSON(text []byte) error {
	switch c := text[0]; {
	case c == '"':
		return json.Unmarshal(text, (*string)(v))
	case c == '{' || c == '[' || c == 'n':
		return fmt.Errorf("found %.40s, wanted a number, a string, true or false", text)
	}
	*v = Value(text)
	return nil
}

// Range is what a flag's value is drawn from: numbers, evenly or evenly in
// their logarithm, or the values of a list.
type Range struct {
	From, To float64
	Log      bool
	Values   []Value
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *Range) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return strictjson.Unmarshal(text, &r.Values)
	}
	var numbers struct {
		From *float64 `json:"from"`
		To   *float64 `json:"to"`
		Log  bool     `json:"log"`
	}
	if err := strictjson.Unmarshal(text, &numbers); err != nil {
		return err
	}
	if numbers.From == nil || numbers.To == nil {
		return errors.New(`wanted a list of values, or "from" and "to"`)
	}
	*r = Range{From: *numbers.From, To: *numbers.To, Log: numbers.Log}
	return nil
}

// draw is the value of the n-th run, of four digits if it need not be whole.
func (r Range) draw(rng *rand.Rand, whole bool) Value {
	if r.Values != nil {
		return r.Values[rng.IntN(len(r.Values))]
	}
	u, v := rng.Float64(), 0.0
	if r.Log {
		v = r.From * math.Pow(r.To/r.From, u)
	} else {
		v = r.From + u*(r.To-r.From)
	}
	digits := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	if whole {
		digits = 1
	}
	if rounded := math.Round(v*digits) / digits; rounded >= r.From && rounded <= r.To { // else v is near an end
		v = rounded
	}
	return Value(strconv.FormatFloat(v, 'g', 15, 64))
}

// Setting is a flag of train and its value.
type Setting struct {
	Flag  string
	Value Value
}

// Read reads and checks a file. The flags are the caller's to check.
func Read(path string) (*File, error) {
	if err := files.Regular(path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	f := new(File)
	if err := strictjson.Unmarshal(text, f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func (f *File) check() error {
	kinds := 0
	for _, given := range []bool{f.Grid != nil, f.Random != nil, f.List != nil} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return fmt.Errorf(`found %d of "grid", "random" and "list", wanted one`, kinds)
	case f.Random == nil && (f.Draws != 0 || f.Seed != 0):
		return errors.New(`"draws" and "seed" are for "random"`)
	case f.Random != nil && (f.Draws < 1 || f.Draws > maxRuns):
		return fmt.Errorf(`"draws" is %d, wanted 1 to %d`, f.Draws, maxRuns)
	case f.List != nil && (len(f.List) == 0 || len(f.List) > maxRuns):
		return fmt.Errorf("%d runs, wanted 1 to %d", len(f.List), maxRuns)
	case f.Halving != nil && (f.Halving.First < 1 || f.Halving.Factor < 2):
		return fmt.Errorf(`"halving" has first %d and factor %d, wanted at least 1 and 2`, f.Halving.First, f.Halving.Factor)
	}
	varied := map[string]bool{}
	runs := 1
	if n := max(len(f.Grid), len(f.Random)); n > maxVaried {
		return fmt.Errorf("%d flags vary, wanted at most %d", n, maxVaried)
	}
	for flag, values := range f.Grid {
		varied[flag] = true
		if err := several(flag, values); err != nil {
			return err
		}
		if runs *= len(values); runs > maxRuns {
			return fmt.Errorf("more than %d runs", maxRuns)
		}
	}
	for flag, r := range f.Random {
		varied[flag] = true
		if r.Values != nil {
			if err := several(flag, r.Values); err != nil {
				return err
			}
		} else if !(r.From < r.To) || r.Log && r.From <= 0 {
			return fmt.Errorf("%q is drawn from %g to %g, wanted a rising range, of positive numbers under \"log\"", flag, r.From, r.To)
		}
	}
	for _, run := range f.List {
		for flag := range run {
			varied[flag] = true
		}
	}
	for flag := range varied {
		if _, both := f.Train[flag]; both {
			return fmt.Errorf(`%q is in "train" and varies too`, flag)
		}
	}
	return nil
}

// several asks for values that differ.
func several(flag string, values []Value) error {
	if len(values) == 0 {
		return fmt.Errorf("%q has no values", flag)
	}
	seen := make(map[Value]bool, len(values))
	for _, v := range values {
		if seen[v] {
			return fmt.Errorf("%q has %q twice", flag, v)
		}
		seen[v] = true
	}
	return nil
}

// Runs are what the runs differ in, each by flag in the order of letters. The
// flags of which whole is true take whole numbers alone.
func (f *File) Runs(whole func(flag string) bool) [][]Setting {
	var runs [][]Setting
	switch {
	case f.Grid != nil:
		runs = [][]Setting{nil}
		for _, flag := range slices.Sorted(maps.Keys(f.Grid)) {
			var longer [][]Setting
			for _, run := range runs {
				for _, v := range f.Grid[flag] {
					longer = append(longer, append(slices.Clone(run), Setting{flag, v}))
				}
			}
			runs = longer
		}
	case f.Random != nil:
		for n := range f.Draws {
			var run []Setting
			for _, flag := range slices.Sorted(maps.Keys(f.Random)) {
				name := fnv.New64()
				name.Write([]byte(flag))
				rng := rand.New(rand.NewPCG(f.Seed, name.Sum64()+uint64(n)))
				run = append(run, Setting{flag, f.Random[flag].draw(rng, whole(flag))})
			}
			runs = append(runs, run)
		}
	default:
		for _, settings := range f.List {
			runs = append(runs, listed(settings))
		}
	}
	return runs
}

// Common are the settings of every run, by flag in the order of letters.
func (f *File) Common() []Setting { return listed(f.Train) }

func listed(settings map[string]Value) (list []Setting) {
	for _, flag := range slices.Sorted(maps.Keys(settings)) {
		list = append(list, Setting{flag, settings[flag]})
	}
	return list
}
