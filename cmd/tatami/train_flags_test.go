package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"tatami/internal/named"
)

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
		"--average 0.9", "--schedule-epochs 3", "--warmup 3", "--weight-decay 0.1", "--label-smoothing 0.1", "--clip 0.001", "--validation 20", "--class-weights 2=3",
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
			rule, err := named.Rule(strings.Fields(name)[0], 0)
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
