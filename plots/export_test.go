package plots

import (
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/vg"
)

var (
	Diverging = diverging
	Number    = number
	FullRows  = fullRows
)

// Length is in points.
type Length = vg.Length

// Missing is the letters of a text that no font has.
func Missing(s string) (missing []rune) {
	var buf sfnt.Buffer
	for _, part := range runs(labelText.face(), s) {
		for _, r := range part.text {
			if glyph, err := part.face.Face.GlyphIndex(&buf, r); err != nil || glyph == 0 {
				missing = append(missing, r)
			}
		}
	}
	return missing
}

// Wrap breaks a title into lines of a width in points.
func Wrap(s string, width float64) []string { return titleText.wrap(s, vg.Length(width), 9) }
