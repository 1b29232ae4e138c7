package train

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// History is what happened in a run.
type History struct {
	Steps  []StepRow
	Epochs []EpochRow
	// Values says that values are learned, which are near or far and not right:
	// all accuracies are 0, and left out of what is written.
	Values bool
}

// StepRow is one update.
type StepRow struct {
	Step  int // counted from 1
	Epoch int // counted from 1
	Rate  float64
	Loss  float64 // of the batch, before the update, in nats
}

// EpochRow is the state after one epoch.
type EpochRow struct {
	Epoch, Step        int
	Rate               float64 // of the last update
	TrainLoss          float64 // mean over the epoch, as it ran
	TrainAccuracy      float64 // likewise
	TestLoss           float64 // 0 without a test set
	TestAccuracy       float64
	ValidationLoss     float64 // 0 without a validation set
	ValidationAccuracy float64
	// Seconds is the time of training with the preparation of batches,
	// without evaluation.
	Seconds float64
}

// betterThan compares by validation accuracy and then loss; any epoch is
// better than the zero row.
func (e EpochRow) betterThan(other EpochRow) bool {
	return other.Epoch == 0 || e.ValidationAccuracy > other.ValidationAccuracy ||
		e.ValidationAccuracy == other.ValidationAccuracy && e.ValidationLoss < other.ValidationLoss
}

// stale is the number of epochs since that with the lowest validation loss.
func (h *History) stale() int {
	lowest, epochs := math.Inf(1), 0
	for _, e := range h.Epochs {
		if epochs++; e.ValidationLoss < lowest {
			lowest, epochs = e.ValidationLoss, 0
		}
	}
	return epochs
}

// stepColumns and epochColumns are the values that flat keeps of a row; the
// numbers of steps and epochs follow from where a row stands.
const (
	stepColumns  = 2
	epochColumns = 9
)

// flat is the history as two tables of numbers, row by row.
func (h *History) flat() (steps, epochs []float64) {
	steps = make([]float64, 0, stepColumns*len(h.Steps))
	for i := range h.Steps {
		s := &h.Steps[i]
		steps = append(steps, s.Rate, s.Loss)
	}
	epochs = make([]float64, 0, epochColumns*len(h.Epochs))
	for _, e := range h.Epochs {
		epochs = append(epochs, float64(e.Step), e.Rate, e.TrainLoss, e.TrainAccuracy, e.TestLoss, e.TestAccuracy,
			e.ValidationLoss, e.ValidationAccuracy, e.Seconds)
	}
	return steps, epochs
}

// unflatten is the history of such tables, of n updates an epoch, in which the
// last whole epoch may have been a shorter one. Everything in it is finite.
func unflatten(steps, epochs []float64, n int) (History, error) {
	var h History
	for i, v := range slices.Concat(steps, epochs) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return h, fmt.Errorf("value %d of the history is %g, wanted a finite number", i+1, v)
		}
	}
	for i := range len(steps) / stepColumns {
		h.Steps = append(h.Steps, StepRow{Step: i + 1, Epoch: i/n + 1, Rate: steps[stepColumns*i], Loss: steps[stepColumns*i+1]})
	}
	rows := len(epochs) / epochColumns
	for i := range rows {
		r := epochs[epochColumns*i:]
		low, high := float64(n*i+1), float64(n*(i+1))
		if i < rows-1 {
			low = high
		}
		if high = min(high, float64(len(h.Steps))); !(r[0] >= low && r[0] <= high) || r[0] != math.Trunc(r[0]) {
			return h, fmt.Errorf("epoch %d of the history ended after step %g, wanted %g to %g", i+1, r[0], low, high)
		}
		h.Epochs = append(h.Epochs, EpochRow{
			Epoch: i + 1, Step: int(r[0]), Rate: r[1], TrainLoss: r[2], TrainAccuracy: r[3], TestLoss: r[4], TestAccuracy: r[5],
			ValidationLoss: r[6], ValidationAccuracy: r[7], Seconds: r[8],
		})
	}
	return h, nil
}

// WriteSteps writes a row an update as CSV: step,epoch,lr,loss.
func (h *History) WriteSteps(w io.Writer) error {
	return writeCSV(w, []string{"step", "epoch", "lr", "loss"}, len(h.Steps), func(i int) []string {
		s := h.Steps[i]
		return []string{strconv.Itoa(s.Step), strconv.Itoa(s.Epoch), number(s.Rate), number(s.Loss)}
	})
}

// WriteEpochs writes a row an epoch as CSV: epoch, step, lr, train_loss,
// train_accuracy, test_loss, test_accuracy, seconds, and, where there is a
// validation set, validation_loss and validation_accuracy. Where values are
// learned there are no accuracies.
func (h *History) WriteEpochs(w io.Writer, validation bool) error {
	names := []string{"epoch", "step", "lr", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds"}
	if validation {
		names = append(names, "validation_loss", "validation_accuracy")
	}
	accuracy := func(name string) bool { return h.Values && strings.HasSuffix(name, "_accuracy") }
	return writeCSV(w, slices.DeleteFunc(slices.Clone(names), accuracy), len(h.Epochs), func(i int) []string {
		e := h.Epochs[i]
		row := []string{strconv.Itoa(e.Epoch), strconv.Itoa(e.Step)}
		columns := []float64{e.Rate, e.TrainLoss, e.TrainAccuracy, e.TestLoss, e.TestAccuracy, e.Seconds, e.ValidationLoss, e.ValidationAccuracy}
		for k, name := range names[len(row):] {
			if !accuracy(name) {
				row = append(row, number(columns[k]))
			}
		}
		return row
	})
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func writeCSV(w io.Writer, names []string, n int, row func(i int) []string) error {
	c := csv.NewWriter(w)
	c.Write(names)
	for i := range n {
		c.Write(row(i))
	}
	c.Flush()
	return c.Error()
}

// Series is a curve of a history for a plot: it implements plotter.XYer.
type Series struct {
	Length int
	At     func(i int) (x, y float64)
}

// Len is the number of points.
func (s Series) Len() int { return s.Length }

// XY is point i.
func (s Series) XY(i int) (x, y float64) { return s.At(i) }

// StepLoss is the loss by step.
func (h *History) StepLoss() Series {
	return Series{len(h.Steps), func(i int) (float64, float64) { return float64(h.Steps[i].Step), h.Steps[i].Loss }}
}

// ByEpoch is a column of the epochs by epoch.
func (h *History) ByEpoch(column func(EpochRow) float64) Series {
	return Series{len(h.Epochs), func(i int) (float64, float64) { return float64(h.Epochs[i].Epoch), column(h.Epochs[i]) }}
}
