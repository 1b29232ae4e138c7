package run

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tatami/internal/words"
	"tatami/train"
)

// progress shows how a run goes: by a line that changes on a terminal, and a
// line an epoch.
type progress struct {
	quiet    bool
	language words.Language
	images   int // of an epoch
	before   int // images that an earlier part of the run took
	started  time.Time
	shown    time.Time // the zero time: the terminal's line is clear
	drawn    time.Time
}

// Observe shows an event.
func (p *progress) Observe(e train.Event) error {
	if p.quiet {
		return nil
	}
	seen := e.Epoch*p.images + min(p.images, e.Batch*e.Trainer.Loader.BatchSize)
	switch e.Kind {
	case train.Started:
		p.before, p.started = seen, time.Now()
	case train.Updated:
		if time.Since(p.drawn) < 100*time.Millisecond {
			return nil
		}
		p.drawn = time.Now()
		if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && width > 0 {
			p.shown = p.drawn
			fmt.Print(clearLine, p.line(e, seen, time.Since(p.started), width))
		}
	case train.Evaluated:
		p.clear()
		fmt.Println(epochLine(e, p.language))
	}
	return nil
}

// ReadProgress shows on a terminal how many pictures have been read.
func ReadProgress(l words.Language) func(done, all int) {
	var drawn time.Time
	return func(done, all int) {
		width, _, err := term.GetSize(int(os.Stdout.Fd()))
		if err != nil || width < 1 || done < all && time.Since(drawn) < 100*time.Millisecond {
			return
		}
		drawn = time.Now()
		fmt.Print(clearLine)
		if done < all {
			const bar = 20
			n := bar * done / all
			text := words.Text{EN: "reading pictures %s %d of %d", JA: "画像を読み込み中 %s %d / %d"}.In(l, strings.Repeat("#", n)+strings.Repeat("-", bar-n), done, all)
			fmt.Print(words.Fit(text, width-1))
		}
	}
}

const clearLine = "\r\x1b[K"

// clear makes room for other output.
func (p *progress) clear() {
	if !p.shown.IsZero() {
		fmt.Print(clearLine)
		p.shown = time.Time{}
	}
}

// line is how far the run is, by as much as fits a terminal of that width: a
// line that wraps could not be cleared.
func (p *progress) line(e train.Event, seen int, passed time.Duration, width int) string {
	const bar = 8
	all := e.Trainer.Epochs * p.images
	done := min(bar, bar*seen/max(all, 1))
	rate := float64(seen-p.before) / max(passed.Seconds(), 1e-9)
	left := time.Duration(float64(all-seen) / max(rate, 1e-9) * float64(time.Second)).Round(time.Second)
	text := words.Text{EN: "epoch %d/%d %s", JA: "エポック %d/%d %s"}.In(p.language, e.Epoch+1, e.Trainer.Epochs, strings.Repeat("#", done)+strings.Repeat("-", bar-done))
	for _, part := range []string{
		words.Text{EN: " loss %.4f", JA: " 損失 %.4f"}.In(p.language, e.History.Steps[len(e.History.Steps)-1].Loss),
		words.Text{EN: ", accuracy %.2f%%", JA: "、正解率 %.2f%%"}.In(p.language, 100*e.Accuracy),
		words.Text{EN: ", %s left", JA: "、残り %s"}.In(p.language, clock(left)),
		words.Text{EN: ", %s images/s", JA: "、%s 枚/秒"}.In(p.language, message.NewPrinter(language.English).Sprintf("%.0f", rate)),
	} {
		if words.Width(text)+words.Width(part) >= width {
			break
		}
		text += part
	}
	return words.Fit(text, width-1)
}

// clock is a time as on a clock: 0:15, 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func epochLine(e train.Event, l words.Language) string {
	row := e.History.Epochs[len(e.History.Epochs)-1]
	line := words.Text{
		EN: "epoch %d: loss %.4f, train accuracy %.2f%%, test accuracy %.2f%%",
		JA: "エポック %d：損失 %.4f、訓練正解率 %.2f%%、テスト正解率 %.2f%%",
	}.In(l, row.Epoch, row.TrainLoss, 100*row.TrainAccuracy, 100*row.TestAccuracy)
	if e.Trainer.Validation != nil {
		line += words.Text{EN: ", validation accuracy %.2f%%", JA: "、検証正解率 %.2f%%"}.In(l, 100*row.ValidationAccuracy)
	}
	return line + words.Text{EN: ", %.2f s", JA: "、%.2f 秒"}.In(l, row.Seconds)
}
