package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/plotter"
)

// LossOptions says how Loss draws.
type LossOptions struct {
	Title      string  // "": "Training loss"
	Log        bool    // logarithmic loss axis
	Window     int     // taps of the smoothing window; 0: 11, or a fiftieth of a long run; 1: none
	Validation []Curve // a few points each, drawn with markers
}

// Loss draws the loss in nats at each training step, pale, and smoothed,
// strong, for one run or a race of several. A few spikes far above the rest
// leave the chart at its top, and a note says so.
func Loss(curves []Curve, o LossOptions) (Figure, error) {
	title := o.Title
	if title == "" {
		title = "Training loss"
	}
	var marks []Mark
	for i, c := range curves {
		switch o.Window {
		case 0:
			c.Smooth = -1
		case 1:
			c.Smooth = 0
		default:
			c.Smooth = o.Window
		}
		if c.Name == "" && len(curves) > 1 {
			c.Name = fmt.Sprintf("run %d", i+1)
		}
		marks = append(marks, c)
	}
	for _, c := range o.Validation {
		c.Markers = true
		marks = append(marks, c)
	}
	return Chart(ChartOptions{Title: title, X: Axis{Label: "step"}, Y: Axis{Label: "loss (nats)", Log: o.Log, Zero: true}}, marks...)
}

// AccuracyOptions says how Accuracy draws.
type AccuracyOptions struct {
	Title string // "": "Accuracy"
}

// Accuracy draws accuracies, given as shares from 0 to 1, by epoch in percent.
// The axis shows the range in which the curves can be told apart; a note says
// how many early points lie below it.
func Accuracy(curves []Curve, o AccuracyOptions) (Figure, error) {
	title := o.Title
	if title == "" {
		title = "Accuracy"
	}
	var marks []Mark
	var all, late bounds
	var last float64
	each := func(visit func(epoch, percent float64)) {
		for _, c := range curves {
			if c.Points == nil {
				continue
			}
			for i := range c.Points.Len() {
				if x, y := c.Points.XY(i); isFinite(x) && math.Abs(y) <= huge {
					visit(x, 100*y)
				}
			}
		}
	}
	each(func(x, y float64) { all.add(y); last = max(last, x) })
	each(func(x, y float64) {
		if x >= last/3 {
			late.add(y)
		}
	})
	axis := Axis{Label: "accuracy (%)"}
	note := ""
	if all.any {
		room := max(all.hi-late.lo, 0.5)
		low := min(all.lo, late.lo) - 0.08*(all.hi-all.lo)
		if all.hi-all.lo > 8*room {
			low = all.hi - 4*room
			below := 0
			each(func(_, y float64) {
				if y < low {
					below++
				}
			})
			note = fmt.Sprintf("Not shown: the lowest %s, down to %s %%.", plural(below, "point"), number(all.lo, 3))
		}
		axis.Min, axis.Max = low, all.hi+0.05*(all.hi-low)
		if all.hi <= 100 {
			axis.Max = min(axis.Max, 100)
		}
		if all.lo >= 0 {
			axis.Min = max(axis.Min, 0)
		}
		if axis.Max-axis.Min < 0.5 {
			axis.Max += 0.1
			if all.hi <= 100 {
				axis.Max = min(axis.Max, 100)
			}
			axis.Min = axis.Max - 0.5
			if all.lo >= 0 && axis.Min < 0 {
				axis.Min, axis.Max = 0, 0.5
			}
		}
	}
	for _, c := range curves {
		xys := plotter.XYs{}
		if c.Points != nil {
			for i := range c.Points.Len() {
				x, y := c.Points.XY(i)
				xys = append(xys, plotter.XY{X: x, Y: 100 * y})
			}
		}
		c.Points, c.Markers = xys, len(xys) <= 50
		marks = append(marks, c)
	}
	return Chart(ChartOptions{Title: title, Note: note, X: Axis{Label: "epoch"}, Y: axis}, marks...)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(n) + " " + what + "s"
}
