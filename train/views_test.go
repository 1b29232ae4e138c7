package train_test

import (
	"math"
	"strings"
	"testing"

	"tatami/datasets"
	"tatami/layers"
	"tatami/nn"
	"tatami/train"
)

// The evaluation with views is that of the probabilities' mean over images that
// were moved and mirrored by hand.
func TestViews(t *testing.T) {
	tr := newTrainer(t, 2)
	fit(t, tr)
	data := dataset(tr.Test)
	const side = 6
	moved := func(flip bool, down, right int) *datasets.Dataset {
		d := &datasets.Dataset{Shape: data.Shape, Labels: data.Labels, Classes: data.Classes}
		for _, image := range data.Images {
			out := make([]byte, side*side)
			for i := range side {
				for j := range side {
					y, x := i-down, j-right
					if y < 0 || y >= side || x < 0 || x >= side {
						continue
					}
					if flip {
						x = side - 1 - x
					}
					out[i*side+j] = image[y*side+x]
				}
			}
			d.Images = append(d.Images, out)
		}
		return d
	}
	for text, views := range map[string][]*datasets.Dataset{
		"none":    {data},
		"flip":    {data, moved(true, 0, 0)},
		"shift:2": {data, moved(false, -2, 0), moved(false, 2, 0), moved(false, 0, -2), moved(false, 0, 2)},
		"flip,shift:1": {data, moved(false, -1, 0), moved(false, 1, 0), moved(false, 0, -1), moved(false, 0, 1),
			moved(true, 0, 0), moved(true, -1, 0), moved(true, 1, 0), moved(true, 0, -1), moved(true, 0, 1)},
	} {
		v, err := train.ParseViews(text)
		if err != nil || v.String() != text {
			t.Fatalf("%s is %v, error %v", text, v, err)
		}
		got, err := v.Evaluate(tr.Net, layers.SoftmaxWithLoss{}, data, 7)
		if err != nil {
			t.Fatal(err)
		}
		mean := nn.NewTensor(data.Len(), nn.Features(3))
		for _, d := range views {
			for i, p := range tr.Net.Predict(datasets.Tensor(d.Shape, d.Images...)).Data {
				mean.Data[i] += p / float32(len(views))
			}
		}
		loss, correct := 0.0, 0
		for i, label := range data.Labels {
			loss -= math.Log(float64(mean.Sample(i)[label])) / float64(data.Len())
			if nn.Argmax(mean.Sample(i)) == int(label) {
				correct++
			}
		}
		if got.Correct != correct || math.Abs(got.Loss-loss) > 1e-5 {
			t.Errorf("%s: %d right, loss %g, wanted %d and %g", text, got.Correct, got.Loss, correct, loss)
		}
	}
	for text, want := range map[string]string{
		"flop": `did you mean "flip"`, "shift:0": "whole number of pixels", "flip:2": "no number", "shift,shift": "shift twice", "": "view",
	} {
		if _, err := train.ParseViews(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, wanted %q", text, err, want)
		}
	}
	if _, err := (train.Views{Shift: 6}).Evaluate(tr.Net, layers.SoftmaxWithLoss{}, data, 10); err == nil || !strings.Contains(err.Error(), "wanted 0 to 5") {
		t.Errorf("a shift out of sight: error %v", err)
	}
}
