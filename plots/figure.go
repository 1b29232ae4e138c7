// Package plots draws the numbers and tensors of a training run: loss and
// accuracy curves, filters, feature maps, confusion matrices, images with
// captions, and charts for experiments.
//
// Every function checks its input and returns a Figure, a picture of a natural
// size. Save writes one as a PNG, SVG or PDF file, Encode to any writer, and
// Grid sets several beside each other. The same figure always gives the same
// bytes.
//
// Values that are not finite are left out of charts and shown in yellow in
// pictures; an error is returned only when nothing is left to draw. Texts may
// hold any letters of Liberation Sans (Latin, Greek, Cyrillic) and Japanese ones
// (JIS X 0208 and more, in BIZ UDPGothic).
package plots

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"tatami/internal/files"
)

// Figure is a picture that knows its natural size. Draw fills the canvas's
// rectangle, which Save makes of exactly that size.
type Figure interface {
	Size() (width, height vg.Length)
	Draw(c draw.Canvas)
}

// maxPixels bounds a picture's memory in PNG: 256 MB.
const maxPixels = 64 << 20

// Encode writes f in the named format: "png" (at 144 dots an inch, two for
// each CSS pixel of its size in points), "svg" or "pdf".
func Encode(w io.Writer, f Figure, format string) error {
	if f == nil {
		return errors.New("no figure")
	}
	width, height := f.Size()
	pixels := width.Dots(dpi) * height.Dots(dpi)
	if !(width >= 1 && height >= 1 && pixels <= maxPixels) {
		return fmt.Errorf("figure of %.4g × %.4g points: wanted at least 1 × 1 and at most %d pixels", width, height, maxPixels)
	}
	paint := func(c vg.Canvas) {
		dc := draw.NewCanvas(c, width, height)
		dc.SetColor(color.White)
		dc.Fill(dc.Rectangle.Path())
		f.Draw(dc)
	}
	var err error
	switch format {
	case "png":
		c := newRaster(width, height)
		f.Draw(draw.NewCanvas(c, width, height))
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(w, c.pixels)
	case "svg":
		c := svg{vgsvg.New(width, height)}
		paint(c)
		var b bytes.Buffer
		if _, err = c.WriteTo(&b); err == nil {
			_, err = svgFixes.WriteString(w, b.String())
		}
	case "pdf":
		c := newPDF(width, height)
		paint(c)
		_, err = c.WriteTo(w)
	default:
		return fmt.Errorf("format %q: wanted png, svg or pdf", format)
	}
	if err != nil {
		return fmt.Errorf("%s of %.4g × %.4g points: %w", format, width, height, err)
	}
	return nil
}

// svgFixes makes pixels stay sharp and fill their place, lets other sans-serif fonts stand in for
// Liberation, and names the type of embedded images right.
var svgFixes = strings.NewReplacer(
	"<svg width", `<svg style="image-rendering:pixelated" width`,
	"font-family:Liberation Sans;font-variant:normal;", "font-family:Liberation Sans,Arial,Helvetica,sans-serif;",
	"data:image/jpg;", "data:image/png;",
	"<image x", `<image preserveAspectRatio="none" x`,
)

// Save writes f to a file whose extension (.png, .svg or .pdf) gives the
// format. The file is complete or, after an error, as it was before.
func Save(path string, f Figure) error {
	ext := filepath.Ext(path)
	format := strings.ToLower(strings.TrimPrefix(ext, "."))
	switch format {
	case "png", "svg", "pdf":
	default:
		return fmt.Errorf("picture %s: extension %q, wanted .png, .svg or .pdf", path, ext)
	}
	var b bytes.Buffer
	if err := Encode(&b, f, format); err != nil {
		return fmt.Errorf("picture %s: %w", path, err)
	}
	return files.Write(path, func(w io.Writer) error {
		_, err := b.WriteTo(w)
		return err
	})
}
