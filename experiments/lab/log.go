package lab

import (
	"math"

	"gonum.org/v1/plot/plotter"

	"tatami/plots"
)

// Log is what a training leaves beside the network.
type Log struct {
	Loss Numbers `json:"loss,omitempty"` // after each update, of its batch
	// Accuracies by the book's epochs, which begin after the first update.
	Training Numbers `json:"train,omitempty"`
	Test     Numbers `json:"test,omitempty"`
	// Validation is by epochs, where there is such a set.
	Validation Numbers `json:"validation,omitempty"`
	// Seconds is the time of the updates, with the preparation of batches,
	// without evaluation.
	Seconds float64 `json:"seconds"`
}

// Numbers are the values of a log, one after another.
type Numbers []Number

// Last is the last value; NaN if there is none.
func (values Numbers) Last() float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	return float64(values[len(values)-1])
}

// Mean is that of values; 0 if there is none.
func (values Numbers) Mean() (m float64) {
	for _, v := range values {
		m += float64(v) / float64(len(values))
	}
	return m
}

// Curve is the values by number, the first at 1.
func (values Numbers) Curve(name string) plots.Curve {
	points := make(plotter.XYs, len(values))
	for i, v := range values {
		points[i] = plotter.XY{X: float64(i + 1), Y: float64(v)}
	}
	return plots.Curve{Name: name, Points: points}
}

// Columns are the rows of a CSV file: a number from 1, then a value of each. It
// ends with the shortest.
func Columns(values ...Numbers) (rows [][]any) {
	n := len(values[0])
	for _, v := range values {
		n = min(n, len(v))
	}
	for i := range n {
		row := []any{i + 1}
		for _, v := range values {
			row = append(row, float64(v[i]))
		}
		rows = append(rows, row)
	}
	return rows
}
