package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image/png"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tatami/internal/run"
)

// runFiles are all that a run leaves.
var runFiles = []string{
	"model.safetensors", "checkpoint", "history.csv", "steps.csv", "run.json",
	"loss.png", "accuracy.png", "filters.png", "confusion.png", "mistakes.png", "index.html",
}

// trainQuietly runs "tatami train --quiet" on the data in dir/data.
func trainQuietly(t *testing.T, dir, out string, args ...string) map[string]any {
	t.Helper()
	succeeds(t, dir, append([]string{"train", "--quiet", "--data", "data", "--out", out}, args...)...)
	return readJSON[map[string]any](t, readTestFile(t, dir, out, "run.json"))
}

// What a run leaves is what the documentation lists, and its numbers agree with
// each other.
func TestTrain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	stdout := succeeds(t, dir, "train", "--data", "data", "--epochs", "3", "--batch", "50", "--out", "a/b", "--validation", "30")
	out := filepath.Join(dir, "a", "b")

	const epochs, steps, images = 3, 4, 200
	historyHeader, history := table(t, out, "history.csv")
	stepsHeader, updates := table(t, out, "steps.csv")
	result := readJSON[run.Result](t, readTestFile(t, out, "run.json"))
	r := result.Score

	t.Run("files", func(t *testing.T) {
		names := slices.Sorted(maps.Keys(content(t, out)))
		if want := slices.Sorted(slices.Values(runFiles)); !slices.Equal(names, want) {
			t.Errorf("the run left %v, wanted %v", names, want)
		}
		for _, name := range names {
			if strings.HasSuffix(name, ".png") {
				if img, err := png.Decode(bytes.NewReader(readTestFile(t, out, name))); err != nil || img.Bounds().Empty() {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	})
	t.Run("tables", func(t *testing.T) {
		if want := "epoch,step,lr,train_loss,train_accuracy,test_loss,test_accuracy,seconds,validation_loss,validation_accuracy"; historyHeader != want {
			t.Errorf("history.csv has %s, wanted %s", historyHeader, want)
		}
		if stepsHeader != "step,epoch,lr,loss" || len(history) != epochs || len(updates) != epochs*steps {
			t.Errorf("%d epochs and %d steps of %s", len(history), len(updates), stepsHeader)
		}
		for i, row := range updates {
			if row[0] != fmt.Sprint(i+1) || row[1] != fmt.Sprint(i/steps+1) || !(finite(t, row[2]) > 0) || !(finite(t, row[3]) > 0) {
				t.Errorf("steps.csv, row %d: %v", i+1, row)
			}
		}
		for i, row := range history {
			var mean float64
			for _, u := range updates[i*steps : (i+1)*steps] {
				mean += finite(t, u[3]) / steps
			}
			if row[0] != fmt.Sprint(i+1) || row[1] != fmt.Sprint((i+1)*steps) || row[2] != updates[(i+1)*steps-1][2] ||
				math.Abs(finite(t, row[3])-mean) > 1e-6 || !(finite(t, row[7]) > 0) {
				t.Errorf("history.csv, row %d: %v, mean loss %g", i+1, row, mean)
			}
		}
	})
	t.Run("run.json", func(t *testing.T) {
		keys := readJSON[map[string]any](t, readTestFile(t, out, "run.json"))
		for _, key := range []string{
			"net", "data", "epochs", "batch", "optimizer", "lr", "schedule", "warmup", "weight_decay", "augment", "label_smoothing",
			"clip", "seed", "shards", "limit", "validation", "patience", "version", "go", "isa", "parameters", "epoch_seconds",
			"train_seconds", "images_per_second", "test_accuracy", "test_correct", "test_loss", "weights_sha256",
		} {
			if _, ok := keys[key]; !ok {
				t.Errorf("run.json has no %s", key)
			}
		}
		var seconds float64
		for i, s := range result.EpochSeconds {
			if s != finite(t, history[i][7]) {
				t.Errorf("epoch %d took %g s, history.csv says %s", i+1, s, history[i][7])
			}
			seconds += s
		}
		if len(result.EpochSeconds) != epochs || math.Abs(result.TrainSeconds-seconds) > 1e-9 ||
			math.Abs(result.ImagesPerSecond*seconds-epochs*images) > 1e-6 {
			t.Errorf("%v s, %g in all, %g images/s", result.EpochSeconds, result.TrainSeconds, result.ImagesPerSecond)
		}
		if r.TestTotal != bars.test || r.TestAccuracy != float64(r.TestCorrect)/float64(bars.test) || r.Parameters != 30*26+100*(4*3*30+1)+3*101 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("weights", func(t *testing.T) {
		// The values begin behind the header, whose length is in front.
		model := readTestFile(t, out, "model.safetensors")
		values := model[8+binary.LittleEndian.Uint64(model):]
		if sum := fmt.Sprintf("%x", sha256.Sum256(values)); sum != r.WeightsSHA256 || len(values) != 4*r.Parameters {
			t.Errorf("the weights' hash is %s, run.json has %s", sum, r.WeightsSHA256)
		}
	})
	t.Run("output", func(t *testing.T) {
		lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
		epoch := regexp.MustCompile(`^epoch [123]: loss [\d.]+, train accuracy [\d.]+%, test accuracy [\d.]+%, validation accuracy [\d.]+%, [\d.]+ s$`)
		if len(lines) != headerLines+epochs+1+3 || !strings.HasPrefix(stdout, "network simple: 12×10×1 to 3 classes, 37,183 parameters\n") {
			t.Fatalf("printed\n%s", stdout)
		}
		lines, next := lines[headerLines:headerLines+epochs+1], lines[headerLines+epochs+1:]
		for _, line := range lines[:epochs] {
			if !epoch.MatchString(line) {
				t.Errorf("printed %q", line)
			}
		}
		last := fmt.Sprintf("test accuracy %.2f%% (%d/%d), loss %.4f, %.1f s, files in a/b", 100*r.TestAccuracy, r.TestCorrect, r.TestTotal, r.TestLoss, result.TrainSeconds)
		if lines[epochs] != last || next[0] != "next: open a/b/index.html in a browser" {
			t.Errorf("printed\n%s\nwanted a line an epoch and\n%s", stdout, last)
		}
	})
}

// finite is the number that a table has.
func finite(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		t.Errorf("%q is no number", text)
	}
	return v
}

// Without --out a run has a folder of its own, even of several begun at once.
func TestTrainOutDefault(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	const runs = 4
	var all sync.WaitGroup
	for range runs {
		all.Go(func() { tatami(t, dir, "train", "--data", "data", "--epochs", "1", "--net", "mlp") })
	}
	all.Wait()
	found, _ := filepath.Glob(filepath.Join(dir, "runs", "mlp-20*", "run.json"))
	if len(found) != runs {
		t.Errorf("runs: %v", found)
	}
}
