package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curve is a named line through points in their order; it breaks where a value
// is missing.
type Curve struct {
	Name   string
	Points plotter.XYer
	// Smooth is the number of taps of the window (see Smooth) whose result is
	// drawn strongly over the pale values: 1 draws the values alone, -1 takes
	// 11 taps, or a fiftieth of a long run; 0 leaves it to the picture: -1 in
	// Loss, 1 elsewhere.
	Smooth  int
	Markers bool // a glyph at each point
}

func (m Curve) mark(b *builder) error {
	line, glyph := b.next()
	raw, n := b.points(m.Points)
	if n == 0 {
		b.name(say(b.language, missingText, m.Name), "curve", 0, func(draw.Canvas) {})
		return nil
	}
	taps := m.taps(len(raw))
	if taps <= 1 {
		if m.Smooth < 0 && m.Name == "" {
			m.Name = say(b.language, eachText)
		}
		b.span(raw)
		if n == 1 || m.Markers {
			b.room = max(b.room, 0.02)
			if n > 15 {
				glyph.Radius = 1.9
			}
			b.layers = append(b.layers, stroke{thin(raw), line}, dots{raw, glyph})
			b.name(m.Name, "marked", wide, func(c draw.Canvas) { strokeSwatch(c, line); dotSwatch(c, glyph) })
			return nil
		}
		b.layers = append(b.layers, stroke{thin(raw), line}, lone(raw, glyph))
		b.name(m.Name, "curve", wide, func(c draw.Canvas) { strokeSwatch(c, line) })
		return nil
	}
	ys := make([]float64, len(raw))
	for i, p := range raw {
		ys[i] = p.Y
	}
	smooth := slices.Clone(raw)
	for i, y := range Smooth(ys, taps) {
		smooth[i].Y = y
	}
	shown := typical(raw, b.y.Log)
	b.span(shown)
	if len(shown) < len(raw) {
		b.spiked = true
	}
	under := draw.LineStyle{Color: pale(line.Color, 0.68), Width: 0.6}
	line.Width = 1.8
	// All pale lines lie below all strong ones.
	b.layers = append(append([]plot.Plotter{stroke{thin(raw), under}}, b.layers...), stroke{thin(smooth), line}, lone(smooth, glyph))
	if b.band == nil {
		band := draw.LineStyle{Color: under.Color, Width: 1}
		b.band = &entry{say(b.language, eachText), "pale", wide, func(c draw.Canvas) { strokeSwatch(c, band) }}
	}
	if m.Name == "" {
		m.Name = say(b.language, smoothText, taps)
	}
	b.name(m.Name, "smooth", wide, func(c draw.Canvas) { strokeSwatch(c, line) })
	return nil
}

// taps is the number of taps of the smoothing window for n points.
func (m Curve) taps(n int) int {
	if m.Smooth < 0 {
		return window(n)
	}
	return m.Smooth
}

// lone is the points that no line shows: those between two missing ones.
func lone(xys plotter.XYs, glyph draw.GlyphStyle) dots {
	missing := func(i int) bool { return i < 0 || i >= len(xys) || math.IsNaN(xys[i].Y) }
	glyph.Radius = 1.9
	d := dots{nil, glyph}
	for i, p := range xys {
		if !missing(i) && missing(i-1) && missing(i+1) {
			d.xys = append(d.xys, p)
		}
	}
	return d
}

// typical is the points without the two in a thousand highest and, of a
// logarithmic axis, the two in a hundred lowest, if they are far from the rest:
// a spike may leave the chart.
func typical(xys plotter.XYs, log bool) plotter.XYs {
	if len(xys) < 500 {
		return xys
	}
	at := func(y float64) float64 {
		if log {
			return math.Log(y)
		}
		return y
	}
	var ys []float64
	for _, p := range xys {
		if !math.IsNaN(p.Y) {
			ys = append(ys, at(p.Y))
		}
	}
	slices.Sort(ys)
	bottom, top := ys[0], ys[len(ys)-1]
	low, high := bottom, ys[(len(ys)-1)*998/1000]
	if log {
		low = ys[(len(ys)-1)*2/100]
	}
	if top-low <= 2*(high-low) {
		high = top
	}
	if high-bottom <= 1.2*(high-low) {
		low = bottom
	}
	return slices.DeleteFunc(slices.Clone(xys), func(p plotter.XY) bool { return at(p.Y) > high || at(p.Y) < low })
}

