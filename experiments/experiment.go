package experiments

import (
	"context"
	"fmt"
	"math"

	"tatami/internal/suggest"
)

// Experiment is one experiment of a textbook.
type Experiment struct {
	ID, Title string
	// Chapter is the book's; 0: not from the book.
	Chapter int
	// Section is the place in the book, "6.1.7", or the source in words.
	Section string
	// Version is raised when results may change.
	Version int
	// Setup says what is done and where and why it differs from the book.
	Setup string
	// Lesson is what there is to learn, in one sentence.
	Lesson string
	// Rows are the lines of its table.
	Rows []Row
	// Weights tells that it uses the file of the book's weights where there is
	// one.
	Weights bool
	// Run does it once, with one seed.
	Run func(ctx context.Context, r *Run) error
}

// List lists all experiments in the order of the book.
func List() []Experiment {
	return []Experiment{
		activationFunctions(),
		inference(),
		numericalGradients(),
		twoLayerNumerical(),
		computationalGraphs(),
		gradientCheck(),
		twoLayerBackpropagation(),
		optimizerPaths(),
		optimizersMNIST(),
		activationHistograms(),
		weightInit(),
		batchNorm(),
		batchNormGradientCheck(),
		weightDecay(),
		dropout(),
		hyperparameters(),
		convolution(),
		convolutionGradientCheck(),
		simpleConvNet(),
		convolutionFilters(),
		deepConvNet(),
		mistakes(),
		halfPrecision(),
		affineVsConv(),
		nielsenCh6(),
		lenet5(),
	}
}

// Find returns the experiments of the given IDs, in the order of List; an
// unknown one is an error that proposes the nearest.
func Find(ids ...string) ([]Experiment, error) {
	wanted := map[string]bool{}
	var names []string
	for _, e := range List() {
		names = append(names, e.ID)
	}
	var found []Experiment
	for _, id := range ids {
		wanted[id] = true
	}
	for _, e := range List() {
		if wanted[e.ID] {
			found = append(found, e)
			delete(wanted, e.ID)
		}
	}
	for _, id := range ids {
		if wanted[id] {
			return nil, suggest.Unknown("experiment", id, names)
		}
	}
	return found, nil
}

// OfChapter returns the experiments of a chapter of the book.
func OfChapter(chapter int) (found []Experiment) {
	for _, e := range List() {
		if e.Chapter == chapter {
			found = append(found, e)
		}
	}
	return found
}

// Row is a line of a table: a quantity, what was published, and the range in
// which the measured mean counts as met.
type Row struct {
	Name      string
	Published string // as in the book; empty: no figure
	// Low and High are the accepted range; both 0: for information.
	Low, High float64
	// Format is how values are written; empty is "%.4g".
	Format string
	// Needs names what the row is measured with only; empty: always measured.
	Needs string
}

// near accepts what is within tolerance of the published value.
func near(name string, published, tolerance float64) Row {
	return Row{Name: name, Published: fmt.Sprint(published), Low: published - tolerance, High: published + tolerance}
}

// factor accepts what is at most so many times larger or smaller than the
// published value.
func factor(name string, published, times float64) Row {
	return Row{Name: name, Published: fmt.Sprint(published), Low: published / times, High: published * times}
}

// atMost accepts what is not above the bound.
func atMost(name, published string, bound float64) Row {
	return Row{Name: name, Published: published, Low: math.Inf(-1), High: bound}
}

// atLeast accepts what is not below the bound.
func atLeast(name, published string, bound float64) Row {
	return Row{Name: name, Published: published, Low: bound, High: math.Inf(1)}
}

// shown judges nothing.
func shown(name, published string) Row { return Row{Name: name, Published: published} }

// as is the row with another format.
func (r Row) as(format string) Row {
	r.Format = format
	return r
}

// publishedAs is the row with words for what was published.
func (r Row) publishedAs(text string) Row {
	r.Published = text
	return r
}

// with is the row of what is measured only with something.
func (r Row) with(needs string) Row {
	r.Needs = needs
	return r
}

func (r Row) judged() bool { return r.Low != 0 || r.High != 0 }

// Accepted is the accepted range in words.
func (r Row) Accepted() string {
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
		return low + " to " + high
	}
}

// short writes at most five digits, as people do.
func short(v float64) string { return fmt.Sprintf("%.5g", v) }

func (r Row) write(v float64) string {
	format := r.Format
	if format == "" {
		format = "%.4g"
	}
	return fmt.Sprintf(format, v)
}
