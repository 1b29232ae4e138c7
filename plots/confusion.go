package plots

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"

	"tatami/internal/words"
)

// ConfusionOptions says how Confusion draws.
type ConfusionOptions struct {
	Title    string // "": "Confusion matrix"
	Language string // of fixed texts: "en" or "ja"; "": English
}

var (
	confusionTitle = words.Text{EN: "Confusion matrix", JA: "混同行列"}
	rightText      = words.Text{EN: "%s of %s right, %s %%.", JA: "%[2]s 枚中 %[1]s 枚が正解、%[3]s %%。"}
	noImages       = words.Text{EN: "No images.", JA: "画像がありません。"}
	scaleText      = words.Text{
		EN: "A colour is the share of its row, the images of one class; that of errors grows with the square root, so that a single one is seen.",
		JA: "色は行（正解が同じ画像）の中での割合です。間違いの色は平方根で濃くなり、1 枚でも見えます。",
	}
	trueText      = words.Text{EN: "true", JA: "正解"}
	predictedText = words.Text{EN: "predicted", JA: "予測"}
	rightScale    = words.Text{EN: "right", JA: "正解"}
	wrongScale    = words.Text{EN: "wrong", JA: "間違い"}
)

// Confusion draws counts[true][predicted] for up to 1,024 classes; names nil
// means their numbers. Colours show shares of a row, the images of one true
// class: the diagonal in pale blue, errors in orange on a scale of their own,
// where the square root makes a single one visible. Up to 32 classes the counts
// stand in the cells.
func Confusion(counts [][]int, names []string, o ConfusionOptions) (Figure, error) {
	if o.Title == "" {
		o.Title = say(o.Language, confusionTitle)
	}
	m, err := newConfusion(counts, names)
	if err != nil {
		return nil, fmt.Errorf("confusion matrix %q: %w", o.Title, err)
	}
	l := layConfusion(m)
	s := &sheet{w: l.left + l.side + 76}
	l.top = s.head(o.Title, m.note(o.Language))
	s.confusionCells(m, l)
	s.confusionCounts(m, l)
	s.confusionNames(m, l, o.Language)
	s.h = max(l.top+l.side+l.under+labelText.size+4, s.confusionScales(m, l, o.Language)) + margin
	return s, nil
}

// confusion is a checked matrix.
type confusion struct {
	counts                [][]int
	names                 []string
	shares                [][]float64 // of a row
	right, total, largest int
	worst                 float64 // largest share of an error
}

func newConfusion(counts [][]int, names []string) (*confusion, error) {
	n := len(counts)
	if n == 0 || n > 1024 {
		return nil, fmt.Errorf("%d classes, wanted 1 to 1,024", n)
	}
	if names != nil && len(names) != n {
		return nil, fmt.Errorf("%d names for %d classes", len(names), n)
	}
	m := &confusion{counts: counts, shares: make([][]float64, n)}
	for i, row := range counts {
		if len(row) != n {
			return nil, fmt.Errorf("row %d has %d counts for %d classes", i+1, len(row), n)
		}
		if names == nil {
			m.names = append(m.names, count(i))
		} else {
			m.names = append(m.names, clean(names[i]))
		}
		sum := 0
		for j, c := range row {
			if c < 0 {
				return nil, fmt.Errorf("count %d in row %d, column %d", c, i+1, j+1)
			}
			sum += c
			m.largest = max(m.largest, c)
		}
		m.total += sum
		m.right += row[i]
		m.shares[i] = make([]float64, n)
		for j, c := range row {
			m.shares[i][j] = float64(c) / float64(max(sum, 1))
			if i != j {
				m.worst = max(m.worst, m.shares[i][j])
			}
		}
	}
	return m, nil
}

func (m *confusion) note(language string) string {
	if m.total == 0 {
		return say(language, noImages)
	}
	percent := fmt.Sprintf("%.2f", 100*float64(m.right)/float64(m.total))
	if m.right < m.total && percent == "100.00" {
		percent = "99.99"
	}
	return sentences(language, say(language, rightText, count(m.right), count(m.total), percent), say(language, scaleText))
}

// confusionLayout is where the parts of a matrix go.
type confusionLayout struct {
	left, top, side, cell vg.Length
	name                  letter
	every                 int       // so many classes apart are names
	long                  vg.Length // of the longest name
	upright               bool      // names below
	under                 vg.Length // their height
}

