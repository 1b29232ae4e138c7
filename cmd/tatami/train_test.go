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

	"tatami/optim"
)

// train runs "tatami train --quiet" on the data in dir/data.
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

	const epochs, steps, images = 3, 4, 200
	header, history := table(t, out, "history.csv")
	if want := "epoch,step,lr,train_loss,train_accuracy,test_loss,test_accuracy,seconds,validation_loss,validation_accuracy"; header != want {
		t.Errorf("history.csv has %s, wanted %s", header, want)
	}
	header, updates := table(t, out, "steps.csv")
	if header != "step,epoch,lr,loss" || len(history) != epochs || len(updates) != epochs*steps {
		t.Errorf("%d epochs and %d steps of %s", len(history), len(updates), header)
	}
	number := func(text string) float64 {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%q is no number", text)
		}
		return v
	}
	for i, row := range updates {
		if row[0] != fmt.Sprint(i+1) || row[1] != fmt.Sprint(i/steps+1) || !(number(row[2]) > 0) || !(number(row[3]) > 0) {
			t.Errorf("steps.csv, row %d: %v", i+1, row)
		}
	}
	for i, row := range history {
		var mean float64
		for _, u := range updates[i*steps : (i+1)*steps] {
			mean += number(u[3]) / steps
		}
		if row[0] != fmt.Sprint(i+1) || row[1] != fmt.Sprint((i+1)*steps) || row[2] != updates[(i+1)*steps-1][2] ||
			math.Abs(number(row[3])-mean) > 1e-6 || !(number(row[7]) > 0) {
			t.Errorf("history.csv, row %d: %v, mean loss %g", i+1, row, mean)
		}
	}

	run := readJSON[runResult](t, readTestFile(t, out, "run.json"))
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
	for i, s := range run.EpochSeconds {
		if s != number(history[i][7]) {
			t.Errorf("epoch %d took %g s, history.csv says %s", i+1, s, history[i][7])
		}
		seconds += s
	}
	if len(run.EpochSeconds) != epochs || math.Abs(run.TrainSeconds-seconds) > 1e-9 ||
		math.Abs(run.ImagesPerSecond*seconds-epochs*images) > 1e-6 {
		t.Errorf("%v s, %g in all, %g images/s", run.EpochSeconds, run.TrainSeconds, run.ImagesPerSecond)
	}
	r := run.result
	if r.TestTotal != bars.test || r.TestAccuracy != float64(r.TestCorrect)/float64(bars.test) || r.Parameters != 30*26+100*(4*3*30+1)+3*101 {
		t.Errorf("%+v", r)
	}

	// The values begin behind the header, whose length is in front.
	model := readTestFile(t, out, "model.safetensors")
	values := model[8+binary.LittleEndian.Uint64(model):]
	if sum := fmt.Sprintf("%x", sha256.Sum256(values)); sum != r.WeightsSHA256 || len(values) != 4*r.Parameters {
		t.Errorf("the weights' hash is %s, run.json has %s", sum, r.WeightsSHA256)
	}

	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	epoch := regexp.MustCompile(`^epoch [123]: loss [\d.]+, train accuracy [\d.]+%, test accuracy [\d.]+%, validation accuracy [\d.]+%, [\d.]+ s$`)
	for _, line := range lines[:len(lines)-1] {
		if !epoch.MatchString(line) {
			t.Errorf("printed %q", line)
		}
	}
	last := fmt.Sprintf("test accuracy %.2f%% (%d/%d), loss %.4f, %.1f s, files in a/b", 100*r.TestAccuracy, r.TestCorrect, r.TestTotal, r.TestLoss, run.TrainSeconds)
	if len(lines) != epochs+1 || lines[epochs] != last {
		t.Errorf("printed\n%s\nwanted a line an epoch and\n%s", stdout, last)
	}

	// The same figures again, from the model.
	evaluated := readJSON[map[string]any](t, []byte(succeeds(t, dir, "eval", "a/b/model.safetensors", "--data", "data", "--json")))
	for key, v := range evaluated {
		if keys[key] != v {
			t.Errorf("eval says %s is %v, run.json %v", key, v, keys[key])
		}
	}
	if len(evaluated) != 6 {
		t.Errorf("eval --json has %v", evaluated)
	}
	text := succeeds(t, dir, "eval", "a/b/model.safetensors") // on the data that it was trained on
	if want := strings.Split(last, fmt.Sprintf(", %.1f s", run.TrainSeconds))[0]; !strings.HasPrefix(text, want+"\n") || strings.Count(text, "precision") != bars.class {
		t.Errorf("eval prints\n%s\nwanted %s", text, want)
	}

	// A folder with a run is refused, and left alone.
	untouched(t, out, func() {
		tatami(t, dir, "train", "--data", "data", "--out", "a/b").refuses(t, 1, "a/b holds a run", "--overwrite")
		if got := succeeds(t, dir, "train", "--resume", "a/b"); got != "a/b is finished, after epoch 3\n" {
			t.Errorf("resuming a finished run says %q", got)
		}
	})
	// A run that is to replace it does so once it has something to put there.
	untouched(t, out, func() {
		tatami(t, dir, "train", "--data", "data", "--net", "deep", "--optimizer", "sgd", "--lr", "1e38", "--out", "a/b", "--overwrite").
			refuses(t, 1, "step 2: the loss is not finite, first in layer ", "try a learning rate below", "or clip")
	})
	// Then nothing of the earlier one stays.
	earlier := readTestFile(t, out, "run.json")
	writeTestFile(t, filepath.Join(out, "mine.txt"), []byte("mine"))
	if got := succeeds(t, dir, "train", "--data", "data", "--epochs", "1", "--out", "a/b", "--overwrite", "--quiet", "--net", "mlp"); strings.Count(got, "\n") != 1 {
		t.Errorf("--quiet prints\n%s", got)
	}
	if header, _ := table(t, out, "history.csv"); strings.Contains(header, "validation") || string(readTestFile(t, out, "mine.txt")) != "mine" {
		t.Errorf("history.csv after --overwrite: %s", header)
	}
	// Also where the new one was killed between its checkpoint and that.
	whole := readTestFile(t, out, "run.json")
	writeTestFile(t, filepath.Join(out, "run.json"), earlier)
	succeeds(t, dir, "train", "--resume", "a/b", "--quiet")
	if sha := regexp.MustCompile(`"weights_sha256": "\w+"`); !bytes.Equal(sha.Find(readTestFile(t, out, "run.json")), sha.Find(whole)) {
		t.Error("the resumed run leaves another run.json")
	}
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

