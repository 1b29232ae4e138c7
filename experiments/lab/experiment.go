// Package lab is what experiments are made of and run with.
//
// An [Experiment] says what it does and what was published. Its Run does it
// once, with one seed, and tells a [Run] what it measured; a [Runner] repeats
// that for seeds 1, 2, … and gives a [Result], mean ± standard deviation beside
// what is accepted, which WriteText, WriteMarkdown and WriteHTML print.
//
//   - All texts stand in the Experiment, in both languages, and Run names them:
//     Measure a row by its English name, Claim a claim, Figure, Chart and Grid a
//     caption, Note a note. A name that is not there is an error, and so is a
//     row, claim or figure left out. Texts within pictures go through Run.In.
//     Files of data (result.json, CSV) are in English.
//   - Figures and CSV files are those of the first seed; with others nothing is
//     written, and Run needs no case for it.
//   - Scale chooses between the full and the fast size. With Fast a run takes a
//     second or two and shows the same lesson; its values are not judged.
//   - Fit trains by a [Protocol], as the book's trainer does, FitTrainer by any
//     trainer; CheckGradients compares backpropagation with differences.
//   - Trained shares a trained network among experiments: it is trained by the
//     first that asks, and kept in the output folder.
//   - Version is raised whenever results may change: an output folder's results
//     of the same version, seed and size are not computed again.
package lab

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tatami/internal/suggest"
	"tatami/internal/words"
)

// Experiment is one experiment of a textbook: its texts in one place, and Run.
type Experiment struct {
	ID string
	// Chapter is the book's; 0: not from the book.
	Chapter int
	// Version is raised when results may change.
	Version int
	// Weights tells that it uses the file of the book's weights where there is
	// one.
	Weights bool
	// Seconds is what a run takes on two cores, about; it is told beforehand.
	Seconds float64

	Title words.Text
	// Section is the place in the book, "section 6.1.7", or the source in words.
	Section words.Text
	// Setup says what is done and where and why it differs from the book.
	Setup words.Text
	// Lesson is what there is to learn, in one sentence.
	Lesson words.Text
	// Rows are the lines of its table, in the order of printing. Every run
	// measures each that needs nothing.
	Rows []Row
	// Claims are the parts of the lesson that hold with any seed, with Fast too.
	// Every run makes each.
	Claims Texts
	// Figures are the captions by the names of the files. The run with the first
	// seed draws each.
	Figures Texts
	// Notes are sentences, formats of fmt, that a run may add below the table.
	Notes Texts

	// Run does it once, with one seed.
	Run func(r *Run)
}

// Texts are sentences by the short name that the code has for each. Where they
// are written the type is spelled out, which the test of all texts reads.
type Texts = map[string]words.Text

// File is the experiment's source, to be read beside the book.
func (e Experiment) File() string { return fileOf(e.ID) }

func fileOf(id string) string { return "experiments/" + strings.ReplaceAll(id, "-", "_") + ".go" }

// Find returns the experiments of the given IDs, in the order of list; an
// unknown one is an error that proposes the nearest.
func Find(list []Experiment, ids ...string) ([]Experiment, error) {
	var found []Experiment
	var names []string
	for _, e := range list {
		names = append(names, e.ID)
		if slices.Contains(ids, e.ID) {
			found = append(found, e)
		}
	}
	for _, id := range ids {
		if !slices.Contains(names, id) {
			return nil, suggest.Unknown("experiment", id, names)
		}
	}
	return found, nil
}

// Chapters names those that experiments are of.
func Chapters(list []Experiment) string {
	var names []string
	for _, e := range list {
		if n := fmt.Sprint(e.Chapter); e.Chapter > 0 && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// OfChapter returns the experiments of a chapter of the book.
func OfChapter(list []Experiment, chapter int) (found []Experiment) {
	for _, e := range list {
		if e.Chapter == chapter {
			found = append(found, e)
		}
	}
	return found
}

// Row is a line of a table: a quantity, what was published, and the range in
// which the measured mean counts as met.
type Row struct {
	Name      words.Text // the English one is its key
	Published words.Text // as in the book; empty: no figure
	// Low and High are the accepted range; both 0: for information.
	Low, High float64
	// Format is how values are written; empty is "%.4g".
	Format string
	// Needs names what the row is measured with only; empty: always measured.
	Needs words.Text
	// Three is what three seeds or more gave, where a single one may be outside
	// of what is accepted; empty: not known.
	Three string
}

// verbatim is a text that is the same in both languages.
var verbatim = words.Text{EN: "%v", JA: "%v"}

// Near accepts what is within tolerance of the published value.
func Near(name words.Text, published, tolerance float64) Row {
	return Row{Name: name, Published: verbatim.With(published), Low: published - tolerance, High: published + tolerance}
}

// Factor accepts what is at most so many times larger or smaller than the
// published value.
func Factor(name words.Text, published, times float64) Row {
	return Row{Name: name, Published: verbatim.With(published), Low: published / times, High: published * times}
}

// AtMost accepts what is not above the bound.
func AtMost(name words.Text, published string, bound float64) Row {
	return Row{Name: name, Published: asIs(published), Low: math.Inf(-1), High: bound}
}

// AtLeast accepts what is not below the bound.
func AtLeast(name words.Text, published string, bound float64) Row {
	return Row{Name: name, Published: asIs(published), Low: bound, High: math.Inf(1)}
}

// Shown judges nothing.
func Shown(name words.Text, published string) Row { return Row{Name: name, Published: asIs(published)} }

// asIs is a number in both languages.
func asIs(published string) words.Text { return verbatim.With(published) }

// As is the row with another format.
func (r Row) As(format string) Row {
	r.Format = format
	return r
}

// PublishedAs is the row with words for what was published.
func (r Row) PublishedAs(text words.Text) Row {
	r.Published = text
	return r
}

// With is the row of what is measured only with something.
func (r Row) With(needs words.Text) Row {
	r.Needs = needs
	return r
}

// Threefold is the row of which it is known what three seeds or more give.
func (r Row) Threefold(mean string) Row {
	r.Three = mean
	return r
}

func (r Row) judged() bool { return r.Low != 0 || r.High != 0 }

// Accepted is the accepted range in words.
func (r Row) Accepted(l words.Language) string {
	switch {
	case !r.judged():
		return ""
	case math.IsInf(r.Low, -1):
		return "≤ " + short(r.High)
	case math.IsInf(r.High, 1):
		return "≥ " + short(r.Low)
	}
	switch low, high := short(r.Low), short(r.High); low {
	case "-" + high:
		return "0 ± " + high
	case high: // five digits are too few
		return fmt.Sprintf("%.9g ± %.1g", (r.Low+r.High)/2, (r.High-r.Low)/2)
	default:
		return rangeText.In(l, low, high)
	}
}

var rangeText = words.Text{EN: "%s to %s", JA: "%s～%s"}

// short writes at most five digits, as people do.
func short(v float64) string { return fmt.Sprintf("%.5g", v) }

func (r Row) write(v float64) string {
	format := r.Format
	if format == "" {
		format = "%.4g"
	}
	return fmt.Sprintf(format, v)
}
