package plots

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/color"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// pdf is a canvas of one PDF page. Unlike vgpdf it writes no date and keeps
// its objects in order, so that the same drawing gives the same bytes; it uses
// the standard fonts Helvetica and Helvetica-Bold, of the same metrics as
// Liberation Sans, and embeds the letters that they lack.
type pdf struct {
	w, h    vg.Length
	page    bytes.Buffer
	images  []image.Image
	alphas  map[string]bool
	letters pdfLetters
}

func newPDF(w, h vg.Length) *pdf {
	c := &pdf{w: w, h: h, alphas: map[string]bool{}}
	vg.Initialize(c)
	return c
}

// op writes an operator behind its numbers.
func (c *pdf) op(operator string, numbers ...float64) {
	for _, v := range numbers {
		c.page.WriteString(pdfNumber(v))
		c.page.WriteByte(' ')
	}
	c.page.WriteString(operator)
	c.page.WriteByte('\n')
}

func pdfNumber(v float64) string {
	s := strconv.FormatFloat(v, 'f', 3, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

func (c *pdf) Size() (w, h vg.Length)   { return c.w, c.h }
func (c *pdf) SetLineWidth(w vg.Length) { c.op("w", w.Points()) }
func (c *pdf) Scale(x, y float64)       { c.op("cm", x, 0, 0, y, 0, 0) }
func (c *pdf) Translate(p vg.Point)     { c.op("cm", 1, 0, 0, 1, p.X.Points(), p.Y.Points()) }
func (c *pdf) Push()                    { c.op("q") }
func (c *pdf) Pop()                     { c.op("Q") }
func (c *pdf) Stroke(p vg.Path)         { c.path(p); c.op("S") }
func (c *pdf) Fill(p vg.Path)           { c.path(p); c.op("f") }

func (c *pdf) Rotate(rad float64) {
	sin, cos := math.Sincos(rad)
	fmt.Fprintf(&c.page, "%.6f %.6f %.6f %.6f 0 0 cm\n", cos, sin, -sin, cos)
}

func (c *pdf) SetLineDash(pattern []vg.Length, offset vg.Length) {
	c.page.WriteString("[")
	for _, d := range pattern {
		c.page.WriteString(pdfNumber(d.Points()) + " ")
	}
	c.page.WriteString("] ")
	c.op("d", offset.Points())
}

func (c *pdf) SetColor(clr color.Color) {
	if clr == nil {
		clr = color.Black
	}
	n := color.NRGBAModel.Convert(clr).(color.NRGBA)
	r, g, b := float64(n.R)/255, float64(n.G)/255, float64(n.B)/255
	c.op("rg", r, g, b)
	c.op("RG", r, g, b)
	alpha := strconv.Itoa(int(n.A))
	c.alphas[alpha] = true
	c.op("/A" + alpha + " gs")
}

func (c *pdf) path(p vg.Path) {
	var at vg.Point
	for i, k := range p {
		switch k.Type {
		case vg.MoveComp:
			c.op("m", k.Pos.X.Points(), k.Pos.Y.Points())
		case vg.LineComp:
			c.op("l", k.Pos.X.Points(), k.Pos.Y.Points())
		case vg.ArcComp:
			at = c.arc(k, i == 0)
			continue
		case vg.CurveComp:
			a, b := k.Control[0], k.Control[len(k.Control)-1]
			if len(k.Control) == 1 { // raise the quadratic curve to a cubic one
				q := k.Control[0]
				a = at.Add(q.Sub(at).Scale(2. / 3))
				b = k.Pos.Add(q.Sub(k.Pos).Scale(2. / 3))
			}
			c.op("c", a.X.Points(), a.Y.Points(), b.X.Points(), b.Y.Points(), k.Pos.X.Points(), k.Pos.Y.Points())
		case vg.CloseComp:
			c.op("h")
			continue
		}
		at = k.Pos
	}
}

// arc draws a circle's arc as cubic curves of at most a quarter each, after a
// line to its start unless the path begins here, and returns its end.
func (c *pdf) arc(k vg.PathComp, first bool) vg.Point {
	point := func(angle, r float64) (x, y, dx, dy float64) {
		sin, cos := math.Sincos(angle)
		return k.Pos.X.Points() + r*cos, k.Pos.Y.Points() + r*sin, -r * sin, r * cos
	}
	n := max(1, int(math.Ceil(math.Abs(k.Angle)/(math.Pi/2)-1e-9)))
	step := k.Angle / float64(n)
	t := 4. / 3 * math.Tan(step/4)
	r := k.Radius.Points()
	x, y, dx, dy := point(k.Start, r)
	if first {
		c.op("m", x, y)
	} else {
		c.op("l", x, y)
	}
	for i := range n {
		x2, y2, dx2, dy2 := point(k.Start+step*float64(i+1), r)
		c.op("c", x+t*dx, y+t*dy, x2-t*dx2, y2-t*dy2, x2, y2)
		x, y, dx, dy = x2, y2, dx2, dy2
	}
	return vg.Point{X: vg.Length(x), Y: vg.Length(y)}
}

func (c *pdf) FillString(f font.Face, at vg.Point, s string) {
	if f.Font.Size == 0 || s == "" {
		return
	}
	fmt.Fprintf(&c.page, "BT %s %s Td", pdfNumber(at.X.Points()), pdfNumber(at.Y.Points()))
	name, codes := "", []byte(nil)
	flush := func() {
		if len(codes) > 0 {
			fmt.Fprintf(&c.page, " /%s %s Tf <%x> Tj", name, pdfNumber(f.Font.Size.Points()), codes)
		}
		codes = nil
	}
	for _, r := range s {
		in, code, ok := "Regular", byte(0), false
		if !isJapanese(f) {
			code, ok = winAnsi(r)
		}
		if ok && f.Font.Weight >= xfont.WeightBold {
			in = "Bold"
		}
		if !ok {
			in, code = c.letters.code(f, r)
		}
		if in != name {
			flush()
			name = in
		}
		codes = append(codes, code)
	}
	flush()
	c.page.WriteString(" ET\n")
}

// winAnsi encodes a letter for the standard fonts, if they have it.
func winAnsi(r rune) (byte, bool) {
	switch {
	case r >= ' ' && r <= '~', r >= 0xa0 && r <= 0xff:
		return byte(r), true
	case r == '…':
		return 0x85, true
	case r == '–':
		return 0x96, true
	}
	return 0, false
}

func (c *pdf) DrawImage(r vg.Rectangle, img image.Image) {
	c.images = append(c.images, img)
	size := r.Size()
	c.op("q")
	c.op("cm", size.X.Points(), 0, 0, size.Y.Points(), r.Min.X.Points(), r.Min.Y.Points())
	c.op(fmt.Sprintf("/I%d Do", len(c.images)))
	c.op("Q")
}

// WriteTo writes the document; its objects are the catalog, the page tree, the
// page, its content, its resources, the images and the letters, in this order.
func (c *pdf) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(offsets))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	object("<</Type/Pages/Kids[3 0 R]/Count 1>>")
	object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %s %s]/Contents 4 0 R/Resources 5 0 R>>",
		pdfNumber(c.w.Points()), pdfNumber(c.h.Points()))
	content := deflate(c.page.Bytes())
	object("<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream", len(content), content)

	var alphas, images strings.Builder
	for _, a := range slices.Sorted(maps.Keys(c.alphas)) {
		v, _ := strconv.ParseFloat(a, 64)
		fmt.Fprintf(&alphas, "/A%s<</ca %.3f/CA %.3f>>", a, v/255, v/255)
	}
	for i := range c.images {
		fmt.Fprintf(&images, "/I%d %d 0 R", i+1, i+6)
	}
	const face = "<</Type/Font/Subtype/Type1/BaseFont/%s/Encoding/WinAnsiEncoding>>"
	object("<</Font<</Regular "+face+"/Bold "+face+"%s>>/ExtGState<<%s>>/XObject<<%s>>>>",
		"Helvetica", "Helvetica-Bold", c.letters.resources(len(c.images)+6), alphas.String(), images.String())
	for _, img := range c.images {
		data := deflate(rgb(img))
		object("<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode/Length %d>>stream\n%s\nendstream",
			img.Bounds().Dx(), img.Bounds().Dy(), len(data), data)
	}

	c.letters.write(object, len(offsets)+1)

	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.WriteTo(w)
}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(data) // a bytes.Buffer takes everything
	z.Close()
	return b.Bytes()
}

// rgb gives an image's pixels, over white, row by row.
func rgb(img image.Image) []byte {
	r := img.Bounds()
	data := make([]byte, 0, 3*r.Dx()*r.Dy())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			r, g, b, a := img.At(x, y).RGBA()
			data = append(data, byte((r+0xffff-a)>>8), byte((g+0xffff-a)>>8), byte((b+0xffff-a)>>8))
		}
	}
	return data
}
