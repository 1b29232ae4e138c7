package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"

	"tatami/internal/words"
	"tatami/nn"
)

// FeatureMapOptions says how FeatureMaps draws.
type FeatureMapOptions struct {
	Title string // "": "Feature maps"
	Note  string // small, below the title
	Limit int    // at most so many maps a layer are drawn; zero: 1,024
	// Tile is the largest side of a map in points; zero: 42, or 24 where a layer
	// has more than 64.
	Tile vg.Length
	// Filters are drawn beside the maps that they made: Filters[i], of one
	// channel, has a filter for each map of maps[i]. nil, here or there: none.
	Filters  []*nn.Tensor
	Language string // of fixed texts: "en" or "ja"; "": English
}

var (
	featuresTitle = words.Text{EN: "Feature maps", JA: "特徴マップ"}
	featuresText  = words.Text{EN: "%s features", JA: "特徴 %s 個"}
	oneFeature    = words.Text{EN: "1 feature", JA: "特徴 1 個"}
	noValue       = words.Text{EN: "no finite value", JA: "有限の値なし"}
	fromTo        = words.Text{EN: "%s to %s", JA: "%s から %s"}
	allOne        = words.Text{EN: "all %s", JA: "すべて %s"}
	notFinite     = words.Text{EN: "%s, %s not finite", JA: "%s、有限でない値 %s 個"}
	moreText      = words.Text{EN: "and %s more", JA: "ほかに %s 個"}
)

const mapStrip = vg.Length(12 * (42 + 4)) // width of a layer's strip

// FeatureMaps draws what each layer makes of one image, a strip a layer: maps[i],
// of one sample, is the output of the layer called names[i], each map with its
// number from 1. Each layer has its own scale, white at zero: gray to black
// where nothing is negative, otherwise blue below and orange above. Plain
// features are bars, or a strip of cells if there are many.
func FeatureMaps(names []string, maps []*nn.Tensor, o FeatureMapOptions) (Figure, error) {
	if o.Title == "" {
		o.Title = say(o.Language, featuresTitle)
	}
	fail := func(err error) (Figure, error) { return nil, fmt.Errorf("feature maps %q: %w", o.Title, err) }
	if len(maps) == 0 || len(names) != len(maps) || o.Filters != nil && len(o.Filters) != len(maps) {
		return fail(fmt.Errorf("%d names and %d filters for %d layers", len(names), len(o.Filters), len(maps)))
	}
	if o.Limit <= 0 {
		o.Limit = 1024
	}
	if o.Tile != 0 && !(o.Tile >= 1 && o.Tile <= mapStrip) {
		return fail(fmt.Errorf("tiles of %g points, wanted 1 to %g", o.Tile, mapStrip))
	}
	const label = vg.Length(112)
	s := &sheet{w: margin + label + mapStrip + margin}
	y := s.head(o.Title, o.Note)
	for i, t := range maps {
		if err := checkTensor(fmt.Sprintf("layer %d (%s)", i+1, names[i]), t); err != nil {
			return fail(err)
		}
		if t.N != 1 {
			return fail(fmt.Errorf("layer %d (%s): %d samples, wanted 1", i+1, names[i], t.N))
		}
		var filters *nn.Tensor
		if o.Filters != nil && o.Filters[i] != nil {
			filters = o.Filters[i]
			if err := checkTensor(fmt.Sprintf("filters of layer %d (%s)", i+1, names[i]), filters); err != nil {
				return fail(err)
			}
			if filters.N != t.C || filters.C != 1 {
				return fail(fmt.Errorf("layer %d (%s): filters %v for %d maps, wanted one of one channel for each", i+1, names[i], filters, t.C))
			}
		}
		e, missing := extent(t.Data)
		bold, small := labelText, captionText
		bold.bold, small.color = true, soft
		s.text(bold, margin, y+bold.size, 0, bold.fit(clean(names[i]), label-8))
		s.text(small, margin, y+bold.size+small.size+3, 0, shapeText(t, o.Language))
		s.text(small, margin, y+bold.size+2*small.size+5, 0, small.fit(rangeText(e, missing, o.Language), label-8))

		var h vg.Length
		switch x := margin + label; {
		case t.H > 1 || t.W > 1:
			h = s.maps(x, y, t, filters, e, o)
		case t.C <= 32:
			h = s.bars(x, y, t.Data, e)
		default:
			h = s.cells(x, y, t.Data, e, o.Language)
		}
		y += max(h, 32) + 10
		if i+1 < len(maps) {
			s.line(margin, y-5, s.w-margin, y-5, 0.5, faint)
		}
	}
	s.h = y
	return s, nil
}

func shapeText(t *nn.Tensor, language string) string {
	switch {
	case t.H > 1 || t.W > 1:
		return fmt.Sprintf("%d×%d×%d", t.H, t.W, t.C)
	case t.C == 1:
		return say(language, oneFeature)
	}
	return say(language, featuresText, count(t.C))
}

