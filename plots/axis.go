package plots

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// Axis describes one axis of a chart.
type Axis struct {
	Label    string  // what is measured, with its unit
	Log      bool    // logarithmic; values not above zero, or next to it, are left out
	Zero     bool    // a linear range from the data reaches zero (y axes only)
	Min, Max float64 // the range; both zero: taken from the data
}

// huge bounds what a chart can hold: beyond it differences overflow.
const huge = 1e150

// drawable says whether a value has a place on the axis.
func (a Axis) drawable(v float64) bool {
	return math.Abs(v) <= huge && (!a.Log || v >= 1/huge)
}

func (a Axis) fixed() bool { return a.Min != 0 || a.Max != 0 }

func (a Axis) check(name string) error {
	if a.fixed() && !(a.drawable(a.Min) && a.drawable(a.Max) && a.Min < a.Max) {
		return fmt.Errorf("%s axis from %g to %g (logarithmic: %t): wanted a rising, finite range", name, a.Min, a.Max, a.Log)
	}
	return nil
}

// bounds is the range of what was added to it.
type bounds struct {
	lo, hi float64
	any    bool
	whole  bool // all whole numbers
}

func (b *bounds) add(v float64) {
	if !b.any {
		*b = bounds{v, v, true, true}
	}
	b.lo, b.hi = min(b.lo, v), max(b.hi, v)
	b.whole = b.whole && v == math.Trunc(v)
}

// spread gives a's range for data in b with a share of it as room at both ends.
func (a *Axis) spread(b bounds, room float64) {
	if a.fixed() {
		return
	}
	switch {
	case !b.any:
		a.Min, a.Max = 0, 1
		if a.Log {
			a.Min = 0.1
		}
	case a.Log:
		f := max(1.05, math.Pow(b.hi/b.lo, room))
		if b.lo == b.hi {
			f = 2
		}
		a.Min, a.Max = b.lo/f, b.hi*f
	case b.hi-b.lo <= 1e-9*max(math.Abs(b.lo), math.Abs(b.hi)): // constant, or as good as
		d := max(math.Abs(b.hi)/10, b.hi-b.lo)
		if d == 0 {
			d = 1
		}
		a.Min, a.Max = b.lo-d, b.hi+d
	default:
		d := (b.hi - b.lo) * room
		a.Min, a.Max = b.lo-d, b.hi+d
	}
}

// set gives one of gonum's axes this range and our style. At most want ticks
// are labelled; whole asks for whole numbers.
func (a Axis) set(g *plot.Axis, want int, whole bool, l letter) {
	g.Min, g.Max = a.Min, a.Max
	g.Padding = 0
	g.LineStyle = draw.LineStyle{Color: soft, Width: 0.75}
	g.Tick.LineStyle = draw.LineStyle{Color: soft, Width: 0.75}
	g.Tick.Length = 3
	g.Tick.Label.Color, g.Tick.Label.Font, g.Tick.Label.Handler = ink, l.font(), tickLabels
	g.Tick.Marker = plot.TickerFunc(func(lo, hi float64) []plot.Tick { return linearTicks(lo, hi, want, whole) })
	if a.Log {
		g.Scale = plot.LogScale{}
		g.Tick.Marker = plot.TickerFunc(func(lo, hi float64) []plot.Tick { return logTicks(lo, hi, want) })
	}
}

// linearTicks labels multiples of 1, 2 or 5 times a power of ten.
func linearTicks(lo, hi float64, want int, whole bool) []plot.Tick {
	step := niceStep((hi - lo) / float64(max(want, 1)))
	if whole {
		step = max(step, 1)
	}
	var ticks []plot.Tick
	first, last := math.Ceil(lo/step-1e-9), math.Floor(hi/step+1e-9)
	for k := first; k <= last && len(ticks) < 50; k++ {
		v := k * step
		// as many digits as tell neighbours apart
		digits := 1
		if v != 0 {
			digits = min(15, 1+int(max(0, math.Floor(math.Log10(math.Abs(v))+1e-9)-math.Floor(math.Log10(step)+1e-9))))
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: number(v, digits)})
	}
	return ticks
}

func niceStep(least float64) float64 {
	ten := math.Pow(10, math.Floor(math.Log10(least)))
	for _, f := range []float64{1, 2, 5} {
		if f*ten >= least*(1-1e-9) {
			return f * ten
		}
	}
	return 10 * ten
}

// logTicks labels powers of ten, or also 2 and 5 times them, or falls back to
// linear ticks where the range is too short for that.
func logTicks(lo, hi float64, want int) []plot.Tick {
	from, to := int(math.Floor(math.Log10(lo))), int(math.Ceil(math.Log10(hi)))
	every := int(max(1, niceStep(float64(to-from)/float64(max(want, 1)))))
	label := func(v float64) string {
		if lo < 1e-4*(1-1e-9) && v < 1 { // all fractions alike
			return strings.NewReplacer("e-0", "e−", "e-", "e−").Replace(strconv.FormatFloat(v, 'e', 0, 64))
		}
		return number(v, 1)
	}
	for _, labelled := range []string{"1", "125"} {
		var ticks []plot.Tick
		n := 0
		for e := from; e <= to; e++ {
			for m := 1; m <= 9; m++ {
				v := float64(m) * math.Pow10(e)
				if v < lo*(1-1e-9) || v > hi*(1+1e-9) {
					continue
				}
				t := plot.Tick{Value: v}
				for _, k := range labelled {
					if int(k-'0') == m && e%every == 0 {
						t.Label = label(v)
						n++
					}
				}
				if every == 1 || t.Label != "" {
					ticks = append(ticks, t)
				}
			}
		}
		if n > 2 || n == 2 && labelled == "1" {
			return ticks
		}
	}
	return linearTicks(lo, hi, want, false)
}
