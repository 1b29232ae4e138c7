package plots

import (
	"image"
	"math"
	"strings"

	xdraw "golang.org/x/image/draw"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// dpi is the resolution of PNG files. Two pixels a point let layouts put image
// pixels on whole device pixels by using half points.
const dpi = 144

// raster is a bitmap canvas that enlarges images without blurring them.
type raster struct{ *vgimg.Canvas }

func newRaster(w, h vg.Length) raster {
	return raster{vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(dpi))}
}

// FillString implements vg.Canvas.
func (c raster) FillString(f font.Face, at vg.Point, s string) {
	if isJapanese(f) {
		fillShape(c, f, at, s)
		return
	}
	c.Canvas.FillString(f, at, s)
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
func (c raster) DrawImage(r vg.Rectangle, img image.Image) {
	dst := c.Image()
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
