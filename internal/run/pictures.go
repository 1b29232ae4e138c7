package run

import (
	"fmt"
	"slices"
	"strings"

	"tatami/datasets"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
	"tatami/train"
)

var (
	confusionTitle = words.Text{EN: "Confusion matrix, test set", JA: "混同行列（テストデータ）"}
	filtersTitle   = words.Text{EN: "Filters of the first layer", JA: "第 1 層のフィルター"}
	beforeTraining = words.Text{EN: "before training", JA: "学習前"}
	trainingCurve  = words.Text{EN: "training", JA: "訓練"}
	testCurve      = words.Text{EN: "test", JA: "テスト"}
)

// draw writes the pictures of the run.
func (r *Run) draw(e *train.Evaluation) error {
	h, l := r.trainer.History(), r.Language
	save := func(name string, f plots.Figure, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return plots.Save(r.folder.path(name), f)
	}
	tested := train.Series{Length: len(h.Epochs), At: func(i int) (float64, float64) {
		return float64(h.Epochs[i].Step), h.Epochs[i].TestLoss
	}}
	loss, err := plots.Loss([]plots.Curve{{Name: trainingCurve.In(l), Points: h.StepLoss(), Smooth: -1}}, plots.LossOptions{
		Title: words.Text{EN: "Loss of %s", JA: "%s の損失"}.In(l, r.Net), Note: r.whyBelow(), Language: string(l),
		Classes:    len(r.trainer.Test.Target().Classes),
		Validation: []plots.Curve{{Name: testCurve.In(l), Points: tested, Markers: true}},
	})
	if err := save(lossFile, loss, err); err != nil {
		return err
	}
	curves := []plots.Curve{
		{Name: trainingCurve.In(l), Points: h.ByEpoch(func(e train.EpochRow) float64 { return e.TrainAccuracy }), Markers: true},
		{Name: testCurve.In(l), Points: h.ByEpoch(func(e train.EpochRow) float64 { return e.TestAccuracy }), Markers: true},
	}
	if r.Validation > 0 {
		curves = append(curves, plots.Curve{
			Name:   words.Text{EN: "validation", JA: "検証"}.In(l),
			Points: h.ByEpoch(func(e train.EpochRow) float64 { return e.ValidationAccuracy }), Markers: true,
		})
	}
	accuracy, err := plots.Accuracy(curves, plots.AccuracyOptions{
		Title: words.Text{EN: "Accuracy of %s", JA: "%s の正解率"}.In(l, r.Net), Note: r.whyBelow(), Language: string(l),
	})
	if err := save(accuracyFile, accuracy, err); err != nil {
		return err
	}
	if trained := FirstFilters(r.trainer.Net); trained != nil {
		banks := []plots.Bank{{Title: words.Text{EN: "after training", JA: "学習後"}.In(l), Filters: trained}}
		if r.untrained != nil {
			banks = append([]plots.Bank{{Title: beforeTraining.In(l), Filters: r.untrained}}, banks...)
		}
		filters, err := plots.Filters(banks, plots.FilterOptions{Title: filtersTitle.In(l), Change: r.untrained != nil, Language: string(l), Colors: r.trainer.Net.Input().C == 3})
		if err := save(filtersFile, filters, err); err != nil {
			return err
		}
	}
	confusion, err := plots.Confusion(e.Confusion, r.trainer.Test.Target().Classes, plots.ConfusionOptions{Title: confusionTitle.In(l), Language: string(l)})
	if err := save(confusionFile, confusion, err); err != nil {
		return err
	}
	wrong, err := worst(e, r.trainer.Test, r.data.Fit, 20)
	if err != nil {
		return err
	}
	mistakes, err := plots.Mistakes(wrong, plots.ImagesOptions{
		Title: words.Text{EN: "Most confident mistakes on the test set", JA: "自信を持って間違えた画像（テストデータ）"}.In(l), Language: string(l),
	})
	return save(mistakesFile, mistakes, err)
}

// whyBelow says why the curve of training may be worse than that of the test
// set.
func (r *Run) whyBelow() string {
	reasons := []words.Text{{
		EN: "Training is measured while the epoch runs, so it may look worse than test.",
		JA: "訓練の値は学習しながら測った平均なので、テストより悪く見えることがあります。",
	}}
	if r.Augment != "none" {
		reasons = append(reasons, words.Text{EN: "Its images are distorted (augmentation).", JA: "訓練画像はデータ拡張で変形しています。"})
	}
	if slices.ContainsFunc(r.trainer.Net.Specs(), func(s nn.Spec) bool { _, ok := s.(layers.Dropout); return ok }) {
		reasons = append(reasons, words.Text{EN: "Dropout acts on it alone.", JA: "Dropout は訓練のときだけ働きます。"})
	}
	var parts []string
	for _, t := range reasons {
		parts = append(parts, t.In(r.Language))
	}
	if r.Language == words.Japanese {
		return strings.Join(parts, "")
	}
	return strings.Join(parts, " ")
}

// worst are the surest mistakes, n at most.
func worst(e *train.Evaluation, data datasets.Source, fit datasets.Fit, n int) ([]plots.Mistake, error) {
	mistakes := e.Mistakes[:min(n, len(e.Mistakes))]
	var index []int
	for _, m := range mistakes {
		index = append(index, m.Index)
	}
	images, err := datasets.Samples(data, index...)
	if err != nil {
		return nil, err
	}
	var list []plots.Mistake
	names := data.Target().Classes
	for i, m := range mistakes {
		list = append(list, plots.Mistake{
			Image: Shown(images.X.Slice(i, i+1), fit), True: names[m.True], Given: names[m.Given], Probability: m.Probability,
		})
	}
	return list, nil
}

// Shown is a batch as it is to be drawn: grey photographs light on dark, as they
// are, and digits as ink on paper, as pictures of one channel are drawn.
func Shown(x *nn.Tensor, fit datasets.Fit) *nn.Tensor {
	if x.C != 1 || fit == datasets.FitDigit {
		return x
	}
	y := nn.NewTensor(x.N, nn.Shape{H: x.H, W: x.W, C: 3})
	for i, v := range x.Data {
		y.Data[3*i], y.Data[3*i+1], y.Data[3*i+2] = v, v, v
	}
	return y
}
