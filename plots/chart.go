package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"tatami/internal/words"
)

// ChartOptions describes a chart around its marks.
type ChartOptions struct {
	Title         string
	Note          string // small, below the title
	X, Y          Axis
	Width, Height vg.Length // in points; zero: 504 × 300
	Language      string    // of fixed texts: "en" or "ja"; "": English
}

// Mark is one thing drawn in a chart: a Curve, a Level, Points, Bars, a
// Histogram, Contours or Arrows. Later marks lie over earlier ones; each takes the next
// colour, dashes and glyph.
type Mark interface {
	mark(b *builder) error
}

// Chart draws marks over one pair of axes, with the legend between the title
// and the data so that it covers none.
func Chart(o ChartOptions, marks ...Mark) (Figure, error) {
	fail := func(err error) (Figure, error) { return nil, fmt.Errorf("chart %q: %w", o.Title, err) }
	if o.Width == 0 {
		o.Width = 504
	}
	if o.Height == 0 {
		o.Height = 300
	}
	if !(o.Width >= 60 && o.Height >= 60) {
		return fail(fmt.Errorf("size %g × %g points: wanted at least 60 × 60", o.Width, o.Height))
	}
	if err := errors.Join(o.X.check("x"), o.Y.check("y")); err != nil {
		return fail(err)
	}
	b := &builder{x: o.X, y: o.Y, zero: o.Y.Zero, language: o.Language}
	for i, m := range marks {
		if err := m.mark(b); err != nil {
			return fail(fmt.Errorf("mark %d: %w", i+1, err))
		}
	}
	if !(b.xs.any && b.ys.any) && !(b.x.fixed() && b.y.fixed() && b.layers != nil) {
		return fail(fmt.Errorf("nothing to draw: no value of %s fits the axes", plural(len(marks), "mark")))
	}
	return b.figure(o), nil
}

var (
	outsideText = words.Text{EN: "A few steps lie outside the chart.", JA: "一部のステップの値は図の外にあります。"}
	cutText     = words.Text{EN: "A notch marks bars that are cut.", JA: "切り込みのある棒は途中で切れています。"}
	eachText    = words.Text{EN: "each step", JA: "各ステップ"}
	smoothText  = words.Text{EN: "smoothed over %d steps", JA: "%d ステップで平滑化"}
	missingText = words.Text{EN: "%s (no finite value)", JA: "%s（有限の値なし）"}
)

// say is a fixed text in the language of a picture's options.
func say(language string, t words.Text, args ...any) string {
	return t.In(words.Language(language), args...)
}

// sentences sets one after the other.
func sentences(language string, all ...string) string {
	between := " "
	if words.Language(language) == words.Japanese {
		between = ""
	}
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), between)
}

// builder gathers what the marks of a chart draw.
type builder struct {
	x, y     Axis
	xs, ys   bounds
	room     float64 // share of the x range to leave free at its ends
	zero     bool    // a linear y axis from the data reaches zero
	spiked   bool    // values far from the rest are not on the y axis
	band     *entry  // of the pale values under smoothed curves
	language string
	groups   []string
	layers   []plot.Plotter
	legend   []entry
	looks    int
}

// entry is a line of the legend: its swatch fills the given rectangle.
type entry struct {
	name   string
	look   string // equal for equal swatches
	width  vg.Length
	swatch func(c draw.Canvas)
}

// The widths of swatches: for a line, for a glyph or a bar.
const wide, narrow = vg.Length(24), vg.Length(8)

func (b *builder) next() (draw.LineStyle, draw.GlyphStyle) {
	b.looks++
	return look(b.looks - 1)
}

func (b *builder) name(name, kind string, width vg.Length, swatch func(c draw.Canvas)) {
	if name = clean(name); name != "" {
		b.legend = append(b.legend, entry{name, fmt.Sprint(kind, b.looks), width, swatch})
	}
}

// points copies data, with NaN where a value has no place on the axes, and
// counts those that have.
func (b *builder) points(data plotter.XYer) (xys plotter.XYs, drawable int) {
	if data == nil {
		return nil, 0
	}
	xys = make(plotter.XYs, data.Len())
	for i := range xys {
		x, y := data.XY(i)
		if b.x.drawable(x) && b.y.drawable(y) {
			b.xs.add(x)
			drawable++
		} else {
			x, y = math.NaN(), math.NaN()
		}
		xys[i] = plotter.XY{X: x, Y: y}
	}
	return xys, drawable
}

// span makes the y axis show the points.
func (b *builder) span(xys plotter.XYs) {
	for _, p := range xys {
		if !math.IsNaN(p.Y) {
			b.ys.add(p.Y)
		}
	}
}

// chart is a finished chart.
type chart struct {
	o      ChartOptions
	plot   *plot.Plot
	legend []entry
	small  bool
	cut    bool // bars leave the axis
}