// thin keeps the first, lowest, highest and last point of each of a thousand
// groups of a long line, and a missing one: the same picture, a smaller file.
func thin(xys plotter.XYs) plotter.XYs {
	const groups = 1000
	if len(xys) <= 5*groups {
		return xys
	}
	out := make(plotter.XYs, 0, 5*groups)
	for g := range groups {
		from, to := g*len(xys)/groups, (g+1)*len(xys)/groups
		keep := []int{from, to - 1}
		lo, hi := math.Inf(1), math.Inf(-1)
		var lowest, highest, gap int
		for i, p := range xys[from:to] {
			if p.Y < lo {
				lo, lowest = p.Y, from+i
			}
			if p.Y > hi {
				hi, highest = p.Y, from+i
			}
			if math.IsNaN(p.Y) {
				gap = from + i
			}
		}
		for _, i := range []int{lowest, highest, gap} {
			if i > 0 {
				keep = append(keep, i)
			}
		}
		slices.Sort(keep)
		for _, i := range slices.Compact(keep) {
			out = append(out, xys[i])
		}
	}
	return out
}

// Level is a named dashed line across the chart, to compare others with.
type Level struct {
	Name string
	Y    float64
}

func (m Level) mark(b *builder) error {
	if !b.y.drawable(m.Y) {
		return fmt.Errorf("level %q at %g: the axis has no such value", m.Name, m.Y)
	}
	line := draw.LineStyle{Color: soft, Width: 1, Dashes: []vg.Length{4, 3}}
	b.ys.add(m.Y)
	b.layers = append(b.layers, level{m.Y, line})
	b.name(m.Name, "level", wide, func(c draw.Canvas) { strokeSwatch(c, line) })
	return nil
}

type level struct {
	y float64
	draw.LineStyle
}

func (m level) Plot(c draw.Canvas, p *plot.Plot) {
	_, ty := p.Transforms(&c)
	if y := ty(m.y); y >= c.Min.Y && y <= c.Max.Y {
		c.StrokeLine2(m.LineStyle, c.Min.X, y, c.Max.X, y)
	}
}

// Points is a named group of points.
type Points struct {
	Name   string
	Points plotter.XYer
	Radius vg.Length // of a glyph, in points; zero: 2.4
}

func (m Points) mark(b *builder) error {
	_, glyph := b.next()
	if m.Radius > 0 {
		glyph.Radius = m.Radius
	}
	raw, n := b.points(m.Points)
	name := m.Name
	if n == 0 {
		name = say(b.language, missingText, name)
	}
	b.room = max(b.room, 0.04)
	b.span(raw)
	b.layers = append(b.layers, dots{raw, glyph})
	b.name(name, "points", narrow, func(c draw.Canvas) { dotSwatch(c, glyph) })
	return nil
}

// Bars is grouped bars: Series i has a bar in every group. Its groups name the
// x axis, whose positions are 0, 1, 2, …
type Bars struct {
	Groups  []string
	Series  []Series
	Numbers bool // each bar's value stands at its end
}

// Series is a value for each group, and the half length of its error bar if
// Errors is not nil.
type Series struct {
	Name           string
	Values, Errors []float64
}

