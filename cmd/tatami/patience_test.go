package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"testing"
)

// Patience ends a run, and the model is the best on the images held out.
func TestTrainPatience(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noisy := bars
	noisy.noise = 4
	noisy.write(t, filepath.Join(dir, "data"))
	run := trainQuietly(t, dir, "out", "--epochs", "400", "--validation", "40", "--patience", "2", "--net", "mlp",
		"--schedule", "constant", "--lr", "0.05", "--augment", "none")
	_, rows := table(t, dir, "out", "history.csv")
	done := len(rows)
	if run["epochs_done"] != float64(done) || done == 400 {
		t.Fatalf("%v epochs are done, history.csv has %d", run["epochs_done"], done)
	}
	loss := func(i int) float64 {
		v, _ := strconv.ParseFloat(rows[i][8], 64)
		return v
	}
	least := math.Inf(1)
	for i := range done - 2 {
		least = min(least, loss(i))
	}
	if loss(done-1) < least || loss(done-2) < least || loss(done-3) != least {
		t.Errorf("ended at epoch %d after these validation losses: %v", done, rows)
	}
	best := 0
	for i, r := range rows { // accuracy, then loss
		if r[9] > rows[best][9] || r[9] == rows[best][9] && loss(i) < loss(best) {
			best = i
		}
	}
	if fmt.Sprint(run["test_accuracy"]) != rows[best][6] {
		t.Errorf("test accuracy is %v, that of epoch %d is %s", run["test_accuracy"], best+1, rows[best][6])
	}
}
