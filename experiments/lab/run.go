package lab

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
	"tatami/train"
)

// Run is one run of an experiment with one seed: what the experiment may use,
// and where it says what it found.
//
// The first error sticks: from then on methods do nothing and return at once,
// networks and figures are nil, sets and logs are empty, numbers NaN. The end of
// the runner's context is such an error. An experiment asks Failed before it
// looks into a network or at an element of a log itself, and within loops that
// take long.
type Run struct {
	// Seed keys everything random.
	Seed uint64
	// Fast asks for a smaller version of the same.
	Fast bool
	// Weights is a file of the book's trained weights; empty: none.
	Weights string
	// Language is that of the pictures.
	Language words.Language

	ctx        context.Context
	runner     *Runner
	experiment *Experiment
	dir        string
	what       string // the current work, in the words of Status
	record     Record
	figures    []Figure
	tables     []string
	err        error // the first one
}

// Fail keeps err if it is the first error; nil is none.
func (r *Run) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Failed reports whether there was an error or the run is to end.
func (r *Run) Failed() bool {
	r.Fail(r.ctx.Err())
	return r.err != nil
}

// Training is MNIST's training set.
func (r *Run) Training() *datasets.Dataset {
	training, _ := r.mnist()
	return training
}

// Test is MNIST's test set.
func (r *Run) Test() *datasets.Dataset {
	_, test := r.mnist()
	return test
}

func (r *Run) mnist() (training, test *datasets.Dataset) {
	if !r.Failed() {
		var err error
		if training, test, err = r.runner.mnist(); err == nil {
			return training, test
		}
		r.Fail(err)
	}
	none := &datasets.Dataset{Shape: nn.Shape{H: 28, W: 28, C: 1}}
	return none, none
}

// Scale is full, or fast with Fast.
func (r *Run) Scale(full, fast int) int {
	if r.Fast {
		return fast
	}
	return full
}

// Rand is a generator of the seed and a number that tells apart what needs
// random numbers of its own.
func (r *Run) Rand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(r.Seed, stream)) }

// In is a text in the language of the pictures.
func (r *Run) In(text words.Text, args ...any) string { return text.In(r.Language, args...) }

// Status tells whoever waits what is going on.
func (r *Run) Status(text words.Text, args ...any) {
	r.what = r.In(text, args...)
	r.runner.tell(r.what)
}

// Part is Status of part i of n, counted from 0.
func (r *Run) Part(i, n int, text words.Text, args ...any) {
	r.Status(partText, i+1, n, text.With(args...))
}

// progress adds to Status how far the work is.
func (r *Run) progress(text words.Text, args ...any) {
	if r.what == "" {
		r.runner.tell(r.In(text, args...))
	} else {
		r.runner.tell(r.In(furtherText, r.what, text.With(args...)))
	}
}

var (
	partText    = words.Text{EN: "%d/%d %s", JA: "%d/%d：%s"}
	furtherText = words.Text{EN: "%s, %s", JA: "%s、%s"}
)

// Network builds a network.
func (r *Run) Network(in nn.Shape, rng *rand.Rand, specs ...nn.Spec) *nn.Sequential {
	if r.Failed() {
		return nil
	}
	net, err := nn.NewSequential(in, rng, specs...)
	r.Fail(err)
	return net
}

// Accuracy is a network's on all of a set, from 0 to 1.
func (r *Run) Accuracy(net *nn.Sequential, data *datasets.Dataset) float64 {
	return r.Evaluate(net, data).Accuracy()
}

// Evaluate is how a network does on all of a set.
func (r *Run) Evaluate(net *nn.Sequential, data *datasets.Dataset) *train.Evaluation {
	if r.Failed() {
		return &train.Evaluation{}
	}
	e, err := train.Evaluate(net, layers.SoftmaxWithLoss{}, data, 100)
	if err != nil {
		r.Fail(err)
		return &train.Evaluation{}
	}
	return e
}

// Measure fills a row of the table, called by its English name.
func (r *Run) Measure(row string, value float64) {
	for _, known := range r.experiment.Rows {
		if known.Name.EN == row {
			r.record.Values[row] = Number(value)
			return
		}
	}
	r.Fail(fmt.Errorf("no row is called %q", row))
}

// Claim tells whether one of the experiment's claims holds.
func (r *Run) Claim(name string, holds bool) {
	r.record.Claims = append(r.record.Claims, Claim{r.text("claim", r.experiment.Claims, name).EN, holds})
}

// Note adds one of the experiment's notes below the table.
func (r *Run) Note(name string, args ...any) {
	text := r.text("note", r.experiment.Notes, name).With(args...)
	r.record.Notes = append(r.record.Notes, Note(text))
}

func (r *Run) text(kind string, texts Texts, name string) words.Text {
	text, ok := texts[name]
	if !ok {
		r.Fail(fmt.Errorf("no %s is called %q", kind, name))
	}
	return text
}

