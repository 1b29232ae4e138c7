package plots

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// GridOptions says how Grid sets its panels.
type GridOptions struct {
	Title    string
	Note     string   // small, below the title
	Columns  int      // zero: as many panels wide as high, or one more
	Rows     []string // names of the rows, written upright at their left
	Language string   // of fixed texts: "en" or "ja"; "": English
}

// Grid sets panels, row by row, in cells as wide as the widest panel and as high
// as the highest of their row. Where all panels are charts with the same legend,
// it stands once, above them.
func Grid(o GridOptions, panels ...Figure) (Figure, error) {
	if len(panels) == 0 {
		return nil, fmt.Errorf("grid %q: no panels", o.Title)
	}
	if o.Columns < 0 {
		return nil, fmt.Errorf("grid %q: %d columns", o.Title, o.Columns)
	}
	columns := o.Columns
	if columns == 0 {
		for columns*columns < len(panels) {
			columns++
		}
	}
	heights := make([]vg.Length, (len(panels)+columns-1)/columns)
	var w vg.Length
	for i, p := range panels {
		if p == nil {
			return nil, fmt.Errorf("grid %q: panel %d of %d is nil", o.Title, i+1, len(panels))
		}
		pw, ph := p.Size()
		w, heights[i/columns] = max(w, pw), max(heights[i/columns], ph)
	}
	if slices.ContainsFunc(panels, func(p Figure) bool { c, ok := p.(*chart); return ok && c.cut && c.small }) {
		o.Note = sentences(o.Language, o.Note, say(o.Language, cutText))
	}
	panels, legend := hoist(panels)
	const gap = 4
	left := margin / 2
	if len(o.Rows) > 0 {
		left += labelText.size + 6
	}
	columns = min(columns, len(panels))
	s := &sheet{w: left + vg.Length(columns)*(w+gap) + margin/2}
	top := s.head(o.Title, o.Note)
	if legend != nil {
		text := labelText
		_, height := layLegend(s.w-2*margin, text, legend)
		y := top
		s.add(func(c draw.Canvas, at func(x, y vg.Length) vg.Point) {
			drawLegend(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: at(margin, s.h), Max: at(s.w-margin, y)}}, text, legend)
		})
		top += height + 4
	}
	for row, h := range heights {
		for i, p := range panels[row*columns : min((row+1)*columns, len(panels))] {
			s.figure(left+vg.Length(i)*(w+gap), top, p)
		}
		if row < len(o.Rows) {
			l := labelText
			l.bold = true
			s.upright(l, margin/2+l.size, top+h/2, 0.5, l.fit(clean(o.Rows[row]), h))
		}
		top += h + gap
	}
	s.h = top + margin/2
	return s, nil
}

// hoist takes the legend out of charts that all have the same one.
func hoist(panels []Figure) ([]Figure, []entry) {
	var common []entry
	for i, p := range panels {
		c, ok := p.(*chart)
		if !ok || len(panels) == 1 || len(c.legend) == 0 {
			return panels, nil
		}
		if i == 0 {
			common = c.legend
		}
		if len(c.legend) != len(common) {
			return panels, nil
		}
		for k, e := range c.legend {
			if e.name != common[k].name || e.look != common[k].look {
				return panels, nil
			}
		}
	}
	bare := make([]Figure, len(panels))
	for i, p := range panels {
		c := *p.(*chart)
		c.legend = nil
		bare[i] = &c
	}
	return bare, common
}
