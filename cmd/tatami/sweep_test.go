package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tatami/internal/run"
)

// sweepDir is a folder with data and a sweep file.
func sweepDir(t *testing.T, sweep string) string {
	t.Helper()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	writeTestFile(t, filepath.Join(dir, "s.json"), []byte(sweep))
	return dir
}

const gridFile = `{"train": {"data": "data", "net": "mlp", "epochs": 2}, "grid": {"lr": [0.001, 0.01, 1e38], "batch": [20, 50]}}`

// A sweep's runs are those of train with the commands that --dry-run prints; a
// run that diverges is a result; nothing is done twice.
func TestSweep(t *testing.T) {
	if testing.Short() {
		t.Skip("a sweep is many runs")
	}
	t.Parallel()
	dir := sweepDir(t, gridFile)
	plan := succeeds(t, dir, "sweep", "s.json", "--dry-run")
	commands := strings.Split(strings.TrimSpace(plan), "\n")
	if len(commands) != 6 || commands[3] != "tatami train --data=data --epochs=2 --net=mlp --batch=50 --lr=0.001 --out runs/s/0003" {
		t.Fatalf("planned\n%s", plan)
	}
	said := succeeds(t, dir, "sweep", "s.json", "--parallel", "2")
	if strings.Count(said, "test accuracy") != 4 || strings.Count(said, "diverged: step ") != 2 || !strings.Contains(said, "next: tatami compare runs/s") {
		t.Errorf("said\n%s", said)
	}
	succeeds(t, dir, append(strings.Fields(commands[3])[1:len(strings.Fields(commands[3]))-1], "by-hand", "--quiet")...)
	sameRun(t, filepath.Join(dir, "by-hand"), filepath.Join(dir, "runs", "s", "0003"))

	untouched(t, dir, func() {
		if again := succeeds(t, dir, "sweep", "s.json"); strings.Count(again, ": done before") != 4 || strings.Count(again, "diverged") != 2 {
			t.Errorf("the second time it said\n%s", again)
		}
	})
	o := tatami(t, dir, "compare", "runs/s", "--picture", "p.svg")
	if o.code != 0 || o.stderr != "left out, since they are not complete: runs/s/0002 runs/s/0005\n" {
		t.Fatalf("compare: %+v", o)
	}
	if !strings.Contains(o.stdout, "setting  value  runs") || !strings.Contains(string(readTestFile(t, dir, "p.svg")), "--batch") {
		t.Errorf("compare printed\n%s", o.stdout)
	}
	var scores []float64
	for _, line := range strings.Split(o.stdout, "\n")[1:5] {
		scores = append(scores, -finite(t, strings.TrimSuffix(strings.Fields(line)[0], "%")))
	}
	if !slices.IsSorted(scores) {
		t.Errorf("the runs are not ranked:\n%s", o.stdout)
	}
}

// Tasks of Slurm and Kubernetes leave what a sweep in one go leaves.
func TestSweepTasks(t *testing.T) {
	if testing.Short() {
		t.Skip("a sweep is many runs")
	}
	t.Parallel()
	dir := sweepDir(t, `{"train": {"data": "data", "net": "mlp", "epochs": 1}, "grid": {"lr": [0.001, 0.01, 0.02]}}`)
	succeeds(t, dir, "sweep", "s.json", "--out", "all")
	succeeds(t, dir, "sweep", "s.json", "--out", "tasks", "--task", "0")
	for _, env := range []string{"SLURM_ARRAY_TASK_ID=1", "JOB_COMPLETION_INDEX=2"} {
		if o := finish(t, command(dir, []string{env}, "sweep", "s.json", "--out", "tasks")); o.code != 0 || strings.Count(o.stdout, "\n") != 1 {
			t.Errorf("%s: %+v", env, o)
		}
	}
	for _, name := range []string{"0000", "0001", "0002"} {
		sameRun(t, filepath.Join(dir, "all", name), filepath.Join(dir, "tasks", name))
	}
	finish(t, command(dir, []string{"SLURM_ARRAY_TASK_ID=x"}, "sweep", "s.json")).refuses(t, 1, `SLURM_ARRAY_TASK_ID is "x", wanted a whole number`)
	finish(t, command(dir, []string{"JOB_COMPLETION_INDEX=3"}, "sweep", "s.json")).refuses(t, 2, "task 3 of 3 runs, wanted 0 to 2")
}

