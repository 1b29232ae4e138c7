package plots

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// ConfusionOptions says how Confusion draws.
type ConfusionOptions struct {
	Title string // "": "Confusion matrix"
}

// Confusion draws counts[true][given] for up to 1,024 classes; names nil means
// their numbers. Colours show shares of a row, the images of one true class:
// the diagonal in pale blue, errors in orange on a scale of their own, where
// the square root makes a single one visible. Up to 32 classes the counts
// stand in the cells.
func Confusion(counts [][]int, names []string, o ConfusionOptions) (Figure, error) {
	title := o.Title
	if title == "" {
		title = "Confusion matrix"
	}
	n := len(counts)
	if n == 0 || n > 1024 {
		return nil, fmt.Errorf("confusion matrix %q: %d classes, wanted 1 to 1,024", title, n)
	}
	if names != nil && len(names) != n {
		return nil, fmt.Errorf("confusion matrix %q: %d names for %d classes", title, len(names), n)
	}
	var right, total, largest int
	var worst float64 // largest share of an error
	shares := make([][]float64, n)
	for i, row := range counts {
		if len(row) != n {
			return nil, fmt.Errorf("confusion matrix %q: row %d has %d counts for %d classes", title, i+1, len(row), n)
		}
		sum := 0
		for j, c := range row {
			if c < 0 {
				return nil, fmt.Errorf("confusion matrix %q: count %d in row %d, column %d", title, c, i+1, j+1)
			}
			sum += c
			largest = max(largest, c)
		}
		total += sum
		right += row[i]
		shares[i] = make([]float64, n)
		for j, c := range row {
			if sum > 0 {
				shares[i][j] = float64(c) / float64(sum)
			}
			if i != j {
				worst = max(worst, shares[i][j])
			}
		}
	}
	label := func(i int) string {
		if names == nil {
			return count(i)
		}
		return clean(names[i])
	}

	cell := vg.Length(math.Max(1, math.Floor(2*420/float64(n))/2))
	switch {
	case n <= 5:
		cell = 48
	case n <= 14:
		cell = 34
	case n <= 32:
		cell = max(20, cell)
	}
	side := cell * vg.Length(n)
	nameText := captionText
	nameText.size = min(max(cell*0.7, 5), 8)
	every := int(max(1, niceStep(float64((nameText.size+1)/cell))))
	long := vg.Length(0)
	for i := range n {
		long = max(long, nameText.width(label(i)))
	}
	long = min(long, 90)
	upright := long > cell*vg.Length(every)-2

	left := margin + labelText.size + 6 + long + 6
	s := &sheet{w: left + side + 76}
	note := "No images."
	if total > 0 {
		percent := fmt.Sprintf("%.2f", 100*float64(right)/float64(total))
		if right < total && percent == "100.00" {
			percent = "99.99"
		}
		note = fmt.Sprintf("%s of %s right, %s %%. Colours show the share of a row.", count(right), count(total), percent)
	}
	y := s.head(title, note)

	blue, orange := okabeIto[0], okabeIto[1]
	hit := func(share float64) color.NRGBA { return pale(blue, 1-0.45*share) }
	miss := func(share float64) color.NRGBA { // of the worst error's share
		if share == 0 {
			return pale(orange, 1)
		}
		return pale(orange, 0.88-0.7*math.Sqrt(share))
	}
	img := image.NewNRGBA(image.Rect(0, 0, n, n))
	for i := range n {
		for j := range n {
			c := hit(shares[i][j])
			if i != j {
				c = miss(shares[i][j] / max(worst, math.SmallestNonzeroFloat64))
			}
			img.SetNRGBA(j, i, c)
		}
	}
	s.image(left, y, side, side, img)
	if cell >= 6 {
		for i := 1; i < n; i++ {
			d := cell * vg.Length(i)
			s.line(left+d, y, left+d, y+side, 0.5, faint)
			s.line(left, y+d, left+side, y+d, 0.5, faint)
		}
	}
	s.frame(left, y, side, side, 0.75, soft)

	inCell := captionText
	inCell.size = min(cell*0.34, 9)
	if w := inCell.width(count(largest)); w > cell-3 {
		inCell.size *= (cell - 3) / w
	}
	if n <= 32 && inCell.size >= 3.5 {
		zero := inCell
		zero.color = pale(soft, 0.65)
		for i, row := range counts {
			for j, c := range row {
				l := inCell
				if c == 0 {
					if n > 14 && i != j {
						continue
					}
					l = zero
				}
				s.text(l, left+cell*(vg.Length(j)+0.5), y+cell*(vg.Length(i)+0.5)+l.size*0.36, 0.5, count(c))
			}
		}
	}

	under := nameText.size + 4
	for i := 0; i < n; i += every {
		d := cell * (vg.Length(i) + 0.5)
		name := nameText.fit(label(i), long)
		s.text(nameText, left-5, y+d+nameText.size*0.36, 1, name)
		if upright {
			s.upright(nameText, left+d+nameText.size*0.36, y+side+5, 1, name)
			under = long + 6
		} else {
			s.text(nameText, left+d, y+side+nameText.size+3, 0.5, name)
		}
	}
	s.upright(labelText, margin+labelText.size, y+side/2, 0.5, "true")
	s.text(labelText, left+side/2, y+side+under+labelText.size+4, 0.5, "given")

	// the two scales, with a number between their ends
	x, h := left+side+14, max(min(side/2-22, 90), 34)
	ramp := func(y vg.Length, title string, tint func(share float64) color.NRGBA, top, curve, between float64) {
		s.text(captionText, x, y+captionText.size, 0, title)
		y += captionText.size + 5
		const steps = 64
		s.image(x, y, 9, h, paint(steps, 1, func(v float64) color.NRGBA { return tint(v) },
			func(y, _ int) float64 { return math.Pow(1-(float64(y)+0.5)/steps, curve) }))
		s.frame(x, y, 9, h, 0.5, soft)
		for _, f := range []float64{0, between, 1} {
			ty := y + h*vg.Length(1-math.Pow(f, 1/curve))
			s.line(x+9, ty, x+11, ty, 0.5, soft)
			s.text(captionText, x+13, ty+captionText.size*0.36, 0, number(100*f*top, 2)+" %")
		}
	}
	ramp(y, "right", hit, 1, 1, 0.5)
	if worst > 0 {
		ramp(y+h+30, "wrong", miss, worst, 2, 0.25)
	}
	s.h = max(y+side+under+labelText.size+4, y+2*(h+28)) + margin
	return s, nil
}
