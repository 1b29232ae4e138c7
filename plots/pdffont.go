package plots

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// pdfLetters is the letters of a document that its standard fonts lack, in Type
// 3 fonts of at most 255 letters, whose glyphs are drawings. Their codes can be
// searched for and copied as text.
type pdfLetters struct {
	fonts []*pdfFont
	codes map[pdfLetter]pdfCode
}

type pdfLetter struct {
	typeface font.Typeface
	bold     bool
	letter   rune
}

type pdfCode struct {
	font *pdfFont
	code byte
}

type pdfFont struct {
	name    string
	letters []rune
	glyphs  [][]byte  // drawings, in thousandths of an em
	widths  []float64 // likewise
}

// code gives a letter's font, by its name in the resources, and code.
func (p *pdfLetters) code(f font.Face, r rune) (name string, code byte) {
	key := pdfLetter{f.Font.Typeface, f.Font.Weight >= xfont.WeightBold, r}
	if c, ok := p.codes[key]; ok {
		return c.font.name, c.code
	}
	if p.codes == nil {
		p.codes = map[pdfLetter]pdfCode{}
	}
	if n := len(p.fonts); n == 0 || len(p.fonts[n-1].letters) == 255 {
		p.fonts = append(p.fonts, &pdfFont{name: fmt.Sprintf("L%d", n+1)})
	}
	into := p.fonts[len(p.fonts)-1]

	f.Font.Size = 1000
	var buf sfnt.Buffer
	width := 0.0
	if glyph, err := f.Face.GlyphIndex(&buf, r); err == nil {
		em := fixed.Int26_6(f.Face.UnitsPerEm())
		if a, err := f.Face.GlyphAdvance(&buf, glyph, em, xfont.HintingNone); err == nil {
			width = 1000 * float64(a) / float64(em)
		}
	}
	draw := &pdf{}
	draw.op("d0", width, 0)
	draw.path(outline(f, vg.Point{}, string(r)))
	if key.bold && isJapanese(f) {
		draw.op("w", rim*1000)
		draw.op("B")
	} else {
		draw.op("f")
	}
	into.letters = append(into.letters, r)
	into.widths = append(into.widths, width)
	into.glyphs = append(into.glyphs, draw.page.Bytes())
	c := pdfCode{into, byte(len(into.letters))}
	p.codes[key] = c
	return into.name, c.code
}

// resources names the fonts, the first of whose objects has the given number:
// a font's dictionary, its table of letters and its glyphs.
func (p *pdfLetters) resources(first int) string {
	var b strings.Builder
	for _, f := range p.fonts {
		fmt.Fprintf(&b, "/%s %d 0 R", f.name, first)
		first += 2 + len(f.glyphs)
	}
	return b.String()
}

func (p *pdfLetters) write(object func(format string, args ...any), first int) {
	for _, f := range p.fonts {
		var procs, names, widths strings.Builder
		var table bytes.Buffer
		fmt.Fprintf(&table, "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"+
			"/CMapName /%s def /CMapType 2 def\n1 begincodespacerange <00> <ff> endcodespacerange\n", f.name)
		for i, r := range f.letters {
			fmt.Fprintf(&procs, "/g%d %d 0 R", i+1, first+2+i)
			fmt.Fprintf(&names, "/g%d", i+1)
			fmt.Fprintf(&widths, "%s ", pdfNumber(f.widths[i]))
			fmt.Fprintf(&table, "1 beginbfchar <%02x> <", i+1)
			for _, u := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&table, "%04x", u)
			}
			table.WriteString("> endbfchar\n")
		}
		table.WriteString("endcmap CMapName currentdict /CMap defineresource pop end end\n")
		object("<</Type/Font/Subtype/Type3/FontBBox[0 -300 1100 1000]/FontMatrix[0.001 0 0 0.001 0 0]/FirstChar 1/LastChar %d"+
			"/Widths[%s]/CharProcs<<%s>>/Encoding<</Type/Encoding/Differences[1%s]>>/Resources<<>>/ToUnicode %d 0 R>>",
			len(f.letters), strings.TrimSpace(widths.String()), procs.String(), names.String(), first+1)
		for _, stream := range append([][]byte{table.Bytes()}, f.glyphs...) {
			data := deflate(stream)
			object("<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream", len(data), data)
		}
		first += 2 + len(f.glyphs)
	}
}
