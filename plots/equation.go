package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Matrix is a table of numbers in an Equation.
type Matrix struct {
	Name   string      // above it
	Values [][]float64 // by rows of one length; NaN leaves a cell empty
	// Marks, of the size of Values, colours cells: 0 not, 1 and more each with a
	// colour of its own, -1 gray. nil: none.
	Marks [][]int
	After string // what stands at its right: "=", "→", "⊛"
}

// EquationOptions says how Equation draws.
type EquationOptions struct {
	Title string
	Note  string    // small, below the title
	Cell  vg.Length // side of a cell in points; zero: 20
}

// Equation sets matrices in a row with their numbers in the cells.
func Equation(o EquationOptions, terms ...Matrix) (Figure, error) {
	fail := func(err error) (Figure, error) { return nil, fmt.Errorf("equation %q: %w", o.Title, err) }
	if len(terms) == 0 {
		return fail(errors.New("no matrices"))
	}
	if o.Cell == 0 {
		o.Cell = 20
	}
	if !(o.Cell >= 4 && o.Cell <= 200) {
		return fail(fmt.Errorf("cells of %g points, wanted 4 to 200", o.Cell))
	}
	name, operator := captionText, letter{14, false, ink}
	s := &sheet{w: 2 * margin}
	widths, tallest, named := make([]vg.Length, len(terms)), vg.Length(0), vg.Length(0)
	for i, m := range terms {
		if err := m.check(); err != nil {
			return fail(fmt.Errorf("matrix %d (%s): %w", i+1, m.Name, err))
		}
		rows, columns := vg.Length(len(m.Values)), vg.Length(len(m.Values[0]))
		widths[i] = max(columns*o.Cell, name.width(clean(m.Name)))
		s.w += widths[i] + m.room(operator)
		tallest = max(tallest, rows*o.Cell)
		if m.Name != "" {
			named = name.size + 4
		}
	}
	s.w = vg.Length(math.Ceil(float64(s.w)))
	top := s.head(o.Title, o.Note) + named
	x := margin
	half := func(v vg.Length) vg.Length { return vg.Length(int(v)) / 2 } // whole pixels
	for i, m := range terms {
		rows, columns := vg.Length(len(m.Values)), vg.Length(len(m.Values[0]))
		left, y := x+half(widths[i]-columns*o.Cell), top+half(tallest-rows*o.Cell)
		s.text(name, left+columns*o.Cell/2, y-4, 0.5, clean(m.Name))
		s.matrix(left, y, o.Cell, m)
		x += widths[i]
		if m.After != "" {
			s.operator(operator, x+m.room(operator)/2, top+tallest/2, m.After)
		}
		x += m.room(operator)
	}
	s.h = top + tallest + margin
	return s, nil
}

func (m Matrix) check() error {
	if len(m.Values) == 0 || len(m.Values[0]) == 0 {
		return errors.New("no values")
	}
	if m.Marks != nil && len(m.Marks) != len(m.Values) {
		return fmt.Errorf("%d rows of marks for %d of values", len(m.Marks), len(m.Values))
	}
	for r, row := range m.Values {
		if len(row) != len(m.Values[0]) {
			return fmt.Errorf("row %d has %d values, the first %d", r+1, len(row), len(m.Values[0]))
		}
		if m.Marks != nil && len(m.Marks[r]) != len(row) {
			return fmt.Errorf("row %d has %d marks for %d values", r+1, len(m.Marks[r]), len(row))
		}
	}
	return nil
}

// room is the width of what stands after m.
func (m Matrix) room(l letter) vg.Length {
	if m.After == "" {
		return 0
	}
	return l.width(clean(m.After)) + 14
}

// matrix draws cells from the top left corner.
func (s *sheet) matrix(x, y, cell vg.Length, m Matrix) {
	for r, row := range m.Values {
		for c, v := range row {
			cx, cy := x+vg.Length(c)*cell, y+vg.Length(r)*cell
			if m.Marks != nil && m.Marks[r][c] != 0 {
				ground := faint
				if k := m.Marks[r][c]; k > 0 {
					ground = pale(palette[(k-1)%len(palette)], 0.6)
				}
				s.fill(cx, cy, cell, cell, ground)
			}
			s.frame(cx, cy, cell, cell, 0.5, soft)
			if math.IsNaN(v) {
				continue
			}
			l, text := labelText, number(v, 3)
			l.size = min(l.size, cell*0.5)
			if w := l.width(text); w > cell-3 {
				l.size *= (cell - 3) / w
			}
			s.text(l, cx+cell/2, cy+cell/2+l.size*0.36, 0.5, text)
		}
	}
}

// operator writes a text around its middle. The circled asterisk of the book's
// convolution, which the font lacks, is drawn.
func (s *sheet) operator(l letter, x, y vg.Length, text string) {
	if text != "⊛" {
		s.text(l, x, y+l.size*0.34, 0.5, clean(text))
		return
	}
	s.add(func(c draw.Canvas, at func(x, y vg.Length) vg.Point) {
		const radius = 5.5
		middle, style := at(x, y), draw.LineStyle{Color: color.Color(ink), Width: 0.9}
		c.SetLineStyle(style)
		var ring vg.Path
		ring.Move(vg.Point{X: middle.X + radius, Y: middle.Y})
		ring.Arc(middle, radius, 0, 2*math.Pi)
		ring.Close()
		c.Stroke(ring)
		for _, angle := range []float64{math.Pi / 2, math.Pi / 6, -math.Pi / 6} {
			d := vg.Point{X: vg.Length(0.6 * radius * math.Cos(angle)), Y: vg.Length(0.6 * radius * math.Sin(angle))}
			c.StrokeLine2(style, middle.X-d.X, middle.Y-d.Y, middle.X+d.X, middle.Y+d.Y)
		}
	})
}