// Every setting changes what is learned, and a repeated run does not; neither
// does the number of processors.
func TestTrainFlags(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	seen := map[string]string{}
	for i, line := range []string{
		"",
		"--net mlp", "--net deep", "--epochs 1", "--batch 20", "--lr 0.002", "--seed 2", "--shards 2", "--limit 100",
		"--warmup 3", "--weight-decay 0.1", "--label-smoothing 0.1", "--clip 0.001", "--validation 20",
		"--optimizer sgd", "--optimizer momentum", "--optimizer nesterov", "--optimizer adagrad", "--optimizer rmsprop",
		"--optimizer adamw --weight-decay 0.1",
		"--schedule constant", "--schedule step", "--schedule step:every=1", "--schedule step:every=1,factor=0.5",
		"--schedule exponential", "--schedule exponential:factor=0.9", "--schedule cosine", "--schedule cosine:floor=0.0001",
		"--schedule one-cycle:warmup=0.5", "--schedule one-cycle:start=5", "--schedule one-cycle:final=10",
		"--augment none", "--augment shift:2", "--augment rotate", "--augment rotate:5", "--augment scale", "--augment scale:0.2",
		"--augment elastic", "--augment elastic:20", "--augment shift,rotate,scale,elastic",
	} {
		if testing.Short() && i%6 > 0 {
			continue
		}
		run := trainQuietly(t, dir, fmt.Sprint("out", i), append([]string{"--epochs", "2"}, strings.Fields(line)...)...)
		if run["test_total"] != float64(bars.test) {
			t.Errorf("%q: tested on %v images", line, run["test_total"])
		}
		if name, ok := strings.CutPrefix(line, "--optimizer "); ok {
			rule, err := optim.ParseRule(strings.Fields(name)[0], 0)
			if err != nil || math.Abs(run["lr"].(float64)-3*rule.DefaultRate()) > 1e-12 {
				t.Errorf("%q: rate %v, %v", line, run["lr"], err)
			}
		}
		hash := run["weights_sha256"].(string)
		if other, ok := seen[hash]; ok {
			t.Errorf("%q learns the same as %q", line, other)
		}
		seen[hash] = line
	}
	for _, processors := range []string{"1", "2", "3"} {
		c := command(dir, []string{"GOMAXPROCS=" + processors}, "train", "--quiet", "--data", "data", "--epochs", "2", "--out", "p"+processors,
			"--net", "simple", "--batch", "100", "--optimizer", "adam", "--lr", "0.003", "--schedule", "one-cycle", "--augment", "shift", "--seed", "1")
		if o := finish(t, c); o.code != 0 {
			t.Fatal(o.stderr)
		}
		sameRun(t, filepath.Join(dir, "p"+processors), filepath.Join(dir, "out0"))
	}
	// The data may also be zipped, and the test set be called one.
	named := bars
	named.gz, named.testName = true, "test"
	named.write(t, filepath.Join(dir, "zipped"))
	run := trainQuietly(t, dir, "zip", "--data", "zipped", "--epochs", "2")
	if seen[run["weights_sha256"].(string)] != "" || run["test_total"] != float64(bars.test) {
		t.Errorf("from .gz: %v", run)
	}
}

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

