package plots

import (
	"image"
	"image/color"
	"math"
	"strings"

	"git.sr.ht/~sbinet/gg"
	xdraw "golang.org/x/image/draw"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// dpi is the resolution of PNG files. Two pixels a point let layouts put image
// pixels on whole device pixels by using half points.
const dpi = 144

// raster is a bitmap canvas, white at first, that enlarges images without
// blurring them.
type raster struct {
	*vgimg.Canvas
	context *gg.Context // of Canvas
	pixels  *image.RGBA
	inks    []color.Color // the last is that of texts
}

func newRaster(w, h vg.Length) *raster {
	px := func(l vg.Length) int { return int(l.Dots(dpi) + 0.5) }
	c := &raster{pixels: image.NewRGBA(image.Rect(0, 0, px(w), px(h))), inks: []color.Color{color.Black}}
	c.context = gg.NewContextForRGBA(c.pixels)
	c.context.SetLineCapButt()
	c.context.InvertY()
	c.Canvas = vgimg.NewWith(vgimg.UseImageWithContext(c.pixels, c.context), vgimg.UseDPI(dpi))
	return c
}

// SetColor implements vg.Canvas.
func (c *raster) SetColor(ink color.Color) {
	if ink == nil { // which vg takes for black
		ink = color.Black
	}
	c.inks[len(c.inks)-1] = ink
	c.Canvas.SetColor(ink)
}

// Push implements vg.Canvas.
func (c *raster) Push() {
	c.inks = append(c.inks, c.inks[len(c.inks)-1])
	c.Canvas.Push()
}

// Pop implements vg.Canvas.
func (c *raster) Pop() {
	c.inks = c.inks[:len(c.inks)-1]
	c.Canvas.Pop()
}

// FillString implements vg.Canvas.
func (c *raster) FillString(f font.Face, at vg.Point, s string) {
	if isJapanese(f) {
		fillShape(c, f, at, s)
		return
	}
	x, y := c.context.TransformPoint(at.X.Dots(dpi), at.Y.Dots(dpi))
	ax, ay := c.context.TransformPoint(at.X.Dots(dpi)+1, at.Y.Dots(dpi))
	if math.Abs(ax-x-1)+math.Abs(ay-y) > 1e-6 {
		c.Canvas.FillString(f, at, s) // turned
		return
	}
	face := f.FontFace(dpi)
	defer face.Close()
	sixtyFourths := func(v float64) fixed.Int26_6 { return fixed.Int26_6(math.Round(64 * v)) }
	text := xfont.Drawer{Dst: c.pixels, Src: image.NewUniform(c.inks[len(c.inks)-1]), Face: face}
	text.Dot = fixed.Point26_6{X: sixtyFourths(x), Y: sixtyFourths(y)}
	text.DrawString(s)
}

// svg is a canvas of an SVG document whose Japanese text is shapes.
type svg struct{ *vgsvg.Canvas }

// FillString implements vg.Canvas.
func (c svg) FillString(f font.Face, at vg.Point, s string) {
	if isJapanese(f) {
		fillShape(c, f, at, s)
		return
	}
	shown := strings.TrimLeft(s, " ") // since browsers drop blanks
	at.X += f.Width(s[:len(s)-len(shown)])
	c.Canvas.FillString(f, at, shown)
}

// DrawImage implements vg.Canvas for canvases that are not transformed.
func (c *raster) DrawImage(r vg.Rectangle, img image.Image) {
	dst := c.pixels
	px := func(l vg.Length) int { return int(math.Round(l.Dots(dpi))) }
	h := dst.Bounds().Dy()
	to := image.Rect(px(r.Min.X), h-px(r.Max.Y), px(r.Max.X), h-px(r.Min.Y))
	from := img.Bounds()
	var scale xdraw.Scaler = xdraw.NearestNeighbor
	if to.Dx() < from.Dx() || to.Dy() < from.Dy() {
		scale = xdraw.CatmullRom // when shrinking, nearest pixels would drop the others
	}
	scale.Scale(dst, to, img, from, xdraw.Over, nil)
}
