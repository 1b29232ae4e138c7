package plots

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"tatami/internal/words"
)

// Coordinate is an axis of Parallel.
type Coordinate struct {
	Label string
	Names []string // of a choice, whose values are their indices; nil: numbers
	Log   bool     // logarithmic; values must be above zero
}

// ParallelOptions says how Parallel draws.
type ParallelOptions struct {
	Title, Note string
	Language    string // of fixed texts: "en" or "ja"; "": English
}

var (
	highestText = words.Text{EN: "the highest", JA: "最も高い"}
	scaleEnds   = words.Text{EN: "the darker, the higher %v", JA: "濃いほど%vが高い"}
)

// Parallel draws parallel coordinates (Inselberg 1985): an upright axis for
// each coordinate and, for each row, a line through its values on them. The
// last coordinate is what the others led to: the higher a row is there, the
// darker its line, and the highest is orange. Rows with a value that has no
// place are left out.
func Parallel(axes []Coordinate, rows [][]float64, o ParallelOptions) (Figure, error) {
	fail := func(format string, args ...any) (Figure, error) {
		return nil, fmt.Errorf("parallel coordinates %q: %w", o.Title, fmt.Errorf(format, args...))
	}
	last := len(axes) - 1
	if last < 1 || last > 50 {
		return fail("%d axes, wanted 2 to 51", len(axes))
	}
	ranges, kept := make([]Axis, len(axes)), [][]float64(nil)
	for k, a := range axes {
		ranges[k].Log = a.Log && a.Names == nil
	}
	for i, row := range rows {
		if len(row) != len(axes) {
			return fail("row %d has %d values for %d axes", i+1, len(row), len(axes))
		}
		fits := true
		for k, v := range row {
			fits = fits && ranges[k].drawable(v)
		}
		if fits {
			kept = append(kept, row)
		}
	}
	if kept == nil {
		return fail("nothing to draw: no row of %d fits the axes", len(rows))
	}
	slices.SortStableFunc(kept, func(a, b []float64) int {
		switch {
		case a[last] < b[last]:
			return -1
		case a[last] > b[last]:
			return 1
		}
		return 0
	})
	room := vg.Length(40) // for the first axis's names
	for _, name := range axes[0].Names {
		room = max(room, min(captionText.width(clean(name)), nameRoom))
	}
	s := &sheet{w: max(340, room+84+118*vg.Length(last))}
	top := s.head(o.Title, o.Note) + captionText.size
	s.shadeKey(top, axes[last].Label, o.Language)
	l := parallel{axes: axes, ranges: ranges, left: margin + room + 14, top: top + 30, height: 210}
	l.step = (s.w - l.left - 56) / vg.Length(last)
	s.h = l.top + l.height + 2*margin
	for k := range axes {
		var b bounds
		for _, row := range kept {
			b.add(row[k])
		}
		l.ranges[k].spread(b, 0.05)
		l.whole = append(l.whole, b.whole)
	}
	for i, row := range kept {
		clr, width := shade(l.share(last, row[last])), vg.Length(1.1)
		if i == len(kept)-1 {
			clr, width = palette[1], 2.4
		}
		for k := range last {
			s.line(l.x(k), l.y(k, row[k]), l.x(k+1), l.y(k+1, row[k+1]), width, clr)
		}
	}
	for k := range axes {
		s.coordinate(l, k, kept)
	}
	return s, nil
}

// nameRoom is the most that a name beside an axis takes.
const nameRoom = vg.Length(84)

// shade is the colour of a row whose last value is so high, from 0 to 1.
func shade(share float64) color.NRGBA { return pale(palette[0], 0.82*(1-share)) }

// shadeKey says what the colours of lines mean.
func (s *sheet) shadeKey(y vg.Length, label, language string) {
	const width = 40
	for i := range width {
		s.fill(margin+vg.Length(i), y-6, 1, 6, shade(float64(i)/(width-1)))
	}
	x := margin + width + 5
	text := clean(say(language, scaleEnds, label))
	s.text(captionText, x, y, 0, text)
	x += captionText.width(text) + 14
	s.line(x, y-3, x+16, y-3, 2.4, palette[1])
	s.text(captionText, x+20, y, 0, say(language, highestText))
}

// parallel is where the axes of parallel coordinates stand.
type parallel struct {
	axes                    []Coordinate
	ranges                  []Axis
	whole                   []bool // all values of an axis are whole numbers
	left, top, height, step vg.Length
}

func (l parallel) x(k int) vg.Length { return l.left + l.step*vg.Length(k) }

func (l parallel) y(k int, v float64) vg.Length { return l.top + l.height*vg.Length(1-l.share(k, v)) }

// share is how high on its axis a value is, from 0 to 1.
func (l parallel) share(k int, v float64) float64 {
	var n plot.Normalizer = plot.LinearScale{}
	if l.ranges[k].Log {
		n = plot.LogScale{}
	}
	return n.Normalize(l.ranges[k].Min, l.ranges[k].Max, v)
}

// coordinate draws an axis over the lines of the rows.
func (s *sheet) coordinate(l parallel, k int, rows [][]float64) {
	a, r := l.axes[k], l.ranges[k]
	var ticks []plot.Tick
	switch {
	case a.Names != nil:
		for i, name := range a.Names {
			if slices.ContainsFunc(rows, func(row []float64) bool { return row[k] == float64(i) }) {
				ticks = append(ticks, plot.Tick{Value: float64(i), Label: name})
			}
		}
	case r.Log:
		ticks = logTicks(r.Min, r.Max, 6)
	default:
		ticks = linearTicks(r.Min, r.Max, 6, l.whole[k])
	}
	s.line(l.x(k), l.top, l.x(k), l.top+l.height, 1, ink)
	s.text(labelText, l.x(k), l.top-8, 0.5, labelText.fit(clean(a.Label), min(l.step-8, 112)))
	for _, t := range ticks {
		s.line(l.x(k)-3, l.y(k, t.Value), l.x(k), l.y(k, t.Value), 0.75, soft)
		if t.Label == "" {
			continue
		}
		text := captionText.fit(clean(t.Label), nameRoom)
		w := captionText.width(text)
		s.fill(l.x(k)-6-w, l.y(k, t.Value)-4.5, w+2, 9, color.NRGBA{255, 255, 255, 220})
		s.text(captionText, l.x(k)-5, l.y(k, t.Value)+captionText.size*0.36, 1, text)
	}
}