func (b *builder) figure(o ChartOptions) *chart {
	f := &chart{o: o, plot: plot.New(), legend: b.legend, small: o.Width < 300}
	if b.band != nil {
		f.legend = append(f.legend, *b.band)
	}
	text := labelText
	if f.small {
		text.size = 7
	}
	whole := b.xs.whole
	if b.spiked && !o.Y.fixed() {
		f.o.Note = sentences(o.Language, o.Note, say(o.Language, outsideText))
	}
	b.x.spread(b.xs, b.room)
	b.y.spread(b.ys, 0.05)
	if b.zero && !b.y.Log && !o.Y.fixed() {
		b.y.Min, b.y.Max = min(b.y.Min, 0), max(b.y.Max, 0)
		if b.ys.lo >= 0 {
			b.y.Min = 0
		}
		if b.ys.hi <= 0 {
			b.y.Max = 0
		}
		if b.y.Min == b.y.Max {
			b.y.Max = 1
		}
	}
	for _, l := range b.layers {
		if c, ok := l.(columns); ok && c.cut(b.y) {
			f.cut = true
		}
	}
	if f.cut && !f.small {
		f.o.Note = sentences(o.Language, f.o.Note, say(o.Language, cutText))
	}
	p := f.plot
	b.x.set(&p.X, int(o.Width/65)+1, whole, text)
	b.y.set(&p.Y, int(o.Height/45)+1, false, text)
	p.BackgroundColor = nil
	grid := plotter.NewGrid()
	line := draw.LineStyle{Color: faint, Width: 0.5}
	grid.Vertical, grid.Horizontal = line, line
	if b.groups != nil {
		grid.Vertical.Width = 0
		p.X.Tick.Color = color.Transparent
		room := (o.Width - 60) / vg.Length(len(b.groups))
		ticks := make(plot.ConstantTicks, len(b.groups))
		for i, g := range b.groups {
			ticks[i] = plot.Tick{Value: float64(i), Label: text.fit(clean(g), room)}
		}
		p.X.Tick.Marker = ticks
	}
	p.Add(grid)
	p.Add(b.layers...)
	b.x.restore(&p.X) // Add widens the axes to all data, clipped or not
	b.y.restore(&p.Y)
	return f
}

func (a Axis) restore(g *plot.Axis) { g.Min, g.Max = a.Min, a.Max }

func (f *chart) Size() (w, h vg.Length) { return f.o.Width, f.o.Height }

func (f *chart) Draw(c draw.Canvas) {
	title, note, text, edge := titleText, noteText, labelText, margin
	text.size = 8.5
	if f.small {
		title.size, note.size, text.size, edge = 8.5, 6.5, 7, 4
	}
	in := draw.Crop(c, edge, -edge, edge, -edge)
	width := in.Size().X
	down := func(by vg.Length) vg.Point {
		in.Max.Y -= by
		return vg.Point{X: in.Min.X, Y: in.Max.Y}
	}
	for _, s := range title.wrap(clean(f.o.Title), width, 2) {
		title.draw(in, down(title.size), 0, s)
		down(2.5)
	}
	for _, s := range note.wrap(clean(f.o.Note), width, 3) {
		note.draw(in, down(note.size), 0, s)
		down(2)
	}
	down(3)
	if h := drawLegend(in, text, f.legend); h > 0 {
		down(h + 3)
	}
	// gonum takes the room for its own labels wrongly on logarithmic axes
	text.size = f.plot.X.Tick.Label.Font.Size + 1
	if f.o.X.Label != "" {
		in.Min.Y += text.size + 4
	}
	if f.o.Y.Label != "" {
		in.Min.X += text.size + 5
	}
	in.Max.X -= 4 // half of the last tick's label may stand out
	f.plot.Draw(in)
	data := f.plot.DataCanvas(in)
	text.draw(in, vg.Point{X: data.Center().X, Y: in.Min.Y - text.size}, 0.5, text.fit(clean(f.o.X.Label), in.Size().X))
	in.Push()
	in.Translate(vg.Point{X: in.Min.X - 5, Y: data.Center().Y})
	in.Rotate(math.Pi / 2)
	text.draw(in, vg.Point{}, 0.5, text.fit(clean(f.o.Y.Label), in.Size().Y))
	in.Pop()
}

// drawLegend sets entries in rows from the top left of c and returns their
// height.
func drawLegend(c draw.Canvas, l letter, entries []entry) vg.Length {
	places, height := layLegend(c.Size().X, l, entries)
	for i, e := range entries {
		at := vg.Point{X: c.Min.X + places[i].X, Y: c.Max.Y - places[i].Y - l.size - 4}
		box := vg.Rectangle{Min: at.Add(vg.Point{Y: 2}), Max: at.Add(vg.Point{X: e.width, Y: l.size + 2})}
		e.swatch(draw.Canvas{Canvas: c.Canvas, Rectangle: box})
		l.draw(c, at.Add(vg.Point{X: e.width + 4, Y: 2 + l.size*0.16}), 0, l.fit(e.name, c.Size().X-e.width-4))
	}
	return height
}

// layLegend gives the top left corners, y downward, of entries set in rows.
func layLegend(width vg.Length, l letter, entries []entry) (places []vg.Point, height vg.Length) {
	var at vg.Point
	for i, e := range entries {
		w := e.width + 4 + min(l.width(e.name), width-e.width-4)
		if i > 0 && at.X+w > width {
			at = vg.Point{Y: at.Y + l.size + 4}
		}
		places = append(places, at)
		at.X += w + 14
		height = at.Y + l.size + 4
	}
	return places, height
}
