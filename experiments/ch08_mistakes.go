package experiments

import (
	"slices"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/internal/words"
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
		Title:   r.In(words.Text{EN: "The first mistakes of DeepConvNet", JA: "DeepConvNet が間違えた最初の画像"}),
		Note:    r.In(words.Text{EN: "%d of %d test images are given a wrong class.", JA: "テスト画像 %[2]d 枚のうち %[1]d 枚を間違えました。"}, len(wrong), test.Len()),
		Columns: 5, Language: string(r.Language),
	})))
}

func mistakes() lab.Experiment {
	return lab.Experiment{
		ID: "ch08-mistakes", Seconds: 1, Title: words.Text{EN: "What DeepConvNet gets wrong", JA: "DeepConvNet が間違えた画像"}, Chapter: 8, Section: words.Text{EN: "section 8.1.1", JA: "8.1.1 節"}, Version: 1,
		Setup: words.Text{
			EN: "The network of ch08-deep-convnet on the 10,000 test images; drawn are the first 20 that it gets wrong, with " +
				"the probability that it gives its answer. The book's dropout halves the logits at inference, so that all " +
				"probabilities are nearer to each other than they would be otherwise.",
			JA: "ch08-deep-convnet のネットワークで、10,000 枚のテスト画像を分類します。図は、間違えた最初の 20 枚と、" +
				"その答えに与えた確率です。本の Dropout は推論のときにスコアを半分にするので、クラスの間の確率の差が小さくなります。",
		},
		Lesson: words.Text{
			EN: "The few mistakes are images that people hesitate over too, and the network is less sure of them than of others.",
			JA: "数少ない間違いは、人も迷うような画像です。間違えた画像では、正しく答えた画像より確信度（確率）が低くなっています。",
		},
		Rows: []lab.Row{
			// 62 at the published 0.9938; 15 either way as there.
			lab.Near(words.Text{EN: "wrong of 10,000", JA: "10,000 枚のうち間違えた画像の数"}, 62, 15).As("%.0f"),
			lab.Shown(words.Text{EN: "wrong, but right at its second guess", JA: "間違えた画像のうち、2 番目の答えが正解だった割合"}, "").As("%.2f"),
			lab.Shown(words.Text{EN: "mean probability of a wrong answer", JA: "間違えた答えの確率の平均"}, "").As("%.3f"),
			lab.Shown(words.Text{EN: "mean probability of a right answer", JA: "正しい答えの確率の平均"}, "").As("%.3f"),
		},
		Claims: map[string]words.Text{
			"less sure when wrong": {EN: "it is less sure of wrong answers than of right ones", JA: "間違えた答えの確率は、正しい答えの確率より低い"},
			"second guess":         {EN: "most often its second guess is right", JA: "間違えた画像の半分以上で、2 番目の答えが正解"},
		},
		Figures: map[string]words.Text{
			"mistakes": {EN: "True class, the network's answer and its probability (figure 8-2).", JA: "正解のクラス、ネットワークの答え、その確率（図 8-2）。"},
		},
		Run: runMistakes,
	}
}