// In a halving the best of each rung go on, to the bits of a run that nobody
// stopped, whether all is done here or by an array a rung.
func TestHalving(t *testing.T) {
	if testing.Short() {
		t.Skip("a dozen runs take seconds")
	}
	t.Parallel()
	const file = `{"train": {"data": "data", "net": "mlp", "validation": 40, "epochs": 4},
		"grid": {"lr": [0.0001, 0.01, 0.0003, 1e38]}, "halving": {"first": 1, "factor": 2}}`
	dir := sweepDir(t, file)
	said := succeeds(t, dir, "sweep", "s.json")
	if !strings.Contains(said, "rung 2: 1 runs, up to epoch 4\n0001 lr=0.01: test accuracy") {
		t.Errorf("said\n%s", said)
	}
	epochs := func(out, name string) int {
		return readJSON[run.Result](t, readTestFile(t, dir, out, name, "run.json")).EpochsDone
	}
	if got := []int{epochs("runs/s", "0000"), epochs("runs/s", "0001"), epochs("runs/s", "0002")}; !slices.Equal(got, []int{1, 4, 2}) && !slices.Equal(got, []int{2, 4, 1}) {
		t.Errorf("the runs have done %v epochs", got)
	}
	trainQuietly(t, dir, "whole", "--net", "mlp", "--validation", "40", "--epochs", "4", "--lr", "0.01")
	sameWeights(t, filepath.Join(dir, "whole"), filepath.Join(dir, "runs", "s", "0001"))

	task := func(task, rung string) outcome {
		return tatami(t, dir, "sweep", "s.json", "--out", "tasks", "--task", task, "--rung", rung)
	}
	task("0", "1").refuses(t, 1, "run 0000 of rung 0 is not finished in tasks")
	for _, c := range [][2]string{{"0", "0"}, {"1", "0"}, {"2", "0"}, {"3", "0"}, {"1", "1"}, {"0", "1"}, {"0", "2"}} {
		if o := task(c[0], c[1]); o.code != 0 {
			t.Errorf("task %v: %+v", c, o)
		}
	}
	for _, name := range []string{"0000", "0001", "0002"} {
		sameRun(t, filepath.Join(dir, "runs", "s", name), filepath.Join(dir, "tasks", name))
	}
	if o := task("1", "0"); o.code != 0 || !strings.Contains(o.stdout, "done before") {
		t.Errorf("a rung that is past: %+v", o)
	}
	if o := tatami(t, dir, "compare", "tasks"); !strings.Contains(o.stdout, "validation accuracy up to epoch 1\n") {
		t.Errorf("compare judges settings by\n%s", o.stdout)
	}
}

// sameWeights asks that two runs ended with the same weights.
func sameWeights(t *testing.T, a, b string) {
	t.Helper()
	x, y := readJSON[run.Result](t, readTestFile(t, a, "run.json")), readJSON[run.Result](t, readTestFile(t, b, "run.json"))
	if x.WeightsSHA256 != y.WeightsSHA256 {
		t.Errorf("%s has weights %s, %s %s", a, x.WeightsSHA256, b, y.WeightsSHA256)
	}
}

