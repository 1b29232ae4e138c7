package train

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"tatami/datasets"
	"tatami/internal/suggest"
	"tatami/nn"
)

// Views are what a network is shown of an image where it is asked several
// times, and its probabilities are averaged (test-time augmentation). The zero
// value shows the image alone.
type Views struct {
	// Flip adds the mirror image, left to right. Most digits are no digits then.
	Flip bool
	// Shift adds the image moved by so many pixels up, down, left and right, each
	// mirrored too with Flip. What comes in from outside is black.
	Shift int
}

// ParseViews reads "none" or a list such as "flip,shift:2"; shift alone is of
// one pixel.
func ParseViews(text string) (Views, error) {
	var v Views
	if text == "none" {
		return v, nil
	}
	for item := range strings.SplitSeq(text, ",") {
		name, pixels, given := strings.Cut(strings.TrimSpace(item), ":")
		switch {
		case name == "flip" && given:
			return Views{}, fmt.Errorf("view %q: flip takes no number", item)
		case name == "flip" && !v.Flip:
			v.Flip = true
		case name == "shift" && v.Shift == 0:
			if v.Shift = 1; given {
				var err error
				if v.Shift, err = strconv.Atoi(pixels); err != nil || v.Shift < 1 {
					return Views{}, fmt.Errorf("view shift:%s: wanted a whole number of pixels from 1 up", pixels)
				}
			}
		case name == "flip" || name == "shift":
			return Views{}, fmt.Errorf("views %q name %s twice", text, name)
		default:
			return Views{}, suggest.Unknown("view", name, []string{"none", "flip", "shift"})
		}
	}
	return v, nil
}

// String is what [ParseViews] reads.
func (v Views) String() string {
	var items []string
	if v.Flip {
		items = append(items, "flip")
	}
	if v.Shift > 0 {
		items = append(items, fmt.Sprintf("shift:%d", v.Shift))
	}
	if items == nil {
		return "none"
	}
	return strings.Join(items, ",")
}

// Evaluate is [Evaluate] of the probabilities' mean over the views. It fails
// too where a shift would move images out of sight.
func (v Views) Evaluate(net *nn.Sequential, loss nn.Loss, data datasets.Source, batch int) (*Evaluation, error) {
	in := data.Input()
	if v.Shift < 0 || v.Shift > 0 && v.Shift >= min(in.H, in.W) {
		return nil, fmt.Errorf("views %v: a shift of %d pixels, wanted 0 to %d for images of %v", v, v.Shift, min(in.H, in.W)-1, in)
	}
	return evaluateViews(net, loss, data, batch, v.list())
}

// view is one of [Views].
type view struct {
	flip        bool
	down, right int // pixels
}

// list has the image itself first.
func (v Views) list() []view {
	views := []view{{}}
	if s := v.Shift; s > 0 {
		views = append(views, view{down: -s}, view{down: s}, view{right: -s}, view{right: s})
	}
	if v.Flip {
		for _, w := range slices.Clone(views) {
			w.flip = true
			views = append(views, w)
		}
	}
	return views
}

// show writes a view of the images x to y.
func (v view) show(y, x *nn.Tensor) {
	clear(y.Data)
	for n := range x.N {
		from, to := x.Sample(n), y.Sample(n)
		for i := max(0, v.down); i < min(x.H, x.H+v.down); i++ {
			for j := max(0, v.right); j < min(x.W, x.W+v.right); j++ {
				column := j - v.right
				if v.flip {
					column = x.W - 1 - column
				}
				at := ((i-v.down)*x.W + column) * x.C
				copy(to[(i*x.W+j)*x.C:][:x.C], from[at:at+x.C])
			}
		}
	}
}

// forward gives the output for x: the mean of the answers over the views, or of
// probabilities the logit where the loss takes logits.
func (e *evaluator) forward(p *evaluationPass, x *nn.Tensor) *nn.Tensor {
	if len(e.views) < 2 {
		return p.pass.Forward(x)
	}
	shown, mean := p.shown.Slice(0, x.N), p.mean.Slice(0, x.N)
	clear(mean.Data)
	for _, v := range e.views {
		v.show(shown, x)
		y := p.pass.Forward(shown)
		for i := range x.N {
			answer(e.loss, p.probabilities, y.Sample(i))
			for k, v := range p.probabilities {
				mean.Sample(i)[k] += v / float32(len(e.views))
			}
		}
	}
	log := func(v float32) float32 { return float32(math.Log(max(float64(v), math.SmallestNonzeroFloat32))) }
	_, apart := e.loss.(nn.Multilabel)
	for i, v := range mean.Data {
		switch {
		case apart:
			mean.Data[i] = log(v) - log(1-v)
		case e.loss.Logits():
			mean.Data[i] = log(v)
		}
	}
	return mean
}
