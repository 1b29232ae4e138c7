package plots

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"tatami/internal/words"
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
	Title    string  // "": "Filters"
	Note     string  // small, below the title
	Change   bool    // a further bank, on a scale of its own, shows the last bank minus the first
	Colors   bool    // filters of three channels are drawn in red, green and blue: grey is zero
	Book     bool    // each filter from its lowest value, white, to its highest, black
	Range    float64 // the value at the end of the colour scale, so that pictures compare; zero: the largest magnitude
	Filters  int     // at most so many are drawn; zero: 64
	Channels int     // at most so many input channels are drawn; zero: 8
	Language string  // of fixed texts: "en" or "ja"; "": English
}

var (
	filtersTitle  = words.Text{EN: "Filters", JA: "フィルター"}
	changeTitle   = words.Text{EN: "change", JA: "変化"}
	planeFilters  = words.Text{EN: "%s of %d×%d.", JA: "%s 個、大きさ %d×%d。"}
	deepFilters   = words.Text{EN: "%s of %d×%d×%d: a filter is a row, its input channels are the columns.", JA: "%s 個、大きさ %d×%d×%d。1 行が 1 個のフィルター、列は入力チャンネルです。"}
	shownFilters  = words.Text{EN: "Shown: %d filters.", JA: "表示は %d 個です。"}
	shownChannels = words.Text{EN: "Shown: %d filters, %d channels.", JA: "表示は %d 個、%d チャンネルです。"}
	bookText      = words.Text{EN: "Each from its lowest value, white, to its highest, black.", JA: "各フィルターの最小値が白、最大値が黒です。"}
	signText      = words.Text{EN: "Orange is above zero, blue below.", JA: "オレンジは正、青は負です。"}
	colorFilters  = words.Text{EN: "%s of %d×%d×%d, in colour.", JA: "%s 個、大きさ %d×%d×%d、カラー表示。"}
	colorText     = words.Text{EN: "Grey is zero; a weight above zero brightens its colour, one below darkens it.", JA: "灰色が 0 です。正の重みはその色を明るく、負の重みは暗くします。"}
	lostText      = words.Text{EN: "Yellow: not a finite number (%d).", JA: "黄色は有限でない値（%d 個）です。"}
)