// A run that a kill interrupted goes on, and one of other settings is refused.
func TestSweepGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("a sweep is many runs")
	}
	t.Parallel()
	dir := sweepDir(t, `{"train": {"data": "data", "net": "mlp", "epochs": 3}, "grid": {"lr": [0.001, 0.01]}}`)
	succeeds(t, dir, "sweep", "s.json", "--out", "whole")
	trainQuietly(t, dir, "cut/0001", "--net", "mlp", "--lr", "0.01", "--epochs", "3")
	for _, name := range []string{"run.json", "index.html"} { // as if it were killed before them
		if err := os.Remove(filepath.Join(dir, "cut", "0001", name)); err != nil {
			t.Fatal(err)
		}
	}
	succeeds(t, dir, "sweep", "s.json", "--out", "cut")
	for _, name := range []string{"0000", "0001"} {
		sameRun(t, filepath.Join(dir, "whole", name), filepath.Join(dir, "cut", name))
	}
	for file, flag := range map[string]string{
		`{"train": {"data": "data", "net": "mlp", "epochs": 3, "seed": 2}, "grid": {"lr": [0.001, 0.01]}}`: "seed",
		`{"train": {"data": "data", "net": "mlp", "epochs": 4}, "grid": {"lr": [0.001, 0.01]}}`:            "epochs",
		`{"train": {"data": "data", "net": "mlp", "epochs": 3}, "grid": {"lr": [0.01, 0.001]}}`:            "lr",
	} {
		writeTestFile(t, filepath.Join(dir, "other.json"), []byte(file))
		untouched(t, dir, func() {
			tatami(t, dir, "sweep", "other.json", "--out", "whole").refuses(t, 1, "whole/0000 holds a run of another --"+flag+": name another --out")
		})
	}
}

func TestWrongSweep(t *testing.T) {
	t.Parallel()
	dir := sweepDir(t, gridFile)
	for file, want := range map[string]string{
		`{"grid": {"lr": [1, -1]}}`:                            "w.json: run 1: --lr is -1, wanted a positive number",
		`{"grid": {"lr": ["fast"]}}`:                           `run 0: --lr is "fast", wanted a number`,
		`{"grid": {"lrr": [1]}}`:                               `unknown flag of train "lrr": did you mean "lr"?`,
		`{"grid": {"resume": ["x"]}}`:                          `unknown flag of train "resume"`,
		`{"list": [{}], "train": {"out": "x"}}`:                `unknown flag of train "out"`,
		`{"list": [{"net": "smple"}], "train": {}}`:            `unknown network "smple": did you mean "simple"?`,
		`{"list": [{"net": "nowhere.json"}]}`:                  "nowhere.json",
		`{"list": [{}], "halving": {"first": 1, "factor": 2}}`: `"halving" needs "validation"`,
		`{"grid": {"epochs": [1, 2]}, "train": {"validation": 9}, "halving": {"first": 1, "factor": 2}}`: `run 1 has 2 epochs and run 0 has 1`,
	} {
		writeTestFile(t, filepath.Join(dir, "w.json"), []byte(file))
		tatami(t, dir, "sweep", "w.json").refuses(t, 1, want)
	}
	tatami(t, dir, "sweep", "nowhere.json").refuses(t, 1, "cannot read nowhere.json: no such file")
	for line, want := range map[string]string{
		"sweep":                              "wanted: tatami sweep FILE",
		"sweep s.json --parallel 0":          "--parallel is 0, wanted 1 to 1024",
		"sweep s.json --task 6":              "task 6 of 6 runs, wanted 0 to 5",
		"sweep s.json --task -1":             "task -1",
		"sweep s.json --task 1 --parallel 2": "--task is one run: --parallel cannot stand beside it",
		"sweep s.json --rung 1":              "--rung needs --task",
		"sweep s.json --task 1 --rung 1":     "--rung is 1, wanted 0 to 0",
		"compare runs/s --picture p.gif":     "p.gif",
	} {
		tatami(t, dir, strings.Fields(line)...).refuses(t, 2, want)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "runs", "*")); len(left) > 0 {
		t.Errorf("wrong sweeps left %v", left)
	}
}
