package record

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"tatami/internal/files"
)

// Read is the curves of a complete run, from the history.csv and steps.csv in
// its folder. The facts need no sizes.
func Read(dir string, facts Facts) (*Update, error) {
	r := &Recorder{facts: facts, changed: make(chan struct{})}
	r.now.State = Finished
	err := eachRow(filepath.Join(dir, "steps.csv"), []string{"loss"}, nil, func(v []float64) {
		r.curve.add(v[0], math.NaN())
		r.now.Step++
	})
	if err != nil {
		return nil, err
	}
	err = EachEpoch(dir, func(e Epoch) {
		r.epochs.add(e)
		r.now.Epoch++
	})
	if err != nil {
		return nil, err
	}
	if n := len(r.epochs.rows); n == 0 || r.epochs.rows[n-1].Epoch < 1 {
		return nil, fmt.Errorf("%s: wanted a row for each epoch, counted from 1", filepath.Join(dir, "history.csv"))
	}
	return r.Whole(), nil
}

// EachEpoch reads the epochs of a run, complete or not, from the history.csv in
// its folder.
func EachEpoch(dir string, row func(Epoch)) error {
	columns := []string{"epoch", "step", "lr", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds"}
	return eachRow(filepath.Join(dir, "history.csv"), columns, []string{"validation_loss", "validation_accuracy"}, func(v []float64) {
		row(Epoch{
			int(v[0]), int(v[1]), Number(v[2]), Number(v[3]), Number(v[4]), Number(v[5]), Number(v[6]),
			Number(v[8]), Number(v[9]), Number(v[7]),
		})
	})
}

// eachRow reads named columns of a CSV file: those that must be there, and
// then others, NaN where they are not.
func eachRow(path string, needed, others []string, row func([]float64)) error {
	if err := files.Regular(path); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	defer f.Close()
	c := csv.NewReader(f)
	head, err := c.Read()
	if err != nil && err != io.EOF { // an empty file has no columns
		return fmt.Errorf("%s: %w", path, err)
	}
	at := map[string]int{}
	for i, name := range head {
		at[name] = i
	}
	for _, name := range needed {
		if _, ok := at[name]; !ok {
			return fmt.Errorf("%s: has no column %q", path, name)
		}
	}
	names := append(append([]string{}, needed...), others...)
	values := make([]float64, len(names))
	for line := 2; ; line++ {
		cells, err := c.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for i, name := range names {
			k, ok := at[name]
			if !ok {
				values[i] = math.NaN()
				continue
			}
			if values[i], err = strconv.ParseFloat(cells[k], 64); err != nil {
				return fmt.Errorf("%s: line %d: %s is %.40q, wanted a number", path, line, name, cells[k])
			}
		}
		row(values)
	}
}