func (m Bars) mark(b *builder) error {
	if len(m.Groups) == 0 || len(m.Series) == 0 {
		return fmt.Errorf("bars of %d groups and %d series: wanted at least one of each", len(m.Groups), len(m.Series))
	}
	b.groups = m.Groups
	b.xs.add(-0.5)
	b.xs.add(float64(len(m.Groups)) - 0.5)
	b.zero = true
	width := 0.8 / float64(len(m.Series))
	for i, s := range m.Series {
		if len(s.Values) != len(m.Groups) || s.Errors != nil && len(s.Errors) != len(m.Groups) {
			return fmt.Errorf("series %d (%s): %d values and %d errors for %d groups", i+1, s.Name, len(s.Values), len(s.Errors), len(m.Groups))
		}
		line, _ := b.next()
		layer := columns{color: line.Color, left: float64(i)*width - 0.4, width: width * 0.94, numbers: m.Numbers}
		for g, v := range s.Values {
			e := 0.0
			if s.Errors != nil && b.y.drawable(v+s.Errors[g]) {
				e = math.Abs(s.Errors[g])
			}
			if !b.y.drawable(v) {
				v = math.NaN()
			} else {
				b.ys.add(v + e)
				if b.y.drawable(v - e) {
					b.ys.add(v - e)
				}
			}
			layer.x = append(layer.x, float64(g))
			layer.y = append(layer.y, v)
			layer.e = append(layer.e, e)
		}
		b.layers = append(b.layers, layer)
		b.name(s.Name, "bars", narrow, func(c draw.Canvas) { fillSwatch(c, line.Color) })
	}
	return nil
}

// Histogram counts values in bins of equal width.
type Histogram struct {
	Name   string
	Values []float32
	Bins   int // zero: 30
}

func (m Histogram) mark(b *builder) error {
	line, _ := b.next()
	bins := m.Bins
	if bins == 0 {
		bins = 30
	}
	if bins < 1 || bins > 10_000 {
		return fmt.Errorf("histogram %q: %d bins, wanted 1 to 10,000", m.Name, m.Bins)
	}
	var data bounds
	for _, v := range m.Values {
		if b.x.drawable(float64(v)) {
			data.add(float64(v))
		}
	}
	if !data.any {
		b.name(say(b.language, missingText, m.Name), "bars", 0, func(draw.Canvas) {})
		return nil
	}
	span := b.x
	span.Log = false
	span.spread(data, 0)
	layer := columns{color: line.Color, width: (span.Max - span.Min) / float64(bins)}
	layer.y, layer.e = make([]float64, bins), make([]float64, bins)
	for i := range bins {
		layer.x = append(layer.x, span.Min+float64(i)*layer.width)
	}
	for _, v := range m.Values {
		f := (float64(v) - span.Min) / (span.Max - span.Min)
		if f >= 0 && f <= 1 {
			layer.y[min(int(f*float64(bins)), bins-1)]++
		}
	}
	b.xs.add(span.Min)
	b.xs.add(span.Max)
	b.xs.whole = false
	for _, n := range layer.y {
		if b.y.drawable(n) {
			b.ys.add(n)
		}
	}
	b.zero = true
	b.layers = append(b.layers, layer)
	b.name(m.Name, "bars", narrow, func(c draw.Canvas) { fillSwatch(c, line.Color) })
	return nil
}

// columns is bars from zero, or from the bottom of an axis without it.
type columns struct {
	x, y, e     []float64
	left, width float64
	color       color.Color
	numbers     bool
}

// cut says whether a bar leaves an axis.
func (m columns) cut(y Axis) bool {
	for _, v := range m.y {
		if v > y.Max*(1+1e-9) && v > 0 || v < y.Min && v < 0 {
			return true
		}
	}
	return false
}

