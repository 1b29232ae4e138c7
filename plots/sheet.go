package plots

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// sheet is a Figure of things laid out by hand. Positions are points from the
// top left corner, y downward; a text's is that of its baseline.
type sheet struct {
	w, h vg.Length
	ops  []func(c draw.Canvas, at func(x, y vg.Length) vg.Point)
}

const margin = vg.Length(10)

func (s *sheet) Size() (w, h vg.Length) { return s.w, s.h }

func (s *sheet) Draw(c draw.Canvas) {
	at := func(x, y vg.Length) vg.Point { return vg.Point{X: c.Min.X + x, Y: c.Max.Y - y} }
	for _, op := range s.ops {
		op(c, at)
	}
}

func (s *sheet) add(op func(c draw.Canvas, at func(x, y vg.Length) vg.Point)) {
	s.ops = append(s.ops, op)
}

func (s *sheet) text(l letter, x, y vg.Length, align float64, txt string) {
	s.add(func(c draw.Canvas, at func(x, y vg.Length) vg.Point) { l.draw(c, at(x, y), align, txt) })
}

// upright writes a text that reads upward; (x, y) is its baseline's start,
// middle or end.
func (s *sheet) upright(l letter, x, y vg.Length, align float64, txt string) {
	s.add(func(c draw.Canvas, at func(x, y vg.Length) vg.Point) {
		c.Push()
		c.Translate(at(x, y))
		c.Rotate(math.Pi / 2)
		l.draw(c, vg.Point{}, align, txt)
		c.Pop()
	})
}

func (s *sheet) image(x, y, w, h vg.Length, img image.Image) {
	s.add(func(c draw.Canvas, at func(x, y vg.Length) vg.Point) {
		c.DrawImage(vg.Rectangle{Min: at(x, y+h), Max: at(x+w, y)}, img)
	})
}

func (s *sheet) fill(x, y, w, h vg.Length, clr color.Color) {
	s.add(func(c draw.Canvas, at func(x, y vg.Length) vg.Point) {
		c.SetColor(clr)
		c.Fill(vg.Rectangle{Min: at(x, y+h), Max: at(x+w, y)}.Path())
	})
}

func (s *sheet) frame(x, y, w, h, width vg.Length, clr color.Color) {
	s.add(func(c draw.Canvas, at func(x, y vg.Length) vg.Point) {
		c.SetLineStyle(draw.LineStyle{Color: clr, Width: width})
		c.Stroke(vg.Rectangle{Min: at(x, y+h), Max: at(x+w, y)}.Path())
	})
}

func (s *sheet) line(x0, y0, x1, y1, width vg.Length, clr color.Color) {
	s.add(func(c draw.Canvas, at func(x, y vg.Length) vg.Point) {
		a, b := at(x0, y0), at(x1, y1)
		c.StrokeLine2(draw.LineStyle{Color: clr, Width: width}, a.X, a.Y, b.X, b.Y)
	})
}

// figure sets another figure, of its own size, at (x, y).
func (s *sheet) figure(x, y vg.Length, f Figure) {
	w, h := f.Size()
	s.add(func(c draw.Canvas, at func(x, y vg.Length) vg.Point) {
		f.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: at(x, y+h), Max: at(x+w, y)}})
	})
}

// head writes a title and a smaller note across s's width and returns the y
// below them.
func (s *sheet) head(title, note string) vg.Length {
	y := margin
	for _, line := range titleText.wrap(clean(title), s.w-2*margin, 3) {
		y += titleText.size
		s.text(titleText, margin, y, 0, line)
		y += 3
	}
	for _, line := range noteText.wrap(clean(note), s.w-2*margin, 4) {
		y += noteText.size
		s.text(noteText, margin, y, 0, line)
		y += 2.5
	}
	if y > margin {
		y += 6
	}
	return vg.Length(int(2*y+0.5)) / 2 // whole pixels
}