// A network of one's own, of images of any size.
func TestTrainNetFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	const net = `{"input":{"H":12,"W":10,"C":1},"layers":[{"type":"Convolution","Filters":3,"Kernel":1},{"type":"Tanh"},` +
		`{"type":"Pooling","Size":2,"Average":true},{"type":"BatchNormalization"},{"type":"Affine","Units":3}]}`
	writeTestFile(t, filepath.Join(dir, "own.json"), []byte(net))
	run := trainQuietly(t, dir, "out", "--net", "own.json", "--epochs", "40")
	if run["test_accuracy"].(float64) < 0.9 || run["parameters"] != float64(6+12+3*91) {
		t.Errorf("%v", run)
	}
	fromFile, fromModel := succeeds(t, dir, "summary", "own.json"), succeeds(t, dir, "summary", "out/model.safetensors")
	if fromFile != fromModel || !strings.Contains(fromFile, "3 Pooling average 2×2") {
		t.Errorf("summaries are\n%s\nand\n%s", fromFile, fromModel)
	}
	succeeds(t, dir, "filters", "out/model.safetensors", "--out", "f.svg")
	// The run carries its network: it does without the file.
	writeTestFile(t, filepath.Join(dir, "own.json"), []byte("{}"))
	if got := succeeds(t, dir, "train", "--resume", "out"); !strings.Contains(got, "finished") {
		t.Error(got)
	}
	tatami(t, dir, "train", "--data", "data", "--net", "own.json").refuses(t, 1, "own.json")
}

// The rates that are taken unless one is given, as they are shown and stored.
func TestDefaultRates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		optimizer, schedule string
		want                float64
	}{
		{"sgd", "constant", 0.1}, {"sgd", "one-cycle", 0.3}, {"momentum", "one-cycle", 0.03}, {"adam", "cosine", 0.001}, {"adam", "one-cycle:start=10", 0.003},
	} {
		o := trainOptions{settings: settings{Optimizer: c.optimizer, Schedule: c.schedule, Epochs: 1, Batch: 1, Shards: 1, Augment: "none"}}
		if err := o.check(false); err != nil {
			t.Fatal(err)
		}
		if o.Rate != c.want {
			t.Errorf("%s with %s takes %g, wanted %g", c.optimizer, c.schedule, o.Rate, c.want)
		}
	}
}
