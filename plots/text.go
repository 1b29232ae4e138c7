package plots

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"image/color"
	"io"
	"strings"
	"sync"
	"unicode"

	"github.com/rivo/uniseg"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// The Japanese font is BIZ UDPGothic 1.05 of the SIL Open Font License, without
// hints and layout tables and with those characters of code page 932 (JIS X
// 0208 and the usual extensions) that Liberation Sans lacks. Made by
//
//	pyftsubset BIZUDPGothic-Regular.ttf --text-file=characters.txt --no-hinting --no-notdef-outline
//	  --layout-features= --drop-tables+=vhea,vmtx,GSUB,GPOS,GDEF,BASE,meta,DSIG,gasp,STAT
//
//go:embed font/BIZUDPGothic.ttf.gz
var japaneseFont []byte

// japanese is read when a text needs it, since few do.
var japanese = sync.OnceValue(func() *opentype.Font {
	r, err := gzip.NewReader(bytes.NewReader(japaneseFont))
	if err != nil {
		panic(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	f, err := opentype.Parse(data)
	if err != nil {
		panic(err)
	}
	return f
})

// letter is a font's size, weight and colour.
type letter struct {
	size  vg.Length
	bold  bool
	color color.NRGBA
}

var (
	titleText   = letter{11, true, ink}
	noteText    = letter{8, false, soft}
	labelText   = letter{9, false, ink}
	captionText = letter{7, false, ink}
)

func (l letter) font() font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: l.size}
	if l.bold {
		f.Weight = xfont.WeightBold
	}
	return f
}

func (l letter) face() font.Face { return font.DefaultCache.Lookup(l.font(), l.size) }

func (l letter) width(s string) (w vg.Length) {
	for _, r := range runs(l.face(), s) {
		w += r.face.Width(r.text)
	}
	return w
}

// draw writes s with the left, middle or right (align 0, ½, 1) of its baseline at p.
func (l letter) draw(c vg.Canvas, p vg.Point, align float64, s string) {
	c.SetColor(l.color)
	p.X -= vg.Length(align) * l.width(s)
	write(c, l.face(), p, s)
}

// run is a part of a text in one font.
type run struct {
	text string
	face font.Face
}

const japaneseTypeface = "BIZ UDPGothic"

// isJapanese says whether a face of runs is of the Japanese font.
func isJapanese(f font.Face) bool { return f.Font.Typeface == japaneseTypeface }

// runs cuts s into parts of Liberation Sans, whose face is given, and parts of
// the Japanese font, for what the former lacks and the latter has.
func runs(face font.Face, s string) []run {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < 0x80
	}
	if ascii {
		return []run{{s, face}}
	}
	other := font.Face{Font: face.Font, Face: japanese()}
	other.Font.Typeface, other.Font.Variant = japaneseTypeface, ""
	var buf sfnt.Buffer
	has := func(f font.Face, r rune) bool {
		glyph, err := f.Face.GlyphIndex(&buf, r)
		return err == nil && glyph != 0
	}
	var parts []run
	start, was := 0, false
	for i, r := range s {
		is := r >= 0x80 && !has(face, r) && has(other, r)
		if is == was {
			continue
		}
		if i > start {
			parts = append(parts, run{s[start:i], pick(was, other, face)})
		}
		start, was = i, is
	}
	return append(parts, run{s[start:], pick(was, other, face)})
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

// write draws s from the left of its baseline in the canvas's colour.
func write(c vg.Canvas, face font.Face, at vg.Point, s string) {
	for _, r := range runs(face, s) {
		c.FillString(r.face, at, r.text)
		at.X += r.face.Width(r.text)
	}
}

// fillShape writes letters of the Japanese font as shapes, which need no font
// where they are looked at. Bold ones, which the font lacks, get a rim.
func fillShape(c vg.Canvas, f font.Face, at vg.Point, s string) {
	shape := outline(f, at, s)
	c.Fill(shape)
	if f.Font.Weight >= xfont.WeightBold {
		c.SetLineDash(nil, 0)
		c.SetLineWidth(rim * f.Font.Size)
		c.Stroke(shape)
	}
}

