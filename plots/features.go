package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"

	"tatami/nn"
)

// FeatureMapOptions says how FeatureMaps draws.
type FeatureMapOptions struct {
	Title string // "": "Feature maps"
	Limit int    // at most so many maps a layer are drawn; zero: 12
	// Tile is the largest side of a map in points; zero: 42.
	Tile vg.Length
}

const mapStrip = vg.Length(12 * (42 + 4)) // width of a layer's strip

// FeatureMaps draws what each layer makes of one image, a strip a layer: maps[i],
// of one sample, is the output of the layer called names[i]. Each layer has its
// own scale, white at zero: gray to black where nothing is negative, otherwise
// blue below and red above. Plain features are bars, or a strip of cells if
// there are many.
func FeatureMaps(names []string, maps []*nn.Tensor, o FeatureMapOptions) (Figure, error) {
	title := o.Title
	if title == "" {
		title = "Feature maps"
	}
	if len(maps) == 0 || len(names) != len(maps) {
		return nil, fmt.Errorf("feature maps %q: %d names for %d layers", title, len(names), len(maps))
	}
	limit := o.Limit
	if limit <= 0 {
		limit = 12
	}
	tile := o.Tile
	if tile == 0 {
		tile = 42
	}
	if !(tile >= 1 && tile <= mapStrip) {
		return nil, fmt.Errorf("feature maps %q: tiles of %g points, wanted 1 to %g", title, tile, mapStrip)
	}
	const label = vg.Length(112)
	s := &sheet{w: margin + label + mapStrip + margin}
	y := s.head(title, "")
	for i, t := range maps {
		if err := checkTensor(fmt.Sprintf("feature maps %q: layer %d (%s)", title, i+1, names[i]), t); err != nil {
			return nil, err
		}
		if t.N != 1 {
			return nil, fmt.Errorf("feature maps %q: layer %d (%s): %d samples, wanted 1", title, i+1, names[i], t.N)
		}
		e, missing := extent(t.Data)
		bold, small := labelText, captionText
		bold.bold, small.color = true, soft
		s.text(bold, margin, y+bold.size, 0, bold.fit(clean(names[i]), label-8))
		shape := fmt.Sprintf("%d×%d×%d", t.H, t.W, t.C)
		if t.H == 1 && t.W == 1 {
			shape = plural(t.C, "feature")
		}
		values := "no finite value"
		if e.any {
			values = number(e.lo, 3) + " to " + number(e.hi, 3)
		}
		if e.any && e.lo == e.hi {
			values = "all " + number(e.lo, 3)
		}
		if missing > 0 && e.any {
			values += fmt.Sprintf(", %s not finite", count(missing))
		}
		s.text(small, margin, y+bold.size+small.size+3, 0, shape)
		s.text(small, margin, y+bold.size+2*small.size+5, 0, small.fit(values, label-8))

		var h vg.Length
		switch x := margin + label; {
		case t.H > 1 || t.W > 1:
			h = s.maps(x, y, tile, t, e, limit)
		case t.C <= 32:
			h = s.bars(x, y, t.Data, e)
		default:
			h = s.cells(x, y, t.Data, e)
		}
		y += max(h, 32) + 10
		if i+1 < len(maps) {
			s.line(margin, y-5, s.w-margin, y-5, 0.5, faint)
		}
	}
	s.h = y
	return s, nil
}

// tone is the scale for values of a range.
func tone(e bounds) scale {
	if e.lo < 0 {
		return diverging
	}
	return inked
}

// maps sets up to limit channels of a layer in rows and returns their height.
func (s *sheet) maps(x, y, tile vg.Length, t *nn.Tensor, e bounds, limit int) vg.Length {
	h, w := enlarged(t.H, t.W, tile)
	n := min(t.C, limit)
	columns := max(1, int((mapStrip+4)/(w+4)))
	for c := range n {
		cx, cy := x+vg.Length(c%columns)*(w+4), y+vg.Length(c/columns)*(h+4)
		s.image(cx, cy, w, h, plane(t, 0, c, e.top(), tone(e)))
		s.frame(cx, cy, w, h, 0.5, pale(soft, 0.3))
	}
	height := vg.Length((n+columns-1)/columns)*(h+4) - 4
	if n < t.C {
		l := captionText
		l.color = soft
		height += l.size + 3
		s.text(l, x, y+height-1, 0, fmt.Sprintf("and %d more", t.C-n))
	}
	return height
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
	positive, negative := okabeIto[1], okabeIto[0] // red and blue, as everywhere
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
func (s *sheet) cells(x, y vg.Length, data []float32, e bounds) vg.Length {
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
		l := captionText
		l.color = soft
		height += l.size + 3
		s.text(l, x, y+height-1, 0, fmt.Sprintf("and %s more", count(len(data)-n)))
	}
	return height
}
