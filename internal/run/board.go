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

// Board writes a run's curves and pictures for TensorBoard. A resumed run
// goes on in a file of its own.
type Board struct {
	Dir      string
	Language words.Language
	w        *tensorboard.Writer
}

// Observe implements [train.Observer].
func (b *Board) Observe(e train.Event) error {
	switch e.Kind {
	case train.Started:
		var err error
		if b.w, err = tensorboard.Create(b.Dir, e.Step+1); err != nil || e.Step > 0 {
			return err
		}
		if err := b.filters(e.Trainer.Net, 0); err != nil {
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
		accuracy := func(set string, v float64) {
			if !e.History.Values {
				b.w.Scalar("accuracy/"+set, e.Step, v)
			}
		}
		accuracy("train", row.TrainAccuracy)
		if e.Trainer.Validation != nil {
			b.w.Scalar("loss/validation", e.Step, row.ValidationLoss)
			accuracy("validation", row.ValidationAccuracy)
		}
		if e.Test != nil {
			b.w.Scalar("loss/test", e.Step, row.TestLoss)
			accuracy("test", row.TestAccuracy)
		}
		if e.Test != nil && e.Test.Confusion != nil {
			f, err := plots.Confusion(e.Test.Confusion, e.Trainer.Test.Target().Classes, plots.ConfusionOptions{Title: confusionTitle.In(b.Language), Language: string(b.Language)})
			if err := b.picture("confusion", e.Step, f, err); err != nil {
				return err
			}
		}
		if err := b.filters(e.Trainer.Net, e.Step); err != nil {
			return err
		}
	}
	return b.w.Flush()
}

func (b *Board) filters(net *nn.Sequential, step int) error {
	weight := FirstFilters(net)
	if weight == nil {
		return nil
	}
	f, err := plots.Filters([]plots.Bank{{Filters: weight}}, plots.FilterOptions{Title: filtersTitle.In(b.Language), Language: string(b.Language), Colors: net.Input().C == 3})
	return b.picture("filters", step, f, err)
}

func (b *Board) picture(tag string, step int, f plots.Figure, err error) error {
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

// Close ends the file.
func (b *Board) Close() error {
	if b == nil || b.w == nil {
		return nil
	}
	return b.w.Close()
}