func (m columns) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	y := func(v float64) vg.Length { return ty(min(max(v, p.Y.Min), p.Y.Max)) }
	for i, v := range m.y {
		l, r := m.x[i]+m.left, m.x[i]+m.left+m.width
		if math.IsNaN(v) || v == 0 || r <= p.X.Min || l >= p.X.Max {
			continue
		}
		box := vg.Rectangle{Min: vg.Point{X: tx(max(l, p.X.Min)), Y: y(0)}, Max: vg.Point{X: tx(min(r, p.X.Max)), Y: y(v)}}
		c.SetColor(m.color)
		c.Fill(box.Path())
		if m.numbers {
			text, at := captionText, vg.Point{X: (box.Min.X + box.Max.X) / 2, Y: box.Max.Y + 3}
			if v < 0 {
				at.Y -= text.size + 5
			}
			if at.Y < c.Min.Y { // where the axis has its labels
				at.Y, text.color = box.Max.Y+12, color.NRGBA{255, 255, 255, 255}
			}
			text.draw(c, at, 0.5, number(v, 4))
		}
		if v > p.Y.Max*(1+1e-9) && v > 0 || v < p.Y.Min && v < 0 {
			from, to := box.Max.Y-9, box.Max.Y-6 // a notch below the end
			if v < 0 {
				from, to = box.Max.Y+6, box.Max.Y+9
			}
			c.StrokeLine2(draw.LineStyle{Color: color.White, Width: 2}, box.Min.X, from, box.Max.X, to)
		}
		if m.e[i] > 0 {
			x, lo, hi := (box.Min.X+box.Max.X)/2, y(v-m.e[i]), y(v+m.e[i])
			half := min(4, box.Size().X/4)
			sty := draw.LineStyle{Color: ink, Width: 1}
			c.StrokeLine2(sty, x, lo, x, hi)
			c.StrokeLine2(sty, x-half, lo, x+half, lo)
			c.StrokeLine2(sty, x-half, hi, x+half, hi)
		}
	}
}

// Contours is lines of equal height of a function, over the chart's whole
// range; the x and y axes or other marks give that range.
type Contours struct {
	F      func(x, y float64) float64
	Levels []float64 // nil: 12, closer near the lowest
}

func (m Contours) mark(b *builder) error {
	if m.F == nil {
		return fmt.Errorf("contours without a function")
	}
	b.layers = append(b.layers, contours(m))
	return nil
}

type contours Contours

