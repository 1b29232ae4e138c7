package plots

import (
	"fmt"
	"image"
	"math"

	"gonum.org/v1/plot/vg"

	"tatami/internal/words"
	"tatami/nn"
)

// Picture is an image with lines of text below it.
type Picture struct {
	Image    image.Image
	Captions []string
}

// ImagesOptions says how Images sets its pictures.
type ImagesOptions struct {
	Title    string
	Note     string    // small, below the title
	Columns  int       // zero: chosen so that the rows are full
	Tile     vg.Length // largest side of an image in points; zero: 58
	Language string    // of the fixed texts of Mistakes: "en" or "ja"; "": English
}

// Images sets pictures in rows with their captions.
func Images(pictures []Picture, o ImagesOptions) (Figure, error) {
	if len(pictures) == 0 {
		return nil, fmt.Errorf("images %q: no pictures", o.Title)
	}
	columns, tile := o.Columns, o.Tile
	if columns == 0 {
		columns = fullRows(len(pictures), min(math.Sqrt(2*float64(len(pictures))), 10), 12)
	}
	if tile == 0 {
		tile = 58
	}
	if columns < 1 || !(tile >= 1 && tile <= 2000) {
		return nil, fmt.Errorf("images %q: %d columns of %g points", o.Title, columns, tile)
	}
	columns = min(columns, len(pictures))
	lines, widest := 0, vg.Length(0)
	for i, p := range pictures {
		if p.Image == nil || p.Image.Bounds().Empty() {
			return nil, fmt.Errorf("images %q: picture %d of %d is empty", o.Title, i+1, len(pictures))
		}
		lines = max(lines, len(p.Captions))
		for _, text := range p.Captions {
			widest = max(widest, captionText.width(clean(text)))
		}
	}
	const gap = 8
	cell := max(tile, vg.Length(math.Ceil(float64(min(widest, 1.6*tile)))))
	s := &sheet{w: max(2*margin+vg.Length(columns)*(cell+gap)-gap, 200)}
	top := s.head(o.Title, o.Note)
	row := tile + vg.Length(lines)*(captionText.size+2) + gap
	left := (s.w - vg.Length(columns)*(cell+gap) + gap) / 2
	left = vg.Length(math.Round(float64(2*left))) / 2
	for i, p := range pictures {
		x, y := left+vg.Length(i%columns)*(cell+gap), top+vg.Length(i/columns)*row
		size := p.Image.Bounds().Size()
		h, w := enlarged(size.Y, size.X, tile)
		half := func(v vg.Length) vg.Length { return vg.Length(int(v)) / 2 }
		ix, iy := x+half(cell-w), y+half(tile-h)
		s.image(ix, iy, w, h, p.Image)
		s.frame(ix, iy, w, h, 0.5, soft)
		for k, text := range p.Captions {
			s.text(captionText, x+cell/2, y+tile+vg.Length(k+1)*(captionText.size+2), 0.5, captionText.fit(clean(text), cell+gap-2))
		}
	}
	s.h = top + vg.Length((len(pictures)+columns-1)/columns)*row - gap + margin
	return s, nil
}

// fullRows gives a number of columns, at most so many and near the ideal one,
// whose rows of n tiles have few places empty.
func fullRows(n int, ideal float64, most int) int {
	best, cost := n, math.Inf(1)
	for c := 1; c <= min(n, most); c++ {
		empty := (c - n%c) % c
		if k := 1.2*float64(empty) + ideal*math.Abs(math.Log(float64(c)/ideal)); k < cost {
			best, cost = c, k
		}
	}
	return best
}

// Mistake is an image that a network got wrong.
type Mistake struct {
	Image       *nn.Tensor // one sample, see Image
	True, Given string     // names of the right class and of the predicted one
	Probability float64    // the network gave Given, 0 to 1
}

var (
	mistakesTitle = words.Text{EN: "Mistakes", JA: "間違えた画像"}
	noMistakes    = words.Text{EN: "None: the prediction was right for every image.", JA: "ありません。すべての画像を正しく予測しました。"}
	trueCaption   = words.Text{EN: "true: %s", JA: "正解：%s"}
	predicted     = words.Text{EN: "predicted: %s", JA: "予測：%s"}
)

// Mistakes shows images with their true label, the predicted one and its
// probability.
func Mistakes(mistakes []Mistake, o ImagesOptions) (Figure, error) {
	if o.Title == "" {
		o.Title = say(o.Language, mistakesTitle)
	}
	pictures := make([]Picture, len(mistakes))
	for i, m := range mistakes {
		img, err := Image(m.Image, 0)
		if err != nil {
			return nil, fmt.Errorf("mistake %d of %d: %w", i+1, len(mistakes), err)
		}
		p := "– %"
		if isFinite(m.Probability) {
			p = fmt.Sprintf("%.1f %%", 100*m.Probability)
		}
		pictures[i] = Picture{img, []string{say(o.Language, trueCaption, m.True), say(o.Language, predicted, m.Given), p}}
	}
	if len(pictures) == 0 {
		s := &sheet{w: 240}
		s.h = s.head(o.Title, say(o.Language, noMistakes)) + margin/2
		return s, nil
	}
	return Images(pictures, o)
}
