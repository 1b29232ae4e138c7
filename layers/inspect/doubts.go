package inspect

import (
	"iter"
	"slices"
	"strconv"

	"tatami/nn"
)

// Doubt is a reason not to rely on an answer.
type Doubt string

// The doubts. A softmax always answers with some class, also to a picture of
// none of them.
const (
	Unsure     Doubt = "unsure"     // no class has two thirds of the probability
	Unfamiliar Doubt = "unfamiliar" // the score of the answer is lower than usual, see [Network.UsualScore]
)

// certain is where a network is no longer unsure.
const certain = 2. / 3

// FactScore is the key of a model's facts ([nn.Model.Facts]) that has what
// [Network.UsualScore] gave of its test images.
const FactScore = "usual_score"

// Doubts are those about the probabilities that n gives an image x. facts are the
// model's; without [FactScore] no image is unfamiliar. The rule is a cheap one:
// what is unlike all training images may have a high score all the same, and that
// there are no doubts does not mean that the answer is right.
func (n *Network) Doubts(facts map[string]string, x *nn.Tensor, probabilities []float32) []Doubt {
	doubts := []Doubt{}
	if len(probabilities) < 2 { // no choice
		return doubts
	}
	if slices.Max(probabilities) < certain {
		doubts = append(doubts, Unsure)
	}
	if usual, err := strconv.ParseFloat(facts[FactScore], 32); err == nil && n.scores != nil && float64(slices.Max(n.scores.Predict(x).Data)) < usual {
		doubts = append(doubts, Unfamiliar)
	}
	return doubts
}

// UsualScore is what 99 of 100 images reach with the score of their class, the
// value before the softmax (Hendrycks and others 2022), as text for [FactScore].
// They come some at a time. It is "" of fewer than 100 images, and of a network
// whose probabilities do not come from a softmax.
func (n *Network) UsualScore(images iter.Seq[*nn.Tensor]) string {
	if n.scores == nil {
		return ""
	}
	var best []float32
	for x := range images {
		y := n.scores.Predict(x)
		for i := range y.N {
			best = append(best, slices.Max(y.Sample(i)))
		}
	}
	if len(best) < 100 {
		return ""
	}
	slices.Sort(best)
	return strconv.FormatFloat(float64(best[len(best)/100]), 'g', 4, 32)
}
