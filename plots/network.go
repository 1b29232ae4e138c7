package plots

import (
	"errors"
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Block is a layer of a network that is drawn.
type Block struct {
	Name   string
	Output string   // shape, written beside the arrow that leaves it
	Notes  []string // small, below the name
	// Kind is 0 for what has no parameters; each other number has a colour.
	Kind int
	// Depth moves the block to the right: it is within another.
	Depth int
	// Apart says that what the block above gives does not go into this one.
	Apart bool
}

// NetworkOptions says how Network draws.
type NetworkOptions struct {
	Title string
	Note  string // small, below the title
}

// Network draws a network as boxes, from its input down to its answer.
func Network(blocks []Block, o NetworkOptions) (Figure, error) {
	if len(blocks) == 0 {
		return nil, fmt.Errorf("network %q: %w", o.Title, errors.New("no blocks"))
	}
	const pad, arrow, indent, least = vg.Length(6), vg.Length(16), vg.Length(18), vg.Length(190)
	wide, shapes := least, vg.Length(0)
	for i, b := range blocks {
		if b.Depth < 0 || b.Depth > 100 || b.Kind < 0 {
			return nil, fmt.Errorf("network %q: block %d (%s) has depth %d, wanted 0 to 100", o.Title, i+1, b.Name, b.Depth)
		}
		left := vg.Length(b.Depth)*indent + 2*pad
		wide = max(wide, left+labelText.width(clean(b.Name)))
		for _, n := range b.Notes {
			wide = max(wide, left+noteText.width(clean(n)))
		}
		shapes = max(shapes, labelText.width(clean(b.Output)))
	}
	s := &sheet{w: vg.Length(int(wide+shapes+2*margin+12) + 1)}
	y := s.head(o.Title, o.Note)
	for i, b := range blocks {
		x := margin + vg.Length(b.Depth)*indent
		w, h := margin+wide-x, labelText.size+8+vg.Length(len(b.Notes))*(noteText.size+3)
		ground := faint
		if b.Kind > 0 {
			ground = pale(palette[(b.Kind-1)%len(palette)], 0.75)
		}
		s.fill(x, y, w, h, ground)
		s.frame(x, y, w, h, 0.7, soft)
		line := y + labelText.size + 2
		s.text(labelText, x+pad, line, 0, clean(b.Name))
		for _, n := range b.Notes {
			line += noteText.size + 3
			s.text(noteText, x+pad, line, 0, clean(n))
		}
		s.text(labelText, margin+wide+8, y+h/2+labelText.size*0.36, 0, clean(b.Output))
		y += h
		if i+1 < len(blocks) && blocks[i+1].Apart {
			y += arrow / 2
		} else if i+1 < len(blocks) {
			middle := x + w/2
			if next := blocks[i+1]; next.Depth != b.Depth {
				middle = margin + vg.Length(max(b.Depth, next.Depth))*indent + pad
			}
			s.line(middle, y, middle, y+arrow-5, 1, ink)
			tip := vg.Point{X: middle, Y: y + arrow}
			s.add(func(c draw.Canvas, at func(x, y vg.Length) vg.Point) {
				c.FillPolygon(ink, []vg.Point{at(tip.X, tip.Y), at(tip.X-3, tip.Y-6), at(tip.X+3, tip.Y-6)})
			})
			y += arrow
		}
	}
	s.h = y + margin
	return s, nil
}
