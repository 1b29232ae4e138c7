package experiments

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// Run is one run of an experiment with one seed: what it may use and where it
// says what it found.
type Run struct {
	// Seed keys everything random.
	Seed uint64
	// Fast asks for a smaller version of the same.
	Fast bool
	// Weights is a file of the book's trained weights; empty: none.
	Weights string

	runner  *Runner
	what    string // goes on, in the words of Status
	rows    []Row
	dir     string
	record  Record
	figures []Figure
	tables  []string
	err     error // the first misuse
}

// MNIST is the training and the test set.
func (r *Run) MNIST() (train, test *datasets.Dataset, err error) { return r.runner.mnist() }

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

// Status tells whoever waits what is going on.
func (r *Run) Status(format string, args ...any) {
	r.what = fmt.Sprintf(format, args...)
	r.runner.tell(r.what)
}

// progress adds to Status how far that is.
func (r *Run) progress(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if r.what != "" {
		text = r.what + ", " + text
	}
	r.runner.tell(text)
}

// Measure fills a row of the table.
func (r *Run) Measure(row string, value float64) {
	for _, known := range r.rows {
		if known.Name == row {
			r.record.Values[row] = Number(value)
			return
		}
	}
	r.err = errors.Join(r.err, fmt.Errorf("no row is called %q", row))
}

// Claim is a part of the lesson and whether it held.
func (r *Run) Claim(text string, holds bool) {
	r.record.Claims = append(r.record.Claims, Claim{text, holds})
}

// Note adds a sentence below the table.
func (r *Run) Note(format string, args ...any) {
	r.record.Notes = append(r.record.Notes, fmt.Sprintf(format, args...))
}

// first reports whether this run's figures and tables are kept.
func (r *Run) first() bool { return r.Seed == 1 }

// Figure writes a figure as name.png.
func (r *Run) Figure(name, caption string, f plots.Figure) error {
	if !r.first() {
		return nil
	}
	if err := plots.Save(filepath.Join(r.dir, name+".png"), f); err != nil {
		return err
	}
	r.figures = append(r.figures, Figure{name + ".png", caption})
	return nil
}

// CSV writes a table of the data behind the figures as name.csv.
func (r *Run) CSV(name string, header []string, rows [][]any) error {
	if !r.first() {
		return nil
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
	return writeCSV(filepath.Join(r.dir, name+".csv"), lines)
}

// Trained returns the network of that name that fit trains, with its log: the
// first experiment that asks has it trained, later ones and later calls with
// the same output folder share it. Raise version when fit changes.
func (r *Run) Trained(name string, version int, fit func() (*nn.Sequential, *Log, error)) (*nn.Sequential, *Log, error) {
	size := ""
	if r.Fast {
		size = "-fast"
	}
	base := filepath.Join(r.runner.Out, "models", fmt.Sprintf("%s-v%d-seed%d%s", name, version, r.Seed, size))
	model, logFile := base+".safetensors", base+".json"
	if text, err := os.ReadFile(logFile); err == nil {
		log := new(Log)
		if err := json.Unmarshal(text, log); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", logFile, err)
		}
		m, err := nn.Load(model, layers.Catalog())
		if err == nil {
			return m.Sequential, log, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, err
		}
	}
	net, log, err := fit()
	if err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return nil, nil, err
	}
	if err := nn.Save(model, &nn.Model{Sequential: net, Facts: map[string]string{"experiment": r.runner.id}}); err != nil {
		return nil, nil, err
	}
	return net, log, writeJSON(logFile, log) // last: it says that both are there
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