// complete is the error of an experiment that left out what it declares.
func (r *Run) complete() error {
	for _, row := range r.experiment.Rows {
		if _, ok := r.record.Values[row.Name.EN]; !ok && row.Needs.EN == "" {
			return fmt.Errorf("row %q was not measured", row.Name.EN)
		}
	}
	claimed, drawn := map[string]bool{}, map[string]bool{}
	for _, c := range r.record.Claims {
		claimed[c.Text] = true
	}
	for _, name := range slices.Sorted(maps.Keys(r.experiment.Claims)) {
		if !claimed[r.experiment.Claims[name].EN] {
			return fmt.Errorf("claim %q was not made", name)
		}
	}
	for _, f := range r.figures {
		drawn[f.File] = true
	}
	for _, name := range slices.Sorted(maps.Keys(r.experiment.Figures)) {
		if r.first() && !drawn[name+".png"] {
			return fmt.Errorf("figure %q was not drawn", name)
		}
	}
	return nil
}

// first reports whether this run's figures and tables are kept.
func (r *Run) first() bool { return r.Seed == 1 }

// Figure writes one of the experiment's figures as name.png.
func (r *Run) Figure(name string, f plots.Figure) {
	if r.Failed() || !r.first() {
		return
	}
	caption := r.text("figure", r.experiment.Figures, name)
	if r.Failed() {
		return
	}
	r.Fail(plots.Save(filepath.Join(r.dir, name+".png"), f))
	r.figures = append(r.figures, Figure{name + ".png", caption.EN})
}

// Chart draws a chart and writes it as a figure.
func (r *Run) Chart(name string, o plots.ChartOptions, marks ...plots.Mark) {
	if !r.Failed() {
		r.Figure(name, r.Panel(o, marks...))
	}
}

// Panel draws a chart, for Grid.
func (r *Run) Panel(o plots.ChartOptions, marks ...plots.Mark) plots.Figure {
	o.Language = string(r.Language)
	return r.Drawn(plots.Chart(o, marks...))
}

// Grid sets panels beside each other and writes them as a figure.
func (r *Run) Grid(name string, o plots.GridOptions, panels ...plots.Figure) {
	if !r.Failed() {
		o.Language = string(r.Language)
		r.Figure(name, r.Drawn(plots.Grid(o, panels...)))
	}
}

// Drawn is what a function of plots gives, for Figure or a panel of Grid.
func (r *Run) Drawn(f plots.Figure, err error) plots.Figure {
	r.Fail(err)
	return f
}

// Picture is a sample of a batch with captions, for plots.Images.
func (r *Run) Picture(x *nn.Tensor, sample int, captions ...string) plots.Picture {
	if r.Failed() {
		return plots.Picture{}
	}
	image, err := plots.Image(x, sample)
	r.Fail(err)
	return plots.Picture{Image: image, Captions: captions}
}

// CSV writes the data behind the figures as name.csv.
func (r *Run) CSV(name string, header []string, rows [][]any) {
	if r.Failed() || !r.first() {
		return
	}
	lines := [][]string{header}
	for _, row := range rows {
		var line []string
		for _, v := range row {
			line = append(line, fmt.Sprint(v))
		}
		lines = append(lines, line)
	}
	r.tables = append(r.tables, name+".csv")
	r.Fail(writeCSV(filepath.Join(r.dir, name+".csv"), lines))
}

// Trained returns the network of that name that fit trains, with its log: the
// first experiment that asks has it trained, later ones and later calls with
// the same output folder share it. Raise version when fit changes.
func (r *Run) Trained(name string, version int, fit func() (*nn.Sequential, *Log)) (*nn.Sequential, *Log) {
	if r.Failed() {
		return nil, &Log{}
	}
	size := ""
	if r.Fast {
		size = "-fast"
	}
	base := filepath.Join(r.runner.Out, "models", fmt.Sprintf("%s-v%d-seed%d%s", name, version, r.Seed, size))
	net, log, err := loadTrained(base)
	if errors.Is(err, fs.ErrNotExist) {
		if net, log = fit(); !r.Failed() {
			err = saveTrained(base, r.experiment.ID, net, log)
		}
	}
	if r.Fail(err); r.Failed() {
		return nil, &Log{}
	}
	return net, log
}

// loadTrained reads what saveTrained left; the error is fs.ErrNotExist where
// a file is missing.
func loadTrained(base string) (*nn.Sequential, *Log, error) {
	text, err := os.ReadFile(base + ".json")
	if err != nil {
		return nil, nil, fs.ErrNotExist // what cannot be read is trained again
	}
	log := new(Log)
	if err := json.Unmarshal(text, log); err != nil {
		return nil, nil, fmt.Errorf("%s.json: %w", base, err)
	}
	m, err := nn.Load(base+".safetensors", layers.Catalog())
	if err != nil {
		return nil, nil, err
	}
	return m.Sequential, log, nil
}

func saveTrained(base, experiment string, net *nn.Sequential, log *Log) error {
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return err
	}
	if err := nn.Save(base+".safetensors", &nn.Model{Sequential: net, Facts: map[string]string{"experiment": experiment}}); err != nil {
		return err
	}
	return writeJSON(base+".json", log) // last: it says that both are there
}

func writeJSON(path string, v any) error {
	return files.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}

func writeCSV(path string, lines [][]string) error {
	return files.Write(path, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(lines) })
}
