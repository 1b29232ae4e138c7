package plots

import (
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"tatami/internal/commas"
)

// palette begins with the colours of lines on tatami's pages, of which the first
// two, blue and orange, stand for pairs everywhere. Colour-blind people can tell
// them apart; the rest are of Okabe, Ito and Tol.
var palette = [...]color.NRGBA{
	{0x00, 0x68, 0xa8, 0xff}, // blue
	{0xc8, 0x52, 0x00, 0xff}, // orange
	{0x00, 0x7a, 0x58, 0xff}, // green
	{0xa3, 0x47, 0x7d, 0xff}, // purple
	{0x8a, 0x61, 0x00, 0xff}, // brown
	{0x5a, 0x4b, 0xb0, 0xff}, // indigo
	{0x56, 0xb4, 0xe9, 0xff}, // sky
	{0x33, 0x33, 0x33, 0xff}, // almost black
	{0x88, 0x22, 0x55, 0xff}, // wine
	{0x99, 0x99, 0x33, 0xff}, // olive
}

var dashes = [...][]vg.Length{nil, {7, 3}, {2, 2}, {8, 2.5, 2, 2.5}}

var glyphs = [...]draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.CrossGlyph{},
	draw.TriangleGlyph{}, draw.PlusGlyph{},
}

var (
	ink    = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	soft   = color.NRGBA{0x66, 0x66, 0x66, 0xff}
	faint  = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}
	noData = color.NRGBA{0xf0, 0xe4, 0x42, 0xff} // Okabe and Ito's yellow: a value that is not finite
)

// look is how the i-th line or group of points is told from the others: by
// colour, dashes and glyph.
func look(i int) (draw.LineStyle, draw.GlyphStyle) {
	c := palette[i%len(palette)]
	return draw.LineStyle{Color: c, Width: 1.5, Dashes: dashes[i%len(dashes)]},
		draw.GlyphStyle{Color: c, Radius: 2.4, Shape: glyphs[i%len(glyphs)]}
}

// pale is c mixed with white.
func pale(c color.Color, share float64) color.NRGBA {
	return mix(color.NRGBAModel.Convert(c).(color.NRGBA), color.NRGBA{255, 255, 255, 255}, share)
}

func mix(a, b color.NRGBA, t float64) color.NRGBA {
	m := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + t*(float64(b)-float64(a)))) }
	return color.NRGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

// number writes v with at most the given significant digits, as people do:
// 0.001, −12,500, 3e−7.
func number(v float64, digits int) string {
	return strings.ReplaceAll(plainNumber(v, digits), "-", "−")
}

func plainNumber(v float64, digits int) string {
	switch a := math.Abs(v); {
	case v == 0:
		return "0"
	case math.IsNaN(v) || math.IsInf(v, 0):
		return strconv.FormatFloat(v, 'g', -1, 64)
	case a >= 1e6 || a < 1e-4:
		s := strconv.FormatFloat(v, 'e', digits-1, 64)
		m, e, _ := strings.Cut(s, "e")
		if strings.Contains(m, ".") {
			m = strings.TrimRight(strings.TrimRight(m, "0"), ".")
		}
		n, _ := strconv.Atoi(e)
		return m + "e" + strconv.Itoa(n)
	default:
		decimals := max(0, digits-1-int(math.Floor(math.Log10(a))))
		s := strconv.FormatFloat(v, 'f', decimals, 64)
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return commas.Group(s)
	}
}

// count writes a whole number.
func count(n int) string { return commas.Group(strconv.Itoa(n)) }
