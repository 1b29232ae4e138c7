package train

import (
	"encoding/csv"
	"io"
	"strconv"
)

// History is what happened in a run.
type History struct {
	Steps  []StepRow
	Epochs []EpochRow
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

// WriteSteps writes a row an update as CSV: step,epoch,lr,loss.
func (h *History) WriteSteps(w io.Writer) error {
	return writeCSV(w, []string{"step", "epoch", "lr", "loss"}, len(h.Steps), func(i int) []string {
		s := h.Steps[i]
		return []string{strconv.Itoa(s.Step), strconv.Itoa(s.Epoch), number(s.Rate), number(s.Loss)}
	})
}

// WriteEpochs writes a row an epoch as CSV: epoch, step, lr, train_loss,
// train_accuracy, test_loss, test_accuracy, seconds, and, where there is a
// validation set, validation_loss and validation_accuracy.
func (h *History) WriteEpochs(w io.Writer, validation bool) error {
	names := []string{"epoch", "step", "lr", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds"}
	if validation {
		names = append(names, "validation_loss", "validation_accuracy")
	}
	return writeCSV(w, names, len(h.Epochs), func(i int) []string {
		e := h.Epochs[i]
		row := []string{strconv.Itoa(e.Epoch), strconv.Itoa(e.Step)}
		for _, v := range []float64{e.Rate, e.TrainLoss, e.TrainAccuracy, e.TestLoss, e.TestAccuracy, e.Seconds} {
			row = append(row, number(v))
		}
		if validation {
			row = append(row, number(e.ValidationLoss), number(e.ValidationAccuracy))
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
