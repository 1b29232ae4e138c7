package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tatami/experiments"
	"tatami/experiments/lab"
	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/words"
)

func newExperiment(l words.Language) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "experiment",
		Args: func(cmd *cobra.Command, args []string) error { return unknownCommand(cmd, args) },
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newExperimentList(l), newExperimentRun(l))
	return cmd
}

func newExperimentList(l words.Language) *cobra.Command {
	return &cobra.Command{
		Use: "list",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return wrongUsage("experiment list takes no arguments")
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			return lab.WriteList(os.Stdout, l, experiments.List())
		},
	}
}

// experimentOptions are the flags of experiment run.
type experimentOptions struct {
	lab.Runner
	chapter int
}

func newExperimentRun(l words.Language) *cobra.Command {
	o := experimentOptions{Runner: lab.Runner{Language: l}}
	cmd := &cobra.Command{
		Use: "run ID… | --chapter N | all",
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := o.choose(cmd, args)
			if err != nil {
				return usageError{err}
			}
			if o.Seeds < 1 || o.Seeds > 1000 {
				return wrongUsage("--seeds is %d, wanted 1 to 1000", o.Seeds)
			}
			return o.run(cmd.Context(), list, slices.Equal(args, []string{"all"}))
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.chapter, "chapter", 0, "")
	f.IntVar(&o.Seeds, "seeds", 1, "")
	f.StringVar(&o.Out, "out", filepath.Join("runs", "experiments"), "")
	f.BoolVar(&o.Fast, "fast", false, "")
	f.StringVar(&o.Weights, "weights", "", "")
	return cmd
}

func (o *experimentOptions) choose(cmd *cobra.Command, args []string) ([]lab.Experiment, error) {
	byChapter := cmd.Flags().Changed("chapter")
	switch {
	case byChapter && len(args) > 0:
		return nil, errors.New("--chapter and names of experiments cannot stand together")
	case byChapter:
		list := lab.OfChapter(experiments.List(), o.chapter)
		if o.chapter == 0 || len(list) == 0 {
			return nil, fmt.Errorf("--chapter is %d: no experiments (valid: %s)", o.chapter, chapters())
		}
		return list, nil
	case len(args) == 0:
		return nil, errors.New(`experiment run needs names of experiments, --chapter N, or "all"`)
	case slices.Equal(args, []string{"all"}):
		return experiments.List(), nil
	case slices.Contains(args, "all"):
		return nil, errors.New(`"all" stands alone`)
	}
	return lab.Find(experiments.List(), args...)
}

func chapters() string {
	var names []string
	for _, e := range experiments.List() {
		if n := fmt.Sprint(e.Chapter); e.Chapter > 0 && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// run runs the list; report asks for the reports of all.
func (o *experimentOptions) run(parent context.Context, list []lab.Experiment, report bool) error {
	ctx, stop := run.UntilSignal(parent)
	defer stop()
	say := func(t words.Text, args ...any) string { return t.In(o.Language, args...) }
	line := &statusLine{out: os.Stderr, language: o.Language}
	if width, _, err := term.GetSize(int(os.Stderr.Fd())); err == nil {
		line.width = width
	}
	o.Progress = line.show
	o.Done = func(r *lab.Result, reused bool) {
		line.clear()
		when := say(words.Text{EN: "%.1f s", JA: "%.1f 秒"}, r.Seconds)
		if reused {
			when = say(words.Text{EN: "done before", JA: "実行済み"})
		}
		fmt.Println(say(words.Text{EN: "%s: %s (%s)", JA: "%s：%s（%s）"}, r.ID, r.Title, when))
		lab.WriteText(os.Stdout, r)
		fmt.Printf("  %s\n\n", say(words.Text{EN: "files in %s", JA: "ファイル：%s"}, r.Dir))
	}
	results, err := o.Runner.Run(ctx, list)
	line.clear()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, say(words.Text{
			EN: "interrupted; %d of %d are finished in %s; the same command goes on from there",
			JA: "中断しました。%[2]d 件中 %[1]d 件が %[3]s に完成しています。同じコマンドで続きから実行できます。",
		}, len(results), len(list), o.Out))
		return err
	}
	if err != nil || !report {
		return err
	}
	name := "report"
	if o.Fast {
		name += "-fast"
	}
	for _, f := range []struct {
		ext   string
		write func(io.Writer) error
	}{
		{".md", func(w io.Writer) error { return lab.WriteMarkdown(w, results) }},
		{".html", func(w io.Writer) error { return lab.WriteHTML(w, results, time.Now()) }},
	} {
		path := filepath.Join(o.Out, name+f.ext)
		if err := files.Write(path, f.write); err != nil {
			return err
		}
		fmt.Println(path)
	}
	return nil
}

// statusLine shows what runs: one line that changes on a terminal, otherwise a
// line a run and, where a run takes long, one every half minute.
type statusLine struct {
	out      io.Writer
	language words.Language
	width    int // of the terminal; 0: there is none
	shown    time.Time
	run      [2]int // the run that a line was written for
}

func (l *statusLine) show(s lab.Status) {
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

func (l *statusLine) clear() {
	if l.width > 0 {
		fmt.Fprint(l.out, "\r\x1b[K")
	}
}
