package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Node is a node of a computational graph.
type Node struct {
	Text string
	// Operation draws a circle around the text; otherwise the text stands alone,
	// the name of a value that comes in or goes out.
	Operation bool
	// Column counts from 0, from the left; Row from 0, from the top. Rows may
	// lie between others.
	Column int
	Row    float64
}

// Edge is a value that goes from a node, given by its index, to another in a
// column further right. Forward is written above it and Backward, the gradient
// that comes back, below; empty ones are left out.
type Edge struct {
	From, To          int
	Forward, Backward string
}

// GraphOptions says how Graph draws.
type GraphOptions struct {
	Title string
	Note  string // small, below the title
}

// Graph draws a computational graph, left to right, with values above its
// edges and gradients below.
func Graph(nodes []Node, edges []Edge, o GraphOptions) (Figure, error) {
	fail := func(format string, args ...any) (Figure, error) {
		return nil, fmt.Errorf("graph %q: %w", o.Title, fmt.Errorf(format, args...))
	}
	const radius, rowHeight = 12, 64
	var widths []vg.Length // of columns
	half := make([]vg.Length, len(nodes))
	bottom := 0.0
	for i, n := range nodes {
		if n.Column < 0 || n.Column > 1000 || !(n.Row >= 0 && n.Row <= 1000) {
			return fail("node %d (%s) in column %d, row %g: wanted 0 to 1000", i+1, n.Text, n.Column, n.Row)
		}
		half[i] = labelText.width(clean(n.Text))/2 + 3
		if n.Operation {
			half[i] = max(half[i], radius)
		}
		for len(widths) <= n.Column {
			widths = append(widths, 0)
		}
		widths[n.Column] = max(widths[n.Column], 2*half[i])
		bottom = max(bottom, n.Row)
	}
	if len(nodes) == 0 {
		return fail("no nodes")
	}
	gap := vg.Length(56)
	for i, e := range edges {
		if min(e.From, e.To) < 0 || max(e.From, e.To) >= len(nodes) {
			return fail("edge %d from node %d to %d: there are %d", i+1, e.From, e.To, len(nodes))
		}
		if nodes[e.From].Column >= nodes[e.To].Column {
			return fail("edge %d from %s to %s: wanted one further right", i+1, nodes[e.From].Text, nodes[e.To].Text)
		}
		gap = max(gap, labelText.width(clean(e.Forward))+26, labelText.width(clean(e.Backward))+26)
	}
	columns, w := make([]vg.Length, len(widths)), vg.Length(2*margin)
	for i, width := range widths {
		columns[i] = w + width/2
		w += width + gap
	}
	s := &sheet{w: max(w-gap+2*margin, 200)}
	top := s.head(o.Title, o.Note) + rowHeight/2
	s.h = top + vg.Length(bottom)*rowHeight + rowHeight/2 + margin/2
	place := func(i int) vg.Point {
		return vg.Point{X: columns[nodes[i].Column], Y: top + vg.Length(nodes[i].Row)*rowHeight}
	}

	forward, backward := labelText, labelText
	forward.color, backward.color = palette[0], palette[1]
	for _, e := range edges {
		a, b := place(e.From), place(e.To)
		along := b.Sub(a)
		long := vg.Length(math.Hypot(float64(along.X), float64(along.Y)))
		along = along.Scale(1 / long)
		from, to := a.Add(along.Scale(half[e.From])), b.Sub(along.Scale(half[e.To]))
		if !nodes[e.From].Operation {
			from = vg.Point{X: a.X + half[e.From], Y: a.Y}
		}
		if !nodes[e.To].Operation {
			to = vg.Point{X: b.X - half[e.To], Y: b.Y}
		}
		down := vg.Point{X: -along.Y, Y: along.X}
		middle := from.Add(to).Scale(0.5)
		s.arrow(from.Sub(down), to.Sub(down), forward)
		if e.Backward != "" {
			s.arrow(to.Add(down.Scale(3)), from.Add(down.Scale(3)), backward)
		}
		// clear of a slanted line
		slope := vg.Length(math.Abs(float64((to.Y - from.Y) / (to.X - from.X))))
		up, low := clean(e.Forward), clean(e.Backward)
		s.text(forward, middle.X, middle.Y-4-slope*forward.width(up)/2, 0.5, up)
		s.text(backward, middle.X, middle.Y+6+backward.size*0.72+slope*backward.width(low)/2, 0.5, low)
	}
	for i, n := range nodes {
		at := place(i)
		if n.Operation {
			s.circle(at, half[i], draw.LineStyle{Color: ink, Width: 1})
		}
		s.text(labelText, at.X, at.Y+labelText.size*0.36, 0.5, clean(n.Text))
	}
	return s, nil
}

// arrow draws a line with a head at its end, in the colour of a letter.
func (s *sheet) arrow(from, to vg.Point, l letter) {
	along := to.Sub(from)
	along = along.Scale(1 / vg.Length(math.Hypot(float64(along.X), float64(along.Y))))
	side, neck := vg.Point{X: -along.Y, Y: along.X}.Scale(1.8), to.Sub(along.Scale(5))
	s.line(from.X, from.Y, neck.X, neck.Y, 0.9, l.color)
	head := []vg.Point{to, neck.Add(side), neck.Sub(side)}
	s.add(func(c draw.Canvas, at func(x, y vg.Length) vg.Point) {
		corners := slices.Clone(head)
		for i, p := range corners {
			corners[i] = at(p.X, p.Y)
		}
		c.FillPolygon(l.color, corners)
	})
}

// circle draws a circle, white inside.
func (s *sheet) circle(middle vg.Point, radius vg.Length, line draw.LineStyle) {
	s.add(func(c draw.Canvas, at func(x, y vg.Length) vg.Point) {
		var path vg.Path
		m := at(middle.X, middle.Y)
		path.Move(vg.Point{X: m.X + radius, Y: m.Y})
		path.Arc(m, radius, 0, 2*math.Pi)
		path.Close()
		c.SetColor(pale(line.Color, 0.95))
		c.Fill(path)
		c.SetLineStyle(line)
		c.Stroke(path)
	})
}
