package run

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"tatami/train"
)

// progress shows how a run goes: by a bar on a terminal, else a line an epoch.
type progress struct {
	quiet  bool
	images int // of an epoch
	before int // images that an earlier part of the run took
	bar    *progressbar.ProgressBar
}

// Observe shows an event.
func (p *progress) Observe(e train.Event) error {
	if p.quiet {
		return nil
	}
	seen := e.Epoch*p.images + min(p.images, e.Batch*e.Trainer.Loader.BatchSize)
	switch e.Kind {
	case train.Started:
		p.before = seen
		left := e.Trainer.Epochs*p.images - seen
		if left > 0 && term.IsTerminal(int(os.Stdout.Fd())) {
			p.bar = progressbar.NewOptions(left,
				progressbar.OptionSetWidth(16), progressbar.OptionShowIts(), progressbar.OptionSetItsString("images"),
				progressbar.OptionSetPredictTime(true), progressbar.OptionSetElapsedTime(false),
				progressbar.OptionClearOnFinish(), progressbar.OptionSetWriter(os.Stdout),
				progressbar.OptionThrottle(100*time.Millisecond))
		}
	case train.Updated:
		if p.bar != nil {
			loss := e.History.Steps[len(e.History.Steps)-1].Loss
			p.bar.Describe(fmt.Sprintf("epoch %d/%d, loss %.4f, accuracy %.2f%%", e.Epoch+1, e.Trainer.Epochs, loss, 100*e.Accuracy))
			p.bar.Set(seen - p.before)
		}
	case train.Evaluated:
		p.clear()
		fmt.Println(epochLine(e))
	}
	return nil
}

// clear makes room for other output.
func (p *progress) clear() {
	if p.bar != nil {
		p.bar.Clear()
	}
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
