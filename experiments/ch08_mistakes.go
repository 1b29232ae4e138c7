package experiments

import (
	"fmt"
	"slices"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/plots"
	"tatami/train"
)

func runMistakes(r *lab.Run) {
	test := r.Test()
	net, _ := trainedDeepConvNet(r)
	if r.Failed() {
		return
	}
	wrong := r.Evaluate(net, test).Mistakes
	slices.SortFunc(wrong, func(a, b train.Mistake) int { return a.Index - b.Index })

	var index []int
	for _, m := range wrong {
		index = append(index, m.Index)
	}
	images, labels := lab.Tensor(test.Subset(index))
	probabilities := net.Probabilities(images)
	second, unsure := 0, 0.0
	var rows [][]any
	for i, m := range wrong {
		p := probabilities.Sample(i)
		better := 0 // answers that it prefers to the right one
		for _, v := range p {
			if v > p[labels[i]] {
				better++
			}
		}
		if better == 1 {
			second++
		}
		unsure += m.Probability / float64(len(wrong))
		rows = append(rows, []any{m.Index, m.True, m.Given, m.Probability, p[m.True]})
	}
	sure := 0.0 // summed over all answers, then without the wrong ones
	const batch = 100
	for from := 0; from < test.Len(); from += batch {
		x := datasets.Tensor(test.Shape, test.Images[from:min(from+batch, test.Len())]...)
		for y, n := net.Probabilities(x), 0; n < y.N; n++ {
			sure += float64(slices.Max(y.Sample(n)))
		}
	}
	sure = (sure - unsure*float64(len(wrong))) / float64(test.Len()-len(wrong))

	share := float64(second) / float64(len(wrong))
	r.Measure("wrong of 10,000", float64(len(wrong)))
	r.Measure("wrong, but right at its second guess", share)
	r.Measure("mean probability of a wrong answer", unsure)
	r.Measure("mean probability of a right answer", sure)
	r.Claim("less sure when wrong", unsure < sure-0.1)
	r.Claim("second guess", share > 0.5)
	r.CSV("mistakes", []string{"image", "true", "given", "probability", "probability of the true class"}, rows)
	var first []plots.Mistake
	for i, m := range wrong[:min(20, len(wrong))] {
		first = append(first, plots.Mistake{Image: images.Slice(i, i+1), True: test.Classes[m.True], Given: test.Classes[m.Given], Probability: m.Probability})
	}
	r.Figure("mistakes", r.Drawn(plots.Mistakes(first, plots.ImagesOptions{
		Title: "The first mistakes of DeepConvNet", Note: fmt.Sprintf("%d of %d test images are given a wrong class.", len(wrong), test.Len()), Columns: 5,
	})))
}

func mistakes() lab.Experiment {
	return lab.Experiment{
		ID: "ch08-mistakes", Title: "What DeepConvNet gets wrong", Chapter: 8, Section: "section 8.1.1", Version: 1,
		Setup: "The network of ch08-deep-convnet on the 10,000 test images; drawn are the first 20 that it gets wrong, with " +
			"the probability that it gives its answer. The book's dropout halves the logits at inference, so that all " +
			"probabilities are nearer to each other than they would be otherwise.",
		Lesson: "The few mistakes are images that people hesitate over too, and the network is less sure of them than of others.",
		Rows: []lab.Row{
			// 62 at the published 0.9938; 15 either way as there.
			lab.Near("wrong of 10,000", 62, 15).As("%.0f"),
			lab.Shown("wrong, but right at its second guess", "").As("%.2f"),
			lab.Shown("mean probability of a wrong answer", "").As("%.3f"),
			lab.Shown("mean probability of a right answer", "").As("%.3f"),
		},
		Claims: lab.Texts{
			"less sure when wrong": "it is less sure of wrong answers than of right ones",
			"second guess":         "most often its second guess is right",
		},
		Figures: lab.Texts{
			"mistakes": "True class, the network's answer and its probability (figure 8-2).",
		},
		Run: runMistakes,
	}
}