func rangeText(e bounds, missing int, language string) string {
	if !e.any {
		return say(language, noValue)
	}
	text := say(language, fromTo, number(e.lo, 3), number(e.hi, 3))
	if e.lo == e.hi {
		text = say(language, allOne, number(e.lo, 3))
	}
	if missing > 0 {
		text = say(language, notFinite, text, count(missing))
	}
	return text
}

// tone is the scale for values of a range.
func tone(e bounds) scale {
	if e.lo < 0 {
		return diverging
	}
	return inked
}

// maps sets the channels of a layer in rows, each over its number and beside
// its filter, and returns their height.
func (s *sheet) maps(x, y vg.Length, t, filters *nn.Tensor, e bounds, o FeatureMapOptions) vg.Length {
	tile := o.Tile
	if tile == 0 {
		tile = 42
		if t.C > 64 {
			tile = 24
		}
	}
	h, w := enlarged(t.H, t.W, tile)
	cell := w + 4
	const filterRoom = 1.5
	var fh, fw vg.Length
	var strongest float64
	if filters != nil {
		fh, fw = enlarged(filters.H, filters.W, max(tile/3, 10))
		cell += fw + filterRoom
		fe, _ := extent(filters.Data)
		strongest = fe.top()
	}
	below := captionText
	below.size = min(captionText.size, max(w/2.5, 4))
	below.color = soft
	row := h + below.size + 4
	n := min(t.C, o.Limit)
	columns := max(1, int((mapStrip+4)/cell))
	columns = fullRows(n, float64(columns), columns)
	for c := range n {
		cx, cy := x+vg.Length(c%columns)*cell, y+vg.Length(c/columns)*row
		if filters != nil {
			s.image(cx, cy, fw, fh, plane(filters, c, 0, strongest, diverging))
			s.frame(cx, cy, fw, fh, 0.5, pale(soft, 0.3))
			cx += fw + filterRoom
		}
		s.image(cx, cy, w, h, plane(t, 0, c, e.top(), tone(e)))
		s.frame(cx, cy, w, h, 0.5, pale(soft, 0.3))
		if t.C > 1 {
			s.text(below, cx+w/2, cy+h+below.size, 0.5, count(c+1))
		}
	}
	height := vg.Length((n+columns-1)/columns)*row - 4
	if n < t.C {
		height += s.more(x, y+height, t.C-n, o.Language)
	}
	return height
}

// more says how many are not drawn and returns the height of that.
func (s *sheet) more(x, y vg.Length, n int, language string) vg.Length {
	l := captionText
	l.color = soft
	s.text(l, x, y+l.size+2, 0, say(language, moreText, count(n)))
	return l.size + 3
}

// bars draws plain features with their numbers from 0, as classes are counted.
func (s *sheet) bars(x, y vg.Length, data []float32, e bounds) vg.Length {
	const h = 36
	step := min(mapStrip/vg.Length(len(data)), 32)
	top := e.top()
	if top == 0 {
		top = 1
	}
	lo, hi := min(e.lo, 0)/top, max(e.hi, 0)/top
	if hi == lo {
		hi = 1
	}
	at := func(v float64) vg.Length { return y + h*vg.Length((hi-v/top)/(hi-lo)) }
	positive, negative := palette[1], palette[0]
	if e.lo >= 0 {
		positive = ink
	}
	for i, v := range data {
		bx := x + vg.Length(i)*step
		switch f := float64(v); {
		case !isFinite(f):
			s.fill(bx+step*0.15, y, step*0.7, h, noData)
		case f >= 0:
			s.fill(bx+step*0.15, at(f), step*0.7, at(0)-at(f), positive)
		default:
			s.fill(bx+step*0.15, at(0), step*0.7, at(f)-at(0), negative)
		}
		s.text(captionText, bx+step/2, y+h+captionText.size+1, 0.5, count(i))
	}
	s.line(x, at(0), x+step*vg.Length(len(data)), at(0), 0.5, soft)
	return h + captionText.size + 3
}

// cells draws many plain features as squares, 100 a row.
func (s *sheet) cells(x, y vg.Length, data []float32, e bounds, language string) vg.Length {
	const columns, most = 100, 2000
	n := min(len(data), most)
	rows := (n + columns - 1) / columns
	top := max(e.top(), math.SmallestNonzeroFloat64)
	full := n / columns
	unit := vg.Length(5)
	height := unit * vg.Length(rows)
	if rows == 1 {
		height = 14
	}
	block := func(first, rows, columns int, y, h vg.Length) {
		if rows*columns > 0 {
			s.image(x, y, unit*vg.Length(columns), h, paint(rows, columns, tone(e), func(r, c int) float64 {
				return float64(data[first+r*columns+c]) / top
			}))
			s.frame(x, y, unit*vg.Length(columns), h, 0.5, soft)
		}
	}
	if rows == 1 {
		block(0, 1, n, y, height)
	} else {
		block(0, full, columns, y, unit*vg.Length(full))
		block(full*columns, 1, n-full*columns, y+unit*vg.Length(full), unit)
	}
	if n < len(data) {
		height += s.more(x, y+height, len(data)-n, language)
	}
	return height
}
