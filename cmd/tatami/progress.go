package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"tatami/train"
)

// progress shows how the run goes: a bar on a terminal, else a line an epoch.
func (r *runState) progress() train.Observer {
	if r.quiet {
		return train.ObserverFunc(func(train.Event) error { return nil })
	}
	if term.IsTerminal(int(os.Stdout.Fd())) {
		return &bar{batch: r.Batch}
	}
	return train.ObserverFunc(func(e train.Event) error {
		if e.Kind == train.Epoch {
			fmt.Println(epochLine(e))
		}
		return nil
	})
}

func epochLine(e train.Event) string {
	row := e.History.Epochs[len(e.History.Epochs)-1]
	line := fmt.Sprintf("epoch %d: loss %.4f, train accuracy %.2f%%, test accuracy %.2f%%", row.Epoch,
		row.TrainLoss, 100*row.TrainAccuracy, 100*row.TestAccuracy)
	if e.Trainer.Validation != nil {
		line += fmt.Sprintf(", validation accuracy %.2f%%", 100*row.ValidationAccuracy)
	}
	return line + fmt.Sprintf(", %.2f s", row.Seconds)
}

// bar is the live bar of an epoch.
type bar struct {
	batch int
	bar   *progressbar.ProgressBar
	shown time.Time
}

func (b *bar) Observe(e train.Event) error {
	switch e.Kind {
	case train.Updated:
		if b.bar == nil {
			b.bar = progressbar.NewOptions(e.Batches*b.batch,
				progressbar.OptionSetWidth(24), progressbar.OptionShowIts(), progressbar.OptionSetItsString("images"),
				progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
				progressbar.OptionSetWriter(os.Stdout))
		}
		if time.Since(b.shown) < 100*time.Millisecond && e.Batch < e.Batches {
			return nil
		}
		b.shown = time.Now()
		h := e.History
		b.bar.Describe(fmt.Sprintf("epoch %d/%d loss %.4f", e.Epoch+1, e.Trainer.Epochs, h.Steps[len(h.Steps)-1].Loss))
		b.bar.Set(e.Batch * b.batch)
	case train.Epoch, train.Finished:
		if b.bar != nil {
			b.bar.Clear()
			b.bar = nil
		}
		if e.Kind == train.Epoch {
			fmt.Println(epochLine(e))
		}
	}
	return nil
}
