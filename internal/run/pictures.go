package run

import (
	"fmt"

	"tatami/datasets"
	"tatami/plots"
	"tatami/train"
)

// draw writes the pictures of the run.
func (r *Run) draw(e *train.Evaluation) error {
	h := r.trainer.History()
	save := func(name string, f plots.Figure, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return plots.Save(r.folder.path(name), f)
	}
	perEpoch := func(name string, y func(train.EpochRow) float64) plots.Curve {
		byStep := train.Series{Length: len(h.Epochs), At: func(i int) (float64, float64) {
			return float64(h.Epochs[i].Step), y(h.Epochs[i])
		}}
		return plots.Curve{Name: name, Points: byStep, Markers: true}
	}
	loss, err := plots.Loss([]plots.Curve{{Name: "train", Points: h.StepLoss(), Smooth: -1}}, plots.LossOptions{
		Title:      "Loss of " + r.Net,
		Validation: []plots.Curve{perEpoch("test", func(e train.EpochRow) float64 { return e.TestLoss })},
	})
	if err := save(lossFile, loss, err); err != nil {
		return err
	}
	curves := []plots.Curve{
		{Name: "train", Points: h.ByEpoch(func(e train.EpochRow) float64 { return e.TrainAccuracy }), Markers: true},
		{Name: "test", Points: h.ByEpoch(func(e train.EpochRow) float64 { return e.TestAccuracy }), Markers: true},
	}
	if r.Validation > 0 {
		curves = append(curves, plots.Curve{Name: "validation", Points: h.ByEpoch(func(e train.EpochRow) float64 { return e.ValidationAccuracy }), Markers: true})
	}
	accuracy, err := plots.Accuracy(curves, plots.AccuracyOptions{Title: "Accuracy of " + r.Net})
	if err := save(accuracyFile, accuracy, err); err != nil {
		return err
	}
	if trained := FirstFilters(r.trainer.Net); trained != nil {
		banks := []plots.Bank{{Title: "after training", Filters: trained}}
		if r.untrained != nil {
			banks = append([]plots.Bank{{Title: "before training", Filters: r.untrained}}, banks...)
		}
		filters, err := plots.Filters(banks, plots.FilterOptions{Title: "Filters of the first layer"})
		if err := save(filtersFile, filters, err); err != nil {
			return err
		}
	}
	confusion, err := plots.Confusion(e.Confusion, r.trainer.Test.Classes, plots.ConfusionOptions{Title: "Test set"})
	if err := save(confusionFile, confusion, err); err != nil {
		return err
	}
	mistakes, err := plots.Mistakes(worst(e, r.trainer.Test, 20), plots.ImagesOptions{Title: "Surest mistakes on the test set"})
	return save(mistakesFile, mistakes, err)
}

func worst(e *train.Evaluation, data *datasets.Dataset, n int) []plots.Mistake {
	var list []plots.Mistake
	for _, m := range e.Mistakes[:min(n, len(e.Mistakes))] {
		list = append(list, plots.Mistake{
			Image: datasets.Tensor(data.Shape, data.Images[m.Index]),
			True:  data.Classes[m.True], Given: data.Classes[m.Given], Probability: m.Probability,
		})
	}
	return list
}
