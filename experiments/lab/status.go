package lab

import (
	"fmt"
	"io"
	"time"

	"tatami/internal/words"
)

// StatusLine shows what runs: one line that changes on a terminal, otherwise a
// line a run and, where a run takes long, one every half minute.
type StatusLine struct {
	out      io.Writer
	language words.Language
	width    int // of the terminal; 0: there is none
	shown    time.Time
	run      [2]int // the run that a line was written for
}

// NewStatusLine shows on out; the zero width is that of no terminal.
func NewStatusLine(out io.Writer, width int, l words.Language) *StatusLine {
	return &StatusLine{out: out, width: width, language: l}
}

// Show is for the field Progress of a [Runner].
func (l *StatusLine) Show(s Status) {
	text := fmt.Sprintf("[%d/%d] %s", s.Index, s.Total, s.ID)
	if s.Seeds > 1 {
		text = words.Text{EN: "%s, seed %d of %d", JA: "%s、シード %d/%d"}.In(l.language, text, s.Seed, s.Seeds)
	}
	run, pause := [2]int{s.Index, s.Seed}, 100*time.Millisecond
	if l.width == 0 {
		pause = 30 * time.Second
	}
	if l.run == run && time.Since(l.shown) < pause {
		return
	}
	l.run, l.shown = run, time.Now()
	if s.Text != "" {
		text = words.Text{EN: "%s: %s", JA: "%s：%s"}.In(l.language, text, s.Text)
	}
	if l.width == 0 {
		fmt.Fprintln(l.out, text)
		return
	}
	fmt.Fprintf(l.out, "\r\x1b[K%s", words.Fit(text, l.width-1)) // a line that wraps could not be cleared
}

// Clear leaves the terminal to others.
func (l *StatusLine) Clear() {
	if l.width > 0 {
		fmt.Fprint(l.out, "\r\x1b[K")
	}
}
