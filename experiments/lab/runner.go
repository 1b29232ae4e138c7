package lab

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/internal/lock"
	"tatami/internal/words"
)

// Runner runs experiments and keeps what they find in a folder: result.json,
// table.csv, figures and further tables of each in a folder named as it, with
// -fast behind for the fast version. What is there from an earlier call, of the
// same version, is not done again.
type Runner struct {
	// Out is the folder.
	Out string
	// Seeds is the least number of runs of each, with seeds 1, 2, …; 0 is 1.
	// More that are there count too.
	Seeds int
	// Fast runs smaller versions.
	Fast bool
	// Weights is a file of the book's trained weights, for ch03-inference.
	Weights string
	// Language is that of the results' texts and of the pictures. Pictures that
	// are there in another are drawn again, with the run of the first seed.
	Language words.Language

	// Progress, if there, is told what is going on.
	Progress func(Status)
	// Done, if there, is given every result as soon as it is complete; reused
	// ones were there already.
	Done func(result *Result, reused bool)

	status         Status
	training, test *datasets.Dataset
}

// Status is what goes on: run Seed of Seeds of experiment Index of Total, both
// counted from 1.
type Status struct {
	ID           string
	Index, Total int
	Seed, Seeds  int
	Text         string
}

// Run runs the experiments one after another and returns the results of those
// that are complete, also beside an error.
func (r *Runner) Run(ctx context.Context, list []Experiment) ([]*Result, error) {
	r.Seeds = max(r.Seeds, 1)
	if r.Language == "" {
		r.Language = words.English
	}
	weights := ""
	if r.Weights != "" {
		data, err := os.ReadFile(r.Weights)
		if err != nil {
			return nil, fmt.Errorf("cannot read weights: %w", err)
		}
		sum := sha256.Sum256(data)
		weights = hex.EncodeToString(sum[:])
	}
	var results []*Result
	for i, e := range list {
		r.status = Status{ID: e.ID, Index: i + 1, Total: len(list), Seeds: r.Seeds}
		result, reused, err := r.one(ctx, e, weights)
		if err != nil {
			return results, err
		}
		results = append(results, result)
		if r.Done != nil {
			r.Done(result, reused)
		}
	}
	return results, nil
}

func (r *Runner) tell(text string) {
	r.status.Text = text
	if r.Progress != nil {
		r.Progress(r.status)
	}
}

func (r *Runner) mnist() (training, test *datasets.Dataset, err error) {
	if r.training == nil {
		if r.training, r.test, err = datasets.MNIST(); err != nil {
			return nil, nil, err
		}
	}
	return r.training, r.test, nil
}

// one does what is missing of an experiment's runs.
func (r *Runner) one(ctx context.Context, e Experiment, weights string) (result *Result, reused bool, err error) {
	dir := filepath.Join(r.Out, e.ID)
	if r.Fast {
		dir += "-fast"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, false, err
	}
	held, err := lock.Folder(dir)
	if err != nil {
		return nil, false, err
	}
	defer held.Release()
	files.RemoveUnfinished(dir, written.MatchString)
	result = &Result{
		ID: e.ID, Title: e.Title.EN, Chapter: e.Chapter, Section: e.Section.EN, Setup: e.Setup.EN, Lesson: e.Lesson.EN,
		Version: e.Version, Fast: r.Fast, Language: r.Language, Dir: dir,
	}
	if e.Weights {
		result.Weights = weights
	}
	earlier := readResult(dir)
	if earlier.matches(result) {
		result.Records, result.Figures, result.Tables = earlier.Records, earlier.Figures, earlier.Tables
		if earlier.Language != r.Language {
			result.Records = slices.DeleteFunc(result.Records, func(rec Record) bool { return rec.Seed == 1 })
		}
	} else if earlier != nil {
		earlier.remove()
	}
	reused = true
	for seed := uint64(1); seed <= uint64(r.Seeds); seed++ {
		if slices.ContainsFunc(result.Records, func(rec Record) bool { return rec.Seed == seed }) {
			continue
		}
		reused = false
		if err := r.seed(ctx, e, seed, result); err != nil {
			return nil, false, err
		}
	}
	result.summarize(e.Rows)
	result.translate(e)
	return result, reused, nil
}

// seed runs an experiment with one seed and writes the result so far.
func (r *Runner) seed(ctx context.Context, e Experiment, seed uint64, result *Result) error {
	r.status.Seed = int(seed)
	run := &Run{
		Seed: seed, Fast: r.Fast, Language: r.Language, ctx: ctx, runner: r, experiment: &e, dir: result.Dir,
		record: Record{Seed: seed, Values: map[string]Number{}},
	}
	if e.Weights {
		run.Weights = r.Weights
	}
	r.tell("")
	start := time.Now()
	e.Run(run)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if run.Fail(run.complete()); run.err != nil {
		return fmt.Errorf("%s, seed %d: %w", e.ID, seed, run.err)
	}
	run.record.Seconds = time.Since(start).Seconds()
	result.Records = append(result.Records, run.record)
	slices.SortFunc(result.Records, func(a, b Record) int { return cmp.Compare(a.Seed, b.Seed) })
	if run.first() {
		result.Figures, result.Tables = run.figures, run.tables
	}
	result.summarize(e.Rows)
	if err := result.writeTable(); err != nil {
		return err
	}
	return writeJSON(filepath.Join(result.Dir, resultName), result)
}

const (
	resultName = "result.json"
	tableName  = "table.csv"
)

// readResult is what an earlier call left in dir; nil if there is nothing of use.
func readResult(dir string) *Result {
	text, err := os.ReadFile(filepath.Join(dir, resultName))
	if err != nil {
		return nil
	}
	r := &Result{Dir: dir}
	if json.Unmarshal(text, r) != nil {
		return nil
	}
	return r
}

// files are those of a result, without result.json.
func (r *Result) files() []string {
	names := append([]string{tableName}, r.Tables...)
	for _, f := range r.Figures {
		names = append(names, f.File)
	}
	for i, n := range names {
		names[i] = filepath.Join(r.Dir, filepath.Base(n))
	}
	return names
}

// matches reports whether an earlier result stands for the same runs as r.
func (r *Result) matches(now *Result) bool {
	if r == nil || r.ID != now.ID || r.Version != now.Version || r.Fast != now.Fast || r.Weights != now.Weights {
		return false
	}
	for _, name := range r.files() {
		if _, err := os.Stat(name); err != nil {
			return false
		}
	}
	return true
}

// remove deletes a result that no longer counts.
func (r *Result) remove() {
	for _, name := range append(r.files(), filepath.Join(r.Dir, resultName)) {
		os.Remove(name)
	}
}

// writeTable writes table.csv: a line a row, a column a seed.
func (r *Result) writeTable() error {
	header := []string{"quantity", "published", "accepted", "mean", "deviation", "verdict"}
	for _, rec := range r.Records {
		header = append(header, fmt.Sprintf("seed %d", rec.Seed))
	}
	lines := [][]string{header}
	for _, l := range r.Lines {
		line := []string{l.Name, l.Published, l.Accepted, fmt.Sprint(l.Mean), fmt.Sprint(l.Deviation), l.Verdict}
		for _, rec := range r.Records {
			text := ""
			if v, ok := rec.Values[l.Name]; ok {
				text = fmt.Sprint(v)
			}
			line = append(line, text)
		}
		lines = append(lines, line)
	}
	return writeCSV(filepath.Join(r.Dir, tableName), lines)
}

// written matches the names of the files that an experiment writes.
var written = regexp.MustCompile(`^[a-z0-9-]+\.(png|csv|json)$`)