// Plot draws by marching squares: in each cell of a fine grid the level's line
// crosses the edges where the function passes it.
func (m contours) Plot(c draw.Canvas, p *plot.Plot) {
	const n = 90
	tx, ty := p.Transforms(&c)
	var z [n + 1][n + 1]float64
	lo, hi := math.Inf(1), math.Inf(-1)
	x := func(i float64) float64 { return p.X.Min + (p.X.Max-p.X.Min)*i/n }
	y := func(j float64) float64 { return p.Y.Min + (p.Y.Max-p.Y.Min)*j/n }
	for j := range n + 1 {
		for i := range n + 1 {
			v := m.F(x(float64(i)), y(float64(j)))
			z[j][i] = v
			if math.Abs(v) <= huge {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	levels := m.Levels
	if levels == nil {
		for k := range 12 {
			f := (float64(k) + 0.5) / 12
			levels = append(levels, lo+(hi-lo)*f*f)
		}
	}
	c.SetLineStyle(draw.LineStyle{Color: color.NRGBA{0xb0, 0xb0, 0xb0, 0xff}, Width: 0.6})
	for _, level := range levels {
		var path vg.Path
		for j := range n {
			for i := range n {
				corner := [5][3]float64{{0, 0, z[j][i]}, {1, 0, z[j][i+1]}, {1, 1, z[j+1][i+1]}, {0, 1, z[j+1][i]}, {0, 0, z[j][i]}}
				var cut []vg.Point
				for k := range 4 {
					a, b := corner[k], corner[k+1]
					if (a[2] < level) == (b[2] < level) || !(math.Abs(a[2]-b[2]) <= huge) {
						continue
					}
					t := (level - a[2]) / (b[2] - a[2])
					cut = append(cut, vg.Point{
						X: tx(x(float64(i) + a[0] + t*(b[0]-a[0]))),
						Y: ty(y(float64(j) + a[1] + t*(b[1]-a[1]))),
					})
				}
				for k := 0; k+1 < len(cut); k += 2 {
					path.Move(cut[k])
					path.Line(cut[k+1])
				}
			}
		}
		if path != nil {
			c.Stroke(path)
		}
	}
}

// Arrows is a field of vectors: Vectors' i-th pair is that of the i-th point.
// The longest arrow is as long as the points are apart.
type Arrows struct {
	Points, Vectors plotter.XYer
}

func (m Arrows) mark(b *builder) error {
	if m.Points == nil || m.Vectors == nil || m.Points.Len() != m.Vectors.Len() {
		return fmt.Errorf("arrows: wanted as many vectors as points")
	}
	line, _ := b.next()
	layer := arrows{color: line.Color}
	for i := range m.Points.Len() {
		x, y := m.Points.XY(i)
		u, v := m.Vectors.XY(i)
		if d := math.Hypot(u, v); b.x.drawable(x) && b.y.drawable(y) && d <= huge {
			b.xs.add(x)
			b.ys.add(y)
			layer.at = append(layer.at, plotter.XY{X: x, Y: y})
			layer.by = append(layer.by, plotter.XY{X: u, Y: v})
			layer.longest = max(layer.longest, d)
		}
	}
	b.room = max(b.room, 0.05)
	b.xs.whole = false
	b.layers = append(b.layers, layer)
	return nil
}

type arrows struct {
	at, by  plotter.XYs
	longest float64
	color   color.Color
}

func (m arrows) Plot(c draw.Canvas, p *plot.Plot) {
	if len(m.at) == 0 {
		return
	}
	tx, ty := p.Transforms(&c)
	size := c.Size()
	unit := math.Min(40, math.Sqrt(float64(size.X*size.Y)/float64(len(m.at)))) / max(m.longest, 1e-300)
	sty := draw.LineStyle{Color: m.color, Width: 0.9}
	for i, p := range m.at {
		from := vg.Point{X: tx(p.X), Y: ty(p.Y)}
		d := vg.Point{X: vg.Length(m.by[i].X * unit), Y: vg.Length(m.by[i].Y * unit)}
		long := vg.Length(math.Hypot(float64(d.X), float64(d.Y)))
		if !c.Contains(from) {
			continue
		}
		if long < 0.5 {
			c.DrawGlyph(draw.GlyphStyle{Color: m.color, Radius: 0.7, Shape: draw.CircleGlyph{}}, from)
			continue
		}
		head := min(4, long*0.6)
		e := d.Scale(1 / long)
		to := from.Add(d)
		neck := to.Sub(e.Scale(head))
		side := vg.Point{X: -e.Y, Y: e.X}.Scale(head * 0.4)
		c.StrokeLine2(sty, from.X, from.Y, neck.X, neck.Y)
		c.FillPolygon(m.color, []vg.Point{to, neck.Add(side), neck.Sub(side)})
	}
}

// stroke is a line that breaks at NaN.
type stroke struct {
	xys plotter.XYs
	draw.LineStyle
}

func (m stroke) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	var run []vg.Point
	flush := func() {
		if len(run) > 1 {
			c.StrokeLines(m.LineStyle, c.ClipLinesXY(run)...)
		}
		run = nil
	}
	for _, q := range m.xys {
		if math.IsNaN(q.Y) {
			flush()
			continue
		}
		run = append(run, vg.Point{X: tx(q.X), Y: ty(q.Y)})
	}
	flush()
}

type dots struct {
	xys plotter.XYs
	draw.GlyphStyle
}

func (m dots) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	c.SetLineStyle(draw.LineStyle{Color: m.Color, Width: max(1, m.Radius/2.5)})
	for _, q := range m.xys {
		if !math.IsNaN(q.Y) {
			c.DrawGlyph(m.GlyphStyle, vg.Point{X: tx(q.X), Y: ty(q.Y)})
		}
	}
}

func strokeSwatch(c draw.Canvas, s draw.LineStyle) {
	c.StrokeLine2(s, c.Min.X, c.Center().Y, c.Max.X, c.Center().Y)
}

func dotSwatch(c draw.Canvas, s draw.GlyphStyle) {
	s.Radius = max(s.Radius, 2)
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: 1})
	c.DrawGlyph(s, c.Center())
}

func fillSwatch(c draw.Canvas, clr color.Color) {
	c.SetColor(clr)
	c.Fill(c.Rectangle.Path())
}