// Filters draws banks side by side, each filter with its number from 1. All
// share one colour scale, blue below zero, white at zero, orange above, up to
// the largest magnitude. Filters of one channel fill a rectangle; otherwise
// each is a row and its channels are the columns. What a limit leaves out is
// noted.
func Filters(banks []Bank, o FilterOptions) (Figure, error) {
	if o.Title == "" {
		o.Title = say(o.Language, filtersTitle)
	}
	fail := func(err error) (Figure, error) { return nil, fmt.Errorf("filters %q: %w", o.Title, err) }
	if len(banks) == 0 {
		return fail(errors.New("no banks"))
	}
	o.Colors = o.Colors && !o.Book && !slices.ContainsFunc(banks, func(b Bank) bool { return b.Filters == nil || b.Filters.C != 3 })
	if o.Filters == 0 {
		o.Filters = 64
	}
	if o.Channels == 0 {
		o.Channels = 8
	}
	if o.Filters < 1 || o.Channels < 1 || !(o.Range >= 0 && o.Range <= huge) {
		return fail(fmt.Errorf("limits of %d filters and %d channels, range of %g: wanted none below zero", o.Filters, o.Channels, o.Range))
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
	top := o.Range
	if top == 0 {
		top = all.top()
	}
	groups := []bankGroup{{layBanks(banks, o), top}}
	if o.Change {
		change, err := difference(banks[0].Filters, banks[len(banks)-1].Filters)
		if err != nil {
			return fail(err)
		}
		e, _ := extent(change.Data)
		bank := Bank{say(o.Language, changeTitle), change}
		groups = append(groups, bankGroup{layBanks([]Bank{bank}, o), e.top()})
	}
	return drawFilters(groups, filtersNote(banks[0].Filters, missing, o), o), nil
}

// MaxAbs is the largest magnitude of the finite values, the Range of pictures
// that are to be compared.
func MaxAbs(tensors ...*nn.Tensor) (top float64) {
	for _, t := range tensors {
		e, _ := extent(t.Data)
		top = max(top, e.top())
	}
	return top
}

func difference(first, last *nn.Tensor) (*nn.Tensor, error) {
	if first.N != last.N || first.Shape != last.Shape {
		return nil, fmt.Errorf("the change from %v to %v: wanted banks of one shape", first, last)
	}
	d := nn.NewTensor(first.N, first.Shape)
	for i := range d.Data {
		d.Data[i] = last.Data[i] - first.Data[i]
	}
	return d, nil
}

func filtersNote(t *nn.Tensor, missing int, o FilterOptions) string {
	parts := []string{o.Note, say(o.Language, planeFilters, count(t.N), t.H, t.W)}
	if o.Colors {
		parts[1] = say(o.Language, colorFilters, count(t.N), t.H, t.W, t.C)
	} else if t.C > 1 {
		parts[1] = say(o.Language, deepFilters, count(t.N), t.H, t.W, t.C)
	}
	switch n, c := min(t.N, o.Filters), min(t.C, o.Channels); {
	case n == t.N && (c == t.C || o.Colors):
	case t.C == 1 || o.Colors:
		parts = append(parts, say(o.Language, shownFilters, n))
	default:
		parts = append(parts, say(o.Language, shownChannels, n, c))
	}
	switch {
	case o.Book:
		parts = append(parts, say(o.Language, bookText))
	case o.Colors:
		parts = append(parts, say(o.Language, colorText))
	default:
		parts = append(parts, say(o.Language, signText))
	}
	if missing > 0 {
		parts = append(parts, say(o.Language, lostText, missing))
	}
	return sentences(o.Language, parts...)
}

// The sides of a filter's tile and what lies between two.
const filterTile, filterGap = vg.Length(40), vg.Length(5)

// bankLayout says where the tiles of a bank go, from its top left corner.
type bankLayout struct {
	Bank
	colors                     bool
	filters, channels, columns int // drawn
	left                       vg.Length
	row                        vg.Length // from one to the next
	width                      vg.Length
}

// plane tells of filters that are a picture each, and not one a channel.
func (l bankLayout) plane() bool { return l.colors || l.Filters.C == 1 }

// bankGroup is banks of one colour scale.
type bankGroup struct {
	banks []bankLayout
	top   float64
}

func layBanks(banks []Bank, o FilterOptions) []bankLayout {
	var all []bankLayout
	for _, b := range banks {
		l := bankLayout{Bank: b, filters: min(b.Filters.N, o.Filters), channels: min(b.Filters.C, o.Channels)}
		if l.colors = o.Colors; l.plane() {
			l.columns = fullRows(l.filters, math.Sqrt(1.1*float64(l.filters)), 12)
			l.row = filterTile + captionText.size + 4
		} else {
			l.columns, l.left, l.row = l.channels, 16, filterTile+filterGap // the numbers of rows stand at the left
		}
		l.width = l.left + vg.Length(l.columns)*(filterTile+filterGap)
		all = append(all, l)
	}
	return all
}

func drawFilters(groups []bankGroup, note string, o FilterOptions) *sheet {
	const between, bar = 18, 40
	s := &sheet{w: margin}
	for _, g := range groups {
		for _, b := range g.banks {
			s.w += b.width + between
		}
		if !o.Book && !o.Colors {
			s.w += bar
		}
	}
	if o.Book || o.Colors {
		s.w += margin - between
	}
	s.w = max(s.w, 240)
	top := s.head(o.Title, note)
	x, bottom := margin, top
	for _, g := range groups {
		groupBottom := top
		for _, b := range g.banks {
			groupBottom = max(groupBottom, s.bank(x, top, b, g.top, o.Book))
			x += b.width + between
		}
		bottom = max(bottom, groupBottom)
		if !o.Book && !o.Colors {
			s.colorBar(x-between/2, top+16, min(groupBottom-top-20, 180), g.top)
			x += bar
			bottom = max(bottom, top+72)
		}
	}
	s.h = bottom + margin/2
	return s
}

// bank draws filters from their top left corner and returns the y below them.
func (s *sheet) bank(x, y vg.Length, b bankLayout, top float64, book bool) (bottom vg.Length) {
	t := b.Filters
	if b.Title != "" {
		l := labelText
		l.bold = true
		y += l.size
		s.text(l, x, y, 0, l.fit(clean(b.Title), b.width))
		y += 5
	}
	x += b.left
	cells := b.filters
	if !b.plane() {
		for c := range b.channels {
			s.text(captionText, x+vg.Length(c)*(filterTile+filterGap)+filterTile/2, y+captionText.size, 0.5, count(c+1))
		}
		y += captionText.size + 3
		cells *= b.channels
	}
	h, w := enlarged(t.H, t.W, filterTile)
	for k := range cells {
		filter, channel := k, 0
		if !b.plane() {
			filter, channel = k/b.channels, k%b.channels
		}
		cx, cy := x+vg.Length(k%b.columns)*(filterTile+filterGap), y+vg.Length(k/b.columns)*b.row
		if b.colors {
			s.image(cx, cy, w, h, colored(t, filter, top))
		} else {
			s.image(cx, cy, w, h, filterImage(t, filter, channel, top, book))
		}
		s.frame(cx, cy, w, h, 0.5, pale(soft, 0.3))
		switch {
		case b.plane():
			s.text(captionText, cx+w/2, cy+h+captionText.size, 0.5, count(filter+1))
		case channel == 0:
			s.text(captionText, x-4, cy+h/2+captionText.size/3, 1, count(filter+1))
		}
	}
	return y + vg.Length((cells+b.columns-1)/b.columns)*b.row
}

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

// colored is a filter of three channels as a picture, from −top, dark, to top.
func colored(t *nn.Tensor, filter int, top float64) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, t.W, t.H))
	data := t.Sample(filter)
	for i := range t.H * t.W {
		c := color.NRGBA{A: 255}
		for k, to := range []*uint8{&c.R, &c.G, &c.B} {
			v := float64(data[3*i+k]) / max(top, math.SmallestNonzeroFloat64)
			if !isFinite(v) {
				c = noData
				break
			}
			*to = uint8(math.Round(127.5 + 127.5*max(-1, min(1, v))))
		}
		img.SetNRGBA(i%t.W, i/t.W, c)
	}
	return img
}

// colorBar draws the diverging scale from -top to top, upright, with numbers at
// round values.
func (s *sheet) colorBar(x, y, length vg.Length, top float64) {
	const n = 101
	length = max(length, 40)
	s.image(x, y, 9, length, paint(n, 1, diverging, func(y, _ int) float64 { return 1 - 2*float64(y)/(n-1) }))
	s.frame(x, y, 9, length, 0.5, soft)
	if top == 0 {
		s.text(captionText, x+13, y+length/2+captionText.size/3, 0, "0")
		return
	}
	for _, t := range linearTicks(-top, top, 4, false) {
		ty := y + length*vg.Length(1-t.Value/top)/2
		s.line(x+9, ty, x+11, ty, 0.5, soft)
		s.text(captionText, x+13, ty+captionText.size/3, 0, t.Label)
	}
}
