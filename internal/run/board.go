package run

import (
	"bytes"
	"image/png"

	"tatami/internal/tensorboard"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/plots"
	"tatami/train"
)

// board writes a run's curves and pictures for TensorBoard. A resumed run
// goes on in a file of its own.
type board struct {
	dir      string
	language words.Language
	net      *nn.Sequential
	classes  []string
	w        *tensorboard.Writer
}

// Observe implements [train.Observer].
func (b *board) Observe(e train.Event) error {
	switch e.Kind {
	case train.Started:
		var err error
		if b.w, err = tensorboard.Create(b.dir, e.Step+1); err != nil || e.Step > 0 {
			return err
		}
		if err := b.filters(0); err != nil {
			return err
		}
	case train.Updated:
		row := e.History.Steps[len(e.History.Steps)-1]
		b.w.Scalar("loss/train", row.Step, row.Loss)
		b.w.Scalar("lr", row.Step, row.Rate)
		if e.Step%100 != 0 {
			return nil
		}
	case train.Evaluated:
		row := e.History.Epochs[len(e.History.Epochs)-1]
		b.w.Scalar("accuracy/train", e.Step, row.TrainAccuracy)
		if e.Trainer.Validation != nil {
			b.w.Scalar("loss/validation", e.Step, row.ValidationLoss)
			b.w.Scalar("accuracy/validation", e.Step, row.ValidationAccuracy)
		}
		if e.Test != nil {
			b.w.Scalar("loss/test", e.Step, row.TestLoss)
			b.w.Scalar("accuracy/test", e.Step, row.TestAccuracy)
			f, err := plots.Confusion(e.Test.Confusion, b.classes, plots.ConfusionOptions{Title: confusionTitle.In(b.language), Language: string(b.language)})
			if err := b.picture("confusion", e.Step, f, err); err != nil {
				return err
			}
		}
		if err := b.filters(e.Step); err != nil {
			return err
		}
	}
	return b.w.Flush()
}

func (b *board) filters(step int) error {
	weight := FirstFilters(b.net)
	if weight == nil {
		return nil
	}
	f, err := plots.Filters([]plots.Bank{{Filters: weight}}, plots.FilterOptions{Title: filtersTitle.In(b.language), Language: string(b.language), Colors: b.net.Input().C == 3})
	return b.picture("filters", step, f, err)
}

func (b *board) picture(tag string, step int, f plots.Figure, err error) error {
	if err != nil {
		return err
	}
	var data bytes.Buffer
	if err := plots.Encode(&data, f, "png"); err != nil {
		return err
	}
	size, err := png.DecodeConfig(bytes.NewReader(data.Bytes()))
	if err != nil {
		return err
	}
	b.w.PNG(tag, step, size.Width, size.Height, data.Bytes())
	return nil
}

func (b *board) close() error {
	if b == nil || b.w == nil {
		return nil
	}
	return b.w.Close()
}