func layConfusion(m *confusion) confusionLayout {
	n := len(m.counts)
	l := confusionLayout{cell: vg.Length(math.Max(1, math.Floor(2*420/float64(n))/2)), name: captionText}
	switch {
	case n <= 5:
		l.cell = 48
	case n <= 14:
		l.cell = 34
	case n <= 32:
		l.cell = max(20, l.cell)
	}
	l.side = l.cell * vg.Length(n)
	l.name.size = min(max(l.cell*0.7, 5), 8)
	l.every = int(max(1, niceStep(float64((l.name.size+1)/l.cell))))
	for _, name := range m.names {
		l.long = max(l.long, l.name.width(name))
	}
	l.long = min(l.long, 90)
	l.upright = l.long > l.cell*vg.Length(l.every)-2
	l.under = l.name.size + 4
	if l.upright {
		l.under = l.long + 6
	}
	l.left = margin + labelText.size + 6 + l.long + 6
	return l
}

// The colours of shares: of a row, right, and of the worst error.
func hit(share float64) color.NRGBA { return pale(palette[0], 1-0.45*share) }

func miss(share float64) color.NRGBA {
	if share == 0 {
		return pale(palette[1], 1)
	}
	return pale(palette[1], 0.88-0.7*math.Sqrt(share))
}

func (s *sheet) confusionCells(m *confusion, l confusionLayout) {
	n := len(m.counts)
	img := image.NewNRGBA(image.Rect(0, 0, n, n))
	for i := range n {
		for j := range n {
			c := hit(m.shares[i][j])
			if i != j {
				c = miss(m.shares[i][j] / max(m.worst, math.SmallestNonzeroFloat64))
			}
			img.SetNRGBA(j, i, c)
		}
	}
	s.image(l.left, l.top, l.side, l.side, img)
	if l.cell >= 6 {
		for i := 1; i < n; i++ {
			d := l.cell * vg.Length(i)
			s.line(l.left+d, l.top, l.left+d, l.top+l.side, 0.5, faint)
			s.line(l.left, l.top+d, l.left+l.side, l.top+d, 0.5, faint)
		}
	}
	s.frame(l.left, l.top, l.side, l.side, 0.75, soft)
}

func (s *sheet) confusionCounts(m *confusion, l confusionLayout) {
	n := len(m.counts)
	some := captionText
	some.size = min(l.cell*0.34, 9)
	if w := some.width(count(m.largest)); w > l.cell-3 {
		some.size *= (l.cell - 3) / w
	}
	if n > 32 || some.size < 3.5 {
		return
	}
	none := some
	none.color = pale(soft, 0.65)
	for i, row := range m.counts {
		for j, c := range row {
			text := some
			if c == 0 {
				if n > 14 && i != j {
					continue
				}
				text = none
			}
			s.text(text, l.left+l.cell*(vg.Length(j)+0.5), l.top+l.cell*(vg.Length(i)+0.5)+text.size*0.36, 0.5, count(c))
		}
	}
}

func (s *sheet) confusionNames(m *confusion, l confusionLayout, language string) {
	bottom := l.top + l.side
	for i := 0; i < len(m.names); i += l.every {
		d := l.cell * (vg.Length(i) + 0.5)
		name := l.name.fit(m.names[i], l.long)
		s.text(l.name, l.left-5, l.top+d+l.name.size*0.36, 1, name)
		if l.upright {
			s.upright(l.name, l.left+d+l.name.size*0.36, bottom+5, 1, name)
		} else {
			s.text(l.name, l.left+d, bottom+l.name.size+3, 0.5, name)
		}
	}
	s.upright(labelText, margin+labelText.size, l.top+l.side/2, 0.5, say(language, trueText))
	s.text(labelText, l.left+l.side/2, bottom+l.under+labelText.size+4, 0.5, say(language, predictedText))
}

// confusionScales draws the two scales and returns the y below them.
func (s *sheet) confusionScales(m *confusion, l confusionLayout, language string) (bottom vg.Length) {
	const steps = 64
	x, h := l.left+l.side+14, max(min(l.side/2-22, 90), 34)
	ramp := func(y vg.Length, title words.Text, tint func(share float64) color.NRGBA, top, power float64) {
		s.text(captionText, x, y+captionText.size, 0, say(language, title))
		y += captionText.size + 5
		s.image(x, y, 9, h, paint(steps, 1, tint, func(y, _ int) float64 { return math.Pow(1-(float64(y)+0.5)/steps, power) }))
		s.frame(x, y, 9, h, 0.5, soft)
		last := y + h + 20
		for _, t := range linearTicks(0, 100*top, int(h/16), false) {
			ty := y + h*vg.Length(1-math.Pow(t.Value/100/top, 1/power))
			s.line(x+9, ty, x+11, ty, 0.5, soft)
			if last-ty >= captionText.size+1 { // the root sets high ones close together
				s.text(captionText, x+13, ty+captionText.size*0.36, 0, t.Label+" %")
				last = ty
			}
		}
	}
	ramp(l.top, rightScale, hit, 1, 1)
	if m.worst > 0 {
		ramp(l.top+h+30, wrongScale, miss, m.worst, 2)
	}
	return l.top + 2*(h+28)
}
