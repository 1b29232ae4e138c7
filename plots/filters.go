package plots

import (
	"errors"
	"fmt"
	"image"
	"math"

	"gonum.org/v1/plot/vg"

	"tatami/nn"
)

// Bank is the filters of one layer at one time: N filters of H×W×C, where C is
// the channels of the layer's input.
type Bank struct {
	Title   string // "before", "after"
	Filters *nn.Tensor
}

// FilterOptions says how Filters draws.
type FilterOptions struct {
	Title    string // "": "Filters"
	Book     bool   // each filter from its lowest value, white, to its highest, black
	Filters  int    // at most so many are drawn; zero: 64
	Channels int    // at most so many input channels are drawn; zero: 8
}

// Filters draws banks side by side, each filter with its number from 1. All
// share one colour scale, blue below zero, white at zero, red above, up to the
// largest magnitude. Filters of one channel fill a square; otherwise each is a
// row and its channels are the columns. What a limit leaves out is noted.
func Filters(banks []Bank, o FilterOptions) (Figure, error) {
	title := o.Title
	if title == "" {
		title = "Filters"
	}
	fail := func(err error) (Figure, error) { return nil, fmt.Errorf("filters %q: %w", title, err) }
	if len(banks) == 0 {
		return fail(errors.New("no banks"))
	}
	if o.Filters == 0 {
		o.Filters = 64
	}
	if o.Channels == 0 {
		o.Channels = 8
	}
	if o.Filters < 1 || o.Channels < 1 {
		return fail(fmt.Errorf("limits of %d filters and %d channels", o.Filters, o.Channels))
	}
	var all bounds
	missing := 0
	for _, b := range banks {
		if err := checkTensor("bank "+b.Title, b.Filters); err != nil {
			return fail(err)
		}
		e, n := extent(b.Filters.Data)
		if e.any {
			all.add(e.lo)
			all.add(e.hi)
		}
		missing += n
	}
	top := all.top()

	const tile, gap, between = 40, 5, 26
	first := banks[0].Filters
	s := &sheet{w: margin}
	widths := make([]vg.Length, len(banks))
	for i, b := range banks {
		n, c := min(b.Filters.N, o.Filters), min(b.Filters.C, o.Channels)
		columns := c
		if b.Filters.C == 1 {
			columns = squareColumns(n)
		}
		widths[i] = vg.Length(columns) * (tile + gap)
		if b.Filters.C > 1 {
			widths[i] += 16 // numbers of the rows
		}
		s.w += widths[i] + between
	}
	bar := vg.Length(56)
	if o.Book {
		bar = -between + margin
	}
	s.w += bar
	s.w = max(s.w, 240)

	note := fmt.Sprintf("%s of %d×%d", plural(first.N, "filter"), first.H, first.W)
	if first.C > 1 {
		note += fmt.Sprintf(" over %d channels; rows are filters, columns channels", first.C)
	}
	if first.N > o.Filters || first.C > o.Channels {
		note += fmt.Sprintf(" (shown: %s", plural(min(first.N, o.Filters), "filter"))
		if first.C > 1 {
			note += fmt.Sprintf(", %s", plural(min(first.C, o.Channels), "channel"))
		}
		note += ")"
	}
	if o.Book {
		note += ". Each from its lowest value, white, to its highest, black"
	}
	if missing > 0 {
		note += fmt.Sprintf(". Yellow: %s not finite", plural(missing, "value"))
	}
	top0 := s.head(title, note)

	x, bottom := margin, top0
	for i, b := range banks {
		t := b.Filters
		y := top0
		if b.Title != "" {
			l := labelText
			l.bold = true
			y += l.size
			s.text(l, x, y, 0, l.fit(clean(b.Title), widths[i]))
			y += 5
		}
		n, channels := min(t.N, o.Filters), min(t.C, o.Channels)
		columns := squareColumns(n)
		left, row := x, vg.Length(tile+captionText.size+4)
		if t.C > 1 {
			columns, left, row = channels, x+16, tile+gap
			for c := range channels {
				s.text(captionText, left+vg.Length(c)*(tile+gap)+tile/2, y+captionText.size, 0.5, count(c+1))
			}
			y += captionText.size + 3
		}
		cells := n
		if t.C > 1 {
			cells = n * channels
		}
		h, w := enlarged(t.H, t.W, tile)
		for k := range cells {
			filter, channel := k, 0
			if t.C > 1 {
				filter, channel = k/channels, k%channels
			}
			cx, cy := left+vg.Length(k%columns)*(tile+gap), y+vg.Length(k/columns)*row
			s.image(cx, cy, w, h, filterImage(t, filter, channel, top, o.Book))
			s.frame(cx, cy, w, h, 0.5, pale(soft, 0.3))
			switch {
			case t.C == 1:
				s.text(captionText, cx+w/2, cy+h+captionText.size, 0.5, count(filter+1))
			case channel == 0:
				s.text(captionText, left-4, cy+h/2+captionText.size/3, 1, count(filter+1))
			}
		}
		bottom = max(bottom, y+vg.Length((cells+columns-1)/columns)*row)
		x += widths[i] + between
	}
	s.h = bottom + margin/2
	if !o.Book {
		length := min(bottom-top0-16, 180)
		s.colorBar(x, top0+16, length, top)
		s.h = max(s.h, top0+80)
	}
	return s, nil
}

// squareColumns sets n tiles a little wider than high.
func squareColumns(n int) int { return int(math.Ceil(math.Sqrt(float64(n) * 1.1))) }

func filterImage(t *nn.Tensor, filter, channel int, top float64, book bool) image.Image {
	if !book {
		return plane(t, filter, channel, top, diverging)
	}
	data := t.Sample(filter)
	var b bounds
	for i := channel; i < len(data); i += t.C {
		if v := float64(data[i]); isFinite(v) {
			b.add(v)
		}
	}
	span := b.hi - b.lo
	if span == 0 {
		span = 1
	}
	return paint(t.H, t.W, inked, func(y, x int) float64 { return (float64(data[(y*t.W+x)*t.C+channel]) - b.lo) / span })
}

// colorBar draws the diverging scale from -top to top, upright, with numbers.
func (s *sheet) colorBar(x, y, length vg.Length, top float64) {
	const n = 101
	length = max(length, 40)
	s.image(x, y, 9, length, paint(n, 1, diverging, func(y, _ int) float64 { return 1 - 2*float64(y)/(n-1) }))
	s.frame(x, y, 9, length, 0.5, soft)
	if top == 0 {
		s.text(captionText, x+13, y+length/2+captionText.size/3, 0, "0")
		return
	}
	for _, f := range []float64{1, 0.5, 0, -0.5, -1} {
		ty := y + length*vg.Length(1-f)/2
		s.line(x+9, ty, x+11, ty, 0.5, soft)
		s.text(captionText, x+13, ty+captionText.size/3, 0, number(f*top, 2))
	}
}
