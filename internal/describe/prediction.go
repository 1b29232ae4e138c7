package describe

import (
	"fmt"
	"slices"
	"strings"

	"tatami/internal/words"
	"tatami/layers/inspect"
	"tatami/nn"
)

// Prediction is what a model says of one image.
type Prediction struct {
	Image         string    `json:"image"`
	Label         string    `json:"label"`
	Probability   float64   `json:"probability"`
	Classes       []string  `json:"classes"`
	Probabilities []float32 `json:"probabilities"`

	Doubts []inspect.Doubt `json:"doubts"`
}

// Predicted is what m, of a file, says of x, made of another. It fails where the
// model is damaged.
func Predicted(model string, m *nn.Model, image string, x *nn.Tensor) (Prediction, error) {
	p := Prediction{Image: image, Classes: classNames(m), Probabilities: m.Probabilities(x).Data}
	for _, v := range p.Probabilities {
		if v != v {
			return p, fmt.Errorf("%s: damaged: it gives %s the probability %g", model, image, v)
		}
	}
	best := ranking(p.Probabilities)[0]
	p.Label, p.Probability = p.Classes[best], float64(p.Probabilities[best])
	p.Doubts = inspect.New(m.Sequential).Doubts(m.Facts, x, p.Probabilities)
	return p, nil
}

// probabilityText is a probability in per cent, which says all or nothing only
// of one that is exactly that; a small one is shown as it is, such as 1.2e-6.
func probabilityText(p float64) string {
	text := fmt.Sprintf("%.2f%%", 100*p)
	switch {
	case p < 1 && text == "100.00%":
		return ">99.99%"
	case p > 0 && text == "0.00%":
		return strings.Replace(fmt.Sprintf("%.1e", p), "e-0", "e-", 1)
	}
	return text
}

func classNames(m *nn.Model) []string {
	if len(m.Classes) > 0 {
		return m.Classes
	}
	names := make([]string, m.Output().Size())
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	return names
}

// ranking lists the classes, the likeliest first.
func ranking(probabilities []float32) []int {
	order := make([]int, len(probabilities))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case probabilities[a] > probabilities[b]:
			return -1
		case probabilities[a] < probabilities[b]:
			return 1
		}
		return 0
	})
	return order
}

// Text is that for people: the three likeliest classes.
func (p Prediction) Text() string {
	var parts []string
	for _, k := range ranking(p.Probabilities)[:min(3, len(p.Probabilities))] {
		parts = append(parts, p.Classes[k]+" "+probabilityText(float64(p.Probabilities[k])))
	}
	return fmt.Sprintf("%s: %s\n", words.Shown(p.Image), strings.Join(parts, ", "))
}

var doubts = map[inspect.Doubt]words.Text{
	inspect.Unsure: {
		EN: "%s: the model is unsure, no answer has two thirds of the probability",
		JA: "%s：モデルの答えは不確かです（最も高い確率でも 3 分の 2 未満）",
	},
	inspect.Unfamiliar: {
		EN: "%s: unfamiliar, the model's score for this answer is lower than for 99 of 100 test images; the picture may show none of the classes",
		JA: "%s：見慣れない画像です（この答えのスコアは、テスト画像 100 枚のうち 99 枚より低い値です）。どのクラスでもないかもしれません",
	},
}

// DoubtsText is what makes the answer doubtful, for people, a line each.
func (p Prediction) DoubtsText(l words.Language) (text string) {
	for _, d := range p.Doubts {
		text += doubts[d].In(l, words.Shown(p.Image)) + "\n"
	}
	return text
}