// rim is the width of the line, in ems, that makes regular letters bold.
const rim = 0.03

// outline is the shape of a text.
func outline(f font.Face, at vg.Point, s string) vg.Path {
	var (
		p     vg.Path
		buf   sfnt.Buffer
		em    = fixed.Int26_6(f.Face.UnitsPerEm())
		scale = f.Font.Size / vg.Length(em)
	)
	for _, r := range s {
		glyph, err := f.Face.GlyphIndex(&buf, r)
		if err != nil {
			continue
		}
		segments, err := f.Face.LoadGlyph(&buf, glyph, em, nil)
		if err != nil {
			continue
		}
		point := func(q fixed.Point26_6) vg.Point {
			return vg.Point{X: at.X + vg.Length(q.X)*scale, Y: at.Y - vg.Length(q.Y)*scale}
		}
		for i, g := range segments {
			switch g.Op {
			case sfnt.SegmentOpMoveTo:
				if i > 0 {
					p.Close()
				}
				p.Move(point(g.Args[0]))
			case sfnt.SegmentOpLineTo:
				p.Line(point(g.Args[0]))
			case sfnt.SegmentOpQuadTo:
				p.QuadTo(point(g.Args[0]), point(g.Args[1]))
			case sfnt.SegmentOpCubeTo:
				p.CubeTo(point(g.Args[0]), point(g.Args[1]), point(g.Args[2]))
			}
		}
		if len(segments) > 0 {
			p.Close()
		}
		if advance, err := f.Face.GlyphAdvance(&buf, glyph, em, xfont.HintingNone); err == nil {
			at.X += vg.Length(advance) * scale
		}
	}
	return p
}

// mixed is gonum's text handler, for the labels of an axis, in two fonts.
type mixed struct{ text.Plain }

var tickLabels = mixed{text.Plain{Fonts: font.DefaultCache}}

// Box is the size of a line.
func (m mixed) Box(s string, f font.Font) (width, height, depth vg.Length) {
	_, height, depth = m.Plain.Box(s, f)
	for _, r := range runs(font.DefaultCache.Lookup(f, f.Size), s) {
		width += r.face.Width(r.text)
	}
	return width, height, depth
}

// Draw writes a line that is not turned.
func (m mixed) Draw(c vg.Canvas, s string, sty text.Style, at vg.Point) {
	width, _, _ := m.Box(s, sty.Font)
	face := font.DefaultCache.Lookup(sty.Font, sty.Font.Size)
	e := face.Extents()
	c.SetColor(sty.Color)
	at.X += width * vg.Length(sty.XAlign)
	at.Y += (e.Ascent+e.Descent)*vg.Length(sty.YAlign) - e.Ascent + sty.Font.Size
	write(c, face, at, s)
}

// fit shortens s to a width, with an ellipsis.
func (l letter) fit(s string, width vg.Length) string {
	if l.width(s) <= width {
		return s
	}
	runes := []rune(s)
	lo, hi := 0, len(runes) // the longest prefix that fits has lo ≤ n < hi letters
	for lo+1 < hi {
		mid := (lo + hi) / 2
		if l.width(string(runes[:mid])+"…") <= width {
			lo = mid
		} else {
			hi = mid
		}
	}
	return strings.TrimRight(string(runes[:lo]), " ") + "…"
}

// wrap breaks s into lines of a width, where its language allows, the last of
// at most n shortened.
func (l letter) wrap(s string, width vg.Length, n int) []string {
	var lines []string
	line, state := "", -1
	for rest := strings.TrimSpace(s); rest != ""; {
		var part string
		before := rest
		part, rest, _, state = uniseg.FirstLineSegmentInString(rest, state)
		if line != "" && len(lines) < n-1 && l.width(strings.TrimRight(line+part, " ")) > width {
			lines = append(lines, l.fit(strings.TrimRight(line, " "), width))
			line = ""
		}
		if len(lines) == n-1 {
			part, rest = before, ""
		}
		line += part
	}
	if line != "" {
		lines = append(lines, l.fit(strings.TrimRight(line, " "), width))
	}
	return lines
}

// clean makes any text one line that every format can hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "?"))
}
